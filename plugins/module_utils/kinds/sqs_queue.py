# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..engine import policy_documents as policy
from ..engine.actions import Resource
from ..engine.clients import Clients, pages
from ..engine.kind import Document, Kind
from ..engine.tags import PrefetchedTags

TYPE = "sqs_queue"

#: Our names for AWS's attributes that are numbers, with AWS's defaults in seconds, and in bytes.
NUMBERS = {
    "visibility_timeout": ("VisibilityTimeout", 30),
    "message_retention_period": ("MessageRetentionPeriod", 345600),
    "receive_message_wait_time_seconds": ("ReceiveMessageWaitTimeSeconds", 0),
    "delay_seconds": ("DelaySeconds", 0),
    "maximum_message_size": ("MaximumMessageSize", 1048576),
}

#: After how many receipts a message is led away, where AWS is not told.
_RECEIVED = 10

_SSE, _KEY, _POLICY, _REDRIVE = "SqsManagedSseEnabled", "KmsMasterKeyId", "Policy", "RedrivePolicy"


class SqsQueue(Kind):
    """A standard queue of SQS. What is listed of one is its URL alone."""

    type = TYPE
    title, titles = "SQS queue", "SQS queues"
    gone = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
    exists = frozenset({"QueueAlreadyExists", "QueueNameExists"})
    #: AWS keeps the name of a deleted queue for a minute.
    busy = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"})
    busy_when_new = gone
    shown_after, gone_after = 90, 120

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(
            clients("sqs"), "list_queues", "QueueUrls", QueueNamePrefix=prefix, PaginationConfig={"PageSize": 1000}
        )
        return [{"QueueUrl": url} for url in found]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return {"QueueUrl": clients("sqs").get_queue_url(QueueName=name)["QueueUrl"]}

    def name(self, document: Document) -> str:
        return name_of(document["QueueUrl"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return dict(clients("sqs").list_queue_tags(QueueUrl=document["QueueUrl"]).get("Tags") or {})

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        name = self.name(document)
        return next((tags for arn, tags in prefetched.items() if is_arn_of(arn, name)), None)

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        url = document["QueueUrl"]
        answer = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return canonical(url, answer["Attributes"], tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        client = clients("sqs")
        given = {name: value for name, value in attributes_of(wanted.properties).items() if value}
        tags = dict(wanted.properties["tags"])
        url = client.create_queue(QueueName=wanted.name, Attributes=given, tags=tags)["QueueUrl"]
        return str(client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        attributes = attributes_of(wanted.properties)
        clients("sqs").set_queue_attributes(QueueUrl=found.attributes["url"], Attributes=attributes)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("sqs").tag_queue(QueueUrl=found.attributes["url"], Tags=dict(tags))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("sqs").untag_queue(QueueUrl=found.attributes["url"], TagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("sqs").delete_queue(QueueUrl=found.attributes["url"])

    def is_there(self, clients: Clients, found: Resource) -> bool:
        """AWS takes up to a minute to delete a queue, in which it answers as before."""
        return bool(clients("sqs").get_queue_attributes(QueueUrl=found.attributes["url"], AttributeNames=["QueueArn"]))


SQS_QUEUE = SqsQueue()


def desired(queue: Mapping[str, Any]) -> Resource:
    """``{name, visibility_timeout?, message_retention_period?, receive_message_wait_time_seconds?, delay_seconds?,
    maximum_message_size?, kms_master_key_id?, policy?, redrive_policy {dead_letter_target_arn, max_receive_count}?,
    tags?}`` as a resource. Without a key of KMS, SQS encrypts with its own.
    """
    key = queue.get("kms_master_key_id")
    numbers = {name: queue.get(name) for name in NUMBERS}
    documents = queue.get("policy"), queue.get("redrive_policy")
    return _queue(queue["name"], numbers, key, not key, documents, queue.get("tags") or {})


def canonical(url: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> Resource:
    """A queue as GetQueueAttributes and ListQueueTags give it. Its id is the ARN."""
    key = attributes.get(_KEY) or None
    numbers = {name: attributes.get(member) for name, (member, _unused) in NUMBERS.items()}
    managed = attributes.get(_SSE, "true").lower() == "true" and not key
    redrive = json.loads(attributes.get(_REDRIVE) or "{}")
    found = redrive and {
        "dead_letter_target_arn": redrive["deadLetterTargetArn"],
        "max_receive_count": redrive.get("maxReceiveCount", _RECEIVED),
    }
    documents = attributes.get(_POLICY), found
    return _queue(name_of(url), numbers, key, managed, documents, tags, attributes["QueueArn"], url)


def name_of(url: str) -> str:
    """The name of the queue at a URL."""
    return url.rsplit("/", 1)[1]


def is_arn_of(arn: str, name: str) -> bool:
    """Whether an ARN is that of the queue of a name."""
    return arn.split(":")[2] == "sqs" and arn.rsplit(":", 1)[1] == name


def attributes_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """A queue's properties as SetQueueAttributes takes them; an empty policy or key takes the old one away."""
    document, key, redrive = (properties[name] for name in ("policy", "kms_master_key_id", "redrive_policy"))
    target = redrive and {
        "deadLetterTargetArn": redrive["dead_letter_target_arn"],
        "maxReceiveCount": redrive["max_receive_count"],
    }
    return {
        **{member: str(properties[name]) for name, (member, _unused) in NUMBERS.items()},
        **({_KEY: key} if key else {_KEY: "", _SSE: "true"}),
        _POLICY: policy.to_json(document) if document else "",
        _REDRIVE: json.dumps(target) if target else "",
    }


def _queue(
    name: str,
    numbers: Mapping[str, Any],
    key: str | None,
    managed: bool,
    documents: tuple[Any, Any],
    tags: Mapping[str, str],
    arn: str | None = None,
    url: str | None = None,
) -> Resource:
    document, redrive = documents
    properties = {
        **{
            each: int(default if numbers[each] is None else numbers[each])
            for each, (_unused, default) in NUMBERS.items()
        },
        "sqs_managed_sse_enabled": managed,
        "kms_master_key_id": key,
        "policy": policy.canonical(document),
        "redrive_policy": {**redrive, "max_receive_count": int(redrive["max_receive_count"])} if redrive else None,
        "tags": dict(tags),
    }
    return Resource(TYPE, name, properties, arn, {"url": url})
