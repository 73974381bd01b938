# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a person needs to know of a task that ended: why, what cures it, and what it said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws import ecs_task_definitions, ecs_tasks
from ..aws.calls import Clients
from ..core.errors import FarflowError
from ..pure.ecs_advice import stop_of

Task = Mapping[str, Any]


def account(clients: Clients, task: Task, lines: int) -> str:
    """The stop of a task of DescribeTasks, the advice for it and its last log lines, for an error message."""
    stop = stop_of(task)
    told = [stop.told()]
    if stop.advice:
        told.append(f"advice: {stop.advice}")
    log = log_of(clients, task, lines)
    if log:
        told.append("last log lines:")
        told += [f"  {line}" for line in log]
    return "\n".join(told)


def log_of(clients: Clients, task: Task, lines: int | None) -> list[str]:
    """The last lines (all of them when ``lines`` is None) of the container that matters, where it logs to awslogs."""
    place = _stream(clients, task)
    if place is None or lines == 0:
        return []
    if lines is None:
        return ecs_tasks.all_lines(clients, *place)
    return ecs_tasks.last_lines(clients, *place, lines)


def _stream(clients: Clients, task: Task) -> tuple[str, str] | None:
    name = stop_of(task).container
    try:
        answer = ecs_task_definitions.describe(clients, task["taskDefinitionArn"])
    except FarflowError:
        # the account of a stop must not fail for a task definition that has since been deleted
        return None
    containers = answer["taskDefinition"]["containerDefinitions"]
    container = next((each for each in containers if each["name"] == name), containers[0])
    log = container.get("logConfiguration") or {}
    options = log.get("options") or {}
    if log.get("logDriver") != "awslogs" or not {"awslogs-group", "awslogs-stream-prefix"} <= set(options):
        return None
    task_id = task["taskArn"].rsplit("/", 1)[1]
    return options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"
