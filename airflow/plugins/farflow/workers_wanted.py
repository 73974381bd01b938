# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How many workers each pool is wanted to have, by the tasks that wait and run on its queues.

Tasks that wait for a trigger are no worker's work. A worker that runs a task counts whatever its share of the work is:
ECS protects no more tasks than a service is to have, and so one that a deploy has replaced needs a place as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "farflow/airflow"
METRIC = "WorkersWanted"


@dataclass(frozen=True)
class Pool:
    """Workers of one kind. ``queues`` are the names that tasks may have in `queue`, ``concurrency`` is how many tasks
    one worker runs at once.
    """

    name: str
    queues: tuple[str, ...]
    concurrency: int


@dataclass(frozen=True)
class Load:
    """Tasks on a queue. ``hosts`` are the workers that run some of them."""

    queued: int = 0
    running: int = 0
    hosts: frozenset[str] = frozenset()

    def __add__(self, other: Load) -> Load:
        return Load(self.queued + other.queued, self.running + other.running, self.hosts | other.hosts)


@dataclass(frozen=True)
class Wish:
    """What a pool is wanted to have, and why."""

    workers: int
    load: Load

    def __str__(self) -> str:
        load = self.load
        return f"{self.workers} ({load.queued} tasks queued, {load.running} running on {len(load.hosts)} workers)"


def pools(setting: str) -> list[Pool]:
    """The pools of a JSON object ``{name: {"queues": [...], "concurrency": n, ...}}``; none without any setting.

    Raises: ValueError where it is no such object
    """
    if not setting.strip():
        return []
    try:
        return [
            Pool(str(name), tuple(map(str, pool["queues"])), _positive(pool["concurrency"]))
            for name, pool in json.loads(setting).items()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a dictionary of worker pools: {error!r}: {setting[:200]}") from error


def _positive(number: Any) -> int:
    if isinstance(number, bool) or int(number) != number or number < 1:
        raise ValueError(f"concurrency {number}")
    return int(number)


def wish(pool: Pool, loads: Mapping[str, Load]) -> Wish:
    """What a pool is wanted to have by the loads of queues. It may be more than the pool's maximum."""
    load = sum((loads.get(queue, Load()) for queue in dict.fromkeys(pool.queues)), Load())
    tasks = load.queued + load.running
    return Wish(max(-(-tasks // pool.concurrency), len(load.hosts)), load)


def wishes(known: Iterable[Pool], loads: Mapping[str, Load]) -> dict[str, Wish]:
    return {pool.name: wish(pool, loads) for pool in known}


def metrics(environment: str, found: Mapping[str, Wish]) -> list[dict[str, Any]]:
    """The members of PutMetricData. A pool that is wanted to have no workers has the value 0: without a value nobody
    knows.
    """
    return [
        {
            "MetricName": METRIC,
            "Dimensions": [{"Name": "Environment", "Value": environment}, {"Name": "Pool", "Value": pool}],
            "Value": float(each.workers),
            "Unit": "Count",
        }
        for pool, each in found.items()
    ]


def celery_names(setting: str) -> tuple[list[str], bool]:
    """By what names tasks ask for a Celery executor, and whether those that ask for none have it too, by Airflow's
    setting `[core] executor`: names, paths, and `alias:path`, the first of which is the default. A task of another
    executor is no worker's work, whatever its queue is called.
    """
    names: list[str] = []
    entries = [entry.strip() for entry in setting.partition(";")[0].lstrip("=").split(",")]
    are_celery = []
    for entry in entries:
        alias, _colon, path = entry.rpartition(":")
        class_name = path.rpartition(".")[2]
        are_celery.append("Celery" in class_name)
        if are_celery[-1]:
            names += [name for name in dict.fromkeys((alias, path, class_name)) if name]
    return names, are_celery[0]
