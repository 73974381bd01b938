# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What creates, changes and deletes an EFS file system, its mount targets and its access points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource
from ...engine.clients import Clients
from ...engine.errors import FarflowError
from ...engine.reconcile import Operations
from ...engine.waiting import NotYet, wait_for
from . import calls as api
from . import documents as pure

_AVAILABLE_AFTER = 300
_GONE_AFTER = 600


def file_system_operations(clients: Clients) -> Operations:
    """What it has beside its creation is set when it is available."""

    def create(wanted: Resource) -> str:
        made = wait_for(lambda: _made(clients, wanted), _AVAILABLE_AFTER, f"EFS file system {wanted.name} to be made")
        file_system_id = str(made["FileSystemId"])
        await_available(clients, file_system_id)
        fresh = pure.canonical_file_system(
            made,
            api.lifecycle_policies(clients, file_system_id),
            api.backup_status(clients, file_system_id),
            api.policy(clients, file_system_id),
            wanted.properties["kms_key_id"],
        )
        change(wanted, fresh)
        return file_system_id

    def change(wanted: Resource, found: Resource) -> None:
        file_system_id, properties, before = str(found.id), wanted.properties, found.properties
        throughput = properties["throughput_mode"], properties["provisioned_throughput_in_mibps"]
        if throughput != (before["throughput_mode"], before["provisioned_throughput_in_mibps"]):
            api.set_throughput(clients, file_system_id, *throughput)
            await_available(clients, file_system_id)
        if properties["lifecycle"] != before["lifecycle"]:
            api.set_lifecycle(clients, file_system_id, pure.lifecycle_policies(properties))
        if properties["backup"] != before["backup"]:
            api.set_backup(clients, file_system_id, properties["backup"])
        if properties["policy"] != before["policy"]:
            document = properties["policy"]
            api.set_policy(clients, file_system_id, policy.to_json(document) if document else None)
        _set_tags(clients, wanted, found)

    def delete(found: Resource) -> None:
        api.delete(clients, str(found.id))

        def check() -> bool | NotYet:
            left = api.file_system(clients, str(found.id))
            return NotYet(left["LifeCycleState"]) if left and left["LifeCycleState"] != "deleted" else True

        wait_for(check, _GONE_AFTER, f"EFS file system {found.name} to be gone", 5)

    return Operations(create, change, delete)


def _made(clients: Clients, wanted: Resource) -> dict[str, Any] | NotYet:
    """While AWS deletes a file system it keeps the name for it."""
    api.create(clients, wanted.name, wanted.properties)
    found = api.by_creation_token(clients, wanted.name)
    if found is None:
        return NotYet("AWS does not show it")
    return NotYet("another of its name is being deleted") if found["LifeCycleState"] in api.GOING else found


def await_available(clients: Clients, file_system_id: str) -> None:
    """Returns when a file system can be used and changed; raises FarflowError when AWS could not make it."""

    def check() -> bool | NotYet:
        state = (api.file_system(clients, file_system_id) or {}).get("LifeCycleState", "not found")
        if state == "error":
            raise FarflowError(f"EFS file system {file_system_id} is in state error: delete it and run again")
        return state == "available" or NotYet(state)

    wait_for(check, _AVAILABLE_AFTER, f"EFS file system {file_system_id} to be available")


def mount_target_operations(clients: Clients, file_systems: Mapping[str, str]) -> Operations:
    """``file_systems`` are the ids by name. A deletion waits: the subnet can go when the interface is gone."""

    def create(wanted: Resource) -> str:
        name, subnet = wanted.name.split("/", 1)
        groups = wanted.properties["security_groups"]

        def check() -> str | NotYet:
            made = api.create_mount_target(clients, file_systems[name], subnet, groups)
            return made or NotYet("its availability zone has another mount target")

        return wait_for(check, _AVAILABLE_AFTER, f"mount target {wanted.name} to be made", 5)

    def change(wanted: Resource, found: Resource) -> None:
        api.set_security_groups(clients, str(found.id), wanted.properties["security_groups"])

    def delete(found: Resource) -> None:
        mount_target_id = str(found.id)
        api.delete_mount_target(clients, mount_target_id)

        def check() -> bool | NotYet:
            left = api.mount_target(clients, mount_target_id)
            return NotYet(left["LifeCycleState"]) if left and left["LifeCycleState"] != "deleted" else True

        wait_for(check, _GONE_AFTER, f"mount target {found.name} to be gone", 5)

    return Operations(create, change, delete)


def access_point_operations(clients: Clients, file_systems: Mapping[str, str]) -> Operations:
    """``file_systems`` are the ids by name. Only tags change; the rest was refused before."""

    def create(wanted: Resource) -> str:
        name, own = wanted.name.split("/", 1)
        return api.create_access_point(clients, file_systems[name], own, wanted.properties)

    def change(wanted: Resource, found: Resource) -> None:
        _set_tags(clients, wanted, found)

    return Operations(create, change, lambda found: api.delete_access_point(clients, str(found.id)))


def _set_tags(clients: Clients, wanted: Resource, found: Resource) -> None:
    tags, before = wanted.properties["tags"], found.properties["tags"]
    if tags != before:
        api.set_tags(clients, str(found.id), tags, sorted(set(before) - set(tags)))
