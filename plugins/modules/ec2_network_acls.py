#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_network_acls
short_description: Have the default network ACLs of VPCs let everything through
version_added: 0.2.0
description:
  - Brings the network ACL that AWS makes with a VPC to what it is then, so that security groups alone say what may talk
    to what. It has one entry in each direction, which lets everything through, and the given subnets use it.
  - Other network ACLs stay, without the given subnets. What AWS adds for IPv6 stays as well.
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
  network_acls:
    description: The default network ACLs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is called in what is returned. AWS gives it no name.
        type: str
        required: true
      vpc_id:
        description: The VPC that it came with.
        type: str
        required: true
      subnets:
        description: The ids of subnets of the VPC that shall use it. Others are left with what they have.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: No network ACL stands in the way
  farflow.airflow.ec2_network_acls:
    network_acls:
      - name: prod-default
        vpc_id: vpc-0a
        subnets: [subnet-0a, subnet-0b]
"""

RETURN = r"""
network_acls:
  description: One entry a network ACL, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name that was given.
      type: str
    network_acl_id:
      description: The id.
      type: str
    changed:
      description: Whether it was, or in check mode would be, changed.
      type: bool
    reasons:
      description: What differed, as C(entries ingress 1 deny all 0.0.0.0/0 -> (none)).
      type: list
      elements: str
  sample:
    - name: prod-default
      network_acl_id: acl-0a
      changed: true
      reasons: ["entries ingress 1 deny all 0.0.0.0/0 -> (none)"]
"""

from ..module_utils.engine.changing import reconcile_kind
from ..module_utils.engine.module import as_result, run
from ..module_utils.kinds.ec2.network_acl import NetworkAcl, documents

ACL = {
    "name": {"type": "str", "required": True},
    "vpc_id": {"type": "str", "required": True},
    "subnets": {"type": "list", "elements": "str", "default": []},
}

ARGUMENT_SPEC = {"network_acls": {"type": "list", "elements": "dict", "required": True, "options": ACL}}


def work(parameters, clients, check_mode):
    """Reconciles the network ACLs."""
    wanted = [documents.desired(acl) for acl in parameters["network_acls"]]
    outcomes = reconcile_kind(NetworkAcl(wanted), clients, [acl.name for acl in wanted], wanted, check_mode)
    return as_result("network_acls", outcomes, "network_acl_id")


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
