# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of EC2 have in common: how they are described and tagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...engine.actions import Resource
from ...engine.clients import Clients, doing, pages, tag_list
from ...engine.kind import Document, Kind
from ...engine.tags import tags_of


class Ec2Kind(Kind):
    """A kind of EC2: one operation describes all of them, with their tags, under one key of its answer."""

    operation: ClassVar[str]
    key: ClassVar[str]

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tags_of(document)

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("ec2").create_tags(Resources=[found.id], Tags=tag_list(dict(tags)))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("ec2").delete_tags(Resources=[found.id], Tags=[{"Key": key} for key in keys])


def described(kind: Ec2Kind, clients: Clients, filters: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """AWS's documents of those for which each filter has one of its values."""
    given = [{"Name": name, "Values": list(values)} for name, values in filters.items()]
    with doing("describe", kind.titles):
        return pages(clients("ec2"), kind.operation, kind.key, Filters=given)
