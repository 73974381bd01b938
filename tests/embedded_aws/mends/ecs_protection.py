"""ECS: tasks that protect themselves from scale-in, by the API and by the agent's address inside the task.

The scheduler (ecs_scheduler.py) lets protected tasks run. StopTask, the deletion of a service, failing health and Spot
interruptions do not.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import error_response_json, json_response, new_uuid, request_scope
from ministack.services import ecs

from .. import clock
from . import ecs_scheduler

Answer = tuple[int, dict[str, Any]]

_DEFAULT_MINUTES = 120
_MOST_MINUTES = 2880
#: The clock of what happens later is not the one that says when protection ends.
_AFTER = 0.05
_MOST_UPDATED = 10
_MOST_DESCRIBED = 100
_INVALID = "InvalidParameterException"
#: What the agent is told, by names in lower case: it takes them in any.
_MEMBERS = {"protectionenabled": ("ProtectionEnabled", bool), "expiresinminutes": ("ExpiresInMinutes", int)}


def apply() -> None:
    ecs._ACTION_MAP["UpdateTaskProtection"] = update_protection
    ecs._ACTION_MAP["GetTaskProtection"] = get_protection


def update_protection(data: dict[str, Any]):
    """Fault: UpdateTaskProtection does nothing."""
    if refusal := _refusal(data, _MOST_UPDATED):
        return error_response_json(*refusal, 400)
    return _each_task(data, lambda task: _protect(task, data["protectionEnabled"], data.get("expiresInMinutes")))


def get_protection(data: dict[str, Any]):
    """Fault: GetTaskProtection answers nothing."""
    if refusal := _refusal({"protectionEnabled": False, **data}, _MOST_DESCRIBED):
        return error_response_json(*refusal, 400)
    return _each_task(data, lambda _unused: None)


def answer_agent(method: str, task_id: str, body: bytes, throttled: bool) -> Answer:
    """`GET` and `PUT $ECS_AGENT_URI/task-protection/v1/state`: status and document, as the agent of ECS answers, also
    when ECS is ``throttled``.
    """
    try:
        said = _decode(body) if method == "PUT" else {}
    except ValueError:
        return 400, _error(_INVALID, "UpdateTaskProtection: failed to decode request")
    for (account, region, arn), task in ecs._tasks.all_items():
        if arn.endswith(f"/{task_id}"):
            with request_scope(account, region):
                return _ask_for(task, method, said, throttled)
    return 404, _error("ResourceNotFoundException", "Failed to find a task for the request")


def _ask_for(task: dict[str, Any], method: str, said: dict[str, Any], throttled: bool) -> Answer:
    """The agent asks ECS, with the rights of the task's role."""
    arn = task["taskArn"]
    if method == "PUT" and said.get("ProtectionEnabled") is None:
        return 400, _error(_INVALID, "Invalid request: does not contain 'ProtectionEnabled' field", arn)
    definition = ecs._task_defs.get(task["taskDefinitionArn"].rsplit("/", 1)[1], {})
    if not (task.get("overrides", {}).get("taskRoleArn") or definition.get("taskRoleArn")):
        message = "Invalid Request: no task IAM role credentials available for task"
        return 403, _error("AccessDeniedException", message, arn)
    if throttled:
        return 400, {"requestID": new_uuid(), **_error("ThrottlingException", "Rate exceeded", arn)}
    request = {"cluster": task["clusterArn"], "tasks": [arn]}
    if method == "PUT":
        request |= {"protectionEnabled": said["ProtectionEnabled"], "expiresInMinutes": said.get("ExpiresInMinutes")}
    status, _headers, answer = (update_protection if method == "PUT" else get_protection)(request)
    document = json.loads(answer)
    if status != 200:
        return status, {"requestID": new_uuid(), **_error(document["__type"], document["message"], arn)}
    if document["failures"]:
        failure = document["failures"][0]
        return 200, {"failure": {"Arn": failure["arn"], "Detail": failure.get("detail"), "Reason": failure["reason"]}}
    protected = document["protectedTasks"][0]
    until = protected.get("expirationDate")
    return 200, {
        "protection": {
            "ExpirationDate": until and datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ProtectionEnabled": protected["protectionEnabled"],
            "TaskArn": arn,
        }
    }


