# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose a Fargate task is: the tags that it is started with, and what they tell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.providers.amazon.aws.utils.identifiers import generate_uuid

#: How the keys of our tags begin.
OWN_TAGS = "farflow:"
#: Tag of a Fargate task that runs on by its author's wish when the Airflow task has ended.
DETACHED = f"{OWN_TAGS}detached"
#: Tag of one that does so when the wait for it has failed.
LEFT_ON_FAILURE = f"{OWN_TAGS}left_on_failure"

_TAG_VALUE = re.compile(r"[^\w\s+\-=.:/@]")
_LONGEST_TAG_VALUE = 256
_TASKS_A_CALL = 100


@dataclass(frozen=True)
class Owner:
    """The Airflow task that a Fargate task was started for."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int

    def __str__(self) -> str:
        mapped = f" [{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{mapped} of run {self.run_id}"


def started_by(instance: Any) -> str:
    """What ECS keeps as startedBy: the same for all tries of an Airflow task."""
    return str(generate_uuid(*map(str, (instance.dag_id, instance.task_id, instance.run_id, instance.map_index))))


def own_tags(instance: Any) -> dict[str, str]:
    """The tags by which a Fargate task is known to be that of an Airflow task, and of which environment's Airflow. They
    do not rely on what is propagated from the task definition.
    """
    environment = os.environ.get("FARFLOW_ENVIRONMENT")
    tags = {
        **({"environment": environment} if environment else {}),
        "dag_id": instance.dag_id,
        "task_id": instance.task_id,
        "run_id": instance.run_id,
        "map_index": -1 if instance.map_index is None else instance.map_index,
        "try_number": instance.try_number,
    }
    return {f"{OWN_TAGS}{key}": _TAG_VALUE.sub("_", str(value))[:_LONGEST_TAG_VALUE] for key, value in tags.items()}


def tags_of(task: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a member of DescribeTasks' answer."""
    return {each["key"]: each["value"] for each in task.get("tags") or []}


def owner_of(task: Mapping[str, Any], environment: str) -> Owner | None:
    """Whose a member of DescribeTasks' answer is; None where that is not beyond doubt."""
    tags = tags_of(task)
    if tags.get(f"{OWN_TAGS}environment") != environment:
        return None
    try:
        dag_id, task_id, run_id = (tags[f"{OWN_TAGS}{name}"] for name in ("dag_id", "task_id", "run_id"))
        owner = Owner(dag_id, task_id, run_id, int(tags[f"{OWN_TAGS}map_index"]))
    except (KeyError, ValueError):
        return None
    # A tag can't hold all that a run's id can: startedBy is made of the ids themselves.
    return owner if task.get("startedBy") == started_by(owner) else None


def running(ecs: Any, cluster: str) -> Iterator[Mapping[str, Any]]:
    """All tasks of a cluster that nobody has stopped, as DescribeTasks tells them, with their tags."""
    yield from described(ecs, cluster, arns(ecs, cluster, "RUNNING"))


def arns(ecs: Any, cluster: str, desired: str) -> list[str]:
    """The ARNs of all tasks of a cluster that shall be ``RUNNING``, or ``STOPPED``: of these it knows the last hour."""
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus=desired)
    return [arn for page in pages for arn in page["taskArns"]]


def described(ecs: Any, cluster: str, wanted: list[str]) -> Iterator[Mapping[str, Any]]:
    """Those tasks that ECS knows."""
    for first in range(0, len(wanted), _TASKS_A_CALL):
        some = wanted[first : first + _TASKS_A_CALL]
        yield from ecs.describe_tasks(cluster=cluster, tasks=some, include=["TAGS"])["tasks"]
