# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is asked of Amazon RDS to make or to change an instance, and what it would refuse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....engine.actions import Resource
from ..engine_version.documents import TARGETS, major, newest, numbers
from .documents import MANAGED, baseline, has_striped_storage, is_same_key


@dataclass(frozen=True)
class _Member:
    """What a property is called in the input of CreateDBInstance, RestoreDBInstanceFromDBSnapshot (None: the snapshot
    or a change afterwards decides) and ModifyDBInstance (None: not changed there, or in a way of its own).
    """

    create: str
    restore: str | None
    modify: str | None


def _everywhere(name: str) -> _Member:
    return _Member(name, name, name)


def _not_in_a_restore(name: str) -> _Member:
    return _Member(name, None, name)


def _once(name: str) -> _Member:
    return _Member(name, None, None)


_MEMBERS = {
    "engine": _once("Engine"),
    "engine_version": _not_in_a_restore("EngineVersion"),
    "instance_class": _everywhere("DBInstanceClass"),
    "allocated_storage": _not_in_a_restore("AllocatedStorage"),
    "max_allocated_storage": _not_in_a_restore("MaxAllocatedStorage"),
    "storage_type": _everywhere("StorageType"),
    "iops": _everywhere("Iops"),
    "storage_throughput": _everywhere("StorageThroughput"),
    "storage_encrypted": _once("StorageEncrypted"),
    "kms_key_id": _once("KmsKeyId"),
    "multi_az": _everywhere("MultiAZ"),
    "db_name": _once("DBName"),
    "master_username": _once("MasterUsername"),
    "port": _Member("Port", "Port", "DBPortNumber"),
    "subnet_group_name": _Member("DBSubnetGroupName", "DBSubnetGroupName", None),
    "parameter_group_name": _everywhere("DBParameterGroupName"),
    "vpc_security_group_ids": _everywhere("VpcSecurityGroupIds"),
    "publicly_accessible": _everywhere("PubliclyAccessible"),
    "backup_retention_period": _not_in_a_restore("BackupRetentionPeriod"),
    "preferred_backup_window": _not_in_a_restore("PreferredBackupWindow"),
    "preferred_maintenance_window": _not_in_a_restore("PreferredMaintenanceWindow"),
    "copy_tags_to_snapshot": _everywhere("CopyTagsToSnapshot"),
    "deletion_protection": _everywhere("DeletionProtection"),
    "auto_minor_version_upgrade": _everywhere("AutoMinorVersionUpgrade"),
    "iam_database_authentication_enabled": _everywhere("EnableIAMDatabaseAuthentication"),
    "performance_insights_enabled": _not_in_a_restore("EnablePerformanceInsights"),
    "performance_insights_retention_period": _not_in_a_restore("PerformanceInsightsRetentionPeriod"),
    "performance_insights_kms_key_id": _not_in_a_restore("PerformanceInsightsKMSKeyId"),
    "cloudwatch_logs_exports": _Member("EnableCloudwatchLogsExports", "EnableCloudwatchLogsExports", None),
    "ca_certificate_identifier": _everywhere("CACertificateIdentifier"),
    "engine_lifecycle_support": _everywhere("EngineLifecycleSupport"),
}

_STORAGE = ("allocated_storage", "storage_type", "iops", "storage_throughput")

_IMMUTABLE = {
    "engine": "only PostgreSQL can run Airflow's database here; dump it, and load it into a new instance",
    "db_name": "set it back, or make a new instance and move the data with pg_dump",
    "master_username": "set it back, or make a new instance and move the data with pg_dump",
    "storage_encrypted": "set it back, or take a snapshot, copy it with encryption, delete the instance and restore",
    "kms_key_id": "set it back, or take a snapshot, copy it with the other key, delete the instance and restore",
    "subnet_group_name": "set it back and change the group's subnets, or delete with a final snapshot and restore",
}


def creation(wanted: Resource) -> dict[str, Any]:
    """Input of CreateDBInstance, but for password and tags."""
    return _given(wanted, {name: member.create for name, member in _MEMBERS.items()})


def restoration(wanted: Resource) -> dict[str, Any]:
    """Input of RestoreDBInstanceFromDBSnapshot, but for the snapshot and tags."""
    return _given(wanted, {name: member.restore for name, member in _MEMBERS.items() if member.restore})


def _given(wanted: Resource, members: Mapping[str, str | None]) -> dict[str, Any]:
    properties = wanted.properties
    settings = {member: properties[name] for name, member in members.items() if properties[name] not in (None, [])}
    return {"DBInstanceIdentifier": wanted.name, **{str(member): value for member, value in settings.items()}}


def with_targets(found: Resource, targets: Collection[str]) -> Resource:
    """An instance that knows to which versions AWS upgrades it."""
    return replace(found, attributes={**found.attributes, TARGETS: targets})


