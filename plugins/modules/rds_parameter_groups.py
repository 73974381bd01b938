#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_parameter_groups
short_description: Reconcile parameter groups of Amazon RDS in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes parameter groups so that exactly the given parameters are set. Other parameters
    that somebody set are reset to AWS's defaults.
  - Static parameters wait for the next reboot of the instances, others are set at once.
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
  parameter_groups:
    description: The parameter groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the group.
        type: str
        required: true
      family:
        description: What it is for, for example C(postgres17). Can't be changed. Required for O(state=present).
        type: str
      description:
        description: What a person reads. Can't be changed, so that later changes are ignored.
        type: str
      parameters:
        description: All the parameters that are not to have AWS's default.
        type: dict
        default: {}
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
- name: TLS for everybody
  farflow.airflow.rds_parameter_groups:
    parameter_groups:
      - name: prod-database-postgres17
        family: postgres17
        parameters:
          rds.force_ssl: 1
"""

RETURN = r"""
parameter_groups:
  description: One entry a group, in the order given; after O(state=absent) one for each that was there.
  returned: always
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
    - name: prod-database-postgres17
      arn: arn:aws:rds:eu-west-1:123456789012:pg:prod-database-postgres17
      changed: true
      reasons: ["parameters rds.force_ssl 0 -> 1"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.rds.parameter_group import ParameterGroup

ARGUMENT_SPEC = {
    "parameter_groups": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "family": {"type": "str"},
            "description": {"type": "str"},
            "parameters": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the parameter groups."""
    groups = parameters["parameter_groups"]
    needed = groups if parameters["state"] == "present" else []
    without = [group["name"] for group in needed if not group["family"]]
    if without:
        raise FarflowError("\n".join(f"database parameter group {name}: family is missing" for name in without))
    return batch(ParameterGroup(groups), "parameter_groups", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
