# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EC2 has in a VPC and gives no name: it is found by its id, or by its tag ``Name``, which several in the VPC may
bear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...engine.actions import Resource
from ...engine.changing import operations
from ...engine.clients import Clients
from ...engine.compare import differences
from ...engine.converge import converge
from ...engine.errors import FarflowError
from ...engine.immutable import refuse_changes
from ...engine.reading import read_listed
from ...engine.reconcile import Outcome
from .kind import Ec2Kind, described


def present(kind: Ec2Kind, clients: Clients, wanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the wanted ones. Of several that one may mean, that is taken which differs least."""

    def read() -> list[Resource]:
        there = _in_their_vpcs(kind, clients, wanted)
        pairs = [(one, _nearest(one, _meant(one, there))) for one in wanted]
        missing = ", ".join(str(one.id) for one, found in pairs if one.id and not found)
        if missing:
            raise FarflowError(f"there is no {kind.title} {missing}")
        existing = [replace(found, name=one.name) for one, found in pairs if found]
        refuse_changes(wanted, existing, kind.immutable)
        return existing

    return converge(wanted, read, operations(kind, clients), check_mode)


def absent(kind: Ec2Kind, clients: Clients, unwanted: Sequence[Resource], check_mode: bool) -> list[Outcome]:
    """What became of the unwanted ones. One without an id must be the only one of its name in its VPC."""

    def read() -> list[Resource]:
        there = _in_their_vpcs(kind, clients, unwanted)
        pairs = [(one.name, _meant(one, there)) for one in unwanted]
        ambiguous = ", ".join(name for name, found in pairs if len(found) > 1)
        if ambiguous:
            raise FarflowError(f"several {kind.titles} are called {ambiguous}: give the id of the one to delete")
        return [replace(one, name=name) for name, found in pairs for one in found]

    return converge([], read, operations(kind, clients), check_mode)


def _in_their_vpcs(kind: Ec2Kind, clients: Clients, named: Sequence[Resource]) -> list[Resource]:
    vpcs = sorted({str(one.properties["vpc_id"]) for one in named})
    documents = described(kind, clients, {"vpc-id": vpcs}) if vpcs else []
    found = (read_listed(kind, clients, document) for document in documents)
    return [one for one in found if one]


def _meant(wanted: Resource, there: Sequence[Resource]) -> list[Resource]:
    """Those that are meant by one with an id, or else by one with a name and a VPC."""
    if wanted.id:
        return [one for one in there if one.id == wanted.id]
    vpc_id = wanted.properties["vpc_id"]
    return [one for one in there if (one.name, one.properties["vpc_id"]) == (wanted.name, vpc_id)]


def _nearest(wanted: Resource, found: Sequence[Resource]) -> Resource | None:
    return min(found, key=lambda one: len(differences(wanted.properties, one.properties)), default=None)
