# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An encrypted EFS file system with its mount targets and access points, as they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource

FILE_SYSTEM = "file_system"
MOUNT_TARGET = "mount_target"
ACCESS_POINT = "access_point"

#: AWS's words for when files move to a cheaper or back to the primary storage class.
AFTER = [f"AFTER_{days}" for days in ("1_DAY", *(f"{n}_DAYS" for n in (7, 14, 30, 60, 90, 180, 270, 365)))]
LIFECYCLE = {
    "transition_to_ia": "TransitionToIA",
    "transition_to_archive": "TransitionToArchive",
    "transition_to_primary_storage_class": "TransitionToPrimaryStorageClass",
}

#: What keeps a file system from becoming the copy of another one, whose files would replace its own.
PROTECTED = "ENABLED"

_NEW_FILE_SYSTEM = "copy the files to a new file system of another name, then delete this one"
_NEW_ACCESS_POINT = "give the access point another name"

IMMUTABLE = {
    FILE_SYSTEM: dict.fromkeys(("encrypted", "kms_key_id", "performance_mode"), _NEW_FILE_SYSTEM),
    ACCESS_POINT: dict.fromkeys(("posix_user", "root_directory"), _NEW_ACCESS_POINT),
}


def desired(file_system: Mapping[str, Any]) -> list[Resource]:
    """A file system as the module takes it, as itself, its mount targets and its access points."""
    name, tags = file_system["name"], dict(file_system.get("tags") or {})
    return [
        Resource(
            FILE_SYSTEM,
            name,
            _file_system_properties(
                encrypted=True,
                kms_key_id=file_system.get("kms_key_id"),
                performance_mode=file_system.get("performance_mode") or "generalPurpose",
                throughput_mode=file_system.get("throughput_mode") or "elastic",
                provisioned_throughput_in_mibps=file_system.get("provisioned_throughput_in_mibps"),
                lifecycle=file_system.get("lifecycle") or {},
                backup=file_system.get("backup"),
                document=file_system.get("policy"),
                replication=[],
                replication_overwrite_protection=PROTECTED,
                tags=tags,
            ),
        ),
        *(
            Resource(
                MOUNT_TARGET,
                f"{name}/{subnet}",
                {"security_groups": sorted(file_system.get("security_groups") or [])},
            )
            for subnet in file_system.get("subnets") or []
        ),
        *(_desired_access_point(name, point, tags) for point in file_system.get("access_points") or []),
    ]


