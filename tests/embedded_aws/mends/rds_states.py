"""RDS: the behaviours of databases that take their time to be made, to be changed, to be backed up and to go."""

from __future__ import annotations

import contextvars
import copy
import re
import threading
import time
from typing import Any

from ministack.services import rds

from .. import clock
from ..behaviours import (
    DATABASE_BACKING_UP,
    DATABASE_CREATING,
    DATABASE_DELETING,
    DATABASE_MODIFYING,
    Behaviour,
)

Record = dict[str, Any]

#: What waits in PendingModifiedValues until the instance was modified; other settings are so at once.
_WAITS = (
    *("DBInstanceClass", "AllocatedStorage", "MultiAZ", "EngineVersion", "StorageType", "Iops", "StorageThroughput"),
    *("BackupRetentionPeriod", "CACertificateIdentifier"),
)
#: Until when an instance is shown in which state, the earliest first.
_PHASES = "_phases"
_ENDPOINT = re.compile(r"<Endpoint>.*?</Endpoint>", re.DOTALL)
#: How many of AWS's seconds a change is accepted and not begun.
_ACCEPTED = 5
#: In these an instance takes a change.
_CHANGEABLE = ("", "available", "storage-optimization")
_STORAGE = frozenset({"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"})
_NOT_NOW = "Database instance {} is not in available state."


def apply() -> None:
    actions = rds._ACTION_MAP
    for action in ("CreateDBInstance", "RestoreDBInstanceFromDBSnapshot"):
        actions[action] = make_slowly(actions[action])
    for action in ("ModifyDBInstance", "RebootDBInstance", "CreateDBSnapshot"):
        actions[action] = refuse_while_busy(actions[action])
    actions["ModifyDBInstance"] = modify_slowly(actions["ModifyDBInstance"])
    actions["CreateDBSnapshot"] = back_up_slowly(actions["CreateDBSnapshot"])
    actions["DeleteDBInstance"] = delete_slowly(actions["DeleteDBInstance"])
    rds._instance_xml = tell_state(rds._instance_xml)


def tell_state(render):
    """The state that an instance is shown in. One that is being made has no address yet."""

    def instance_xml(record: Record) -> str:
        told = render({**record, "DBInstanceStatus": _state(record)})
        return _ENDPOINT.sub("", told) if _phase(record) == "creating" else told

    return instance_xml


