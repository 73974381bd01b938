# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What SQS tells of a queue, and what of it is compared."""

from __future__ import annotations

from ..engine.reads import TAGS, Compared, NotCompared, Nothing, Reads

_DEAD_LETTERS = NotCompared(
    "who may use it as a dead-letter queue",
    "messages of others would come from this account alone, by who may change its queues",
)

READS = [
    Reads(
        kind="sqs_queue",
        title="Queue",
        service="sqs",
        ids=("QueueUrl", "QueueName", "QueueNamePrefix", "SourceArn"),
        operations={
            "GetQueueAttributes": Compared(),
            "GetQueueUrl": Nothing("its address"),
            "ListDeadLetterSourceQueues": _DEAD_LETTERS,
            "ListMessageMoveTasks": Nothing("messages that somebody has moved back from a dead-letter queue"),
            "ListQueueTags": TAGS,
            "ListQueues": Nothing("that there is one"),
        },
    ),
]
