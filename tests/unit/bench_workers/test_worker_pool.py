"""The simulated pool: each task ends once, none gets lost, and protected workers stay."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.bench_workers.clock import Clock
from tests.bench_workers.delays import Delays
from tests.bench_workers.pool import HEARTBEAT_TIMEOUT, Pool
from tests.bench_workers.simulation import simulate
from tests.bench_workers.traces import HOUR, Demand, Trace
from tests.bench_workers.worker import AFTER, BEFORE, NEVER, Conduct, Task

DELAYS = Delays()
ALL = {"protection": Conduct(BEFORE), "late": Conduct(AFTER), "none": Conduct(NEVER), "pause": Conduct(pause=2)}
each_conduct = pytest.mark.parametrize("conduct", ALL.values(), ids=ALL)


class Moody:
    """Asks for any number of workers, every so often."""

    minimum = 0

    def __init__(self, conduct):
        self.conduct = conduct
        self.chance = random.Random(7)

    def begin(self, site):
        self.site = site
        site.every(400, self.ask, "ask")

    def ask(self):
        pool = self.site.pool
        none_left = not pool.waiting and not pool.running and self.site.clock.now > 20 * HOUR
        pool.ask(0 if none_left else self.chance.randint(0, self.site.maximum))


def some_trace(seed, size=300):
    chance = random.Random(seed)
    demands = [Demand(chance.uniform(0, 10 * HOUR), chance.choice([30, 100, 200, 900]), 0.1) for _unused in range(size)]
    return Trace("some", tuple(sorted(demands, key=lambda demand: demand.queued)), maximum=4, concurrency=3)


def a_pool(conduct=ALL["protection"], warm=0, concurrency=2):
    clock = Clock()
    return clock, Pool(clock, random.Random(1), concurrency, DELAYS, conduct, warm)


def queued(clock, pool, *seconds):
    tasks = [Task(Demand(clock.now, each, 0.1)) for each in seconds]
    for task in tasks:
        pool.queue(task)
    return tasks


def until(clock, second):
    clock.at(second, lambda: None)
    while clock.now < second:
        clock.step()


@each_conduct
@pytest.mark.parametrize("seed", range(3))
def test_every_task_ends_once_whatever_is_asked_of_the_pool(conduct, seed, monkeypatch):
    most, ended = [], []
    begin, end = Pool._begin, Pool._end

    def begun(pool, worker, task):
        assert worker.takes and task.ended is None
        assert all(task not in each.tasks for each in pool.workers)
        begin(pool, worker, task)
        most.append(len(worker.tasks))
        assert pool.running == sum(len(each.tasks) for each in pool.workers)

    def has_ended(pool, worker, task, attempt):
        end(pool, worker, task, attempt)
        ended.extend([task] if task.killed == attempt else [])

    monkeypatch.setattr(Pool, "_begin", begun)
    monkeypatch.setattr(Pool, "_end", has_ended)
    outcome = simulate(some_trace(seed), Moody(conduct), DELAYS, seed)
    assert len(ended) == len(set(ended)) == len(outcome.tasks) == 300
    assert all(task.ended - task.begun >= task.demand.seconds - 0.001 for task in outcome.tasks)
    assert max(most) <= 3
    assert outcome.killed == len(most) - len(ended)
    assert outcome.worker_hours * HOUR >= sum(task.demand.seconds for task in outcome.tasks) / 3


def test_workers_that_are_protected_before_their_first_task_are_never_taken_from_it():
    outcomes = {name: simulate(some_trace(1), Moody(conduct), DELAYS, 1) for name, conduct in ALL.items()}
    assert (outcomes["protection"].killed, outcomes["pause"].killed) == (0, 0)
    assert 0 < outcomes["late"].killed < outcomes["none"].killed


def test_a_run_can_be_repeated():
    first, second = (simulate(some_trace(3), Moody(Conduct()), DELAYS, 3) for _unused in range(2))
    assert (first.waits, first.history, first.worker_hours) == (second.waits, second.history, second.worker_hours)


def test_a_worker_is_there_after_all_parts_of_its_start():
    clock, pool = a_pool()
    [task] = queued(clock, pool, 50)
    pool.ask(1)
    until(clock, 500)
    assert (task.begun, task.ended) == (85, 135)


def test_a_worker_is_paid_from_the_pull_on_and_for_a_minute_at_least():
    clock, pool = a_pool()
    pool.ask(1)
    until(clock, 24)
    pool.ask(0)
    assert pool.paid() == 0
    pool.ask(1)
    until(clock, 24 + 25 + 10)
    pool.ask(0)
    assert pool.paid() == 60
    pool.ask(1)
    until(clock, 59 + 25 + 500)
    assert pool.paid() == 60 + 500


def test_protection_goes_some_time_after_the_last_task_and_the_service_then_stops_what_is_too_much():
    clock, pool = a_pool(warm=1)
    queued(clock, pool, 100)
    until(clock, 50)
    pool.ask(0)
    until(clock, 109)
    assert [worker.stopping for worker in pool.workers] == [False]
    until(clock, 111)
    assert [worker.stopping for worker in pool.workers] == [True]
    until(clock, 125)
    assert (pool.workers, pool.finished) == ([], 1)


def test_from_sigterm_on_a_worker_takes_nothing_and_ends_with_its_last_task():
    clock, pool = a_pool(ALL["none"], warm=1)
    short, waiting = queued(clock, pool, 60, 60)
    until(clock, 1)
    pool.ask(0)
    [later] = queued(clock, pool, 1)
    until(clock, 130)
    assert (short.killed, waiting.killed, later.begun, pool.workers) == (0, 0, None, [])


def test_what_still_runs_after_the_grace_is_killed_and_begins_anew_when_the_heartbeat_is_missed():
    clock, pool = a_pool(ALL["none"], warm=1)
    [task] = queued(clock, pool, 300)
    until(clock, 1)
    pool.ask(0)
    until(clock, 120)
    assert (task.killed, pool.running) == (0, 1)
    until(clock, 122)
    assert (task.killed, pool.running, len(pool.waiting)) == (1, 0, 0)
    pool.ask(1)
    until(clock, 121 + HEARTBEAT_TIMEOUT + 301)
    assert task.ended == pytest.approx(121 + HEARTBEAT_TIMEOUT + 300, abs=1)


def test_newest_first():
    clock, pool = a_pool(replace(ALL["none"], newest_first=True), warm=3)
    until(clock, 10)
    pool.ask(4)
    until(clock, 20)
    oldest = pool.workers[:3]
    pool.ask(3)
    assert pool.workers == oldest


def test_while_a_worker_with_tasks_has_a_free_slot_idle_ones_stay_idle():
    clock, pool = a_pool(Conduct(pause=10_000), warm=6, concurrency=8)
    queued(clock, pool, 30_000)
    until(clock, 10_000)
    for _unused in range(7):
        queued(clock, pool, 10_000)
        until(clock, clock.now + 1)
    assert sorted(len(worker.tasks) for worker in pool.workers) == [0, 0, 0, 0, 0, 8]


def test_an_idle_worker_takes_what_others_have_no_slot_for_within_its_pause():
    clock, pool = a_pool(Conduct(pause=5), warm=2, concurrency=1)
    tasks = queued(clock, pool, 100, 100)
    until(clock, 20)
    assert max(task.begun for task in tasks) <= 5
    assert pool.busy == 2


def test_without_a_pause_tasks_spread():
    clock, pool = a_pool(Conduct(), warm=6, concurrency=8)
    for _unused in range(8):
        queued(clock, pool, 1000)
        until(clock, clock.now + 1)
    assert pool.busy > 3
