"""Amazon RDS. An operation on an instance asks for its groups and snapshots as well, where it names them.

A key of KMS: "Encrypting Amazon RDS resources" in its guide. A role for enhanced monitoring is passed on. To restore
needs an option group ("Actions defined by Amazon RDS" in the service authorization reference), its engine's where none
is named.
"""

from __future__ import annotations

from ministack.services import rds

from ..evaluation import Request
from . import kms
from .asked import Asked, Row, by, everything, rows, together

_PARTS = {
    "DBInstanceIdentifier": "db:",
    "DBParameterGroupName": "pg:",
    "DBSubnetGroupName": "subgrp:",
    "DBSnapshotIdentifier": "snapshot:",
    "OptionGroupName": "og:",
}
_KEY_ACTIONS = ("CreateGrant", "DescribeKey")


def _parts(asked: Asked) -> list[str]:
    return [asked.named(kind, asked[member]) for member, kind in _PARTS.items() if asked.get(member)]


def _on_parts(asked: Asked) -> list[Request]:
    monitoring = asked.passes(asked.get("MonitoringRoleArn"), "monitoring.rds.amazonaws.com")
    return [*asked.on(*_parts(asked)), *kms.used(asked, asked.get("KmsKeyId"), _KEY_ACTIONS), *monitoring]


def _with_tags(row: Row, member: str) -> Row:
    """Of an operation that creates what a member names: with tags it needs AddTagsToResource."""

    def with_tags(asked: Asked) -> list[Request]:
        requests = row(asked)
        if asked.has_tags():
            requests = [*requests, *asked.on(asked.named(_PARTS[member], asked[member]), action="AddTagsToResource")]
        return requests

    return with_tags


def _restore(asked: Asked) -> list[Request]:
    requests = _on_parts(asked)
    if not asked.get("OptionGroupName"):
        snapshot = rds._snapshots.get(asked["DBSnapshotIdentifier"]) or {}
        major = str(snapshot.get("EngineVersion", "*")).partition(".")[0]
        requests += asked.on(asked.arn(f"og:default:{snapshot.get('Engine', '*')}-{major}"))
    return requests


def _delete_instance(asked: Asked) -> list[Request]:
    arn, last = asked.named("db:", asked["DBInstanceIdentifier"]), asked.get("FinalDBSnapshotIdentifier")
    if not last or asked.get("SkipFinalSnapshot"):
        return asked.on(arn)
    return together([asked.on(arn), asked.on(arn, asked.arn(f"snapshot:{last}"), action="CreateDBSnapshot")])


def _snapshots(asked: Asked) -> list[Request]:
    return asked.on(*(_parts(asked) or [asked.arn("snapshot:*")]))


ROWS: dict[str, Row] = {
    "CreateDBInstance": _with_tags(_on_parts, "DBInstanceIdentifier"),
    "RestoreDBInstanceFromDBSnapshot": _with_tags(_restore, "DBInstanceIdentifier"),
    "CreateDBParameterGroup": _with_tags(_on_parts, "DBParameterGroupName"),
    "CreateDBSnapshot": _with_tags(_on_parts, "DBSnapshotIdentifier"),
    "CreateDBSubnetGroup": _with_tags(_on_parts, "DBSubnetGroupName"),
    "DeleteDBInstance": _delete_instance,
    "DescribeDBSnapshots": _snapshots,
    **rows(
        "DeleteDBParameterGroup DeleteDBSnapshot DeleteDBSubnetGroup ModifyDBInstance ModifyDBParameterGroup "
        "ModifyDBSubnetGroup RebootDBInstance ResetDBParameterGroup StartDBInstance StopDBInstance "
        "DescribeDBParameters",
        _on_parts,
    ),
    "DescribeDBInstances": by("DBInstanceIdentifier", "db:", "*"),
    "DescribeDBParameterGroups": by("DBParameterGroupName", "pg:", "*"),
    "DescribeDBSubnetGroups": by("DBSubnetGroupName", "subgrp:", "*"),
    **rows("AddTagsToResource RemoveTagsFromResource ListTagsForResource", by("ResourceName")),
    **rows(
        "DescribeDBEngineVersions DescribeEngineDefaultParameters DescribeEvents DescribeOrderableDBInstanceOptions",
        everything,
    ),
}
