# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DAG tasks that are deployed, as ECS tells them: the newest revision of each family."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from farflow import fargate_task_capacity as capacities
from farflow import naming

#: A revision never changes, so that each is asked for once. Of many new ones so many at a time: AWS has its rates.
_AT_A_TIME = 100
_THREADS = 8


@dataclass(frozen=True)
class Definition:
    """A DAG task as it is deployed. ``size`` is ``0.5 vCPU, 1024 MiB``, ``capacity`` what its task.yml says of that."""

    task: str
    revision: int
    image: str
    size: str
    architecture: str
    registered: datetime | None
    capacity: str | None = None


class Definitions:
    """The DAG tasks of an environment. ``unread`` is how many of them the last look has left for the next one."""

    def __init__(self, environment: str, region: str | None) -> None:
        self._environment = environment
        self._region = region
        self._known: dict[str, Definition | None] = {}
        self._reading = threading.Lock()
        self.unread = 0

    @cached_property
    def _client(self) -> Any:
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "adaptive", "total_max_attempts": 4})
        return boto3.client("ecs", region_name=self._region, config=config)

    def read(self) -> list[Definition]:
        """By their names. Raises botocore's errors."""
        if not self._environment:
            return []
        with self._reading:
            newest = self._newest()
            new = [arn for arn in newest if arn not in self._known]
            with ThreadPoolExecutor(_THREADS) as pool:
                self._known |= zip(new[:_AT_A_TIME], pool.map(self._described, new[:_AT_A_TIME]), strict=True)
            self._known = {arn: self._known[arn] for arn in newest if arn in self._known}
            self.unread = len(new[_AT_A_TIME:])
            found = [one for one in self._known.values() if one]
        return sorted(found, key=lambda one: one.task)

    def _newest(self) -> list[str]:
        """The ARNs of the newest revisions of the families that begin as the environment's do."""
        pages = self._client.get_paginator("list_task_definitions").paginate(status="ACTIVE")
        newest: dict[str, tuple[int, str]] = {}
        for arn in (arn for page in pages for arn in page["taskDefinitionArns"]):
            family, revision = family_and_revision(arn)
            if self._may_be_ours(family):
                newest[family] = max(newest.get(family, (0, "")), (revision, arn))
        return [arn for _unused, (_revision, arn) in sorted(newest.items())]

    def _may_be_ours(self, family: str) -> bool:
        name = family.removeprefix(f"{self._environment}-")
        return name != family and not name.startswith("airflow-")

    def _described(self, arn: str) -> Definition | None:
        """None of another environment's, whose name begins alike: its containers have another log group."""
        answer = self._client.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        group = naming.task_log_group(self._environment)
        # The stream's prefix is the name of the folder: naming.task_log_stream_prefix.
        own = next((each for each in answer["containerDefinitions"] if _log_group(each) == group), None)
        if own is None:
            return None
        return Definition(
            own["logConfiguration"]["options"]["awslogs-stream-prefix"],
            int(answer["revision"]),
            str(own["image"]),
            f"{int(answer['cpu']) / 1024:g} vCPU, {answer['memory']} MiB",
            str((answer.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")),
            answer.get("registeredAt"),
            capacities.of_definition(answer),
        )


def family_and_revision(arn: str) -> tuple[str, int]:
    family, _unused, revision = arn.rpartition("/")[2].rpartition(":")
    return family, int(revision)


def _log_group(container: Mapping[str, Any]) -> str | None:
    options: Mapping[str, str] = (container.get("logConfiguration") or {}).get("options") or {}
    return options.get("awslogs-group")
