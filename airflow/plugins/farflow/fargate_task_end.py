# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a Fargate task ended: what of DescribeTasks' answer is kept, whether it is a success, and what to say of it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from farflow.ecs_advice import Stop, stop_of
from farflow.fargate_task_results import RESULT_PREFIX

Task = Mapping[str, Any]

#: The reason that StopTask is called with when the Airflow task was ended; it comes back in what ECS tells of the stop.
ENDED_BY_AIRFLOW = "Airflow: "

_KEPT = ("taskArn", "taskDefinitionArn", "lastStatus", "stopCode", "stoppedReason", "cpu", "memory")
_KEPT_TOO = ("launchType", "capacityProviderName")
_TIMES = ("createdAt", "pullStartedAt", "startedAt", "stoppingAt", "executionStoppedAt", "stoppedAt")
_OF_CONTAINER = ("name", "image", "exitCode", "reason", "lastStatus")


def kept(task: Task, container: str | None) -> dict[str, Any]:
    """What is needed of a member of DescribeTasks' answer, as JSON: small enough for an event of a trigger.

    Where ``container`` is one of its containers, the others are left out: those that AWS has put beside it, such as
    GuardDuty's agent, end in their own way and say nothing of it.
    """
    containers = [{key: each[key] for key in _OF_CONTAINER if key in each} for each in task.get("containers") or []]
    own = [each for each in containers if each.get("name") == container]
    architecture = [each["value"] for each in task.get("attributes") or [] if each["name"] == "ecs.cpu-architecture"]
    overrides = task.get("overrides") or {}
    return {
        **{key: task[key] for key in (*_KEPT, *_KEPT_TOO) if task.get(key) is not None},
        **{key: overrides[key] for key in ("cpu", "memory") if overrides.get(key)},
        **{key: _moment(task[key]).isoformat() for key in _TIMES if task.get(key) is not None},
        "containers": own or containers,
        "architecture": next(iter(architecture), "x86_64"),
        "ephemeralStorage": (overrides.get("ephemeralStorage") or task.get("ephemeralStorage") or {}).get("sizeInGiB"),
        "resultPrefix": _environment(task, container).get(RESULT_PREFIX),
    }


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromtimestamp(float(value), tz=UTC)


def _environment(task: Task, container: str | None) -> dict[str, str]:
    overrides = (task.get("overrides") or {}).get("containerOverrides") or []
    return {
        each["name"]: each["value"]
        for override in overrides
        if override.get("name") == container
        for each in override.get("environment") or []
    }


def has_ended(task: Task) -> bool:
    """Whether its containers have ended. ECS takes some more seconds until the task is STOPPED."""
    return task.get("lastStatus") == "STOPPED" or bool(task.get("executionStoppedAt"))


def until_its_end(task: Task) -> Task:
    """The same, and stopped when its containers ended, where ECS has not told more yet."""
    return {"stoppedAt": task.get("executionStoppedAt"), **task}


def exit_code(task: Task) -> int | None:
    """The exit code that counts: the first one that is not 0; None where a container has none."""
    codes = [each.get("exitCode") for each in task["containers"]]
    return next((code for code in codes if code != 0), 0) if codes else None


def succeeded(task: Task) -> bool:
    """Whether it ended by itself, and well: not when somebody stopped it, or AWS took its capacity back."""
    return exit_code(task) == 0 and task.get("stopCode") in (None, "EssentialContainerExited")


def to_be_skipped(task: Task, codes: Container[int]) -> bool:
    """Whether it ended by itself with an exit code that the author wants skipped."""
    code = exit_code(task)
    return code is not None and code in codes and task.get("stopCode") in (None, "EssentialContainerExited")


def stopped_by_airflow(task: Task) -> bool:
    return str(task.get("stoppedReason") or "").startswith(ENDED_BY_AIRFLOW)


def seconds(task: Task, begin: str, end: str) -> float | None:
    """Seconds between two of the task's moments; None where one of them is not told."""
    if not task.get(begin) or not task.get(end):
        return None
    return (datetime.fromisoformat(task[end]) - datetime.fromisoformat(task[begin])).total_seconds()


def duration(task: Task) -> str:
    """``after 61 s, 12 s of them to start``; empty where ECS does not tell it."""
    took, began = seconds(task, "createdAt", "stoppedAt"), seconds(task, "createdAt", "startedAt")
    if took is None:
        return ""
    return f"after {took:.0f} s" + ("" if began is None else f", {began:.0f} s of them to start")


def failure(name: str, task: Task, tail: Sequence[str] | None, cure: str | None = None) -> str:
    """Why it is no success, for the error of the Airflow task: exit code, AWS's words, advice, last log lines. A
    ``cure`` takes the place of what is generally advised.
    """
    stop: Stop = stop_of(task)
    code = exit_code(task)
    told = "no exit code" if code is None else f"exit code {code}"
    said = f"{stop.code}: {stop.reason}" if stop.code else stop.reason or "AWS gave no reason"
    advice = f"\nadvice: {cure or stop.advice}" if cure or stop.advice else ""
    return with_last_lines(f"{name}: {told}; {said}{advice}", tail)


def with_last_lines(text: str, tail: Sequence[str] | None) -> str:
    """The error, and behind it the last lines of the log, unless its author wants none (None)."""
    if tail is None:
        return text
    lines = [f"  {line}" for line in tail]
    return "\n".join([text, *(["last log lines:", *lines] if lines else ["it has printed nothing"])])


def size(task: Task) -> str:
    """``0.5 vCPU, 1024 MiB`` of what RunTask or DescribeTasks tells."""
    if not task.get("cpu") or not task.get("memory"):
        return "size unknown"
    return f"{int(task['cpu']) / 1024:g} vCPU, {task['memory']} MiB"


def capacity(task: Task) -> str | None:
    """``on Fargate Spot`` or ``on demand``, of what RunTask or DescribeTasks tells; None where that is not known."""
    provider = task.get("capacityProviderName") or task.get("launchType")
    return {"FARGATE_SPOT": "on Fargate Spot", "FARGATE": "on demand"}.get(str(provider))


def was_interrupted(task: Task) -> bool:
    """Whether AWS has taken its Spot capacity back."""
    return task.get("stopCode") == "SpotInterruption"


def image(task: Task) -> str:
    images = [each["image"] for each in task.get("containers") or [] if each.get("image")]
    return images[0] if images else "unknown"
