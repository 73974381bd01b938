# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch log groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients, pages
from ..engine.kind import Document, Kind
from ..engine.tags import PrefetchedTags

TYPE = "log_group"

RETENTION_IN_DAYS = [
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
]


class LogGroup(Kind):
    """A log group of CloudWatch. All below ``/farflow/<environment>/`` is the environment's, whoever made it."""

    type = TYPE
    title, titles = "log group", "log groups"
    gone = frozenset({"ResourceNotFoundException"})
    exists = frozenset({"ResourceAlreadyExistsException"})
    busy = frozenset({"OperationAbortedException"})
    owned_by_name = True

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return desired(arguments)

    def prefix(self, environment: str) -> str:
        return f"/farflow/{environment}/"

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        return pages(clients("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)

    def look_up(self, clients: Clients, name: str) -> Document | None:
        return next((group for group in self.list(clients, name) if self.name(group) == name), None)

    def name(self, document: Document) -> str:
        return str(document["logGroupName"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        answer: dict[str, Any] = clients("logs").list_tags_for_resource(resourceArn=arn(document))
        return dict(answer.get("tags", {}))

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(arn(document))

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return canonical({**document, "tags": tags})

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the retention in a call of its own, and gives no ARN."""
        key = wanted.properties["kms_key_id"]
        given = {"kmsKeyId": key} if key else {}
        clients("logs").create_log_group(logGroupName=wanted.name, tags=dict(wanted.properties["tags"]), **given)
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, name = clients("logs"), wanted.name
        days, key = wanted.properties["retention_in_days"], wanted.properties["kms_key_id"]
        if "retention_in_days" in differs and days is None:
            client.delete_retention_policy(logGroupName=name)
        elif "retention_in_days" in differs:
            client.put_retention_policy(logGroupName=name, retentionInDays=days)
        if "kms_key_id" in differs and key is None:
            client.disassociate_kms_key(logGroupName=name)
        elif "kms_key_id" in differs:
            client.associate_kms_key(logGroupName=name, kmsKeyId=key)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("logs").tag_resource(resourceArn=found.id, tags=dict(tags))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("logs").untag_resource(resourceArn=found.id, tagKeys=keys)

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("logs").delete_log_group(logGroupName=found.name)


LOG_GROUP = LogGroup()


def desired(log_group: Mapping[str, Any]) -> Resource:
    """``{name, retention_in_days, kms_key_id?, tags}`` as a resource."""
    return Resource(
        TYPE,
        log_group["name"],
        {
            "retention_in_days": log_group.get("retention_in_days"),
            "kms_key_id": log_group.get("kms_key_id"),
            "tags": dict(log_group.get("tags") or {}),
        },
    )


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeLogGroups' answer, with its ``tags``, as a resource."""
    return Resource(
        TYPE,
        document["logGroupName"],
        {
            "retention_in_days": document.get("retentionInDays"),
            "kms_key_id": document.get("kmsKeyId"),
            "tags": dict(document["tags"]),
        },
        arn(document),
    )


def arn(document: Mapping[str, Any]) -> str:
    """The ARN by which AWS takes tags. AWS shows it with an asterisk for the log streams at its end."""
    return str(document["arn"]).removesuffix(":*")
