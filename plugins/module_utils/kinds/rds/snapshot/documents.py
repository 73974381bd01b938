# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Snapshots of Amazon RDS instances: what a teardown kept, what a deploy takes up, what an upgrade can go back to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ....engine.actions import Resource

TYPE = "rds_snapshot"

#: What a teardown and an upgrade put behind the name of the instance.
_OURS = r"(final|before-[0-9a-f]{12})-\d{14}"

_USABLE = ("available", "creating")
_SAME_ATTEMPT = timedelta(hours=1)


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeDBSnapshots' answer as a resource."""
    created = document.get("SnapshotCreateTime")
    tags = document.get("TagList") or []
    return Resource(
        TYPE,
        document["DBSnapshotIdentifier"],
        {
            "instance": document["DBInstanceIdentifier"],
            "engine": document["Engine"],
            "engine_version": document["EngineVersion"],
            "allocated_storage": document["AllocatedStorage"],
            "master_username": document.get("MasterUsername"),
            "storage_encrypted": bool(document.get("Encrypted")),
            "kms_key_id": document.get("KmsKeyId"),
            "status": document["Status"],
            "created": created.isoformat() if created else None,
            "tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")},
        },
        document["DBSnapshotArn"],
    )


def is_named_for(snapshot: Resource, instance: str) -> bool:
    """Whether it is of an instance of that name, and named as a teardown or an upgrade names one."""
    of_instance = snapshot.properties["instance"] == instance
    return of_instance and bool(re.fullmatch(rf"{re.escape(instance)}-{_OURS}", snapshot.name))


def newest(snapshots: Iterable[Resource], instance: str) -> Resource | None:
    """The youngest finished snapshot of an instance of that name; None when there is none."""
    finished = [
        snapshot
        for snapshot in snapshots
        if snapshot.properties["instance"] == instance and snapshot.properties["status"] == "available"
    ]
    return max(finished, key=lambda snapshot: (snapshot.properties["created"] or "", snapshot.name), default=None)


def final_name(instance: str, now: datetime) -> str:
    """The name of the snapshot with which a teardown deletes an instance now, in UTC."""
    return f"{instance}-final-{now:%Y%m%d%H%M%S}"


def upgrade_prefix(instance: str, digest: str) -> str:
    """How the names of the snapshots begin that are taken before an image upgrades the database."""
    return f"{instance}-before-{digest.rpartition(':')[2][:12]}"


def upgrade_name(prefix: str, now: datetime) -> str:
    """The name of such a snapshot that is taken now, in UTC."""
    return f"{prefix}-{now:%Y%m%d%H%M%S}"


def of_upgrade(snapshots: Iterable[Resource], prefix: str, now: datetime) -> list[Resource]:
    """Those whose names begin so, finished or under way, the oldest first."""
    found = [one for one in snapshots if one.name.startswith(prefix) and one.properties["status"] in _USABLE]
    return sorted(found, key=lambda one: taken(one, now))


def of_same_attempt(snapshots: list[Resource], instance_made: datetime, now: datetime) -> Resource | None:
    """The last of them, if an upgrade that is begun now needs no other: it is less than an hour old, and of the
    instance that there is, not of a former one in whose place that was restored.
    """
    since = max(now - _SAME_ATTEMPT, instance_made)
    return snapshots[-1] if snapshots and taken(snapshots[-1], now) > since else None


def taken(snapshot: Resource, now: datetime) -> datetime:
    """When it was taken: now, while AWS does not say."""
    created = snapshot.properties["created"]
    return datetime.fromisoformat(created) if created else now
