#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_security_groups
short_description: Reconcile any number of security groups and their rules in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes security groups, and gives groups exactly the rules that are listed.
  - A group is created with its tags and without any rule; the one that AWS gives to a new group is taken away.
  - Within a VPC a name is a group's alone. So an existing group of the name is taken over, also one that has no tags
    because the run that made it was killed.
  - It returns when AWS shows what was asked for.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  security_groups:
    description: The groups.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the group.
        type: str
        required: true
      vpc_id:
        description: The VPC of the group.
        type: str
        required: true
      description:
        description: For people. AWS never changes it. Required for a group that shall exist.
        type: str
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  rules:
    description:
      - For groups that exist, all their rules; others are revoked.
      - A rule is written C(<protocol> <port> <end>), as C(tcp 8080 sg-0a), C(udp 1000-2000 10.0.0.0/16),
        C(all 0.0.0.0/0), C(tcp 443 pl-0a) or, for a group of another account, C(tcp 443 123456789012/sg-0a). Where the
        protocol is C(icmp) or C(icmpv6), type and code stand for the port, as C(icmp 8--1 10.0.0.0/16).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the group, for people.
        type: str
        required: true
      group_id:
        description: The id of the group.
        type: str
        required: true
      ingress:
        description: What may come in, each rule with its description.
        type: dict
        default: {}
      egress:
        description: What may go out, each rule with its description.
        type: dict
        default: {}
  state:
    description:
      - V(absent) revokes all rules of the groups in both lists, since AWS deletes no group that a rule names, and then
        deletes O(security_groups). While a group is used, as by network interfaces of tasks that stop, deletion is
        tried again for ten minutes; then the error names what uses it.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Who may talk to whom
  farflow.airflow.ec2_security_groups:
    security_groups:
      - name: prod-api
        vpc_id: vpc-0a
        description: The API
        tags:
          team: data
    rules:
      - name: prod-database
        group_id: sg-0d
        ingress:
          tcp 5432 sg-0a: the API's data
"""

RETURN = r"""
security_groups:
  description: One entry a group, in the order given; after O(state=absent) one for each that was there.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    group_id:
      description: The id; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(tags team data -> web).
      type: list
      elements: str
rules:
  description: The same for the rules of each group, with reasons as C(ingress tcp 5432 sg-0a (none) -> the data).
  returned: success
  type: list
  elements: dict
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_results, run
from ..module_utils.kinds.ec2 import security_group
from ..module_utils.kinds.ec2.security_group import documents

GROUP = {
    "name": {"type": "str", "required": True},
    "vpc_id": {"type": "str", "required": True},
    "description": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
}

GROUP_RULES = {
    "name": {"type": "str", "required": True},
    "group_id": {"type": "str", "required": True},
    "ingress": {"type": "dict", "default": {}},
    "egress": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "security_groups": {"type": "list", "elements": "dict", "default": [], "options": GROUP},
    "rules": {"type": "list", "elements": "dict", "default": [], "options": GROUP_RULES},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the groups, then the rules."""
    present = parameters["state"] == "present"
    nameless = [group["name"] for group in parameters["security_groups"] if present and not group["description"]]
    if nameless:
        raise FarflowError(f"security groups without description: {', '.join(nameless)}")
    groups = [documents.desired_group(group) for group in parameters["security_groups"]]
    rules = [documents.desired_rules(rules) for rules in parameters["rules"]]
    do = security_group.present if present else security_group.absent
    of_groups, of_rules = do(clients, groups, rules, check_mode)
    return as_results({"security_groups": of_groups, "rules": of_rules}, "group_id")


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
