"""ECS: the behaviours `late_tasks` and `stopped_tasks`, of tasks that are not shown yet, or no longer."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from ministack.services import ecs

from .. import behaviours, late


def apply() -> None:
    ecs._ACTION_MAP["DescribeTasks"] = hide(ecs._ACTION_MAP["DescribeTasks"])
    ecs._ACTION_MAP["ListTasks"] = forget(ecs._ACTION_MAP["ListTasks"])


def hide(describe_tasks):
    """A task that was just started may be MISSING, as one is that stopped long ago."""

    def handler(data: dict[str, Any]):
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        references = data.get("tasks", [])
        tasks = {each: ecs._resolve_task(each, cluster) if cluster else None for each in references}
        hidden = [each for each, task in tasks.items() if task and (_is_late(task) or _is_forgotten(task))]
        # An identifier that no task has is told as MISSING.
        seen = [f"{each}-hidden" if each in hidden else each for each in references]
        status, headers, body = describe_tasks({**data, "tasks": seen})
        return (
            status,
            headers,
            body.replace(b"-hidden", b"") if isinstance(body, bytes) else body.replace("-hidden", ""),
        )

    return handler


def forget(list_tasks):
    """A task that stopped long ago is in no list."""

    def handler(data: dict[str, Any]):
        for arn, task in list(ecs._tasks.items()):
            if _is_forgotten(task):
                del ecs._tasks[arn]
        return list_tasks(data)

    return handler


def _is_late(task: dict[str, Any]) -> bool:
    if late.is_shown_all():
        return False
    lag = behaviours.LATE_TASKS.seconds(task["taskArn"])
    is_late = time.time() - _seconds(task.get("createdAt")) < lag
    if is_late:
        behaviours.LATE_TASKS.strike()
    return is_late


def _is_forgotten(task: dict[str, Any]) -> bool:
    stopped = task.get("stoppedAt")
    is_forgotten = bool(stopped) and time.time() - _seconds(stopped) > behaviours.STOPPED_TASKS.value
    if is_forgotten:
        behaviours.STOPPED_TASKS.strike()
    return is_forgotten


def _seconds(moment: Any) -> float:
    if isinstance(moment, (int, float)):
        return float(moment)
    return datetime.fromisoformat(str(moment)).timestamp()
