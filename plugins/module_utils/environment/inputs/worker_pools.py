# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the dictionary ``worker_pools`` may be: each pool by itself, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...project.task_yml import ARCHITECTURES
from ...validation.fargate import CPU_MEMORY, EPHEMERAL_STORAGE_GIB, cpu_memory_problem
from ...validation.iam_statements import statements
from ...validation.value_checks import (
    Check,
    Name,
    Problem,
    between,
    in_turn,
    list_of,
    map_of,
    members,
    number,
    one_of,
    shown,
    text,
)
from .. import pools
from ..broker import broker
from . import airflow_settings

#: Of pools there are no more than a page can show; AWS allows 5000 services in a cluster.
_MOST_POOLS = 50
#: With the longest names that there are the scheduler's task definition is half full.
_MOST_QUEUES = 150

_NAME = Name(
    # What is called prod-celery-celery is the queue of environment prod-celery, and so on.
    r"(?!.*--)(?!(celery|wanted-worker)(-|$))[a-z]([a-z0-9-]{0,30}[a-z0-9])?",
    "name of a pool of workers",
    "at most 32 lower-case letters, digits and single hyphens, first a letter, not ending with a hyphen, and neither "
    "celery nor beginning with celery-, since the environment of that name has such a queue",
)
#: What both SQS and Celery take, so that a name stays as it was written.
_QUEUE = text(r"[A-Za-z0-9_-]{1,80}", "the name of a queue: 1 to 80 letters, digits, _ and -")

_COUNT = between(0, 1000, "workers")

#: What gives the keys of the default pool where the dictionary does not.
_OF_DEFAULT = {
    "cpu": "worker_pool_cpu",
    "memory": "worker_pool_memory",
    "min": "worker_pool_min_count",
    "max": "worker_pool_max_count",
}

KEYS: dict[str, Check] = {
    "queues": list_of(_QUEUE, "a list of the names that DAGs may say, at least one"),
    "cpu": number(CPU_MEMORY, f"CPU units, one of {', '.join(map(str, CPU_MEMORY))} (1024 are a vCPU)"),
    "memory": number(
        (size for sizes in CPU_MEMORY.values() for size in sizes), "MiB that Fargate has, such as 2048 or 4096"
    ),
    "architecture": one_of(*ARCHITECTURES),
    "concurrency": between(1, 1000, "tasks"),
    "min": _COUNT,
    "max": between(1, 1000, "workers"),
    "scaling": one_of(pools.WORK, pools.CPU, pools.NONE),
    "cooldown": between(0, 86400, "seconds"),
    "spot": between(0, 100, "percent"),
    "base": _COUNT,
    # the default of 20 GiB can't be asked for
    "ephemeral_storage": between(EPHEMERAL_STORAGE_GIB[0] + 1, EPHEMERAL_STORAGE_GIB[1], "GiB"),
    "environment": in_turn(map_of(lambda value: iter(()), "a mapping of names to texts"), airflow_settings.environment),
    "policy": statements,
}


def problems(value: Mapping[Any, Any]) -> Iterator[Problem]:
    """``{pool: {key: value}}``"""
    yield from map_of(_pool, "a mapping of pools to what they have", _NAME)(value)
    if len(value) > _MOST_POOLS:
        yield (), f"are {len(value)}, allowed: {_MOST_POOLS}"


def _pool(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield (), f"is {shown(value)}, allowed: a mapping of {', '.join(KEYS)}, or {{}} for a pool with all defaults"
        return
    yield from members(value, KEYS)


def together(inputs: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong within a pool as a whole, and between pools, a sentence each. ``inputs`` are right alone."""
    if pools.DEFAULT in inputs["worker_pools"]:
        yield from _default_twice(inputs)
    found = pools.pools(inputs)
    for pool in found:
        is_given = pool.name in inputs["worker_pools"]
        yield from _within(pool, {key: f"worker_pools.{pool.name}.{key}" for key in KEYS} if is_given else _OF_DEFAULT)
    yield from _shared_queues(inputs, found)
    if (number := len(broker.queues(inputs))) > _MOST_QUEUES:
        yield (
            f"worker_pools: have {number} names of queues in all, allowed: {_MOST_QUEUES}, since the scheduler's task "
            "definition holds each of them, and ECS takes no larger one than 64 KiB"
        )


def _default_twice(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name, usual in pools.OF_DEFAULT.items():
        if inputs[name] != usual:
            yield f"{name}: is given beside worker_pools.default, allowed: one of them"


def _within(pool: pools.Pool, bound: Mapping[str, str]) -> Iterator[str]:
    """``bound`` names what gives each of the keys."""
    if problem := cpu_memory_problem(pool.cpu, pool.memory):
        yield f"{bound['memory' if pool.cpu in CPU_MEMORY else 'cpu']}: {problem}"
    if pool.maximum < pool.minimum:
        yield f"{bound['max']}: is {pool.maximum}, allowed: at least min, which is {pool.minimum}"
    elif pool.scaling == pools.NONE and pool.maximum != pool.minimum:
        yield (
            f"{bound['max']}: is {pool.maximum} while min is {pool.minimum} and scaling is none, allowed: the same "
            "number, or scaling work or cpu"
        )
    if pool.scaling == pools.CPU and pool.minimum < 1:
        yield (
            f"{bound['min']}: is {pool.minimum} while scaling is cpu, allowed: at least 1, since no load is measured "
            "where no worker runs, and no first one would ever be started; with scaling work it may be 0"
        )
    if pool.base > pool.maximum:
        yield f"{bound['base']}: is {pool.base}, allowed: at most max, which is {pool.maximum}"
    if pool.base and not pool.spot:
        yield f"{bound['base']}: is {pool.base} without spot, allowed: together with spot, above which it is on demand"


def _shared_queues(inputs: Mapping[str, Any], found: Sequence[pools.Pool]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for pool in found:
        for name in broker.queues_of(inputs, pool):
            other = owners.setdefault(name, pool.name)
            if other != pool.name:
                yield (
                    f"worker_pools.{pool.name}.queues: has {name!r}, which pool {other} serves, allowed: each name in "
                    "one pool, since a task would go to either"
                )
