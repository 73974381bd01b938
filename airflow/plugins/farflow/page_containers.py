# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Fargate tasks that run, as ECS tells them: also those whose Airflow task has ended, or was cleared."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from farflow import fargate_task_end as end
from farflow.fargate_task_links import task_url
from farflow.fargate_task_owner import Owner, owner_of, running, tags_of

#: For so long one answer serves all who look at the page.
_SECONDS = 5.0


@dataclass(frozen=True)
class Container:
    """A Fargate task that nobody has stopped. ``status`` is ECS's word."""

    arn: str
    owner: Owner
    try_number: int | None
    task: str
    status: str
    since: datetime | None
    size: str
    capacity: str | None = None

    @property
    def task_url(self) -> str:
        return task_url(self.arn)


class Containers:
    """Those of an environment."""

    def __init__(self, environment: str, cluster: str, region: str | None) -> None:
        self._environment = environment
        self._cluster = cluster
        self._region = region
        self._reading = threading.Lock()
        self._read_at = 0.0
        self._found: list[Container] = []

    @cached_property
    def _client(self) -> Any:
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "adaptive", "total_max_attempts": 4})
        return boto3.client("ecs", region_name=self._region, config=config)

    def read(self) -> list[Container]:
        """The youngest first. Raises botocore's errors."""
        if not self._environment or not self._cluster:
            return []
        with self._reading:
            if not self._read_at or time.monotonic() - self._read_at >= _SECONDS:
                tasks = running(self._client, self._cluster)
                found = [each for task in tasks if (each := self._container(task))]
                self._found = sorted(found, key=lambda each: each.since.timestamp() if each.since else 0, reverse=True)
                self._read_at = time.monotonic()
            return self._found

    def _container(self, task: Mapping[str, Any]) -> Container | None:
        owner = owner_of(task, self._environment)
        if owner is None:
            return None
        overrides = task.get("overrides") or {}
        sizes = {name: overrides.get(name) or task.get(name) for name in ("cpu", "memory")}
        number = tags_of(task).get("farflow:try_number", "")
        family = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0]
        return Container(
            task["taskArn"],
            owner,
            int(number) if number.isdigit() else None,
            family.removeprefix(f"{self._environment}-").removeprefix("-"),
            str(task["lastStatus"]),
            task.get("startedAt") or task.get("createdAt"),
            end.size(sizes),
            end.capacity(task),
        )
