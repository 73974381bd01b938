#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_subnet_groups
short_description: Reconcile subnet groups of Amazon RDS in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes subnet groups so that description, subnets and tags are as given.
  - A group that another run, or a call whose answer was lost, has just made is taken over.
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
  subnet_groups:
    description: The subnet groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the group, which AWS writes in small letters.
        type: str
        required: true
      description:
        description: What a person reads, by default the name.
        type: str
      subnet_ids:
        description: All its subnets, in at least two availability zones. Required for O(state=present).
        type: list
        elements: str
        default: []
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named groups shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Where the database may be
  farflow.airflow.rds_subnet_groups:
    subnet_groups:
      - name: prod-database
        subnet_ids: [subnet-0a, subnet-0b]
"""

RETURN = r"""
subnet_groups:
  description: One entry a group, in the order given; after O(state=absent) one for each that was there.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    arn:
      description: The ARN; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed.
      type: list
      elements: str
  sample:
    - name: prod-database
      arn: arn:aws:rds:eu-west-1:123456789012:subgrp:prod-database
      changed: true
      reasons: ["subnet_ids [subnet-0a, subnet-0b] -> [subnet-0a, subnet-0c]"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.rds.subnet_group import SUBNET_GROUP

ARGUMENT_SPEC = {
    "subnet_groups": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "description": {"type": "str"},
            "subnet_ids": {"type": "list", "elements": "str", "default": []},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the subnet groups."""
    groups = parameters["subnet_groups"]
    without = [
        group["name"].lower() for group in groups if parameters["state"] == "present" and not group["subnet_ids"]
    ]
    if without:
        raise FarflowError("\n".join(f"database subnet group {name}: subnet_ids is missing" for name in without))
    return batch(SUBNET_GROUP, "subnet_groups", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
