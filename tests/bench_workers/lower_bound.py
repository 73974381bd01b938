"""The offline optimum: it knows the trace, starts workers ahead of their tasks, and lets no task wait for a worker.

It may move tasks between workers, which nobody can; so what it pays is a bound for all that let no task wait.
"""

from __future__ import annotations

import heapq
from itertools import accumulate
from math import ceil

from .delays import Delays
from .traces import Trace


def changes(trace: Trace) -> list[tuple[float, int]]:
    """When one task more, or one less, runs if none waits: seconds and 1 or -1."""
    begins = [(demand.queued, 1) for demand in trace.demands]
    return sorted(begins + [(demand.queued + demand.seconds, -1) for demand in trace.demands])


def paid_at_least(trace: Trace, delays: Delays) -> float:
    """Seconds of workers that no schedule gets by with, if it leaves no slot free while a task waits."""
    peak = max(accumulate(change for _unused, change in changes(trace)))
    if peak > trace.maximum * trace.concurrency:
        return _of_a_full_pool(trace, delays)
    return sum(_of_level(spans, delays.paid_start) for spans in _levels(trace).values())


def _of_a_full_pool(trace: Trace, delays: Delays) -> float:
    """Where tasks wait for one another, the order is open: full slots all the time, and every worker started once."""
    return trace.work / trace.concurrency + trace.maximum * delays.paid_start


def _levels(trace: Trace) -> dict[int, list[tuple[float, float]]]:
    """By number: when at least so many workers are needed, as spans from second to second."""
    spans: dict[int, list[tuple[float, float]]] = {}
    since: dict[int, float] = {}
    running = 0
    for second, change in changes(trace):
        before, running = ceil(running / trace.concurrency), running + change
        after = ceil(running / trace.concurrency)
        if after > before:
            since[after] = second
        elif after < before:
            spans.setdefault(before, []).append((since[before], second))
    return spans


def _of_level(spans: list[tuple[float, float]], paid_start: float) -> float:
    """A worker that stays from one span to the next, or ends and is started again: what costs less."""
    gaps = (begin - end for (_unused, end), (begin, _unused) in zip(spans, spans[1:], strict=False))
    return paid_start + sum(end - begin for begin, end in spans) + sum(min(gap, paid_start) for gap in gaps)


def waits_at_most(trace: Trace) -> list[float]:
    """Seconds, one a task, where all workers of the pool are there all the time, and take what was queued first."""
    free = [0.0] * (trace.maximum * trace.concurrency)
    waits = []
    for demand in trace.demands:
        begun = max(demand.queued, heapq.heappop(free))
        heapq.heappush(free, begun + demand.seconds)
        waits.append(begun - demand.queued)
    return waits


def needed(trace: Trace) -> list[tuple[float, int]]:
    """How many workers the tasks fill that run if none waits for a worker: since which second, and how many."""
    free = [0.0] * (trace.maximum * trace.concurrency)
    moves = []
    for demand in trace.demands:
        begun = max(demand.queued, heapq.heappop(free))
        heapq.heappush(free, begun + demand.seconds)
        moves += [(begun, 1), (begun + demand.seconds, -1)]
    moves.sort()
    running = accumulate(change for _unused, change in moves)
    return [
        (second, ceil(number / trace.concurrency)) for (second, _unused), number in zip(moves, running, strict=True)
    ]
