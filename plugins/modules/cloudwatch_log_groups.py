#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_log_groups
short_description: Reconcile any number of CloudWatch log groups in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes CloudWatch log groups so that retention, encryption key and tags are as given.
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
  log_groups:
    description: The log groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the log group.
        type: str
        required: true
      retention_in_days:
        description: How long log events are kept. For ever when it is not given.
        type: int
        choices:
          [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
      kms_key_id:
        description: ARN of the KMS key that encrypts the log events. AWS's own key when it is not given.
        type: str
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named log groups shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Log groups of an environment
  farflow.airflow.cloudwatch_log_groups:
    log_groups:
      - name: /farflow/prod/tasks
        retention_in_days: 30
        tags:
          team: data
      - name: /farflow/prod/airflow
        retention_in_days: 30
"""

RETURN = r"""
log_groups:
  description: One entry a log group, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(retention_in_days 7 -> 30).
      type: list
      elements: str
  sample:
    - name: /farflow/prod/tasks
      arn: arn:aws:logs:eu-west-1:123456789012:log-group:/farflow/prod/tasks
      changed: true
      reasons: ["retention_in_days 7 -> 30"]
"""

from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.log_group import LOG_GROUP, RETENTION_IN_DAYS

ARGUMENT_SPEC = {
    "log_groups": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "retention_in_days": {"type": "int", "choices": RETENTION_IN_DAYS},
            "kms_key_id": {"type": "str", "no_log": False},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the log groups."""
    return batch(LOG_GROUP, "log_groups", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
