# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Snapshots of Amazon RDS instances: what a teardown kept, and what a deploy takes up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.actions import Resource

TYPE = "rds_snapshot"


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
            "status": document["Status"],
            "created": created.isoformat() if created else None,
            "tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")},
        },
        document["DBSnapshotArn"],
    )


def newest(snapshots: Iterable[Resource], instance: str) -> Resource | None:
    """The youngest finished snapshot of an instance of that name; None when there is none."""
    finished = [
        snapshot
        for snapshot in snapshots
        if snapshot.properties["instance"] == instance and snapshot.properties["status"] == "available"
    ]
    return max(finished, key=lambda snapshot: (snapshot.properties["created"] or "", snapshot.name), default=None)
