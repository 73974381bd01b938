"""`--fast`: no containers. One-off tasks end well after a moment, services run, databases become available."""

from __future__ import annotations

import ipaddress
import itertools
import json
from pathlib import Path
from typing import Any

from ministack.services import ecs, rds

from .. import behaviours, clock
from ..settings import Settings

_NO_SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException: not authorized to "
    "perform: secretsmanager:GetSecretValue"
)
_FIRST_ADDRESS = ipaddress.IPv4Address("10.255.0.1")


def apply(settings: Settings) -> None:
    ecs._get_docker = rds._get_docker = lambda: None
    ecs._run_task = end_tasks(ecs._run_task)
    ecs._ACTION_MAP["RunTask"] = ecs._run_task
    if settings.database_seconds:
        create = rds._ACTION_MAP["CreateDBInstance"]
        rds._ACTION_MAP["CreateDBInstance"] = create_databases_slowly(
            create, settings.database_seconds, settings.held_databases
        )


def end_tasks(run_task):
    """Faults: without Docker a task stays RUNNING for ever, and has no address to be a target by."""
    numbers = itertools.count()

    def handler(data: dict[str, Any]):
        answer = run_task(data)
        if answer[0] != 200:
            return answer
        arns = [task["taskArn"] for task in json.loads(answer[2])["tasks"]]
        for arn in arns:
            ecs._tasks[arn]["_container_ip"] = str(_FIRST_ADDRESS + next(numbers))
        if not data.get("group", "").startswith("service:"):
            if behaviours.TASK_SECONDS.is_on:
                behaviours.TASK_SECONDS.strike()
            clock.later(behaviours.TASK_SECONDS.value, _end, arns)
        return answer

    return handler


def create_databases_slowly(create, seconds: float, held: Path):
    """A database is `creating` for a while, as on AWS, and for as long as the file `held` is there."""

    def finish(record: dict[str, Any]) -> None:
        if held.exists():
            clock.later(0.1, finish, record)
        else:
            rds._instance_available_unless_stopped(record)

    def handler(parameters: dict[str, Any]):
        identifier = rds._p(parameters, "DBInstanceIdentifier")
        existed = identifier in rds._instances
        answer = create(parameters)
        if existed or identifier not in rds._instances:
            return answer
        record = rds._instances[identifier]
        record["DBInstanceStatus"] = "creating"
        clock.later(seconds, finish, record)
        return rds._single_instance_response("CreateDBInstanceResponse", "CreateDBInstanceResult", record)

    return handler


def _end(arns: list[str]) -> None:
    for arn in arns:
        task = ecs._tasks.get(arn)
        if task and not task.get("_never_starts") and not _is_kept_from_starting(task):
            _print(ecs._tasks[arn])
            ecs._mark_task_stopped(
                arn, ecs._tasks[arn], "Essential container exited", "EssentialContainerExited", exit_code=0
            )


def _is_kept_from_starting(task: dict[str, Any]) -> bool:
    """The behaviour `cold_policies`."""
    kept = behaviours.COLD_POLICIES.memory
    if len(kept) == behaviours.COLD_POLICIES.value:
        return False
    kept[task["taskArn"]] = True
    behaviours.COLD_POLICIES.strike()
    task.pop("startedAt", None)
    ecs._mark_task_stopped(task["taskArn"], task, _NO_SECRET, "TaskFailedToStart")
    return True


def _print(task: dict[str, Any]) -> None:
    """A line of each container, without which who reads a task's log would wait for it."""
    for container in ecs._task_defs[task["taskDefinitionArn"].rpartition("/")[2]]["containerDefinitions"]:
        log = ecs._awslogs_config(container, task["taskArn"].rpartition("/")[2], "")
        if log and ecs._ensure_awslogs_stream(log):
            ecs._emit_awslogs_event(log, "nothing ran, there are no containers here")
