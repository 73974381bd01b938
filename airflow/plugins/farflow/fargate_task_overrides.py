# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RunTask's ``overrides`` as an author may write them: which members there are, and of which type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from farflow.fargate_task_values import as_text, is_later, number, shown

# TaskOverride and ContainerOverride in the API reference of Amazon ECS. A list has the form of its items in it.
_CONTAINER = {
    "name": str,
    "command": [str],
    "environment": [{"name": str, "value": str}],
    "environmentFiles": [{"value": str, "type": str}],
    "cpu": int,
    "memory": int,
    "memoryReservation": int,
    "resourceRequirements": [{"value": str, "type": str}],
}
_TASK = {
    "cpu": str,
    "memory": str,
    "ephemeralStorage": {"sizeInGiB": int},
    "executionRoleArn": str,
    "taskRoleArn": str,
    "inferenceAcceleratorOverrides": [{"deviceName": str, "deviceType": str}],
    "containerOverrides": [_CONTAINER],
}
#: Members that an argument of FargateTask stands for as well.
_ARGUMENTS = ("cpu", "memory")


def problems(name: str, overrides: Any) -> Iterator[str]:
    """What is wrong with them, a sentence each; what is known when the task runs is passed over."""
    if not isinstance(overrides, Mapping):
        yield f'{name}: is {shown(overrides)}, allowed: a dictionary, as in {{"cpu": "1024", "memory": "2048"}}'
        return
    for key, value in overrides.items():
        if key not in _TASK:
            yield f"{name}: has {key!r}, allowed: {', '.join(_TASK)}"
            continue
        instead = f", or the argument {key}={value}" if key in _ARGUMENTS else ""
        yield from (f"{problem}{instead}" for problem in _wrong(f"{name}: {key}", value, _TASK[key]))


def _members(where: str, value: Mapping[Any, Any], form: Mapping[str, Any]) -> Iterator[str]:
    for key, each in value.items():
        if key not in form:
            yield f"{where} has {key!r}, allowed: {', '.join(form)}"
        else:
            yield from _wrong(f"{where}: {key}", each, form[key])


def _wrong(where: str, value: Any, form: Any) -> Iterator[str]:
    if is_later(value):
        return
    if isinstance(form, Mapping):
        if isinstance(value, Mapping):
            yield from _members(where, value, form)
        else:
            yield f"{where} is {shown(value)}, allowed: a dictionary of {', '.join(form)}"
    elif isinstance(form, list):
        if isinstance(value, (list, tuple)):
            for position, each in enumerate(value, 1):
                yield from _wrong(f"{where}: item {position}", each, form[0])
        else:
            yield f"{where} is {shown(value)}, allowed: a list"
    elif form is int and number(value) is None:
        yield f"{where} is {shown(value)}, allowed: a number"
    elif form is str and not isinstance(value, str):
        yield f"{where} is {shown(value)}, allowed: text, as in {as_text(value)}"
