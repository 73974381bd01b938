"""RDS: parameter groups that tell a family's parameters, what each may be, and whose each value is."""

from __future__ import annotations

import re
import time
from operator import itemgetter
from typing import Any, NamedTuple

from ministack.services import rds

from .. import behaviours

_FIRST_WITH_TLS = 15
_FAMILIES = tuple(f"postgres{major}" for major in range(13, 19))

#: AWS tells a hundred of its four hundred parameters at once. These are few, so that pages are shorter.
_A_PAGE = 7

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
_ENGINE = (
    *("log_min_duration_statement", "log_statement", "maintenance_work_mem", "random_page_cost", "search_path"),
    *("wal_buffers", "work_mem"),
)
#: What nobody can set.
_FIXED = {"rds.extensions": "pg_stat_statements,pgcrypto"}
_STATIC = {"max_connections", "rds.logical_replication", "shared_buffers", "shared_preload_libraries", "wal_buffers"}


class _Rule(NamedTuple):
    """What AWS takes: DataType and AllowedValues."""

    kind: str
    allowed: str = ""


_RULES = {
    "idle_in_transaction_session_timeout": _Rule("integer", "0-2147483647"),
    "log_min_duration_statement": _Rule("integer", "-1-2147483647"),
    "log_statement": _Rule("string", "none,ddl,mod,all"),
    "maintenance_work_mem": _Rule("integer", "1024-2147483647"),
    "max_connections": _Rule("integer", "6-8388607"),
    "random_page_cost": _Rule("float", "0-1.79769e+308"),
    "rds.force_autovacuum_logging_level": _Rule("string", "disabled,debug1,info,notice,warning,error,log"),
    "rds.force_ssl": _Rule("boolean", "0,1"),
    "rds.logical_replication": _Rule("boolean", "0,1"),
    "shared_buffers": _Rule("integer", "16-1073741823"),
    "shared_preload_libraries": _Rule("list", "auto_explain,pg_cron,pg_stat_statements,pgaudit"),
    "timezone": _Rule("string", "Africa/Cairo,Europe/Berlin,UTC"),
    "wal_buffers": _Rule("integer", "-1-262143"),
    "work_mem": _Rule("integer", "64-2147483647"),
}
_RANGE = re.compile(r"(-?\d+)-(\d\S*)")


def apply() -> None:
    rds._ACTION_MAP["DescribeDBParameters"] = tell_parameters
    rds._ACTION_MAP["DescribeEngineDefaultParameters"] = tell_defaults
    modify = refuse_what_is_not_allowed(rds._ACTION_MAP["ModifyDBParameterGroup"])
    rds._ACTION_MAP["ModifyDBParameterGroup"] = refuse_immediate_static(modify)
    create = remember_creation(rds._ACTION_MAP["CreateDBParameterGroup"])
    rds._ACTION_MAP["CreateDBParameterGroup"] = refuse_unknown_family(create)
    for action in ("CreateDBInstance", "RestoreDBInstanceFromDBSnapshot"):
        rds._ACTION_MAP[action] = start_without_young_parameters(rds._ACTION_MAP[action])
    rds._ACTION_MAP["RebootDBInstance"] = start_with_parameters(rds._ACTION_MAP["RebootDBInstance"])


def defaults(family: str) -> dict[str, str | None]:
    """A family's parameters with the values that they have where nobody sets another."""
    found = re.fullmatch(r"postgres(\d+)", family)
    encrypted = found is not None and int(found[1]) >= _FIRST_WITH_TLS
    return {**dict.fromkeys(_ENGINE), **_SYSTEM, **_FIXED, "rds.force_ssl": "1" if encrypted else "0"}


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


def tell_defaults(parameters: dict[str, Any]):
    """Fault: the parameters of a family can't be asked for."""
    family = rds._p(parameters, "DBParameterGroupFamily")
    if family not in _FAMILIES:
        return _unknown_family(family)
    known = sorted(defaults(family).items())
    start = int(rds._p(parameters, "Marker") or 0)
    told = "".join(
        _parameter(name, value, "engine-default" if value is None else "system")
        for name, value in known[start : start + _A_PAGE]
    )
    marker = f"<Marker>{start + _A_PAGE}</Marker>" if start + _A_PAGE < len(known) else ""
    action = "DescribeEngineDefaultParameters"
    found = f"<DBParameterGroupFamily>{family}</DBParameterGroupFamily>{marker}<Parameters>{told}</Parameters>"
    result = f"<{action}Result><EngineDefaults>{found}</EngineDefaults></{action}Result>"
    return rds._xml(200, f"{action}Response", result)


def refuse_unknown_family(create):
    """Fault: a group of any family is made."""

    def handler(parameters: dict[str, Any]):
        family = rds._p(parameters, "DBParameterGroupFamily")
        return create(parameters) if family in _FAMILIES else _unknown_family(family)

    return handler


def _unknown_family(family: str):
    words = f"ParameterGroupFamily {family} is not a valid parameter group family"
    return rds._error("InvalidParameterValue", words, 400)


def refuse_what_is_not_allowed(modify):
    """Faults: parameters are set that the family does not have, that nobody can set, and to any value."""

    def handler(parameters: dict[str, Any]):
        group = rds._param_groups.get(rds._p(parameters, "DBParameterGroupName"))
        for key in parameters:
            setting, _unused, member = key.rpartition(".")
            if group is None or member != "ParameterName":
                continue
            name, value = rds._p(parameters, key), rds._p(parameters, f"{setting}.ParameterValue")
            if refusal := _refusal(group["DBParameterGroupFamily"], name, value):
                return rds._error("InvalidParameterValue", refusal, 400)
        return modify(parameters)

    return handler


def _refusal(family: str, name: str, value: str) -> str:
    if name not in defaults(family):
        return f"Could not find parameter with name: {name}"
    if name in _FIXED:
        return f"The parameter {name} cannot be modified"
    rule = _RULES.get(name, _Rule("string"))
    if _is_allowed(rule, value):
        return ""
    return f"Invalid parameter value: {value} for: {name} allowed values are: {rule.allowed}"


def _is_allowed(rule: _Rule, value: str) -> bool:
    if not rule.allowed or "{" in value:
        return True
    bounds = _RANGE.fullmatch(rule.allowed)
    if not bounds:
        return set(value.split(",") if rule.kind == "list" else [value]) <= set(rule.allowed.split(","))
    whole = rule.kind != "integer" or re.fullmatch(r"-?\d+", value)
    try:
        return bool(whole) and float(bounds[1]) <= float(value) <= float(bounds[2])
    except ValueError:
        return False


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
    rule = _RULES.get(name, _Rule("string"))
    allowed = f"<AllowedValues>{rule.allowed}</AllowedValues>" if rule.allowed else ""
    modifiable = "false" if name in _FIXED else "true"
    return (
        f"<Parameter><ParameterName>{name}</ParameterName>{told}<Source>{source}</Source><ApplyType>{kind}</ApplyType>"
        f"<DataType>{rule.kind}</DataType>{allowed}<IsModifiable>{modifiable}</IsModifiable>"
        f"<ApplyMethod>{method}</ApplyMethod></Parameter>"
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
            behaviours.YOUNG_PARAMETER_GROUP.strike()
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
