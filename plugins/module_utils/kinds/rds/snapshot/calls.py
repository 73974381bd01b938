# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Snapshots of Amazon RDS instances: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.clients import Clients, doing, pages, tag_list, unless

_WHAT = "database snapshot"
_GONE = {"DBSnapshotNotFound", "DBSnapshotNotFoundFault"}
NOT_NOW = {"InvalidDBInstanceState", "InvalidDBInstanceStateFault"}
_THERE = {"DBSnapshotAlreadyExists", "DBSnapshotAlreadyExistsFault"}


def describe(clients: Clients, identifier: str) -> dict[str, Any] | None:
    """The snapshot; None when there is none of that name."""
    client = clients("rds")
    with doing("describe", _WHAT, identifier):
        answer = unless(_GONE, lambda: client.describe_db_snapshots(DBSnapshotIdentifier=identifier))
    found: list[dict[str, Any]] = (answer or {}).get("DBSnapshots") or []
    return found[0] if found else None


def list_manual(clients: Clients, instance: str | None = None) -> list[dict[str, Any]]:
    """Every snapshot of the account in the region, or of an instance, that AWS does not delete by itself."""
    only = {"DBInstanceIdentifier": instance} if instance else {}
    with doing("list", "database snapshots"):
        return pages(clients("rds"), "describe_db_snapshots", "DBSnapshots", SnapshotType="manual", **only)


def create(clients: Clients, instance: str, identifier: str, tags: Mapping[str, str]) -> None:
    """Starts a snapshot; one of that name that exists is taken as it is."""
    with doing("create", _WHAT, identifier):
        unless(
            _THERE,
            lambda: clients("rds").create_db_snapshot(
                DBInstanceIdentifier=instance, DBSnapshotIdentifier=identifier, Tags=tag_list(dict(tags))
            ),
        )
