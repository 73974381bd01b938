#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sqs_queues
short_description: Reconcile any number of encrypted SQS queues in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes standard SQS queues so that times, encryption, policy and tags are as given. A queue is
    always encrypted, by SQS itself or with a key of KMS.
  - Returns when AWS shows what was set.
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
  queues:
    description: The queues.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, at most 80 characters.
        type: str
        required: true
      visibility_timeout:
        description: How long a received message is hidden from others, in seconds to 43200.
        type: int
        default: 30
      message_retention_period:
        description: How long a message is kept, in seconds from 60 to 1209600.
        type: int
        default: 345600
      receive_message_wait_time_seconds:
        description: How long a receive waits for a message, in seconds to 20.
        type: int
        default: 0
      delay_seconds:
        description: How long a new message is hidden, in seconds to 900.
        type: int
        default: 0
      maximum_message_size:
        description: The largest message, in bytes from 1024 to 1048576. SQS refuses a larger one.
        type: int
        version_added: 0.2.0
        default: 1048576
      kms_master_key_id:
        description: ARN, id or alias of the KMS key that encrypts messages. SQS's own encryption when it is not given.
        type: str
      policy:
        description: The queue's policy document. Compared by what it allows.
        type: dict
      redrive_policy:
        description: Where messages go that are received again and again. Without it they stay.
        type: dict
        suboptions:
          dead_letter_target_arn:
            description: ARN of the queue that takes them.
            type: str
            required: true
          max_receive_count:
            description: After how many receipts.
            type: int
            default: 10
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named queues shall exist. With V(absent) their messages are lost.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The queue between Airflow's scheduler and its Celery workers
  farflow.airflow.sqs_queues:
    queues:
      - name: prod-celery
        visibility_timeout: 43200
        message_retention_period: 1209600
        receive_message_wait_time_seconds: 20
"""

RETURN = r"""
queues:
  description: One entry a queue, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(visibility_timeout 30 -> 43200).
      type: list
      elements: str
"""

from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.sqs_queue import NUMBERS, SQS_QUEUE

NUMBERS = {name: {"type": "int", "default": default} for name, (_unused, default) in NUMBERS.items()}

ARGUMENT_SPEC = {
    "queues": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            **NUMBERS,
            "kms_master_key_id": {"type": "str", "no_log": False},
            "policy": {"type": "dict"},
            "redrive_policy": {
                "type": "dict",
                "options": {
                    "dead_letter_target_arn": {"type": "str", "required": True},
                    "max_receive_count": {"type": "int", "default": 10},
                },
            },
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the queues."""
    return batch(SQS_QUEUE, "queues", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
