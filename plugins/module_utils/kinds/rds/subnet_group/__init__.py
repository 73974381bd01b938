# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnet groups of Amazon RDS, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ....engine.actions import Resource
from ....engine.clients import Clients, caused_by
from ....engine.converge import converge
from ....engine.patience import patient
from ....engine.reconcile import Hands, Outcome
from ....engine.tags import NOTHING, Told
from .. import group_calls as api
from . import documents as pure

_FREE_AFTER = 180


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


def read(clients: Clients, names: Collection[str]) -> list[Resource]:
    """The named subnet groups that exist."""
    return [
        pure.canonical({**group, "tags": api.tags(clients, group["DBSubnetGroupArn"])})
        for group in api.list_subnet_groups(clients)
        if group["DBSubnetGroupName"] in names
    ]


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the groups."""
    names = {group.name for group in wanted}
    return converge(wanted, lambda: read(clients, names), _hands(clients), check_mode)


def absent(clients: Clients, names: Collection[str], check_mode: bool) -> list[Outcome]:
    """What became of the named groups; content when they are gone."""
    return converge([], lambda: read(clients, names), _hands(clients), check_mode)


def _hands(clients: Clients) -> Hands:
    def create(wanted: Resource) -> str | None:
        arn = api.create_subnet_group(clients, wanted.name, wanted.properties)
        return arn or take_over(wanted)

    def take_over(wanted: Resource) -> str | None:
        for found in read(clients, [wanted.name]):
            change(wanted, found)
            return found.id
        return None

    def change(wanted: Resource, found: Resource) -> None:
        if any(wanted.properties[key] != found.properties[key] for key in ("description", "subnet_ids")):
            api.modify_subnet_group(clients, wanted.name, wanted.properties)
        tags, before = wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            api.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))

    hands = Hands(create, change, lambda found: api.delete_subnet_group(clients, found.name))
    return patient(hands, "database subnet group", _FREE_AFTER, lambda error: caused_by(error, api.IN_USE))
