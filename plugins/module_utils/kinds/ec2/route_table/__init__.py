# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route tables, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.converge import converge
from ....engine.errors import FarflowError
from ....engine.immutable import refuse_changes
from ....engine.reconcile import Operations, Outcome
from ....engine.waiting import NotYet, wait_for
from .. import tags as ec2_tags
from ..network.patience import retry_until_visible
from . import calls as api
from . import documents as pure

#: A NAT gateway can be told of minutes before routes may name it.
_KNOWN_AFTER = 180
_FREE_AFTER = 120


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the tables."""

    def read() -> list[Resource]:
        tables = _tables(clients, wanted)
        meant = [(table, pure.chosen(table, tables)) for table in wanted]
        return [replace(found, name=table.name) for table, found in meant if found]

    existing = read()
    ids = {one.id for one in existing}
    missing = [table.id for table in wanted if table.id and table.id not in ids]
    if missing:
        raise FarflowError(f"there is no route table {', '.join(missing)}")
    refuse_changes(wanted, existing, pure.IMMUTABLE)
    return converge(wanted, read, _operations(clients, wanted), check_mode)


def absent(clients: Clients, unwanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the tables. One without an id must be the only one of its name in its VPC."""

    def read() -> list[Resource]:
        tables = _tables(clients, unwanted)
        return [replace(found, name=one.name) for one in unwanted for found in pure.meant(one, tables)]

    ambiguous = [one for one in unwanted if len(pure.meant(one, _tables(clients, [one]))) > 1]
    if ambiguous:
        names = ", ".join(one.name for one in ambiguous)
        raise FarflowError(f"several route tables are called {names}: give the id of the one to delete")
    return converge([], read, _operations(clients, []), check_mode)


def _tables(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    return [pure.canonical(document) for document in _documents(clients, wanted)]


def _documents(clients: Clients, tables: Sequence[Resource]) -> list[dict[str, Any]]:
    vpcs = sorted({str(table.properties["vpc_id"]) for table in tables})
    return api.describe(clients, vpcs) if vpcs else []


def _operations(clients: Clients, all_wanted: Sequence[Resource]) -> Operations:
    """What creates, changes and deletes a table. A subnet that another table of ``all_wanted`` takes is left to it."""
    taken = {subnet for table in all_wanted for subnet in table.properties["subnets"]}

    def create(wanted: Resource) -> str:
        properties = wanted.properties
        table_id = retry_until_visible(
            lambda: api.create(clients, wanted.name, properties["vpc_id"], properties["tags"])
        )
        empty = replace(wanted, id=table_id, properties={**properties, "routes": {}, "subnets": []})
        change(replace(wanted, id=table_id), empty)
        return table_id

    def change(wanted: Resource, found: Resource) -> None:
        table_id = str(found.id)
        _set_routes(clients, table_id, wanted.properties["routes"], found.properties["routes"])
        if wanted.properties["subnets"] != found.properties["subnets"]:
            _set_subnets(clients, wanted, found, taken)
        tags, before = wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            ec2_tags.set_tags(clients, table_id, tags, sorted(set(before) - set(tags)))

    def delete(found: Resource) -> None:
        for document in _documents(clients, [found]):
            if document["RouteTableId"] == found.id:
                for association in pure.removable_associations(document):
                    api.disassociate(clients, association)
        what = f"route table {found.name} ({found.id}) to be free"
        wait_for(lambda: api.delete(clients, str(found.id)) or NotYet("it is still in use"), _FREE_AFTER, what)

    return Operations(create, change, delete)


def _set_routes(clients: Clients, table_id: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> None:
    for destination, target in wanted.items():
        if found.get(destination) != target:
            _set_route(clients, table_id, destination, target, destination in found)
    for destination in found:
        if destination not in wanted:
            api.delete_route(clients, table_id, pure.destination_argument(destination))


def _set_route(clients: Clients, table_id: str, destination: str, target: str, exists: bool) -> None:
    route = pure.route_arguments(destination, target)
    state = NotYet(f"it does not know {table_id} or {target}")
    what = f"AWS to take a route from {table_id} to {target}"
    wait_for(lambda: api.set_route(clients, table_id, route, exists) or state, _KNOWN_AFTER, what)


def _set_subnets(clients: Clients, wanted: Resource, found: Resource, taken: set[str]) -> None:
    documents = _documents(clients, [wanted])
    associations = {subnet: one for document in documents for subnet, one in pure.associations(document).items()}
    ours, before = set(wanted.properties["subnets"]), set(found.properties["subnets"])
    for subnet in sorted(ours - before):
        _associate(clients, str(found.id), subnet, associations.get(subnet))
    for subnet in sorted(before - ours - taken):
        api.disassociate(clients, associations[subnet])


def _associate(clients: Clients, table_id: str, subnet: str, association: str | None) -> None:
    state = NotYet(f"it does not know {table_id} or {subnet}")
    what = f"AWS to associate {table_id} with {subnet}"
    wait_for(lambda: api.associate(clients, table_id, subnet, association) or state, _KNOWN_AFTER, what)
