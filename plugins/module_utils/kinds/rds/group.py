# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the groups of Amazon RDS have in common: lists of the whole account, tags by ARN, and members that go late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...engine.actions import Resource
from ...engine.clients import Clients, tag_dict, tag_list
from ...engine.kind import Document, Kind
from ...engine.tags import PrefetchedTags


class RdsGroup(Kind):
    """A group of RDS. AWS writes names in small letters, and lists all that it tells of a group but its tags."""

    #: The members of AWS's documents that hold name and ARN.
    name_member: ClassVar[str]
    arn_member: ClassVar[str]

    patience = 180
    names_a_call = 1000

    def named(self, arguments: Mapping[str, Any]) -> str:
        return str(arguments["name"]).lower()

    def prefix(self, environment: str) -> str:
        return f"{environment}-".lower()

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Sequence[Document]:
        return [group for group in self.list(clients, "") if self.name(group) in names]

    def name(self, document: Document) -> str:
        return str(document[self.name_member])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(clients("rds").list_tags_for_resource(ResourceName=document[self.arn_member])["TagList"])

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(document[self.arn_member])

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("rds").add_tags_to_resource(ResourceName=found.id, Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("rds").remove_tags_from_resource(ResourceName=found.id, TagKeys=keys)
