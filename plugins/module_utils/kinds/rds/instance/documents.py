# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""PostgreSQL instances of Amazon RDS, as they are compared.

What the user leaves to AWS (a window, a key, the minor version) is no difference, whatever AWS chose. Changes that
AWS has accepted and not yet carried out count as done. The password is never compared: the instance's tag
``farflow:master-user-secret`` remembers as a digest which version of which secret it was set from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ....engine.actions import Resource
from ..engine_version.documents import has_ended, numbers
from . import status as rds_status

TYPE = "rds_instance"

PASSWORD_FROM = "farflow:master-user-secret"

#: In the place of a secret of ours where RDS makes and rotates the password itself.
MANAGED = "(managed by RDS)"

#: The attribute that holds which version it is in full, whatever of that is wanted.
VERSION = "version"

DEFAULTS: dict[str, Any] = {
    "engine": "postgres",
    "storage_type": "gp3",
    "storage_encrypted": True,
    "multi_az": False,
    "port": 5432,
    "publicly_accessible": False,
    "backup_retention_period": 7,
    "copy_tags_to_snapshot": True,
    "deletion_protection": False,
    "auto_minor_version_upgrade": True,
    "iam_database_authentication_enabled": False,
    "performance_insights_enabled": False,
}

#: What there is no default for.
_NEEDED = ("engine_version", "instance_class", "allocated_storage", "master_username", "master_user_secret")

#: Left to AWS when not given.
_OPTIONAL = (
    "db_name",
    "kms_key_id",
    "subnet_group_name",
    "parameter_group_name",
    "preferred_backup_window",
    "preferred_maintenance_window",
    "performance_insights_retention_period",
    "performance_insights_kms_key_id",
    "ca_certificate_identifier",
    "engine_lifecycle_support",
)

#: What AWS does when its standard support of a version is over: it goes on with it, for money, or upgrades it.
WITH_EXTENDED_SUPPORT = "open-source-rds-extended-support"
WITHOUT_EXTENDED_SUPPORT = "open-source-rds-extended-support-disabled"

#: What gp3 storage for PostgreSQL has without asking: IOPS and MiB/s, below and from 400 GiB.
_STRIPED_FROM = 400
_BASELINES = ({"iops": 3000, "storage_throughput": 125}, {"iops": 12000, "storage_throughput": 500})


def desired(instance: Mapping[str, Any]) -> Resource:
    """An element of what the module ``rds_instances`` takes as a resource; DEFAULTS stand for what is not given."""
    given = {**DEFAULTS, **{name: value for name, value in instance.items() if value is not None}}
    properties = {
        "status": "available",
        "master_user_secret": f"current version of {given['master_user_secret']}",
        **{name: given[name] for name in (*DEFAULTS, "instance_class", "allocated_storage", "master_username")},
        "engine_version": str(given["engine_version"]),
        **{name: given.get(name) for name in ("max_allocated_storage", "iops", "storage_throughput", *_OPTIONAL)},
        "vpc_security_group_ids": sorted(given.get("vpc_security_group_ids") or []),
        "cloudwatch_logs_exports": sorted(given.get("cloudwatch_logs_exports") or []),
        "tags": {key: str(value) for key, value in (given.get("tags") or {}).items()},
    }
    return Resource(TYPE, given["identifier"], _without_idle(properties))


def incomplete(instance: Mapping[str, Any]) -> list[str]:
    """What an instance that shall exist lacks, a sentence each."""
    return [f"database {instance['identifier']} needs {name}" for name in _NEEDED if instance.get(name) is None]


