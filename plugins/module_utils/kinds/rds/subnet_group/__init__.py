# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnet groups of Amazon RDS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, pages, tag_list
from ....engine.kind import Document
from ..group import RdsGroup
from . import documents


class SubnetGroup(RdsGroup):
    """The subnets in which an instance of RDS may be."""

    type = documents.TYPE
    title, titles = "database subnet group", "database subnet groups"
    gone = frozenset({"DBSubnetGroupNotFoundFault"})
    exists = frozenset({"DBSubnetGroupAlreadyExists"})
    #: What AWS says while an instance that was just deleted, or moved, counts as a member.
    busy = frozenset({"InvalidDBSubnetGroupStateFault"})
    name_member, arn_member = "DBSubnetGroupName", "DBSubnetGroupArn"
    shown_together = True

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(clients("rds"), "describe_db_subnet_groups", "DBSubnetGroups")
        return [group for group in found if self.name(group).startswith(prefix)]

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return documents.canonical({**document, "tags": tags})

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        request = documents.request(wanted)
        answer = clients("rds").create_db_subnet_group(**request, Tags=tag_list(wanted.properties["tags"]))
        return str(answer["DBSubnetGroup"]["DBSubnetGroupArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients("rds").modify_db_subnet_group(**documents.request(wanted))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("rds").delete_db_subnet_group(DBSubnetGroupName=found.name)


SUBNET_GROUP = SubnetGroup()
