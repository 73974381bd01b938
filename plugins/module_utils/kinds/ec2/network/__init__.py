# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""VPCs, subnets, internet gateways, elastic IP addresses and NAT gateways, read as resources and brought to what is
desired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ....engine.actions import Resource
from ....engine.clients import Clients, doing
from ....engine.converge import converge
from ....engine.errors import FarflowError
from ....engine.immutable import refuse_changes
from ....engine.lost_answers import create_exactly_once
from ....engine.reconcile import Operations, Outcome
from ....engine.waiting import NotYet, wait_for
from .. import tags as ec2_tags
from . import calls, documents
from .kinds import KINDS, Kind
from .patience import delete_when_free, retry_until_visible

_KNOWN_AFTER = 120


def present(clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of resources, all of one type."""
    if not wanted:
        return []
    refuse_changes(wanted, _read(clients, wanted), documents.IMMUTABLE)
    return converge(wanted, lambda: _read(clients, wanted), _operations(clients, KINDS[wanted[0].type]), check_mode)


def absent(clients: Clients, unwanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of resources, all of one type and each with its id; one that is gone is fine."""
    if not unwanted:
        return []
    ids = {one.id for one in unwanted}

    def read() -> list[Resource]:
        return [one for one in _found(clients, unwanted) if one.id in ids]

    return converge([], read, _operations(clients, KINDS[unwanted[0].type]), check_mode)


def _read(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    """Those that exist of the wanted ones, under their names."""
    found = _found(clients, wanted)
    meant = [(one, documents.meant(one, found)) for one in wanted]
    return [replace(there, name=one.name) for one, there in meant if there]


def _found(clients: Clients, wanted: Sequence[Resource]) -> list[Resource]:
    kind = KINDS[wanted[0].type]

    def read(filters: calls.Filters) -> list[Resource]:
        return [kind.canonical(clients, document) for document in kind.describe(clients, filters)]

    return [one for filters in documents.filters(wanted) for one in retry_until_visible(partial(read, filters))]


def _operations(clients: Clients, kind: Kind) -> Operations:
    """What creates, changes and deletes one of a kind."""

    def create(wanted: Resource) -> str:
        def look() -> str | None:
            return next((one.id for one in _read(clients, [wanted])), None)

        def call() -> str:
            with doing("create", what):
                return kind.create(clients, wanted.properties)

        what = documents.what(wanted)
        id_ = create_exactly_once(lambda: retry_until_visible(call), look, what)
        known = replace(wanted, id=id_)
        change(known, wait_for(lambda: _ready(clients, kind, known), _KNOWN_AFTER, f"AWS to show {what}", interval=0.5))
        return id_

    def change(wanted: Resource, found: Resource) -> None:
        def call() -> None:
            with doing("change", documents.what(found)):
                kind.change(clients, wanted, found)
                tags, before = wanted.properties["tags"], found.properties["tags"]
                if tags != before:
                    ec2_tags.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))

        retry_until_visible(call)

    def delete(found: Resource) -> None:
        def call() -> str:
            with doing("delete", documents.what(found)):
                return kind.delete(clients, found)

        delete_when_free(clients, found, call)

    return Operations(create, change, delete)


def _ready(clients: Clients, kind: Kind, known: Resource) -> Resource | NotYet:
    """What was just made, as soon as AWS shows it and it can be used."""
    [filters] = documents.filters([known])
    there = [
        (document, retry_until_visible(partial(kind.canonical, clients, document)))
        for document in kind.describe(clients, filters)
    ]
    found = next(((document, one) for document, one in there if one.id == known.id), None)
    if found is None:
        if why := kind.failure(clients, str(known.id)):
            raise FarflowError(f"AWS could not make {documents.what(known)}: {why}")
        return NotYet("it is not shown")
    state = found[0].get("State", "available")
    return found[1] if kind.made is None or state in kind.made else NotYet(f"it is {state}")