def canonical(document: Mapping[str, Any], instance: Mapping[str, Any], version: str | None, today: date) -> Resource:
    """A member of DescribeDBInstances' answer as a resource, seen ``today`` by one who wants ``instance`` (``{}`` when
    nobody does). ``version`` is that of the secret from which the password shall be.
    """
    tags = {tag["Key"]: tag["Value"] for tag in document.get("TagList") or [] if not tag["Key"].startswith("aws:")}
    remembered = tags.pop(PASSWORD_FROM, None)
    properties = {**_settings(document), "status": rds_status.canonical(document), "tags": tags}
    managed = bool(document.get("MasterUserSecret"))
    properties["master_user_secret"] = MANAGED if managed else "(another)"
    if instance:
        wanted = desired(instance).properties
        if version and not managed and remembered == password_from(instance, version):
            properties["master_user_secret"] = wanted["master_user_secret"]
        left = _not_final(wanted) if rds_status.is_being_made(document) else _left_to_aws(wanted, properties, today)
        properties.update({name: wanted[name] for name in left})
    name, arn = document["DBInstanceIdentifier"], document["DBInstanceArn"]
    endpoint = document.get("Endpoint") or {}
    attributes = {
        "address": endpoint.get("Address"),
        "port": endpoint.get("Port"),
        "state": _state(document) if instance else None,  # for one that nobody wants nobody waits
        "status": rds_status.told(document),
        "allocated_storage": document["AllocatedStorage"],
        VERSION: document["EngineVersion"],
        "without_final_snapshot": rds_status.without_final_snapshot(document),
        "extended_support": document.get("EngineLifecycleSupport") != WITHOUT_EXTENDED_SUPPORT,
        "reboot_required": rds_status.needs_reboot(document),
    }
    return Resource(TYPE, name, _without_idle(properties), arn, attributes)


def _state(document: Mapping[str, Any]) -> str:
    """``pending`` while it comes to be usable by itself."""
    return rds_status.of(document) if rds_status.is_at_rest(document) else "pending"


def without_notes(found: Resource, wanted: Resource) -> Resource:
    """What is found without the tags by which others of this collection remember something on it."""
    tags = found.properties["tags"]
    notes = {name for name in tags if name.startswith("farflow:") and name not in wanted.properties["tags"]}
    own = {name: value for name, value in tags.items() if name not in notes}
    return replace(found, properties={**found.properties, "tags": own})


def password_from(instance: Mapping[str, Any], version: str) -> str:
    """The tag that remembers what the password was set from."""
    source = [instance["master_user_secret"], instance.get("master_user_secret_json_key"), version]
    return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:16]


def baseline(properties: Mapping[str, Any]) -> dict[str, int]:
    """IOPS and throughput that gp3 storage of this size has without asking."""
    return _BASELINES[properties["allocated_storage"] >= _STRIPED_FROM]


def has_striped_storage(properties: Mapping[str, Any]) -> bool:
    """Whether it is gp3 storage of a size from which on AWS wants IOPS named with every change of it."""
    return bool(properties["storage_type"] == "gp3" and properties["allocated_storage"] >= _STRIPED_FROM)


def _settings(document: Mapping[str, Any]) -> dict[str, Any]:
    pending = document.get("PendingModifiedValues") or {}
    now = {**document, **{key: value for key, value in pending.items() if key not in _NOT_OVERLAID}}
    groups = document.get("DBParameterGroups") or [{}]
    subnet_group = document.get("DBSubnetGroup") or {}
    settings = {
        "engine": now["Engine"],
        "engine_version": now["EngineVersion"],
        "instance_class": now["DBInstanceClass"],
        "allocated_storage": now["AllocatedStorage"],
        "max_allocated_storage": now.get("MaxAllocatedStorage"),
        "storage_type": now.get("StorageType"),
        "iops": now.get("Iops"),
        "storage_throughput": now.get("StorageThroughput"),
        "storage_encrypted": bool(now.get("StorageEncrypted")),
        "kms_key_id": now.get("KmsKeyId"),
        "multi_az": bool(now.get("MultiAZ")),
        "db_name": now.get("DBName"),
        "master_username": now.get("MasterUsername"),
        "port": pending.get("Port") or document.get("DbInstancePort") or (document.get("Endpoint") or {}).get("Port"),
        "subnet_group_name": pending.get("DBSubnetGroupName") or subnet_group.get("DBSubnetGroupName"),
        "parameter_group_name": groups[0].get("DBParameterGroupName"),
        "vpc_security_group_ids": _security_groups(document),
        "publicly_accessible": bool(now.get("PubliclyAccessible")),
        "backup_retention_period": now.get("BackupRetentionPeriod"),
        "preferred_backup_window": now.get("PreferredBackupWindow"),
        "preferred_maintenance_window": now.get("PreferredMaintenanceWindow"),
        "copy_tags_to_snapshot": bool(now.get("CopyTagsToSnapshot")),
        "deletion_protection": bool(now.get("DeletionProtection")),
        "auto_minor_version_upgrade": bool(now.get("AutoMinorVersionUpgrade")),
        "iam_database_authentication_enabled": bool(now.get("IAMDatabaseAuthenticationEnabled")),
        "performance_insights_enabled": bool(now.get("PerformanceInsightsEnabled")),
        "performance_insights_retention_period": now.get("PerformanceInsightsRetentionPeriod"),
        "performance_insights_kms_key_id": now.get("PerformanceInsightsKMSKeyId"),
        "cloudwatch_logs_exports": _log_exports(document, pending),
        "ca_certificate_identifier": now.get("CACertificateIdentifier"),
        "engine_lifecycle_support": now.get("EngineLifecycleSupport"),
    }
    return _without_baseline(settings)


