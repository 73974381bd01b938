"""One run: a trace, a pool, and what sets its number of workers."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

from .clock import Clock
from .delays import Delays
from .pool import Pool
from .traces import DAY, HOUR, Trace
from .worker import Conduct, Task


@dataclass(frozen=True)
class Site:
    """What a scaler works with."""

    clock: Clock
    pool: Pool
    delays: Delays
    minimum: int
    maximum: int
    seed: int

    def every(self, seconds: float, action, name: str) -> None:
        """Plan an action again and again. Its phase depends on the seed and the name alone, so that contenders with
        the same name for an action are equally lucky.
        """
        self.clock.every(seconds, action, random.Random(f"{self.seed} {name}").uniform(0, seconds))


class Scaler(Protocol):
    """What sets the number of workers."""

    minimum: int
    conduct: Conduct

    def begin(self, site: Site) -> None:
        """Plan all that it does."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: waits in seconds, one a task, until it began for the first time."""

    waits: list[float]
    killed: int
    worker_hours: float
    tasks: list[Task]
    history: list[tuple[float, int]]


def simulate(trace: Trace, scaler: Scaler, delays: Delays, seed: int) -> Outcome:
    """Run a trace until the day is over, all tasks have ended, and the pool is at its minimum again."""
    clock = Clock()
    pool = Pool(clock, random.Random(seed), trace.concurrency, delays, scaler.conduct, scaler.minimum)
    tasks = [Task(demand) for demand in trace.demands]
    for task in tasks:
        clock.at(task.demand.queued, pool.queue, task)
    scaler.begin(Site(clock, pool, delays, scaler.minimum, trace.maximum, seed))
    while clock.now < DAY or pool.finished < len(tasks) or len(pool.workers) > scaler.minimum:
        clock.step()
    return Outcome(
        waits=[task.begun - task.demand.queued for task in tasks if task.begun is not None],
        killed=sum(task.killed for task in tasks),
        worker_hours=pool.paid() / HOUR,
        tasks=tasks,
        history=pool.history,
    )
