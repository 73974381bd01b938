"""The agent of ECS, which calls ECS with the keys of the task that asks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ecs

from .. import limits
from . import enforcement, principals, services

_Answers = Callable[[str, str, bytes, bool], tuple[int, dict[str, Any]]]
_OPERATIONS = {"GET": "GetTaskProtection", "PUT": "UpdateTaskProtection"}


def as_the_task(answer: _Answers) -> Callable[[str, str, bytes], tuple[int, dict[str, Any], str]]:
    """Status and document, as `answer` gives them, where IAM lets the task; and the ARN of who has called."""

    def agent(method: str, task_id: str, body: bytes) -> tuple[int, dict[str, Any], str]:
        task = next(
            (task for (_account, _region, arn), task in ecs._tasks.all_items() if arn.endswith(f"/{task_id}")), None
        )
        keys = principals.keys_of_task(task["taskArn"], role_of(task)) if task else {}
        if task is None or not keys:
            return *answer(method, task_id, body, False), ""
        asked = {"cluster": task["clusterArn"], "tasks": [task["taskArn"]]}
        call = services.call(keys, "ecs", _OPERATIONS[method], task["taskArn"].split(":")[3], asked)
        throttled = limits.is_beyond(call)
        refused = None if throttled else enforcement.authorize(call)
        if refused:
            return refused[0], _told(task, json.loads(refused[2])), principals.arn_of(call)
        return *answer(method, task_id, body, throttled), principals.arn_of(call)

    return agent


def role_of(task: dict[str, Any]) -> str:
    """The task's role: its definition's, or one of its own."""
    definition = ecs._task_defs.get(task["taskDefinitionArn"].rpartition("/")[2]) or {}
    return str((task.get("overrides") or {}).get("taskRoleArn") or definition.get("taskRoleArn") or "")


def _told(task: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    """In the agent's form."""
    told = {"Arn": task["taskArn"], "Code": error["__type"], "Message": error["message"]}
    return {"requestID": new_uuid(), "error": told}