def _decode(body: bytes) -> dict[str, Any]:
    """The members of a request to the agent. Raises ValueError for one that the agent does not take."""
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("no object")
    said = {}
    for key, value in document.items():
        name, kind = _MEMBERS.get(key.lower(), ("", None))
        fits = kind and isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
        if not fits and not (name and value is None):
            raise ValueError(key)
        said[name] = value
    return said


def _error(code: str, message: str, arn: str = "") -> dict[str, Any]:
    return {"error": {**({"Arn": arn} if arn else {}), "Code": code, "Message": message}}


def _refusal(data: dict[str, Any], most: int) -> tuple[str, str] | None:
    """Code and message of what is wrong with a request, or None."""
    if ecs._resolve_cluster_name(data.get("cluster", "")) not in ecs._clusters:
        return "ClusterNotFoundException", "Cluster not found."
    if not data.get("tasks") and most == _MOST_UPDATED:
        return _INVALID, "Tasks cannot be empty."
    if len(data.get("tasks") or []) > most:
        return _INVALID, f"Tasks can have at most {most} items."
    if data.get("protectionEnabled") is None:
        return _INVALID, "protectionEnabled can't be null."
    minutes = data.get("expiresInMinutes")
    if minutes is not None and not 1 <= minutes <= _MOST_MINUTES:
        return _INVALID, f"expiresInMinutes must be between 1 and {_MOST_MINUTES}."
    return None


def _each_task(data: dict[str, Any], change):
    """What the tasks' protection is when each has been changed; `change` answers with the reason of a failure."""
    cluster = ecs._resolve_cluster_name(data["cluster"])
    protected, failures = [], []
    for reference in data.get("tasks") or []:
        task = ecs._resolve_task(reference, cluster)
        if task is None:
            failures.append({"arn": _arn_of(reference, cluster), "reason": "MISSING"})
            continue
        key = ecs_scheduler.key_of(task)
        if not key or task["lastStatus"] == "STOPPED":
            failures.append({"arn": task["taskArn"], "reason": "TASK_NOT_VALID"})
            continue
        with ecs_scheduler.locked(key):
            reason = change(task)
        if reason:
            failures.append({"arn": task["taskArn"], "reason": reason})
        else:
            protected.append(_described(task))
    return json_response({"protectedTasks": protected, "failures": failures})


def _arn_of(reference: str, cluster: str) -> str:
    prefix = ecs._clusters[cluster]["clusterArn"].replace(":cluster/", ":task/")
    return reference if reference.startswith("arn:") else f"{prefix}/{reference}"


def _protect(task: dict[str, Any], enabled: bool, minutes: int | None) -> str | None:
    """Protects the task, or no longer. `DEPLOYMENT_BLOCKED` where more of its service would be protected than are
    desired.
    """
    key = ecs_scheduler.key_of(task)
    cluster = key.split("/")[0]
    if not enabled:
        task["_protected_until"] = 0.0
        ecs_scheduler.reconcile(cluster, key)
        return None
    service = ecs._services[key]
    there = [one for tasks in ecs_scheduler.tasks_of(service) for one in tasks if one is not task]
    if sum(ecs_scheduler.is_protected(one) for one in there) + 1 > service["desiredCount"]:
        return "DEPLOYMENT_BLOCKED"
    seconds = clock.real(60.0 * (minutes or _DEFAULT_MINUTES))
    task["_protected_until"] = time.time() + seconds
    clock.later(seconds + _AFTER, ecs_scheduler.reconcile, cluster, key)
    return None


def _described(task: dict[str, Any]) -> dict[str, Any]:
    described = {"taskArn": task["taskArn"], "protectionEnabled": ecs_scheduler.is_protected(task)}
    if described["protectionEnabled"]:
        described["expirationDate"] = round(task["_protected_until"], 3)
    return described
