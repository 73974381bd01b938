"""ECS: tasks that protect themselves from scale-in, by the API and by the agent's address inside the task."""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import json_response, request_scope
from ministack.services import ecs

_DEFAULT_MINUTES = 120
# What ministack stops a task for of its own accord while the service lives.
_SCHEDULER_REASONS = frozenset(
    {"Service scaling down", "Deployment completed", "Deployment capacity limit", "Task definition updated"}
)


def apply() -> None:
    ecs._ACTION_MAP["UpdateTaskProtection"] = update_protection
    ecs._ACTION_MAP["GetTaskProtection"] = get_protection
    ecs._stop_task = spare_protected(ecs._stop_task)


def update_protection(data: dict[str, Any]):
    """Fault: UpdateTaskProtection does nothing."""
    for task in _tasks(data):
        _protect(task, data["protectionEnabled"], data.get("expiresInMinutes"))
    return get_protection(data)


def get_protection(data: dict[str, Any]):
    """Fault: GetTaskProtection answers nothing."""
    return json_response({"protectedTasks": [_described(task) for task in _tasks(data)], "failures": []})


def spare_protected(stop):
    """Fault: the scheduler stops protected tasks. Whoever calls StopTask still may."""

    def handler(data: dict[str, Any]):
        task = ecs._resolve_task(data.get("task", ""), ecs._resolve_cluster_name(data.get("cluster", "default")))
        if task and data.get("reason") in _SCHEDULER_REASONS and _is_protected(task):
            return json_response({"task": ecs._sanitize(task)})
        return stop(data)

    return handler


def answer_agent(method: str, task_id: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """`GET` and `PUT $ECS_AGENT_URI/task-protection/v1/state`: status and document, in the agent's spelling."""
    for (account, region, arn), task in ecs._tasks.all_items():
        if arn.endswith(f"/{task_id}"):
            with request_scope(account, region):
                if method == "PUT":
                    said = json.loads(body)
                    _protect(task, said["ProtectionEnabled"], said.get("ExpiresInMinutes"))
                described = _described(task)
            return 200, {"protection": {name[0].upper() + name[1:]: value for name, value in described.items()}}
    return 404, {"error": {"Code": "TaskNotFoundException", "Message": f"no task {task_id}"}}


def _tasks(data: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    found = [ecs._resolve_task(reference, cluster) for reference in data.get("tasks", [])]
    return [task for task in found if task]


def _protect(task: dict[str, Any], enabled: bool, minutes: int | None) -> None:
    task["_protected_until"] = time.time() + 60 * (minutes or _DEFAULT_MINUTES) if enabled else 0.0
    group = task.get("group", "")
    if not enabled and group.startswith("service:"):
        cluster = ecs._cluster_name_from_arn(task["clusterArn"])
        ecs._reconcile_service_tasks(cluster, f"{cluster}/{group.removeprefix('service:')}")


def _is_protected(task: dict[str, Any]) -> bool:
    return task.get("_protected_until", 0.0) > time.time()


def _described(task: dict[str, Any]) -> dict[str, Any]:
    described = {"taskArn": task["taskArn"], "protectionEnabled": _is_protected(task)}
    if described["protectionEnabled"]:
        described["expirationDate"] = int(task["_protected_until"])
    return described