def make_slowly(create):
    """`database_creating`, and then `database_backing_up` where there are backups."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, "DBInstanceIdentifier")
        existed = name in rds._instances
        answer = create(parameters)
        record = rds._instances.get(name)
        if existed or answer[0] != 200 or record is None or not DATABASE_CREATING.is_on:
            return answer
        _enter(record, DATABASE_CREATING, "creating")
        if DATABASE_BACKING_UP.is_on and int(record.get("BackupRetentionPeriod") or 0):
            _enter(record, DATABASE_BACKING_UP, "backing-up")
        operation = rds._p(parameters, "Action") or "CreateDBInstance"
        return rds._single_instance_response(f"{operation}Response", f"{operation}Result", record)

    return handler


def refuse_while_busy(call):
    """An instance that is in one of these states takes no other change."""

    def handler(parameters: dict[str, Any]):
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        if record and _phase(record) not in _CHANGEABLE:
            return rds._error("InvalidDBInstanceState", _NOT_NOW.format(record["DBInstanceIdentifier"]), 400)
        return call(parameters)

    return handler


def modify_slowly(modify):
    """`database_modifying`: first the change is accepted and nothing is to be seen but its pending values, then the
    instance is `modifying`, and then it is as asked for.
    """

    def handler(parameters: dict[str, Any]):
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        if record is None or not DATABASE_MODIFYING.is_on:
            return modify(parameters)
        before = {name: copy.deepcopy(record.get(name)) for name in _WAITS}
        answer = modify(parameters)
        wanted = {name: record.get(name) for name in _WAITS if record.get(name) != before[name]}
        password = {"MasterUserPassword": "****"} if rds._p(parameters, "MasterUserPassword") else {}
        if answer[0] != 200 or not (wanted or password):
            return answer
        record.update({name: before[name] for name in wanted})
        record["PendingModifiedValues"] = {**(record.get("PendingModifiedValues") or {}), **wanted, **password}
        _add_phase(record, clock.real(_ACCEPTED), "available")
        until = _enter(record, DATABASE_MODIFYING, _word(wanted))
        clock.later(until - time.monotonic(), _apply, record, wanted, [*wanted, *password])
        if _STORAGE & wanted.keys():
            _enter(record, DATABASE_MODIFYING, "storage-optimization")
        return rds._single_instance_response("ModifyDBInstanceResponse", "ModifyDBInstanceResult", record)

    return handler


def back_up_slowly(create_snapshot):
    """`database_backing_up`: the snapshot is `creating`, and the instance is `backing-up`."""

    def handler(parameters: dict[str, Any]):
        answer = create_snapshot(parameters)
        record = rds._instances.get(rds._p(parameters, "DBInstanceIdentifier"))
        snapshot = rds._snapshots.get(rds._p(parameters, "DBSnapshotIdentifier"))
        if answer[0] != 200 or not DATABASE_BACKING_UP.is_on or record is None or snapshot is None:
            return answer
        _begin_snapshot(snapshot, _enter(record, DATABASE_BACKING_UP, "backing-up"))
        status, headers, body = answer
        return status, headers, body.replace(b"<Status>available</Status>", b"<Status>creating</Status>")

    return handler


def delete_slowly(delete):
    """`database_deleting`: the instance is `deleting`, and uses its groups still; a final snapshot is made then."""

    def handler(parameters: dict[str, Any]):
        name = rds._p(parameters, "DBInstanceIdentifier")
        record = rds._instances.get(name)
        final = rds._p(parameters, "FinalDBSnapshotIdentifier")
        if record and _state(record) == "deleting":
            return rds._error("InvalidDBInstanceState", f"Instance {name} is already being deleted.", 400)
        if record and final and _phase(record) not in _CHANGEABLE:
            return rds._error("InvalidDBInstanceState", _NOT_NOW.format(name), 400)
        if not DATABASE_DELETING.is_on or record is None or record.get("DeletionProtection"):
            return delete(parameters)
        if final in rds._snapshots:
            return rds._error("DBSnapshotAlreadyExists", f"Snapshot {final} already exists.", 400)
        record[_PHASES] = []
        until = _enter(record, DATABASE_DELETING, "deleting")
        if final:
            _begin_snapshot(rds._create_snapshot_internal(final, record), until)
        rest = {key: value for key, value in parameters.items() if key != "FinalDBSnapshotIdentifier"}
        clock.later(until - time.monotonic(), _in_a_thread, delete, {**rest, "SkipFinalSnapshot": ["true"]})
        return rds._single_instance_response("DeleteDBInstanceResponse", "DeleteDBInstanceResult", record)

    return handler


def _in_a_thread(delete, parameters: dict[str, Any]) -> None:
    """To remove a container takes its time."""
    threading.Thread(target=contextvars.copy_context().run, args=(delete, parameters), daemon=True).start()


def _begin_snapshot(snapshot: Record, until: float) -> None:
    snapshot |= {"Status": "creating", "PercentProgress": 0}
    clock.later(until - time.monotonic(), snapshot.update, {"Status": "available", "PercentProgress": 100})


def _word(wanted: Record) -> str:
    """The state of an instance that becomes so."""
    if "EngineVersion" in wanted:
        return "upgrading"
    return "modifying" if wanted else "resetting-master-credentials"


def _apply(record: Record, wanted: Record, done: list[str]) -> None:
    record.update(wanted)
    pending = record.get("PendingModifiedValues") or {}
    record["PendingModifiedValues"] = {name: value for name, value in pending.items() if name not in done}


def _enter(record: Record, behaviour: Behaviour, state: str) -> float:
    """After the states that it is in already the instance is in this one: until when."""
    behaviour.strike()
    return _add_phase(record, behaviour.seconds(record["DBInstanceIdentifier"]), state)


def _add_phase(record: Record, seconds: float, state: str) -> float:
    phases = [phase for phase in record.get(_PHASES, []) if phase[0] > time.monotonic()]
    until = (phases[-1][0] if phases else time.monotonic()) + seconds
    record[_PHASES] = [*phases, (until, state)]
    return until


def _phase(record: Record) -> str:
    """The state of now, and nothing where it is in none of these."""
    now = time.monotonic()
    return next((state for until, state in record.get(_PHASES, []) if until > now), "")


def _state(record: Record) -> str:
    """The state that is shown. What the emulator itself is at lasts as long as it does."""
    own = str(record["DBInstanceStatus"])
    return (_phase(record) or own) if own == "available" else own
