"""Amazon SQS. CreateQueue with tags needs sqs:TagQueue (its page in the API reference)."""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, everything, last, needs_tagging, rows


def _queue(asked: Asked) -> str:
    return asked.arn(asked.get("QueueName") or last(asked["QueueUrl"]))


def _named(asked: Asked) -> list[Request]:
    return asked.on(_queue(asked))


ROWS: dict[str, Row] = {
    "CreateQueue": needs_tagging(_named, "TagQueue", _queue),
    **rows(
        "ChangeMessageVisibility DeleteMessage DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags PurgeQueue "
        "ReceiveMessage SendMessage SetQueueAttributes TagQueue UntagQueue",
        _named,
    ),
    # batches are judged by the action for one
    "ChangeMessageVisibilityBatch": lambda asked: asked.on(_queue(asked), action="ChangeMessageVisibility"),
    "DeleteMessageBatch": lambda asked: asked.on(_queue(asked), action="DeleteMessage"),
    "SendMessageBatch": lambda asked: asked.on(_queue(asked), action="SendMessage"),
    "ListQueues": everything,
}
