# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EFS: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.clients import Clients, doing, pages, tag_list, unless

_WHAT = "EFS file system"
GOING = {"deleting", "deleted"}
GONE = {"FileSystemNotFound", "MountTargetNotFound", "AccessPointNotFound"}


def file_systems(clients: Clients) -> list[dict[str, Any]]:
    """All file systems of the region, with tags."""
    with doing("describe", "EFS file systems"):
        return pages(clients("efs"), "describe_file_systems", "FileSystems")


def file_system(clients: Clients, file_system_id: str) -> dict[str, Any] | None:
    """One file system, or None when it is gone."""
    client = clients("efs")
    with doing("describe", _WHAT, file_system_id):
        answer = unless(GONE, lambda: client.describe_file_systems(FileSystemId=file_system_id))
    return answer["FileSystems"][0] if answer and answer["FileSystems"] else None


def by_creation_token(clients: Clients, token: str) -> dict[str, Any] | None:
    """The file system that was made with a creation token, or None."""
    client = clients("efs")
    with doing("describe", _WHAT, token):
        answer = unless(GONE, lambda: client.describe_file_systems(CreationToken=token))
    return answer["FileSystems"][0] if answer and answer["FileSystems"] else None


def lifecycle_policies(clients: Clients, file_system_id: str) -> list[dict[str, str]]:
    """When files move between storage classes."""
    with doing("describe the lifecycle of", _WHAT, file_system_id):
        answer = clients("efs").describe_lifecycle_configuration(FileSystemId=file_system_id)
    return list(answer.get("LifecyclePolicies") or [])


def backup_status(clients: Clients, file_system_id: str) -> str | None:
    """ENABLED, ENABLING, DISABLED, DISABLING, or None where nobody has said."""
    client = clients("efs")
    with doing("describe the backup policy of", _WHAT, file_system_id):
        answer = unless({"PolicyNotFound"}, lambda: client.describe_backup_policy(FileSystemId=file_system_id), {})
    status: str | None = (answer.get("BackupPolicy") or {}).get("Status")
    return status


def policy(clients: Clients, file_system_id: str) -> str | None:
    """The file system policy's JSON."""
    client = clients("efs")
    with doing("describe the policy of", _WHAT, file_system_id):
        answer = unless({"PolicyNotFound"}, lambda: client.describe_file_system_policy(FileSystemId=file_system_id), {})
    document: str | None = answer.get("Policy")
    return document


def is_aws_key(clients: Clients, key_id: str) -> bool:
    """Whether a KMS key is AWS's own for EFS and not one that somebody chose."""
    with doing("describe", "KMS key", key_id):
        answer = unless({"NotFoundException"}, lambda: clients("kms").describe_key(KeyId=key_id), {})
    return bool((answer.get("KeyMetadata") or {}).get("KeyManager") == "AWS")


def mount_targets(clients: Clients, file_system_id: str) -> list[dict[str, Any]]:
    """The mount targets of a file system, without security groups."""
    with doing("describe", "mount targets of EFS file system", file_system_id):
        return list(clients("efs").describe_mount_targets(FileSystemId=file_system_id)["MountTargets"])


def mount_target(clients: Clients, mount_target_id: str) -> dict[str, Any] | None:
    """One mount target, or None when it is gone."""
    client = clients("efs")
    with doing("describe", "mount target", mount_target_id):
        answer = unless(GONE, lambda: client.describe_mount_targets(MountTargetId=mount_target_id))
    return answer["MountTargets"][0] if answer and answer["MountTargets"] else None


def security_groups(clients: Clients, mount_target_id: str) -> list[str]:
    """The security groups of a mount target."""
    with doing("describe", "security groups of mount target", mount_target_id):
        answer = clients("efs").describe_mount_target_security_groups(MountTargetId=mount_target_id)
    return list(answer["SecurityGroups"])


def access_points(clients: Clients, file_system_id: str) -> list[dict[str, Any]]:
    """The access points of a file system, with tags."""
    with doing("describe", "access points of EFS file system", file_system_id):
        return list(clients("efs").describe_access_points(FileSystemId=file_system_id)["AccessPoints"])


def create(clients: Clients, name: str, wanted: Mapping[str, Any]) -> None:
    """Begins to make a file system with the name as creation token; one that another run has made is taken as it is."""
    arguments: dict[str, Any] = {
        "CreationToken": name,
        "Encrypted": True,
        "PerformanceMode": wanted["performance_mode"],
        "ThroughputMode": wanted["throughput_mode"],
        "Backup": wanted["backup"],
        "Tags": tag_list(wanted["tags"]),
    }
    if wanted["kms_key_id"]:
        arguments["KmsKeyId"] = wanted["kms_key_id"]
    if wanted["provisioned_throughput_in_mibps"]:
        arguments["ProvisionedThroughputInMibps"] = wanted["provisioned_throughput_in_mibps"]
    with doing("create", _WHAT, name):
        unless({"FileSystemAlreadyExists"}, lambda: clients("efs").create_file_system(**arguments))


