# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the status of an RDS instance means for one who waits for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Document = Mapping[str, Any]

#: In these AWS accepts ModifyDBInstance.
_CHANGEABLE = {"available", "storage-optimization", "storage-initialization", "storage-full"}

#: In these clients can use the database.
USABLE = {"available", "backing-up", "storage-optimization", "storage-initialization", "storage-config-upgrade"}

_FULL = "storage-full"
_INCOMPATIBLE = "incompatible-"

#: By how many GiB AWS lets storage grow at the least; or by a tenth, if that is more.
_STEP = 10

#: The first three are those that DeleteDBInstance names; of the others there is nothing, or nothing that can be read.
_WITHOUT_FINAL_SNAPSHOT = {
    "failed",
    "incompatible-restore",
    "incompatible-network",
    "restore-error",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
}

#: What cures those from which it does not come back by itself: "DB instance status" in the user guide of Amazon RDS.
CURES = {
    "failed": (
        "AWS can't recover it: restore its last moment under another name (aws rds "
        "restore-db-instance-to-point-in-time), take a snapshot of that, delete both, and deploy from that snapshot"
    ),
    "restore-error": "AWS could not restore it: delete it, and deploy from another snapshot",
    "incompatible-restore": "AWS could not restore it: delete it, and deploy from another snapshot",
    "incompatible-network": (
        "AWS can't put it into its subnets: see that they have free addresses, and that the VPC has DNS hostnames and "
        "DNS resolution; then start it (aws rds start-db-instance), or restore its last moment under another name"
    ),
    "incompatible-parameters": (
        "it can't start with its parameters: correct them, deploy, and reboot it (aws rds reboot-db-instance)"
    ),
    "inaccessible-encryption-credentials-recoverable": (
        "its KMS key can't be used: within seven days enable the key, or cancel its deletion, and start the instance "
        "(aws rds start-db-instance)"
    ),
    "inaccessible-encryption-credentials": (
        "its KMS key could not be used for too long: enable the key, delete the instance, and deploy from a snapshot"
    ),
    "insufficient-capacity": (
        "AWS has no room for an instance of its class: delete it, and deploy a few hours later, or with another class"
    ),
    _FULL: (
        "nothing can be written to it: deploy with an allocated_storage that is larger by at least a tenth, or with a "
        "max_allocated_storage that leaves room for 10 GiB more, or a tenth if that is more; within six hours of the "
        "last change of its storage AWS makes no other one"
    ),
    "incompatible-...": "AWS can't run it as it is: its events say why",
}


def of(document: Document) -> str:
    """AWS's word for the instance's status."""
    return str(document["DBInstanceStatus"])


def is_at_rest(document: Document) -> bool:
    """Whether it stays as it is unless somebody does something."""
    return any(is_so(document) for is_so in (is_usable, is_stopped, is_broken, is_full))


def is_usable(document: Document) -> bool:
    """Whether clients can use the database, at an address that is known."""
    return of(document) in USABLE and bool((document.get("Endpoint") or {}).get("Address"))


def is_changeable(document: Document) -> bool:
    """Whether AWS accepts a change."""
    return of(document) in _CHANGEABLE


def becomes_changeable(document: Document) -> bool:
    """Whether AWS accepts any change by and by, without anybody doing something."""
    return not (is_stopped(document) or is_broken(document) or of(document) == _FULL)


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
    """Whether waiting is in vain, and AWS accepts no change."""
    return of(document) != _FULL and needs_cure(of(document))


def is_full(document: Document) -> bool:
    """Whether its storage is full, and neither a change under way nor autoscaling is about to enlarge it."""
    pending = document.get("PendingModifiedValues") or {}
    has_room = _has_room(document["AllocatedStorage"], document.get("MaxAllocatedStorage"))
    return of(document) == _FULL and not ("AllocatedStorage" in pending or has_room)


def _has_room(allocated: int, limit: int | None) -> bool:
    """Whether autoscaling can grow the storage by one step."""
    return (limit or 0) - allocated >= max(_STEP, -(-allocated // 10))


def without_final_snapshot(document: Document) -> str:
    """What an instance is of which AWS takes no snapshot when that is deleted; empty where it may take one."""
    source = document.get("ReadReplicaSourceDBInstanceIdentifier")
    if of(document) in _WITHOUT_FINAL_SNAPSHOT:
        return of(document)
    return f"a read replica of {source}" if source and not is_going(document) else ""


def needs_cure(status: str) -> bool:
    """Whether somebody has to do something: an instance of this status is broken, or its storage is full."""
    return status in CURES or status.startswith(_INCOMPATIBLE)


def is_cured(status: str, changed: Collection[str], allocated: int, limit: int | None) -> bool:
    """Whether a deploy that changes these properties is what cures this status, or a part of that; ``limit`` is the
    ``max_allocated_storage`` that is wanted, ``allocated`` what there is.
    """
    if status == _FULL:
        return "allocated_storage" in changed or ("max_allocated_storage" in changed and _has_room(allocated, limit))
    return status == "incompatible-parameters"


def told(document: Document) -> str:
    """The status for one who waits, and what helps where that may take hours."""
    word = of(document)
    return f"{word}: {cure(word)}" if word == _FULL else word


def cure(status: str) -> str:
    """What helps an instance that is broken, or whose storage is full."""
    return CURES.get(status) or CURES[f"{_INCOMPATIBLE}..."]


def needs_reboot(document: Document) -> bool:
    """Whether a parameter waits for a reboot, which nobody does unasked."""
    groups = document.get("DBParameterGroups") or []
    return any(group.get("ParameterApplyStatus") == "pending-reboot" for group in groups)


def canonical(document: Document) -> str:
    """The status as it is compared: every usable one is ``available``."""
    return "available" if of(document) in USABLE else of(document)
