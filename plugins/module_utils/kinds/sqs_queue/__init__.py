# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients, pages
from ...engine.kind import Document, Kind
from ...engine.tags import PrefetchedTags
from . import documents


class SqsQueue(Kind):
    """A standard queue of SQS. What is listed of one is its URL alone."""

    type = documents.TYPE
    title, titles = "SQS queue", "SQS queues"
    gone = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
    exists = frozenset({"QueueAlreadyExists", "QueueNameExists"})
    #: AWS keeps the name of a deleted queue for a minute.
    busy = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"})
    busy_when_new = gone
    shown_after, gone_after = 90, 120

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(
            clients("sqs"), "list_queues", "QueueUrls", QueueNamePrefix=prefix, PaginationConfig={"PageSize": 1000}
        )
        return [{"QueueUrl": url} for url in found]

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return {"QueueUrl": clients("sqs").get_queue_url(QueueName=name)["QueueUrl"]}

    def name(self, document: Document) -> str:
        return documents.name_of(document["QueueUrl"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return dict(clients("sqs").list_queue_tags(QueueUrl=document["QueueUrl"]).get("Tags") or {})

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        name = self.name(document)
        return next((tags for arn, tags in prefetched.items() if documents.is_arn_of(arn, name)), None)

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        url = document["QueueUrl"]
        answer = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return documents.canonical(url, answer["Attributes"], tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        client = clients("sqs")
        given = {name: value for name, value in documents.attributes_of(wanted.properties).items() if value}
        tags = dict(wanted.properties["tags"])
        url = client.create_queue(QueueName=wanted.name, Attributes=given, tags=tags)["QueueUrl"]
        return str(client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        attributes = documents.attributes_of(wanted.properties)
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
