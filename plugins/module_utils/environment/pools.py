# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pools of workers: each a service of its own, with a queue of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..kinds.autoscaling.documents import MOST_STEPS

Inputs = Mapping[str, Any]

#: The pool that there always is. Its resources are called as those of the workers were before there were pools.
DEFAULT = "default"

#: What sets the number of workers: the tasks that wait and run, their CPU and memory, or nothing.
WORK, CPU, NONE = "work", "cpu", "none"

#: The metric of how many workers of a pool are wanted. The scheduler's container puts it.
NAMESPACE, METRIC = "farflow/airflow", "WorkersWanted"

#: The variables by which the default pool can be given, and what they say when nobody gives them.
OF_DEFAULT: Mapping[str, Any] = {
    "worker_pool_count": 1,
    "worker_pool_cpu": 1024,
    "worker_pool_memory": 2048,
    "worker_pool_concurrency": 8,
    "worker_pool_scaling": NONE,
    "worker_pool_min_count": 1,
    "worker_pool_max_count": 5,
    "worker_pool_scale_in_cooldown": 60,
    "worker_pool_scale_out_cooldown": 60,
}

#: Seconds between two changes of the number of workers where nothing else is said. Why so few: docs/bench-workers.md.
COOLDOWN = 60


@dataclass(frozen=True)
class Pool:
    """A pool as it shall be. ``minimum`` and ``maximum`` bound the number of workers, and are the same without scaling;
    cooldowns are in seconds. ``spot`` is the percentage of the workers above ``base`` that run on Fargate Spot.
    """

    name: str
    queues: tuple[str, ...]
    cpu: int
    memory: int
    architecture: str
    concurrency: int
    minimum: int
    maximum: int
    scaling: str
    scale_in_cooldown: int
    scale_out_cooldown: int
    spot: int = 0
    base: int = 0
    ephemeral_storage: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    policy: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_default(self) -> bool:
        return self.name == DEFAULT

    @property
    def places(self) -> int:
        """How many tasks all its workers can run at once, at their most."""
        return self.maximum * self.concurrency


def pools(inputs: Inputs) -> list[Pool]:
    """All of them, the default one first."""
    given: Mapping[str, Mapping[str, Any]] = inputs["worker_pools"]
    others = [_from_dictionary(inputs, name, given[name]) for name in sorted(given) if name != DEFAULT]
    default = _from_dictionary(inputs, DEFAULT, given[DEFAULT]) if DEFAULT in given else _from_variables(inputs)
    return [default, *others]


def pool(inputs: Inputs, name: str) -> Pool:
    """The pool of that name."""
    return next(each for each in pools(inputs) if each.name == name)


def names(inputs: Inputs) -> list[str]:
    """The names of all pools, the default one first."""
    return [DEFAULT, *sorted(name for name in inputs["worker_pools"] if name != DEFAULT)]


def scaled_by_work(inputs: Inputs) -> list[Pool]:
    """Those whose number of workers follows the tasks that wait and run."""
    return [each for each in pools(inputs) if each.scaling == WORK]


def places(inputs: Inputs) -> int:
    """How many tasks the workers of all pools can run at once."""
    return sum(each.places for each in pools(inputs))


def steps(minimum: int, maximum: int) -> list[dict[str, Any]]:
    """The steps by which a policy sets as many workers as are wanted, for an alarm whose threshold is 0: one a worker,
    or, where that takes more than AWS allows for a policy, one for each of the first and then equal ones that set more.
    A step is ``{lower_bound, upper_bound, adjustment}``, as the module application_autoscaling takes it. Between two
    counts there is no metric.
    """
    exact = maximum if maximum - minimum < MOST_STEPS else minimum + MOST_STEPS // 2
    width = max(1, math.ceil((maximum - exact) / (MOST_STEPS // 2 - 1)))
    counts = [*range(minimum, exact), *range(exact, maximum, width), maximum]
    bounds = [0.0, *(count + 0.5 for count in counts[:-1]), None]
    return [
        {"lower_bound": lower, "upper_bound": upper, "adjustment": count}
        for lower, upper, count in zip(bounds, bounds[1:], counts, strict=False)
    ]


def _from_variables(inputs: Inputs) -> Pool:
    scaling = inputs["worker_pool_scaling"]
    count = inputs["worker_pool_count"]
    bounds = (count, count) if scaling == NONE else (inputs["worker_pool_min_count"], inputs["worker_pool_max_count"])
    return Pool(
        name=DEFAULT,
        queues=(DEFAULT,),
        cpu=inputs["worker_pool_cpu"],
        memory=inputs["worker_pool_memory"],
        architecture=inputs["airflow_service_architecture"],
        concurrency=inputs["worker_pool_concurrency"],
        minimum=bounds[0],
        maximum=bounds[1],
        scaling=scaling,
        scale_in_cooldown=inputs["worker_pool_scale_in_cooldown"],
        scale_out_cooldown=inputs["worker_pool_scale_out_cooldown"],
    )


def _from_dictionary(inputs: Inputs, name: str, given: Mapping[str, Any]) -> Pool:
    scaling = given.get("scaling", WORK)
    minimum = given.get("min", 0 if scaling == WORK else 1)
    cooldown = given.get("cooldown", COOLDOWN)
    return Pool(
        name=name,
        # A DAG can always ask for the default pool by that name.
        queues=tuple(dict.fromkeys([*given.get("queues", [name]), *([name] if name == DEFAULT else [])])),
        cpu=given.get("cpu", OF_DEFAULT["worker_pool_cpu"]),
        memory=given.get("memory", OF_DEFAULT["worker_pool_memory"]),
        architecture=given.get("architecture", inputs["airflow_service_architecture"]),
        concurrency=given.get("concurrency", OF_DEFAULT["worker_pool_concurrency"]),
        minimum=minimum,
        maximum=given.get("max", minimum if scaling == NONE else max(minimum, OF_DEFAULT["worker_pool_max_count"])),
        scaling=scaling,
        scale_in_cooldown=cooldown,
        scale_out_cooldown=cooldown,
        spot=given.get("spot", 0),
        base=given.get("base", 0),
        ephemeral_storage=given.get("ephemeral_storage", 0),
        environment=given.get("environment", {}),
        policy=tuple(given.get("policy", [])),
    )
