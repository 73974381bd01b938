"""RDS: parameter groups that tell a family's defaults, and whose each value is."""

from __future__ import annotations

import re
import time
from operator import itemgetter
from typing import Any

from ministack.services import rds

from .. import behaviours

_FIRST_WITH_TLS = 15

#: Values that RDS itself gives the parameters of its PostgreSQL families. Source: "Working with parameters on your RDS
#: for PostgreSQL DB instance" in the guide of Amazon RDS.
_SYSTEM = {
    "idle_in_transaction_session_timeout": "86400000",
    "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "rds.force_autovacuum_logging_level": "warning",
    "rds.logical_replication": "0",
    "shared_buffers": "{DBInstanceClassMemory/32768}",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
}
#: Those that it leaves to Postgres: of them it tells no value.
_ENGINE = ("log_min_duration_statement", "log_statement", "maintenance_work_mem", "wal_buffers", "work_mem")
_STATIC = {"max_connections", "rds.logical_replication", "shared_buffers", "shared_preload_libraries", "wal_buffers"}


def apply() -> None:
    rds._ACTION_MAP["DescribeDBParameters"] = tell_parameters
    rds._ACTION_MAP["ModifyDBParameterGroup"] = refuse_immediate_static(rds._ACTION_MAP["ModifyDBParameterGroup"])
    rds._ACTION_MAP["CreateDBParameterGroup"] = remember_creation(rds._ACTION_MAP["CreateDBParameterGroup"])
    for action in ("CreateDBInstance", "RestoreDBInstanceFromDBSnapshot"):
        rds._ACTION_MAP[action] = start_without_young_parameters(rds._ACTION_MAP[action])
    rds._ACTION_MAP["RebootDBInstance"] = start_with_parameters(rds._ACTION_MAP["RebootDBInstance"])


def defaults(family: str) -> dict[str, str | None]:
    """A family's parameters with the values that they have where nobody sets another."""
    found = re.fullmatch(r"postgres(\d+)", family)
    encrypted = found is not None and int(found[1]) >= _FIRST_WITH_TLS
    return {**dict.fromkeys(_ENGINE), **_SYSTEM, "rds.force_ssl": "1" if encrypted else "0"}


def tell_parameters(parameters: dict[str, Any]):
    """Faults: a value that is the family's default is told as set by a user, the filter by name is not known, and
    most of the defaults are missing.
    """
    name, source = rds._p(parameters, "DBParameterGroupName"), rds._p(parameters, "Source")
    group = rds._param_groups.get(name)
    if group is None:
        return rds._error("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    filters = rds._parse_filters(parameters)
    for unknown in set(filters) - {"parameter-name"}:
        return rds._error("InvalidParameterValue", f"Unrecognized filter name: {unknown}", 400)
    asked = filters.get("parameter-name")
    told = "".join(
        _parameter(each, value, whose)
        for each, value, whose in sorted(_values(group), key=itemgetter(0))
        if (asked is None or each in asked) and source in ("", whose)
    )
    result = f"<DescribeDBParametersResult><Parameters>{told}</Parameters></DescribeDBParametersResult>"
    return rds._xml(200, "DescribeDBParametersResponse", result)


def _values(group: dict[str, Any]):
    """Name, value and source of every parameter."""
    known = defaults(group["DBParameterGroupFamily"])
    own = {name: setting["ParameterValue"] for name, setting in group["Parameters"].items()}
    for name in {*known, *own}:
        default = known.get(name)
        if name in own and own[name] != default:
            yield name, own[name], "user"
        else:
            yield name, default, "engine-default" if default is None else "system"


def _parameter(name: str, value: str | None, source: str) -> str:
    told = "" if value is None else f"<ParameterValue>{rds._esc(value)}</ParameterValue>"
    kind = "static" if name in _STATIC else "dynamic"
    method = "pending-reboot" if name in _STATIC else "immediate"
    return (
        f"<Parameter><ParameterName>{name}</ParameterName>{told}<Source>{source}</Source><ApplyType>{kind}</ApplyType>"
        f"<DataType>string</DataType><IsModifiable>true</IsModifiable><ApplyMethod>{method}</ApplyMethod></Parameter>"
    )


def refuse_immediate_static(modify):
    """Fault: a static parameter is set at once."""

    def handler(parameters: dict[str, Any]):
        for key in parameters:
            setting, _unused, member = key.rpartition(".")
            is_static = member == "ParameterName" and rds._p(parameters, key) in _STATIC
            if is_static and rds._p(parameters, f"{setting}.ApplyMethod") != "pending-reboot":
                words = "cannot use immediate apply method for static parameter"
                return rds._error("InvalidParameterCombination", words, 400)
        return modify(parameters)

    return handler


def remember_creation(create):
    """For YOUNG_PARAMETER_GROUP."""

    def handler(parameters: dict[str, Any]):
        answer = create(parameters)
        if answer[0] == 200:
            rds._param_groups[rds._p(parameters, "DBParameterGroupName")]["_made"] = time.monotonic()
        return answer

    return handler


def start_without_young_parameters(create):
    """YOUNG_PARAMETER_GROUP."""

    def handler(parameters: dict[str, Any]):
        answer = create(parameters)
        group = rds._param_groups.get(rds._p(parameters, "DBParameterGroupName"))
        if answer[0] == 200 and group and _is_young(group) and _sets_static(group):
            (told,) = rds._instances[rds._p(parameters, "DBInstanceIdentifier")]["DBParameterGroups"]
            told["ParameterApplyStatus"] = "pending-reboot"
        return answer

    return handler


def start_with_parameters(reboot):
    """Fault: after a reboot parameters still wait for one."""

    def handler(parameters: dict[str, Any]):
        answer = reboot(parameters)
        if answer[0] == 200:
            for group in rds._instances[rds._p(parameters, "DBInstanceIdentifier")]["DBParameterGroups"]:
                group["ParameterApplyStatus"] = "in-sync"
        return answer

    return handler


def _is_young(group: dict[str, Any]) -> bool:
    return time.monotonic() - group["_made"] < behaviours.YOUNG_PARAMETER_GROUP.value


def _sets_static(group: dict[str, Any]) -> bool:
    return any(name in _STATIC and source == "user" for name, _unused, source in _values(group))
