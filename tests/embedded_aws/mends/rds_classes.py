"""RDS: which classes of instance there are for which version of Postgres."""

from __future__ import annotations

from typing import Any

from ministack.services import rds

from .rds_versions import ENGINE, VERSIONS, major

_SIZES = {
    "db.t4g": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
    "db.t3": ("micro", "small", "medium", "large", "xlarge", "2xlarge"),
    **dict.fromkeys(
        ("db.m6g", "db.m7g", "db.m8g", "db.r6g", "db.r7g"), ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
    ),
}
#: The first major version that has classes of a kind, where that is a later one.
_FIRST = {"db.m8g": 17}
_CLASSES = {f"{kind}.{size}": _FIRST.get(kind, 0) for kind, sizes in _SIZES.items() for size in sizes}
_STORAGE = ("gp2", "gp3", "io1", "io2", "standard")
_USUAL_PAGE = 100


def apply() -> None:
    """Before that of rds_versions, so that a version is known in full here."""
    for action in ("CreateDBInstance", "ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot"):
        rds._ACTION_MAP[action] = refuse_class(rds._ACTION_MAP[action])
    rds._ACTION_MAP["DescribeOrderableDBInstanceOptions"] = tell_options


def _has(name: str, version: str) -> bool:
    return name in _CLASSES and int(major(version)) >= _CLASSES[name]


def refuse_class(handle):
    """Fault: any class can be had."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, "DBInstanceClass")
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier")) or {}
        snapshot = rds._snapshots.get(rds._p(parameters, "DBSnapshotIdentifier")) or {}
        version = rds._p(parameters, "EngineVersion") or (record or snapshot).get("EngineVersion", "")
        if not name or name == record.get("DBInstanceClass") or version not in VERSIONS or _has(name, version):
            return handle(parameters)
        if name not in _CLASSES:
            return rds._error("InvalidParameterValue", f"Invalid DB Instance class: {name}", 400)
        words = (
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine={ENGINE}, EngineVersion={version}, LicenseModel=postgresql-license."
        )
        return rds._error("InvalidParameterCombination", words, 400)

    return handler


def tell_options(parameters: dict[str, Any]):
    """Faults: a few classes are told, each for the one version, and all at once."""
    version, name = rds._p(parameters, "EngineVersion"), rds._p(parameters, "DBInstanceClass")
    if version and version not in VERSIONS:
        return rds._error("InvalidParameterCombination", f"Cannot find version {version} for {ENGINE}", 400)
    options = [
        (each, its, storage)
        for each in ([name] if name else _CLASSES)
        for its in ([version] if version else VERSIONS)
        for storage in _STORAGE
        if _has(each, its)
    ]
    start, size = int(rds._p(parameters, "Marker") or 0), int(rds._p(parameters, "MaxRecords") or _USUAL_PAGE)
    told = "".join(
        f"<OrderableDBInstanceOption><Engine>{ENGINE}</Engine><EngineVersion>{its}</EngineVersion>"
        f"<DBInstanceClass>{each}</DBInstanceClass><StorageType>{storage}</StorageType><Vpc>true</Vpc>"
        "</OrderableDBInstanceOption>"
        for each, its, storage in options[start : start + size]
    )
    marker = f"<Marker>{start + size}</Marker>" if start + size < len(options) else ""
    action = "DescribeOrderableDBInstanceOptions"
    result = f"<OrderableDBInstanceOptions>{told}</OrderableDBInstanceOptions>{marker}"
    return rds._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>")
