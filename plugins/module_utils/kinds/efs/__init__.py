# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EFS file systems, read as resources and brought to what is desired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.errors import FarflowError
from ...engine.parallel import in_parallel
from ...engine.steps import Steps, of_type
from ...engine.tags import ENVIRONMENT
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure
from .operations import access_point_operations, file_system_operations, mount_target_operations


def find(clients: Clients, environment: str, names: Collection[str] = ()) -> list[Resource]:
    """The file systems that are tagged as the environment's or were made with one of the names as creation token, with
    all that belongs to them.
    """
    found = [
        one
        for one in api.file_systems(clients)
        if one["CreationToken"] in names or _tags(one).get(ENVIRONMENT) == environment
    ]
    return [resource for one in found for resource in _unless_going(clients, one)]


def read(clients: Clients, name: str) -> list[Resource]:
    """The file system that was made with the name as creation token, with all that belongs to it."""
    found = api.by_creation_token(clients, name)
    return _unless_going(clients, found) if found else []


def _unless_going(clients: Clients, document: Mapping[str, Any]) -> list[Resource]:
    """AWS lists a file system while it deletes it."""
    if document["LifeCycleState"] in api.GOING:
        return []
    try:
        return _everything(clients, document)
    except FarflowError as error:
        if caused_by(error, api.GONE):
            return []
        raise


def _tags(document: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in document["Tags"]}


def _everything(clients: Clients, document: Mapping[str, Any]) -> list[Resource]:
    """Five calls that AWS asks for each file system, one for each mount target's security groups."""
    file_system_id, name = document["FileSystemId"], document["CreationToken"]
    itself = pure.canonical_file_system(
        document,
        api.lifecycle_policies(clients, file_system_id),
        api.backup_status(clients, file_system_id),
        api.policy(clients, file_system_id),
        _chosen_key(clients, document.get("KmsKeyId")),
    )
    mounts = [one for one in api.mount_targets(clients, file_system_id) if one["LifeCycleState"] not in api.GOING]
    groups = in_parallel(lambda mount: api.security_groups(clients, mount["MountTargetId"]), mounts)
    return [
        itself,
        *(pure.canonical_mount_target(name, mount, some) for mount, some in zip(mounts, groups, strict=True)),
        *(pure.canonical_access_point(name, point) for point in api.access_points(clients, file_system_id)),
    ]


def _chosen_key(clients: Clients, key_id: str | None) -> str | None:
    """The KMS key when somebody chose one: AWS tells the key's ARN also when it is its own."""
    return key_id if key_id and not api.is_aws_key(clients, key_id) else None


def converge(clients: Clients, desired: Sequence[Resource], actual: Sequence[Resource], check_mode: bool) -> Steps:
    """The file system is there before what belongs to it and goes after it; a mount target goes before another comes,
    as a zone can have one.
    """
    steps = Steps(check_mode)
    systems = of_type(pure.FILE_SYSTEM, desired), of_type(pure.FILE_SYSTEM, actual)
    ids = steps.reconcile(pure.FILE_SYSTEM, *systems, file_system_operations(clients)) if desired else {}
    for type_, operations in (
        (pure.MOUNT_TARGET, mount_target_operations(clients, ids)),
        (pure.ACCESS_POINT, access_point_operations(clients, ids)),
    ):
        wanted, found = of_type(type_, desired), of_type(type_, actual)
        names = {one.name for one in wanted}
        steps.reconcile(type_, [], [one for one in found if one.name not in names], operations)
        steps.reconcile(type_, wanted, [one for one in found if one.name in names], operations)
    if not desired:
        steps.reconcile(pure.FILE_SYSTEM, *systems, file_system_operations(clients))
    return steps


def await_mountable(clients: Clients, file_system_id: str, limit: float) -> None:
    """Returns when all mount targets of a file system can be mounted."""

    def check() -> bool | NotYet:
        states = {one["SubnetId"]: one["LifeCycleState"] for one in api.mount_targets(clients, file_system_id)}
        waiting = [f"{subnet} {state}" for subnet, state in states.items() if state != "available"]
        return NotYet(", ".join(waiting)) if waiting else True

    wait_for(check, limit, f"the mount targets of EFS file system {file_system_id}", 5)
