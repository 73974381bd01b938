"""RDS: what was said is described, instances side by side, and a certificate for the address that clients use."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import Any

import botocore.session
from ministack.services import kms, rds

from .. import behaviours
from ..settings import Settings

_MODEL = botocore.session.get_session().get_service_model("rds")
_RECORD = _MODEL.shape_for("DBInstance").members
# Handled by ministack, or named otherwise in what is described.
_NOT_KEPT = frozenset({"DBInstanceIdentifier", "Engine", "EngineVersion", "DBName", "DBClusterIdentifier"})
# What a snapshot remembers of its instance, where the restore says nothing else.
_FROM_SNAPSHOT = (
    *("Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "DBName", "DBInstanceClass"),
    *("StorageType", "StorageEncrypted"),
)


def apply(settings: Settings) -> None:
    rds._rds_docker_scope = scope_by_instance(rds._rds_docker_scope, settings)
    rds._run_rds_container = certify_host_address(rds._run_rds_container, settings)
    for action, member, code in (
        ("DeleteDBSubnetGroup", "DBSubnetGroupName", "InvalidDBSubnetGroupStateFault"),
        ("DeleteDBParameterGroup", "DBParameterGroupName", "InvalidDBParameterGroupState"),
    ):
        rds._ACTION_MAP[action] = keep_used_group(rds._ACTION_MAP[action], member, code)
    rds._ACTION_MAP["CreateDBSubnetGroup"] = refuse_second_subnet_group(rds._ACTION_MAP["CreateDBSubnetGroup"])
    rds._instance_xml = tell_all(rds._instance_xml)
    for action in ("AddTagsToResource", "RemoveTagsFromResource"):
        rds._ACTION_MAP[action] = remember_tags(rds._ACTION_MAP[action])
    rds._create_snapshot_internal = copy_tags_if_asked(rds._create_snapshot_internal)
    rds._ACTION_MAP["CreateDBInstance"] = keep_instance(rds._ACTION_MAP["CreateDBInstance"], "CreateDBInstance")
    rds._ACTION_MAP["RestoreDBInstanceFromDBSnapshot"] = restore_as_new(rds._ACTION_MAP["CreateDBInstance"])
    rds._ACTION_MAP["CreateDBInstance"] = look_up_key(rds._ACTION_MAP["CreateDBInstance"])
    rds._ACTION_MAP["ModifyDBInstance"] = keep_instance(rds._ACTION_MAP["ModifyDBInstance"], "ModifyDBInstance")
    rds._ACTION_MAP["ModifyDBInstance"] = refuse_two_passwords(rds._ACTION_MAP["ModifyDBInstance"])


def refuse_second_subnet_group(create):
    """Fault: a subnet group takes the place of one of the same name."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, "DBSubnetGroupName")
        if name in rds._subnet_groups:
            return rds._error("DBSubnetGroupAlreadyExists", f"Subnet group {name} already exists.", 400)
        return create(parameters)

    return handler


def restore_as_new(create):
    """Fault: a restored instance has no database behind it. Here it has one, though an empty one: an emulated snapshot
    holds no data.
    """

    def handler(parameters: dict[str, Any]):
        snapshot = rds._snapshots.get(rds._p(parameters, "DBSnapshotIdentifier"))
        if snapshot is None:
            return rds._error("DBSnapshotNotFound", "There is no such snapshot", 404)
        for name in _FROM_SNAPSHOT:
            parameters.setdefault(name, [_text(snapshot[name])])
        parameters["MasterUserPassword"] = [secrets.token_urlsafe(24)]
        answer = create(parameters)
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        if answer[0] != 200 or record is None:
            return answer
        operation = "RestoreDBInstanceFromDBSnapshot"
        return rds._single_instance_response(f"{operation}Response", f"{operation}Result", record)

    return handler


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def keep_instance(handle, operation: str):
    """Fault: the backup window, the storage's throughput, log exports, the port and others are dropped."""
    shape = _MODEL.operation_model(operation).input_shape
    kept = {
        name: member.type_name
        for name, member in shape.members.items()
        if name in _RECORD and name not in _NOT_KEPT and member.type_name in ("string", "integer", "boolean")
    }

    def handler(parameters: dict[str, Any]):
        answer = handle(parameters)
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        if answer[0] != 200 or record is None:
            return answer
        for name, kind in kept.items():
            # What waits for the maintenance window is described as pending, by ministack itself.
            if rds._p(parameters, name) and name not in record.get("PendingModifiedValues", {}):
                record[name] = _typed(rds._p(parameters, name), kind)
        if rds._p(parameters, "EnablePerformanceInsights"):
            record["PerformanceInsightsEnabled"] = rds._p(parameters, "EnablePerformanceInsights") == "true"
        _keep_log_exports(record, parameters)
        _keep_managed_password(record, parameters)
        port = rds._p(parameters, "Port") or rds._p(parameters, "DBPortNumber")
        if port:  # the endpoint's port is the one that the engine happened to publish
            record["DbInstancePort"] = int(port)
        if record["StorageType"] == "gp3":
            record["Iops"] = record.get("Iops") or 3000
            record["StorageThroughput"] = record.get("StorageThroughput") or 125
        return rds._single_instance_response(f"{operation}Response", f"{operation}Result", record)

    return handler


