# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a person needs to know of a task that ended: why, what cures it, and what it said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..kinds.ecs import task_calls as ecs_tasks
from ..kinds.ecs.task_definition import calls as ecs_task_definitions
from .advice import Stop, stop_of

Task = Mapping[str, Any]


def account(clients: Clients, task: Task, lines: int, container: str | None = None) -> str:
    """The stop of a task of DescribeTasks, the advice for it and its last log lines, for an error message. It is
    judged by ``container``, or else by all that its task definition declares.
    """
    definitions = _container_definitions(clients, task)
    stop = _stop(task, definitions, container)
    told = [stop.told()]
    if stop.advice:
        told.append(f"advice: {stop.advice}")
    log = _lines(clients, _stream(task, definitions, container or stop.container), lines)
    if log:
        told.append("last log lines:")
        told += [f"  {line}" for line in log]
    return "\n".join(told)


def log_of(clients: Clients, task: Task, lines: int | None, container: str | None = None) -> list[str]:
    """The last lines (all of them when ``lines`` is None) of ``container``, or else of the one that matters, where it
    logs to awslogs.
    """
    definitions = _container_definitions(clients, task)
    name = container or _stop(task, definitions, container).container
    return _lines(clients, _stream(task, definitions, name), lines)


class Log:
    """The log of a container of a task, read as it grows."""

    def __init__(self, clients: Clients, task: Task, container: str) -> None:
        self._clients = clients
        self._place = _stream(task, _container_definitions(clients, task), container)
        self._token: str | None = None

    def new_lines(self) -> list[str]:
        """What has come since the call before."""
        if self._place is None:
            return []
        lines, self._token = ecs_tasks.next_lines(self._clients, *self._place, self._token)
        return lines


def _container_definitions(clients: Clients, task: Task) -> list[Mapping[str, Any]]:
    try:
        answer = ecs_task_definitions.describe(clients, task["taskDefinitionArn"])
    except FarflowError:
        # the account of a stop must not fail for a task definition that has since been deleted
        return []
    return list(answer["taskDefinition"]["containerDefinitions"])


def _stop(task: Task, definitions: list[Mapping[str, Any]], container: str | None) -> Stop:
    return stop_of(task, [container] if container else [each["name"] for each in definitions])


def _stream(task: Task, definitions: list[Mapping[str, Any]], name: str | None) -> tuple[str, str] | None:
    if not definitions:
        return None
    container = next((each for each in definitions if each["name"] == name), definitions[0])
    log = container.get("logConfiguration") or {}
    options = log.get("options") or {}
    if log.get("logDriver") != "awslogs" or not {"awslogs-group", "awslogs-stream-prefix"} <= set(options):
        return None
    task_id = task["taskArn"].rsplit("/", 1)[1]
    return options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"


def _lines(clients: Clients, place: tuple[str, str] | None, lines: int | None) -> list[str]:
    if place is None or lines == 0:
        return []
    if lines is None:
        return ecs_tasks.all_lines(clients, *place)
    return ecs_tasks.last_lines(clients, *place, lines)