_NOT_OVERLAID = {"Port", "DBSubnetGroupName", "DBInstanceIdentifier", "MasterUserPassword"}


def _security_groups(document: Mapping[str, Any]) -> list[str]:
    groups = document.get("VpcSecurityGroups") or []
    return sorted(group["VpcSecurityGroupId"] for group in groups if group.get("Status") != "removing")


def _log_exports(document: Mapping[str, Any], pending: Mapping[str, Any]) -> list[str]:
    in_progress = pending.get("PendingCloudwatchLogsExports") or {}
    exports = set(document.get("EnabledCloudwatchLogsExports") or []) | set(in_progress.get("LogTypesToEnable") or [])
    return sorted(exports - set(in_progress.get("LogTypesToDisable") or []))


def _without_baseline(settings: dict[str, Any]) -> dict[str, Any]:
    usual: Mapping[str, int] = baseline(settings) if settings["storage_type"] == "gp3" else {}
    for name in ("iops", "storage_throughput"):
        if not settings[name] or settings[name] == usual.get(name):
            settings[name] = None
    return settings


def _without_idle(properties: dict[str, Any]) -> dict[str, Any]:
    """Without what has no meaning: IOPS that are the baseline, settings of Performance Insights when it is off."""
    properties = _without_baseline(properties)
    if not properties["performance_insights_enabled"]:
        properties["performance_insights_retention_period"] = None
        properties["performance_insights_kms_key_id"] = None
    return properties


def _not_final(wanted: Mapping[str, Any]) -> set[str]:
    """What an instance that is being made does not tell yet, or not rightly."""
    return set(wanted) - {"status", "master_user_secret", "tags"}


def _left_to_aws(wanted: Mapping[str, Any], found: Mapping[str, Any], today: date) -> set[str]:
    """Where what AWS chose fulfils the wish, or can't be had otherwise."""
    left = {name for name in _OPTIONAL if wanted[name] is None}
    if not wanted["vpc_security_group_ids"]:
        left.add("vpc_security_group_ids")
    if _version_is_met(wanted, found["engine_version"]):
        left.add("engine_version")
    # Without Extended Support AWS would upgrade at once what has no other support, which nobody has allowed.
    if found["engine_lifecycle_support"] is None or has_ended(found["engine_version"], today):
        left.add("engine_lifecycle_support")
    if _storage_has_grown_by_itself(wanted, found):
        left.add("allocated_storage")
    for name in ("kms_key_id", "performance_insights_kms_key_id"):
        if wanted[name] and found[name] and is_same_key(wanted[name], found[name]):
            left.add(name)
    return left


def is_same_key(one: str, other: str) -> bool:
    """Whether two names of a KMS key, each its ARN or its id, are of the same one."""
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def _version_is_met(wanted: Mapping[str, Any], version: str) -> bool:
    text = wanted["engine_version"]
    if version == text or version.startswith(f"{text}."):
        return True
    newer = numbers(version) > numbers(text) and numbers(version)[0] == numbers(text)[0]
    return newer and bool(wanted["auto_minor_version_upgrade"])


def _storage_has_grown_by_itself(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    limit = wanted["max_allocated_storage"]
    return bool(limit) and wanted["allocated_storage"] < found["allocated_storage"] <= limit
