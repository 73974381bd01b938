"""How many workers a pool wants, and how many its scaling policy sets for that."""

from __future__ import annotations

from functools import cache
from math import ceil

from plugins.module_utils.environment import pools


def workers_wanted(queued: int, running: int, busy: int, concurrency: int) -> int:
    """One for each `concurrency` tasks, and at least those that have a task: ECS protects no more than are desired."""
    return max(ceil((queued + running) / concurrency), busy)


def capacity(wanted: float, minimum: int, maximum: int) -> int:
    """What the step for this value sets."""
    return next(
        step["adjustment"]
        for step in _steps(minimum, maximum)
        if step["upper_bound"] is None or wanted < step["upper_bound"]
    )


_steps = cache(pools.steps)
