"""SQS: the behaviours `late_queues` and `queue_deleted_recently`."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sqs

from .. import behaviours, late

#: Of a queue that is gone and still shown.
_EMPTY: dict[str, Any] = {"is_fifo": False, "messages": [], "dedup_cache": {}, "fifo_seq": 0}
#: Numbers of messages, which are no settings.
_COUNTED = "ApproximateNumberOf"
_TOO_SOON = "You must wait {} seconds after deleting a queue before you can create another with the same name."


def apply() -> None:
    sight = late.Sight(behaviours.LATE_QUEUES, _queues)
    late.watch("sqs", [sight])
    for action in ("GetQueueAttributes", "ListQueueTags", "ListQueues", "GetQueueUrl"):
        sqs._HANDLERS[action] = answer_late(sqs._HANDLERS[action], sight)
    sqs._HANDLERS["DeleteQueue"] = remember_deletion(sqs._HANDLERS["DeleteQueue"])
    sqs._HANDLERS["CreateQueue"] = refuse_recent_name(sqs._HANDLERS["CreateQueue"])


def answer_late(read, sight: late.Sight):
    """The behaviour `late_queues`. Messages are received and counted as ever."""

    def handler(data: dict[str, Any], url: str):
        if not sight.is_late:
            return read(data, url)
        shown = {each: {**_EMPTY, **(sqs._queues.get(each) or {}), **queue} for each, queue in sight.shown().items()}
        urls = {queue["name"]: each for each, queue in shown.items()}
        with late.in_place(sqs._queues, shown), late.in_place(sqs._queue_name_to_url, urls):
            return read(data, url)

    return handler


def remember_deletion(delete):
    """For `queue_deleted_recently`."""

    def handler(data: dict[str, Any], url: str):
        queue = sqs._get_q(data.get("QueueUrl", url))
        answer = delete(data, url)
        behaviours.QUEUE_DELETED_RECENTLY.memory[_place(queue["name"])] = time.monotonic()
        return answer

    return handler


def refuse_recent_name(create):
    """The behaviour `queue_deleted_recently`."""

    def handler(data: dict[str, Any], url: str):
        behaviour = behaviours.QUEUE_DELETED_RECENTLY
        name = data.get("QueueName", "")
        deleted = behaviour.memory.get(_place(name))
        if deleted is not None and time.monotonic() - deleted < behaviour.seconds(name):
            behaviour.strike()
            raise sqs._Err("QueueDeletedRecently", _TOO_SOON.format(behaviour.value))
        return create(data, url)

    return handler


def _queues() -> dict[str, dict[str, Any]]:
    return {
        url: {
            "name": queue["name"],
            "url": url,
            "attributes": {k: value for k, value in queue["attributes"].items() if not k.startswith(_COUNTED)},
            "tags": queue["tags"],
        }
        for url, queue in sqs._queues.items()
    }


def _place(name: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), name