def set_throughput(clients: Clients, file_system_id: str, mode: str, mibps: float | None) -> None:
    """Begins to change the throughput mode."""
    provisioned = {"ProvisionedThroughputInMibps": mibps} if mibps else {}
    with doing("set the throughput of", _WHAT, file_system_id):
        clients("efs").update_file_system(FileSystemId=file_system_id, ThroughputMode=mode, **provisioned)


def set_lifecycle(clients: Clients, file_system_id: str, policies: list[dict[str, str]]) -> None:
    """Sets when files move between storage classes."""
    with doing("set the lifecycle of", _WHAT, file_system_id):
        clients("efs").put_lifecycle_configuration(FileSystemId=file_system_id, LifecyclePolicies=policies)


def set_backup(clients: Clients, file_system_id: str, enabled: bool) -> None:
    """Turns AWS Backup's daily backup on or off."""
    status = {"Status": "ENABLED" if enabled else "DISABLED"}
    with doing("set the backup policy of", _WHAT, file_system_id):
        clients("efs").put_backup_policy(FileSystemId=file_system_id, BackupPolicy=status)


def set_policy(clients: Clients, file_system_id: str, document: str | None) -> None:
    """Sets the file system policy, or takes it away when None."""
    client = clients("efs")
    with doing("set the policy of", _WHAT, file_system_id):
        if document is None:
            unless({"PolicyNotFound"}, lambda: client.delete_file_system_policy(FileSystemId=file_system_id))
        else:
            client.put_file_system_policy(FileSystemId=file_system_id, Policy=document)


def set_tags(clients: Clients, resource_id: str, wanted: Mapping[str, str], superfluous: list[str]) -> None:
    """Adds or overwrites the tags of a file system or access point and removes the superfluous ones."""
    client = clients("efs")
    with doing("tag", resource_id):
        if superfluous:
            client.untag_resource(ResourceId=resource_id, TagKeys=superfluous)
        if wanted:
            client.tag_resource(ResourceId=resource_id, Tags=tag_list(dict(wanted)))


def create_mount_target(clients: Clients, file_system_id: str, subnet: str, groups: Sequence[str]) -> str | None:
    """Begins to make a mount target; its id, or None while the availability zone still has another."""
    client = clients("efs")
    with doing("create", "mount target", f"of {file_system_id} in {subnet}"):
        answer = unless(
            {"MountTargetConflict"},
            lambda: client.create_mount_target(
                FileSystemId=file_system_id, SubnetId=subnet, SecurityGroups=list(groups)
            ),
        )
    return str(answer["MountTargetId"]) if answer else None


def set_security_groups(clients: Clients, mount_target_id: str, groups: Sequence[str]) -> None:
    """Sets the security groups of a mount target."""
    with doing("set the security groups of", "mount target", mount_target_id):
        clients("efs").modify_mount_target_security_groups(MountTargetId=mount_target_id, SecurityGroups=list(groups))


def create_access_point(clients: Clients, file_system_id: str, name: str, wanted: Mapping[str, Any]) -> str:
    """Makes an access point with the name as client token; its id."""
    user, directory = wanted["posix_user"], wanted["root_directory"]
    arguments: dict[str, Any] = {"RootDirectory": {"Path": directory["path"]}}
    if user["uid"] is not None:
        arguments["PosixUser"] = {"Uid": user["uid"], "Gid": user["gid"], "SecondaryGids": user["secondary_gids"]}
    if directory["permissions"] is not None:
        arguments["RootDirectory"]["CreationInfo"] = {
            "OwnerUid": directory["owner_uid"],
            "OwnerGid": directory["owner_gid"],
            "Permissions": directory["permissions"],
        }
    with doing("create", "access point", f"{name} of {file_system_id}"):
        answer = clients("efs").create_access_point(
            ClientToken=name, FileSystemId=file_system_id, Tags=tag_list(wanted["tags"]), **arguments
        )
    return str(answer["AccessPointId"])


def delete_mount_target(clients: Clients, mount_target_id: str) -> None:
    """Begins to delete a mount target; one that is gone is fine."""
    with doing("delete", "mount target", mount_target_id):
        unless(GONE, lambda: clients("efs").delete_mount_target(MountTargetId=mount_target_id))


def delete_access_point(clients: Clients, access_point_id: str) -> None:
    """Deletes an access point; one that is gone is fine."""
    with doing("delete", "access point", access_point_id):
        unless(GONE, lambda: clients("efs").delete_access_point(AccessPointId=access_point_id))


def delete(clients: Clients, file_system_id: str) -> None:
    """Begins to delete a file system with all its files; one that is gone is fine."""
    with doing("delete", _WHAT, file_system_id):
        unless(GONE, lambda: clients("efs").delete_file_system(FileSystemId=file_system_id))
