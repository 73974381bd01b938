# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping

from ...engine.clients import Clients, doing, pages, tag_dict, unless

_WHAT = "SQS queue"
_GONE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_EXISTS = {"QueueAlreadyExists", "QueueNameExists"}
_JUST_DELETED = {"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"}


def urls(clients: Clients, prefix: str) -> list[str]:
    """The URLs of the queues whose names start with the prefix."""
    with doing("list", "SQS queues", prefix):
        return pages(
            clients("sqs"), "list_queues", "QueueUrls", QueueNamePrefix=prefix, PaginationConfig={"PageSize": 1000}
        )


def url(clients: Clients, name: str) -> str | None:
    """The URL of a queue, or None where there is none."""
    with doing("look up", _WHAT, name):
        answer = unless(_GONE, lambda: clients("sqs").get_queue_url(QueueName=name))
    return str(answer["QueueUrl"]) if answer else None


def attributes(clients: Clients, queue_url: str) -> dict[str, str] | None:
    """All attributes of a queue, or None when it is gone."""
    with doing("describe", _WHAT, queue_url):
        answer = unless(_GONE, lambda: clients("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"]))
    return dict(answer["Attributes"]) if answer else None


def tags(clients: Clients, queue_url: str) -> dict[str, str]:
    """The tags of a queue."""
    with doing("read the tags of", _WHAT, queue_url):
        answer = unless(_GONE, lambda: clients("sqs").list_queue_tags(QueueUrl=queue_url), {})
    return tag_dict([{"Key": key, "Value": value} for key, value in (answer.get("Tags") or {}).items()])


def create(clients: Clients, name: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Makes a queue; one that another run has made is taken as it is. False for the minute in which AWS keeps the name
    of a deleted queue.
    """
    given = {key: value for key, value in attributes.items() if value}

    def call() -> bool:
        unless(_EXISTS, lambda: clients("sqs").create_queue(QueueName=name, Attributes=given, tags=dict(tags)))
        return True

    with doing("create", _WHAT, name):
        return bool(unless(_JUST_DELETED, call, False))


def set_attributes(clients: Clients, queue_url: str, attributes: Mapping[str, str]) -> None:
    """Sets some attributes; an empty value takes a policy or a key away."""
    with doing("set the attributes of", _WHAT, queue_url):
        clients("sqs").set_queue_attributes(QueueUrl=queue_url, Attributes=dict(attributes))


def set_tags(clients: Clients, queue_url: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags and removes the superfluous ones."""
    client = clients("sqs")
    with doing("tag", _WHAT, queue_url):
        if superfluous:
            client.untag_queue(QueueUrl=queue_url, TagKeys=superfluous)
        if wanted:
            client.tag_queue(QueueUrl=queue_url, Tags=dict(wanted))


def delete(clients: Clients, queue_url: str) -> None:
    """Deletes a queue with its messages; one that is gone is fine."""
    with doing("delete", _WHAT, queue_url):
        unless(_GONE, lambda: clients("sqs").delete_queue(QueueUrl=queue_url))
