"""How many workers a pool wants, and the steps of its scaling policy."""

from __future__ import annotations

from math import ceil

_STEPS = 20  # of a step scaling policy, at most


def workers_wanted(queued: int, running: int, busy: int, concurrency: int) -> int:
    """One for each `concurrency` tasks, and at least those that have a task: ECS protects no more than are desired."""
    return max(ceil((queued + running) / concurrency), busy)


def capacity(wanted: float, minimum: int, maximum: int) -> int:
    """What the step of this value asks for: exact for up to twenty numbers, in equal steps, rounded up, for more."""
    width = ceil((maximum - minimum + 1) / _STEPS)
    steps = ceil((max(wanted, minimum) - minimum) / width)
    return min(minimum + steps * width, maximum)
