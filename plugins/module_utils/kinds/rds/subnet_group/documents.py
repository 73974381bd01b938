# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnet groups of Amazon RDS, as they are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.actions import Resource

TYPE = "rds_subnet_group"


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


def request(wanted: Resource) -> dict[str, Any]:
    """A group but for its tags, as CreateDBSubnetGroup and ModifyDBSubnetGroup take it."""
    return {
        "DBSubnetGroupName": wanted.name,
        "DBSubnetGroupDescription": wanted.properties["description"],
        "SubnetIds": wanted.properties["subnet_ids"],
    }
