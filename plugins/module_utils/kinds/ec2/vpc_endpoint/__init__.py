# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateway endpoints, read as resources and brought to what is desired."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.converge import converge
from ....engine.errors import FarflowError
from ....engine.immutable import refuse_changes
from ....engine.reconcile import Hands, Outcome
from ....engine.waiting import NotYet, wait_for
from .. import tags as ec2_tags
from . import calls as api
from . import documents as pure

_KNOWN_AFTER = 180


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the endpoints."""

    def read() -> list[Resource]:
        endpoints = _endpoints(clients, wanted)
        meant = [(endpoint, pure.chosen(endpoint, endpoints)) for endpoint in wanted]
        return [replace(found, name=endpoint.name) for endpoint, found in meant if found]

    existing = read()
    ids = {one.id for one in existing}
    missing = [endpoint.id for endpoint in wanted if endpoint.id and endpoint.id not in ids]
    if missing:
        raise FarflowError(f"there is no VPC endpoint {', '.join(missing)}")
    refuse_changes(wanted, existing, pure.IMMUTABLE)
    return converge(wanted, read, _hands(clients), check_mode)


def absent(clients: Clients, unwanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the endpoints. One without an id must be the only one of its name in its VPC."""

    def read() -> list[Resource]:
        endpoints = _endpoints(clients, unwanted)
        return [replace(found, name=one.name) for one in unwanted for found in pure.meant(one, endpoints)]

    endpoints = _endpoints(clients, unwanted)
    ambiguous = [one.name for one in unwanted if len(pure.meant(one, endpoints)) > 1]
    if ambiguous:
        raise FarflowError(f"several VPC endpoints are called {', '.join(ambiguous)}: give the id of the one to delete")
    return converge([], read, _hands(clients), check_mode)


def _endpoints(clients: Clients, named: Sequence[Resource]) -> list[Resource]:
    vpcs = sorted({str(endpoint.properties["vpc_id"]) for endpoint in named})
    documents = api.describe(clients, vpcs) if vpcs else []
    return [pure.canonical(each) for each in documents if pure.is_there(each)]


def _hands(clients: Clients) -> Hands:
    def create(wanted: Resource) -> str:
        properties, token = wanted.properties, str(uuid.uuid4())
        arguments = {
            "VpcId": properties["vpc_id"],
            "ServiceName": properties["service"],
            "RouteTableIds": properties["route_tables"],
            "PolicyDocument": pure.policy_document(properties),
        }
        state = NotYet(f"it does not know {properties['vpc_id']} or {', '.join(properties['route_tables'])}")
        what = f"AWS to take VPC endpoint {wanted.name}"
        return wait_for(
            lambda: api.create(clients, wanted.name, arguments, properties["tags"], token) or state, _KNOWN_AFTER, what
        )

    def change(wanted: Resource, found: Resource) -> None:
        changes = _changes(wanted, found)
        if changes:
            state = NotYet(f"it does not know {', '.join(wanted.properties['route_tables'])}")
            what = f"AWS to change VPC endpoint {wanted.name}"
            wait_for(lambda: api.modify(clients, str(found.id), changes) or state, _KNOWN_AFTER, what)
        tags, before = wanted.properties["tags"], found.properties["tags"]
        if tags != before:
            ec2_tags.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))

    def delete(found: Resource) -> None:
        api.delete(clients, str(found.id))

    return Hands(create, change, delete)


def _changes(wanted: Resource, found: Resource) -> dict[str, Any]:
    after, before = (set(side.properties["route_tables"]) for side in (wanted, found))
    changes: dict[str, Any] = {
        "AddRouteTableIds": sorted(after - before),
        "RemoveRouteTableIds": sorted(before - after),
    }
    if wanted.properties["policy"] != found.properties["policy"]:
        changes["PolicyDocument"] = pure.policy_document(wanted.properties)
    return {name: value for name, value in changes.items() if value}
