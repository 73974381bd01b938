# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One-off tasks: the request, and whether a task ended well."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from ..engine.errors import FarflowError
from ..kinds.ecs.shapes.shapes import Reading, input_shape
from .advice import Stop, cure

LARGEST_OVERRIDES_CHARACTERS = 8192


def request(task: Mapping[str, Any], container: str) -> dict[str, Any]:
    """The arguments of RunTask for ``{cluster, task_definition, command?, environment?, network_configuration,
    launch_type?, capacity_provider_strategy?, platform_version?, propagate_tags?, started_by?, tags?, client_token}``.
    ``container`` is the one whose command and environment are overridden.

    Raises FarflowError with everything that is wrong with it.
    """
    shape = input_shape("RunTask")
    override: dict[str, Any] = {"name": container}
    if task.get("command"):
        override["command"] = task["command"]
    if task.get("environment"):
        override["environment"] = [{"name": name, "value": value} for name, value in task["environment"].items()]
    given = {name: task.get(name) for name in _AS_GIVEN if task.get(name)}
    if not given.get("capacity_provider_strategy"):
        given.setdefault("launch_type", "FARGATE")
    given["tags"] = [{"key": key, "value": value} for key, value in (task.get("tags") or {}).items()]
    if len(override) > 1:
        given["overrides"] = {"container_overrides": [override]}
    reading = Reading()
    document = dict(reading.read(shape, given))
    problems = reading.problems
    if task.get("launch_type") and task.get("capacity_provider_strategy"):
        problems.append("launch_type and capacity_provider_strategy exclude each other")
    overrides = size(document.get("overrides", {}))
    if overrides > LARGEST_OVERRIDES_CHARACTERS:
        problems.append(
            f"command and environment have {overrides} characters in JSON, AWS takes {LARGEST_OVERRIDES_CHARACTERS}"
        )
    if problems:
        raise FarflowError("\n".join(f"task {task['task_definition']}: {problem}" for problem in problems))
    return document


_AS_GIVEN = (
    "cluster",
    "task_definition",
    "network_configuration",
    "launch_type",
    "capacity_provider_strategy",
    "platform_version",
    "propagate_tags",
    "started_by",
    "client_token",
)


def size(overrides: Mapping[str, Any]) -> int:
    """How many characters RunTask's ``overrides`` have for AWS: "This limit includes the JSON formatting characters of
    the override structure" (RunTask).
    """
    return len(json.dumps(overrides, ensure_ascii=False))


def ended_well(stop: Stop, exit_codes: Collection[int] = (0,)) -> bool:
    """Whether a task ended by itself, and with one of the exit codes."""
    return stop.exit_code in exit_codes and stop.code in (None, "EssentialContainerExited")


def may_start_later(stop: Stop) -> bool:
    """Whether a task was kept from starting by a role that may do in a moment what it may not yet."""
    never_ran = stop.code == "TaskFailedToStart" and stop.exit_code is None
    return never_ran and bool(_NOT_ALLOWED.search(stop.reason))


#: In "Stopped task error codes" of the developer guide of Amazon ECS; of other causes no attempt is the cure.
_NOT_ALLOWED = re.compile(r"AccessDenied|not authorized|unable to assume", re.IGNORECASE)


def token_of(token: str, attempt: int) -> str:
    """The client token of an attempt: that of the first starts nothing but the first."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{token} {attempt}")) if attempt else token


def failures_told(failures: list[Mapping[str, Any]]) -> str:
    """The failures of RunTask's answer, with advice."""
    reasons = [": ".join(filter(None, [each.get("reason"), each.get("detail")])) for each in failures]
    told = "; ".join(reasons) or "AWS gave no reason"
    advice = cure(told)
    return f"{told} ({advice})" if advice else told