def modification(wanted: Resource, found: Resource, differs: Iterable[str]) -> dict[str, Any]:
    """Input of ModifyDBInstance that brings about what differs, but for password and tags; empty when it brings
    about nothing.
    """
    names = set(differs)
    properties = dict(wanted.properties)
    if names & set(_STORAGE):
        names |= {name for name in _STORAGE if properties[name] is not None or has_striped_storage(properties)}
    if properties["storage_type"] == "gp3":
        usual = baseline(properties)
        properties.update({name: properties[name] or usual[name] for name in usual if name in names})
    if properties["max_allocated_storage"] is None:
        properties["max_allocated_storage"] = properties["allocated_storage"]
    arguments = {
        member.modify: properties[name]
        for name, member in _MEMBERS.items()
        if name in names and member.modify and properties[name] is not None
    }
    if found.properties["master_user_secret"] == MANAGED:
        arguments["ManageMasterUserPassword"] = False
    if "cloudwatch_logs_exports" in names:
        arguments["CloudwatchLogsExportConfiguration"] = _log_exports(wanted, found)
    if "EngineVersion" in arguments:
        # Of a major version AWS would take the default minor one, to which it does not upgrade from every other.
        version = arguments["EngineVersion"]
        arguments["EngineVersion"] = newest(found.attributes.get(TARGETS, ()), version) or version
        if _major(wanted) != _major(found):
            arguments["AllowMajorVersionUpgrade"] = True
    return arguments


def _log_exports(wanted: Resource, found: Resource) -> dict[str, list[str]]:
    before, after = (set(resource.properties["cloudwatch_logs_exports"]) for resource in (found, wanted))
    changes = {"EnableLogTypes": sorted(after - before), "DisableLogTypes": sorted(before - after)}
    return {name: types for name, types in changes.items() if types}


def _major(resource: Resource) -> int:
    return major(resource.properties["engine_version"])


def refusals(
    wanted: Resource, found: Resource, differs: Mapping[str, str], allow_major_version_upgrade: bool
) -> list[str]:
    """Why AWS would refuse to make ``found`` into ``wanted``, and what to do instead; empty when it would not.
    ``differs`` names what differs with its reason.
    """
    fixed = {name: reason for name, reason in differs.items() if name in _IMMUTABLE}
    problems = [f"{reason} can't be changed: {_IMMUTABLE[name]}" for name, reason in fixed.items()]
    if "allocated_storage" in differs:
        problems += _storage_problems(differs["allocated_storage"], wanted.properties, found.properties)
    if "engine_version" in differs:
        problems += _version_problems(differs["engine_version"], wanted, found, allow_major_version_upgrade)
    return [f"database {wanted.name}: {problem}" for problem in problems]


def _storage_problems(reason: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    before, after = found["allocated_storage"], wanted["allocated_storage"]
    if after < before:
        return [f"{reason}: storage can't shrink; set it to {before}, or move the data to a new instance with pg_dump"]
    least = -(-before * 11 // 10)
    if after < least:
        return [f"{reason}: AWS grows storage by at least a tenth; set it to {least} or more"]
    return []


def _version_problems(reason: str, wanted: Resource, found: Resource, allow_major_version_upgrade: bool) -> list[str]:
    after, before = (numbers(resource.properties["engine_version"]) for resource in (wanted, found))
    if after < before[: len(after)]:
        return [f"{reason}: AWS can't go back; set it to {before[0]}, or restore a snapshot that was taken before"]
    targets = found.attributes.get(TARGETS, ())
    if targets and not newest(targets, wanted.properties["engine_version"]):
        return [
            f"{reason}: AWS upgrades it to one of {', '.join(sorted(targets, key=numbers))}, and to no other version"
        ]
    if after[0] != before[0] and not allow_major_version_upgrade:
        return [
            f"{reason}: there is no way back from a new major version; "
            "take a snapshot and set allow_major_version_upgrade to true, or set engine_version to " + str(before[0])
        ]
    return []


def restore_refusals(wanted: Resource, snapshot: Resource) -> list[str]:
    """Why a snapshot can't become the wanted instance; empty when it can."""
    properties, kept = wanted.properties, snapshot.properties
    problems = [
        f"{name} is {kept[name]} in it, and {properties[name]} is wanted: set it to {kept[name]}"
        for name in ("engine", "master_username", "storage_encrypted")
        if properties[name] != kept[name]
    ]
    key = properties["kms_key_id"]
    if key and kept["kms_key_id"] and not is_same_key(key, kept["kms_key_id"]):
        problems.append(
            f"it is encrypted with {kept['kms_key_id']}: set kms_key_id to that, or name a copy that is encrypted with "
            f"{key} (aws rds copy-db-snapshot)"
        )
    if properties["allocated_storage"] < kept["allocated_storage"]:
        problems.append(f"it needs allocated_storage {kept['allocated_storage']} or more")
    told = f"it is of version {kept['engine_version']}: set engine_version to"
    if _major(wanted) < _major(snapshot):
        problems.append(f"{told} that or a later one")
    # A restore takes the snapshot's version, and AWS refuses a parameter group of another one.
    elif _major(wanted) != _major(snapshot) and properties["parameter_group_name"]:
        problems.append(f"{told} {_major(snapshot)}, and upgrade afterwards")
    if kept["status"] != "available":
        problems.append(f"it is {kept['status']}")
    return [f"database {wanted.name} can't be restored from snapshot {snapshot.name}: {each}" for each in problems]
