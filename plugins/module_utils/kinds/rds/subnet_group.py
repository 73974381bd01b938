# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnet groups of Amazon RDS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients, pages, tag_list
from ...engine.kind import Document
from .group import RdsGroup

TYPE = "rds_subnet_group"


class SubnetGroup(RdsGroup):
    """The subnets in which an instance of RDS may be."""

    type = TYPE
    title, titles = "database subnet group", "database subnet groups"
    gone = frozenset({"DBSubnetGroupNotFoundFault"})
    exists = frozenset({"DBSubnetGroupAlreadyExists"})
    #: What AWS says while an instance that was just deleted, or moved, counts as a member.
    busy = frozenset({"InvalidDBSubnetGroupStateFault"})
    name_member, arn_member = "DBSubnetGroupName", "DBSubnetGroupArn"
    shown_together = True

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        found = pages(clients("rds"), "describe_db_subnet_groups", "DBSubnetGroups")
        return [group for group in found if self.name(group).startswith(prefix)]

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return canonical({**document, "tags": tags})

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        request = _request(wanted)
        answer = clients("rds").create_db_subnet_group(**request, Tags=tag_list(wanted.properties["tags"]))
        return str(answer["DBSubnetGroup"]["DBSubnetGroupArn"])

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients("rds").modify_db_subnet_group(**_request(wanted))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("rds").delete_db_subnet_group(DBSubnetGroupName=found.name)


SUBNET_GROUP = SubnetGroup()


def desired(group: Mapping[str, Any]) -> Resource:
    """``{name, description, subnet_ids, tags}`` as a resource; AWS writes names in small letters."""
    return Resource(
        TYPE,
        group["name"].lower(),
        {
            "description": group.get("description") or group["name"],
            "subnet_ids": sorted(set(group["subnet_ids"])),
            "tags": {key: str(value) for key, value in (group.get("tags") or {}).items()},
        },
    )


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeDBSubnetGroups' answer, with its ``tags``, as a resource."""
    return Resource(
        TYPE,
        document["DBSubnetGroupName"],
        {
            "description": document.get("DBSubnetGroupDescription"),
            "subnet_ids": sorted(subnet["SubnetIdentifier"] for subnet in document.get("Subnets") or []),
            "tags": dict(document["tags"]),
        },
        document["DBSubnetGroupArn"],
    )


def _request(wanted: Resource) -> dict[str, Any]:
    """A group but for its tags, as CreateDBSubnetGroup and ModifyDBSubnetGroup take it."""
    return {
        "DBSubnetGroupName": wanted.name,
        "DBSubnetGroupDescription": wanted.properties["description"],
        "SubnetIds": wanted.properties["subnet_ids"],
    }
