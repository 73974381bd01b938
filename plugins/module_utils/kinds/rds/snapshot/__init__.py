# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Snapshots of Amazon RDS instances, found and taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ....engine.actions import Resource
from ....engine.clients import Clients, caused_by
from ....engine.errors import FarflowError
from ....engine.patience import retry_while
from ....engine.tags import ENVIRONMENT
from ....engine.waiting import NotYet, wait_for
from ..instance import calls as rds_instances
from . import calls as snapshot_calls
from . import documents

#: Seconds after which an instance that is being changed or backed up takes a snapshot.
_FREE_AFTER = 3600


def find(clients: Clients, environment: str, named: str | None = None, database: str = "") -> list[Resource]:
    """The manual snapshots that carry the environment's tag, or have a name that only this collection gives to those of
    its ``database``. And the one that is ``named``, whosever it is: without its tags, by which it would be taken for
    the environment's.
    """
    found = list(map(documents.canonical, snapshot_calls.list_manual(clients)))
    own = [
        one
        for one in found
        if one.properties["tags"].get(ENVIRONMENT) == environment or documents.is_named_for(one, database)
    ]
    return own + [_untagged(one) for one in found if one.name == named and one not in own]


def _untagged(snapshot: Resource) -> Resource:
    return replace(snapshot, properties={**snapshot.properties, "tags": {}})


def create(clients: Clients, instance: str, identifier: str, tags: Mapping[str, str], limit: float | None) -> None:
    """Takes a snapshot of an instance as soon as that takes one, and waits up to ``limit`` seconds until it is
    finished; None does not wait for that. Safe to repeat with the same identifier.
    """
    retry_while(
        lambda: snapshot_calls.create(clients, instance, identifier, tags),
        lambda error: caused_by(error, snapshot_calls.NOT_NOW),
        limit or _FREE_AFTER,
        f"database instance {instance} to be free for a snapshot",
    )
    if limit is not None:
        await_finished(clients, identifier, limit)


def await_finished(clients: Clients, identifier: str, limit: float) -> Resource:
    """The snapshot, as soon as it is finished."""
    what = f"database snapshot {identifier}"
    return documents.canonical(wait_for(lambda: _finished(clients, identifier), limit, what, interval=5.0))


def before_upgrade(
    clients: Clients, instance: str, digest: str, tags: Mapping[str, str], limit: float, now: datetime
) -> list[Resource]:
    """The snapshots from before the attempts to upgrade a database to the image of that digest, the oldest first; the
    last is that of this attempt. It is taken, unless an attempt less than an hour ago has left one.
    """
    prefix = documents.upgrade_prefix(instance, digest)
    earlier = documents.of_upgrade(map(documents.canonical, snapshot_calls.list_manual(clients, instance)), prefix, now)
    there = documents.of_same_attempt(earlier, _made(clients, instance), now)
    name = there.name if there else documents.upgrade_name(prefix, now)
    if not there:
        create(clients, instance, name, tags, None)
    return [*(one for one in earlier if one is not there), await_finished(clients, name, limit)]


def _made(clients: Clients, instance: str) -> datetime:
    found = rds_instances.describe(clients, instance)
    if found is None:
        raise FarflowError(f"there is no database {instance}")
    made: datetime = found["InstanceCreateTime"]
    return made


def _finished(clients: Clients, identifier: str) -> dict[str, Any] | NotYet:
    found = snapshot_calls.describe(clients, identifier)
    if found is None:
        raise FarflowError(f"database snapshot {identifier} is gone")
    if found["Status"] == "failed":
        raise FarflowError(f"database snapshot {identifier} failed")
    if found["Status"] == "available":
        return found
    return NotYet(f"{found['Status']}, {found.get('PercentProgress', 0)} % done")