def _desired_access_point(file_system: str, point: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    directory = point.get("root_directory") or {}
    return _access_point(
        f"{file_system}/{point['name']}",
        posix_user=point.get("posix_user"),
        path=directory.get("path"),
        owner=None if directory.get("permissions") is None else directory,
        tags=tags,
    )


def canonical_file_system(
    document: Mapping[str, Any],
    lifecycle_policies: Iterable[Mapping[str, str]],
    backup_status: str | None,
    file_system_policy: str | None,
    replications: Iterable[Mapping[str, Any]],
    kms_key_id: str | None,
) -> Resource:
    """A member of DescribeFileSystems' answer with what its other descriptions say; ``kms_key_id`` is None for AWS's
    own key. Its attribute ``replicated`` are the ids of the file systems from which these replications copy.
    """
    under_way = [each for each in replications if _is_under_way(each)]
    protection = (document.get("FileSystemProtection") or {}).get("ReplicationOverwriteProtection")
    transitions = {member: after for transition in lifecycle_policies for member, after in transition.items()}
    return Resource(
        FILE_SYSTEM,
        document["CreationToken"],
        _file_system_properties(
            encrypted=bool(document.get("Encrypted")),
            kms_key_id=kms_key_id,
            performance_mode=document["PerformanceMode"],
            throughput_mode=document.get("ThroughputMode") or "bursting",
            provisioned_throughput_in_mibps=document.get("ProvisionedThroughputInMibps"),
            lifecycle={key: transitions.get(member) for key, member in LIFECYCLE.items()},
            backup=backup_status in ("ENABLED", "ENABLING"),
            document=file_system_policy,
            replication=sorted(_replication(document["FileSystemId"], each) for each in under_way),
            # It is a copy, and replication says so.
            replication_overwrite_protection=PROTECTED if protection in (None, "REPLICATING") else protection,
            tags=tags(document),
        ),
        document["FileSystemId"],
        {
            "arn": document.get("FileSystemArn"),
            "state": document["LifeCycleState"],
            "replicated": sorted(each["SourceFileSystemId"] for each in under_way),
        },
    )


def _is_under_way(replication: Mapping[str, Any]) -> bool:
    return any(each["Status"] != "DELETING" for each in replication["Destinations"])


def _replication(file_system_id: str, replication: Mapping[str, Any]) -> str:
    """Where a file system is copied to, or from."""
    source = replication["SourceFileSystemId"]
    if source != file_system_id:
        return f"from {source} in {replication['SourceFileSystemRegion']}"
    return ", ".join(f"to {each['FileSystemId']} in {each['Region']}" for each in replication["Destinations"])


def canonical_mount_target(file_system: str, document: Mapping[str, Any], security_groups: Iterable[str]) -> Resource:
    """A member of DescribeMountTargets' answer."""
    return Resource(
        MOUNT_TARGET,
        f"{file_system}/{document['SubnetId']}",
        {"security_groups": sorted(security_groups)},
        document["MountTargetId"],
        {"state": document["LifeCycleState"]},
        part_of=(FILE_SYSTEM, file_system),
    )


def canonical_access_point(file_system: str, document: Mapping[str, Any]) -> Resource:
    """A member of DescribeAccessPoints' answer."""
    user = document.get("PosixUser") or None
    directory = document.get("RootDirectory") or {}
    made = directory.get("CreationInfo")
    return _access_point(
        f"{file_system}/{document['ClientToken']}",
        posix_user=user and {"uid": user["Uid"], "gid": user["Gid"], "secondary_gids": user.get("SecondaryGids") or []},
        path=directory.get("Path"),
        owner=made
        and {"owner_uid": made["OwnerUid"], "owner_gid": made["OwnerGid"], "permissions": made["Permissions"]},
        tags=tags(document),
        id_=document["AccessPointId"],
        arn=document.get("AccessPointArn"),
        part_of=(FILE_SYSTEM, file_system),
    )


def tags(document: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a file system or an access point in AWS's document, without AWS's own."""
    return {tag["Key"]: tag["Value"] for tag in document.get("Tags") or [] if not tag["Key"].startswith("aws:")}


def throughput(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A file system's throughput as CreateFileSystem and UpdateFileSystem take it."""
    mibps = properties["provisioned_throughput_in_mibps"]
    return {
        "ThroughputMode": properties["throughput_mode"],
        **({"ProvisionedThroughputInMibps": mibps} if mibps else {}),
    }


def create_request(file_system: Resource) -> dict[str, Any]:
    """What CreateFileSystem takes; the rest is set when it is available."""
    properties = file_system.properties
    return {
        "CreationToken": file_system.name,
        "Encrypted": True,
        "PerformanceMode": properties["performance_mode"],
        **throughput(properties),
        "Backup": properties["backup"],
        "Tags": _tag_list(properties["tags"]),
        **({"KmsKeyId": properties["kms_key_id"]} if properties["kms_key_id"] else {}),
    }


def access_point_request(point: Resource) -> dict[str, Any]:
    """What CreateAccessPoint takes beside the file system and the token."""
    user, directory = point.properties["posix_user"], point.properties["root_directory"]
    root: dict[str, Any] = {"Path": directory["path"]}
    if directory["permissions"] is not None:
        root["CreationInfo"] = {
            "OwnerUid": directory["owner_uid"],
            "OwnerGid": directory["owner_gid"],
            "Permissions": directory["permissions"],
        }
    identity = {"Uid": user["uid"], "Gid": user["gid"], "SecondaryGids": user["secondary_gids"]}
    return {
        "RootDirectory": root,
        "Tags": _tag_list(point.properties["tags"]),
        **({} if user["uid"] is None else {"PosixUser": identity}),
    }


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def lifecycle_policies(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    """A file system's properties as AWS's LifecyclePolicies, one transition in each."""
    return [{LIFECYCLE[key]: after} for key, after in properties["lifecycle"].items() if after]


def result(name: str, found: Iterable[Resource]) -> dict[str, Any]:
    """What the module says of a file system, with nulls where AWS has not said it yet."""
    resources = list(found)
    itself = next((one for one in resources if one.type == FILE_SYSTEM), None)
    return {
        "name": name,
        "file_system_id": itself.id if itself else None,
        "arn": itself.attributes["arn"] if itself else None,
        "mount_targets": {_own_name(one): one.id for one in resources if one.type == MOUNT_TARGET},
        "access_points": {_own_name(one): one.id for one in resources if one.type == ACCESS_POINT},
    }


def _own_name(resource: Resource) -> str:
    return resource.name.split("/", 1)[1]


def refusals(file_system: Mapping[str, Any]) -> list[str]:
    """What is wrong with a file system that shall exist, a sentence each."""
    name, wrong = file_system["name"], []
    provisioned = file_system.get("throughput_mode") == "provisioned"
    if provisioned != (file_system.get("provisioned_throughput_in_mibps") is not None):
        wrong.append(
            f"file system {name}: provisioned_throughput_in_mibps goes with throughput_mode provisioned, and no other"
        )
    if file_system.get("subnets") and not file_system.get("security_groups"):
        wrong.append(
            f"file system {name}: mount targets need security_groups; without any AWS takes the VPC's default group"
        )
    for point in file_system.get("access_points") or []:
        directory = point.get("root_directory") or {}
        given = [key for key in ("owner_uid", "owner_gid", "permissions") if directory.get(key) is not None]
        if given and len(given) < 3:
            wrong.append(f"access point {name}/{point['name']}: owner_uid, owner_gid and permissions go together")
    return wrong


def _access_point(
    name: str,
    *,
    posix_user: Mapping[str, Any] | None,
    path: str | None,
    owner: Mapping[str, Any] | None,
    tags: Mapping[str, str],
    id_: str | None = None,
    **attributes: Any,
) -> Resource:
    user, owner = posix_user or {}, owner or {}
    properties = {
        "posix_user": {
            "uid": user.get("uid"),
            "gid": user.get("gid"),
            "secondary_gids": sorted(user.get("secondary_gids") or []),
        },
        "root_directory": {
            "path": path or "/",
            "owner_uid": owner.get("owner_uid"),
            "owner_gid": owner.get("owner_gid"),
            "permissions": owner.get("permissions"),
        },
        "tags": dict(tags),
    }
    return Resource(ACCESS_POINT, name, properties, id_, attributes)


def _file_system_properties(
    *,
    provisioned_throughput_in_mibps: float | None,
    lifecycle: Mapping[str, Any],
    backup: bool | None,
    document: Any,
    tags: Mapping[str, str],
    **properties: Any,
) -> dict[str, Any]:
    mibps = provisioned_throughput_in_mibps if properties["throughput_mode"] == "provisioned" else None
    return {
        **properties,
        "provisioned_throughput_in_mibps": None if mibps is None else float(mibps),
        "lifecycle": {key: lifecycle.get(key) for key in LIFECYCLE},
        "backup": bool(backup),
        "policy": _policy(document),
        "tags": dict(tags),
    }


def _policy(document: Any) -> Any:
    """AWS fills in an Id, the file system as Resource, and a Sid that begins with ``efs-statement-``."""
    found = policy.canonical(document)
    if not isinstance(found, dict):
        return found
    statements = [_without_filled_in(statement) for statement in found["Statement"].values()]
    return policy.canonical({"Version": found["Version"], "Statement": statements})


def _without_filled_in(statement: Mapping[str, Any]) -> dict[str, Any]:
    made_sid = str(statement.get("Sid", "")).startswith("efs-statement-")
    dropped = {"Resource", "Sid"} if made_sid else {"Resource"}
    return {key: value for key, value in statement.items() if key not in dropped}
