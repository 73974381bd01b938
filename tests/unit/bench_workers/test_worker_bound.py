"""No schedule of a small trace pays less than the bound: all of them are tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations

import pytest

from tests.bench_workers.delays import Delays
from tests.bench_workers.lower_bound import needed, paid_at_least, waits_at_most
from tests.bench_workers.traces import Demand, Trace

DELAYS = Delays(pull=7, start=5)


def a_trace(seed, size, maximum, concurrency, span=60):
    chance = random.Random(seed)
    demands = [Demand(chance.randint(0, span), chance.randint(1, 30), 0) for _unused in range(size)]
    return Trace("small", tuple(sorted(demands, key=lambda demand: demand.queued)), maximum, concurrency)


def partitions(items: list) -> Iterator[list[list]]:
    if not items:
        yield []
        return
    first, *rest = items
    for parts in partitions(rest):
        yield [[first], *parts]
        for number, part in enumerate(parts):
            yield [*parts[:number], [first, *part], *parts[number + 1 :]]


def most_at_once(demands):
    return max(sum(other.queued <= one.queued < other.queued + other.seconds for other in demands) for one in demands)


def paid(worker):
    """From its start, which it is paid for too, to its last task; between them it stays."""
    return DELAYS.paid_start + max(end for _unused, end in worker) - min(begin for begin, _unused in worker)


@pytest.mark.parametrize("seed", range(150))
def test_where_no_task_waits_no_assignment_to_workers_is_cheaper(seed):
    trace = a_trace(seed, size=1 + seed % 7, maximum=99, concurrency=1 + seed % 3)
    assignments = (
        parts for parts in partitions(list(trace.demands)) if max(map(most_at_once, parts)) <= trace.concurrency
    )
    cheapest = min(
        sum(paid([(demand.queued, demand.queued + demand.seconds) for demand in part]) for part in parts)
        for parts in assignments
    )
    bound = paid_at_least(trace, DELAYS)
    assert bound <= cheapest
    if trace.concurrency == 1:
        assert bound == cheapest


def in_order(trace, order):
    """What the workers pay for when tasks begin as early as a slot is free, those of the order first, and slots are
    filled worker by worker.
    """
    slots = [0.0] * (trace.maximum * trace.concurrency)
    workers = {}
    waiting = list(order)
    now = 0.0
    while waiting:
        ready = [demand for demand in waiting if demand.queued <= now]
        for number, free in enumerate(slots):
            if ready and free <= now:
                demand = ready.pop(0)
                waiting.remove(demand)
                slots[number] = now + demand.seconds
                workers.setdefault(number // trace.concurrency, []).append((now, slots[number]))
        later = [*(free for free in slots if free > now), *(one.queued for one in waiting if one.queued > now)]
        now = min(later, default=now)
    return sum(map(paid, workers.values()))


@pytest.mark.parametrize("seed", range(60))
def test_where_tasks_wait_for_one_another_no_order_is_cheaper(seed):
    trace = a_trace(seed, size=6, maximum=1 + seed % 2, concurrency=1 + seed % 3, span=10)
    bound = paid_at_least(trace, DELAYS)
    assert bound <= min(in_order(trace, order) for order in permutations(trace.demands))


def test_a_worker_stays_where_that_costs_less_than_a_start():
    def two(gap):
        return Trace("two", (Demand(0, 10, 0), Demand(10 + gap, 10, 0)), 1, 1)

    assert paid_at_least(two(5), DELAYS) == DELAYS.paid_start + 25
    assert paid_at_least(two(500), DELAYS) == 2 * (DELAYS.paid_start + 10)


def test_the_bound_of_a_full_pool_is_its_work_and_a_start_of_each_worker():
    trace = Trace("full", tuple(Demand(0, 100, 0) for _unused in range(12)), maximum=2, concurrency=2)
    assert paid_at_least(trace, DELAYS) == 12 * 100 / 2 + 2 * DELAYS.paid_start


def test_waits_are_those_of_a_pool_that_is_always_there():
    trace = Trace("one slot", (Demand(0, 10, 0), Demand(1, 10, 0), Demand(50, 10, 0)), 1, 1)
    assert waits_at_most(trace) == [0, 9, 0]
    assert needed(trace) == [(0, 1), (10, 0), (10, 1), (20, 0), (50, 1), (60, 0)]
