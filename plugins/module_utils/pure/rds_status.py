# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the status of an RDS instance means for one who waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

#: In these AWS accepts ModifyDBInstance.
_CHANGEABLE = {"available", "storage-optimization", "storage-initialization", "storage-full"}

#: In these clients can use the database.
_USABLE = {"available", "backing-up", "storage-optimization", "storage-initialization", "storage-config-upgrade"}

#: From these it does not come back by itself.
_BROKEN = {"failed", "restore-error", "insufficient-capacity", "inaccessible-encryption-credentials"}


def of(document: Document) -> str:
    """AWS's word for the instance's status."""
    return str(document["DBInstanceStatus"])


def is_usable(document: Document) -> bool:
    """Whether clients can use the database, at an address that is known."""
    return of(document) in _USABLE and bool((document.get("Endpoint") or {}).get("Address"))


def is_changeable(document: Document) -> bool:
    """Whether AWS accepts a change."""
    return of(document) in _CHANGEABLE


def is_settled(document: Document, immediately: bool) -> bool:
    """Whether an accepted change is through: at once, or noted for the maintenance window."""
    pending = document.get("PendingModifiedValues") or {}
    groups = document.get("VpcSecurityGroups") or []
    return (
        is_usable(document)
        and not (immediately and pending)
        and all(group.get("Status") == "active" for group in groups)
    )


def is_being_made(document: Document) -> bool:
    """Whether it is on its way into the world, by creation or from a snapshot; its members are not final yet."""
    return of(document) in {"creating", "restoring"}


def is_stopped(document: Document) -> bool:
    """Whether somebody stopped it."""
    return of(document) in {"stopped", "stopping"}


def is_going(document: Document) -> bool:
    """Whether it is being deleted."""
    return of(document) == "deleting"


def is_broken(document: Document) -> bool:
    """Whether waiting is in vain."""
    return of(document) in _BROKEN or of(document).startswith("incompatible-")


def has_final_snapshot(status: str) -> bool:
    """Whether AWS takes a snapshot of an instance of this status when that is deleted."""
    return not is_broken({"DBInstanceStatus": status})


def needs_reboot(document: Document) -> bool:
    """Whether a parameter waits for a reboot, which nobody does unasked."""
    groups = document.get("DBParameterGroups") or []
    return any(group.get("ParameterApplyStatus") == "pending-reboot" for group in groups)


def canonical(document: Document) -> str:
    """The status as it is compared: every usable one is ``available``."""
    return "available" if of(document) in _USABLE else of(document)