def _keep_managed_password(record: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Fault: that RDS makes and rotates the master password itself is dropped."""
    managed = rds._p(parameters, "ManageMasterUserPassword")
    if managed == "true":
        record["MasterUserSecret"] = (
            record["DBInstanceArn"]
            .replace(":rds:", ":secretsmanager:")
            .replace(f":db:{record['DBInstanceIdentifier']}", f":secret:rds!db-{record['DbiResourceId']}")
        )
    elif managed:
        record.pop("MasterUserSecret", None)


def refuse_two_passwords(modify):
    """Fault: a password is taken while RDS manages it, and RDS stops managing it without one. Source:
    ManageMasterUserPassword of ModifyDBInstance in the API reference.
    """

    def handler(parameters: dict[str, Any]):
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier")) or {}
        managed, password = (rds._p(parameters, name) for name in ("ManageMasterUserPassword", "MasterUserPassword"))
        manages = managed == "true" or (not managed and "MasterUserSecret" in record)
        if password and manages:
            return rds._error(
                "InvalidParameterCombination", "You can't specify MasterUserPassword for a managed master password", 400
            )
        if managed == "false" and not password:
            return rds._error(
                "InvalidParameterCombination", "MasterUserPassword is required where RDS is to manage it no more", 400
            )
        return modify(parameters)

    return handler


def look_up_key(create):
    """Fault: a database is encrypted with any key."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, "KmsKeyId")
        key = kms._resolve_key(name) if name else None
        if name and (not key or key["KeyState"] != "Enabled" or key["KeySpec"] != "SYMMETRIC_DEFAULT"):
            words = f"The specified KMS key [{name}] does not exist, is not enabled or you do not have permissions"
            return rds._error("KMSKeyNotAccessibleFault", words, 400)
        return create(parameters)

    return handler


def _typed(value: str, kind: str) -> str | int | bool:
    if kind == "integer":
        return int(value)
    return value == "true" if kind == "boolean" else value


def _keep_log_exports(record: dict[str, Any], parameters: dict[str, Any]) -> None:
    exports = set(record.get("EnabledCloudwatchLogsExports") or [])
    exports |= set(
        _members(parameters, r"(EnableCloudwatchLogsExports|CloudwatchLogsExportConfiguration\.EnableLogTypes)")
    )
    exports -= set(_members(parameters, r"CloudwatchLogsExportConfiguration\.DisableLogTypes"))
    record["EnabledCloudwatchLogsExports"] = sorted(exports)


def _members(parameters: dict[str, Any], name: str) -> list[str]:
    return [rds._p(parameters, key) for key in parameters if re.fullmatch(rf"{name}\.member\.\d+", key)]


def keep_used_group(delete, member: str, code: str):
    """Fault: a subnet group or parameter group is deleted under its database."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, member)
        for identifier, record in rds._instances.items():
            groups = [record["DBSubnetGroup"], *record["DBParameterGroups"]]
            if any(group.get(member) == name for group in groups):
                return rds._error(code, f"{name} is in use by DB instance {identifier}", 400)
        return delete(parameters)

    return handler


def copy_tags_if_asked(create):
    """Fault: a snapshot has its instance's tags also where CopyTagsToSnapshot is off."""

    def create_snapshot(identifier: str, instance: dict[str, Any]) -> dict[str, Any]:
        snapshot = create(identifier, instance)
        if not instance.get("CopyTagsToSnapshot"):
            snapshot["TagList"] = []
        return snapshot

    return create_snapshot


def tell_all(render):
    """Faults: a database's log exports are described as none, and neither whether it has Extended Support nor whether
    RDS manages its password. And LATE_DATABASE_TAGS.
    """

    def instance_xml(record: dict[str, Any]) -> str:
        members = "".join(f"<member>{name}</member>" for name in record.get("EnabledCloudwatchLogsExports", ()))
        exports = f"<EnabledCloudwatchLogsExports>{members}</EnabledCloudwatchLogsExports>"
        enrolled = record.get("EngineLifecycleSupport", "open-source-rds-extended-support")
        support = f"<EngineLifecycleSupport>{enrolled}</EngineLifecycleSupport>"
        secret = record.get("MasterUserSecret")
        managed = f"<MasterUserSecret><SecretArn>{secret}</SecretArn></MasterUserSecret>" if secret else ""
        return render({**record, "TagList": _shown_tags(record)}).replace(
            "<EnabledCloudwatchLogsExports/>", exports + support + managed
        )

    return instance_xml


def remember_tags(change):
    """For LATE_DATABASE_TAGS."""

    def handler(parameters: dict[str, Any]):
        arn = rds._p(parameters, "ResourceName")
        for record in rds._instances.values():
            if record["DBInstanceArn"] == arn:
                former = behaviours.LATE_DATABASE_TAGS.memory.setdefault(arn, [])
                former.append((time.monotonic(), list(record.get("TagList") or [])))
        return change(parameters)

    return handler


def _shown_tags(record: dict[str, Any]) -> list[dict[str, str]]:
    """Those of some seconds ago: from before the first change that is not shown yet."""
    former = behaviours.LATE_DATABASE_TAGS.memory.get(record["DBInstanceArn"], [])
    since = time.monotonic() - behaviours.LATE_DATABASE_TAGS.seconds(record["DBInstanceArn"])
    for changed, tags in former:
        if changed > since:
            behaviours.LATE_DATABASE_TAGS.strike()
            return tags
    return record.get("TagList") or []


def scope_by_instance(scope, settings: Settings):
    """Fault: a database's container is named by account and region only, so that a second emulator with a
    database of the same name removes the first one's."""

    def scope_of_instance(account_id=None, region=None) -> str:
        return hashlib.sha1(f"{settings.owner}:{scope(account_id, region)}".encode()).hexdigest()[:12]

    return scope_of_instance


def certify_host_address(run, settings: Settings):
    """Fault: the server certificate does not name the address of the endpoint, so sslmode=verify-full fails."""

    def run_container(docker_client, engine, container_kwargs, tls_names=(), tls_ips=()):
        return run(docker_client, engine, container_kwargs, tls_names=tls_names, tls_ips=(*tls_ips, settings.host))

    return run_container
