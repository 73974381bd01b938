# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnet groups of Amazon RDS, read as resources."""

from __future__ import annotations

from collections.abc import Collection

from ..aws import rds_groups as api
from ..aws.calls import Clients
from ..core.actions import Resource
from ..pure import rds_subnet_groups as pure
from ..pure.tags import NOTHING, Told


def find(clients: Clients, environment: str, names: Collection[str] = (), told: Told = NOTHING) -> list[Resource]:
    """The subnet groups whose names start with ``<environment>-`` and that carry the environment's tag, and the
    named ones, whatever they carry.
    """
    listed = api.list_subnet_groups(clients)
    near = [group for group in listed if _is_near(group["DBSubnetGroupName"], environment, names)]
    tags = [told.get(group["DBSubnetGroupArn"]) or api.tags(clients, group["DBSubnetGroupArn"]) for group in near]
    found = [pure.canonical({**group, "tags": dict(each)}) for group, each in zip(near, tags, strict=True)]
    return [
        group
        for group in found
        if group.name in names or group.properties["tags"].get("farflow:environment") == environment
    ]


def _is_near(name: str, environment: str, names: Collection[str]) -> bool:
    return name in names or name.startswith(f"{environment}-".lower())
