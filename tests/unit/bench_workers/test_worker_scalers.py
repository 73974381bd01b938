"""What sets the number of workers, one contender after the other."""

from __future__ import annotations

import pytest

from tests.bench_workers.burst import seen
from tests.bench_workers.clock import Clock
from tests.bench_workers.cloudwatch import Metric, Reading, StepPolicy
from tests.bench_workers.delays import Delays
from tests.bench_workers.rule import capacity, workers_wanted
from tests.bench_workers.scalers.cpu import CpuTracking
from tests.bench_workers.scalers.keda import Keda
from tests.bench_workers.scalers.mwaa import Mwaa
from tests.bench_workers.scalers.work import Work
from tests.bench_workers.simulation import simulate
from tests.bench_workers.traces import HOUR, Demand, Trace

DELAYS = Delays()
BEGIN = 1000


def together(number, seconds, cpu=0.12, maximum=5):
    return Trace("together", tuple(Demand(BEGIN, seconds, cpu) for _unused in range(number)), maximum, concurrency=8)


def numbers(outcome):
    """How many workers there were, each number once after the other."""
    return [
        workers
        for number, (_unused, workers) in enumerate(outcome.history)
        if workers != outcome.history[number - 1][1]
    ]


def when(outcome, workers, after=0.0):
    """The first second after another at which there were so many."""
    return next(second for second, number in outcome.history if number == workers and second > after)


@pytest.mark.parametrize(
    ("queued", "running", "busy", "wanted"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (8, 0, 0, 1), (9, 0, 0, 2), (0, 8, 1, 1), (5, 4, 1, 2), (0, 3, 3, 3), (500, 0, 0, 63)],
)
def test_workers_wanted(queued, running, busy, wanted):
    assert workers_wanted(queued, running, busy, concurrency=8) == wanted


@pytest.mark.parametrize(
    ("wanted", "minimum", "maximum", "expected"),
    [(0, 0, 5, 0), (3, 0, 5, 3), (9, 0, 5, 5), (0, 2, 5, 2), (19, 0, 19, 19), (1, 0, 39, 1), (12, 0, 39, 14)]
    + [(39, 0, 39, 39), (9, 0, 100, 9), (11, 0, 100, 20), (0, 0, 100, 0), (1, 1, 100, 1), (2, 1, 100, 2)],
)
def test_steps_are_exact_up_to_twenty_numbers_and_above_for_the_first_ten(wanted, minimum, maximum, expected):
    assert capacity(wanted, minimum, maximum) == expected


@pytest.mark.parametrize("maximum", [5, 19, 20, 39, 63, 100])
def test_there_are_never_more_than_twenty_steps_and_never_too_few_workers(maximum):
    steps = [capacity(wanted, 0, maximum) for wanted in range(maximum + 1)]
    assert len(set(steps) - {0}) <= 20
    assert all(step >= wanted for wanted, step in enumerate(steps))


def test_an_alarm_sees_a_value_late_and_the_largest_of_its_period():
    clock = Clock()
    metric = Metric(clock, delay=5)
    clock.at(10, metric.put, 4)
    clock.at(40, metric.put, 1)
    values = {}
    for second in (12, 16, 45, 75, 105, 106):
        clock.at(second, lambda at: values.update({at: metric.maximum(60)}), second)
    while clock.step():
        pass
    assert values == {12: None, 16: 4, 45: 4, 75: 1, 105: None, 106: None}


class Settling:
    """A pool whose containers run at once, or when it is said."""

    def __init__(self, desired=0):
        self.desired = desired
        self.settled = True

    def ask(self, desired):
        self.desired = desired


def test_a_step_policy_scales_out_at_once_and_in_when_the_cooldown_has_passed_since_all_run():
    clock, pool = Clock(), Settling()
    policy = StepPolicy(clock, pool, cooldown=60, capacity=int)
    policy.invoke(2)
    pool.settled = False
    policy.invoke(3)
    assert pool.desired == 3
    clock.at(100, setattr, pool, "settled", True)
    values = {}
    for second in (90, 150, 159, 170):
        clock.at(second, policy.invoke, 1)
        clock.at(second, lambda at: values.update({at: pool.desired}), second)
    clock.at(175, policy.invoke, 4)
    clock.at(175, lambda: values.update({175: pool.desired}))
    while clock.step():
        pass
    assert values == {90: 3, 150: 3, 159: 3, 170: 1, 175: 4}


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (Reading(), [2, 2, 1, 2, 2, 1]),
        (Reading(out_delays_in=False), [2, 1, 1, 2, 1, 1]),
        (Reading(in_delays_out=True), [2, 2, 1, 1, 1, 1]),
    ],
)
def test_what_a_cooldown_leaves_open(reading, expected):
    clock, pool = Clock(), Settling()
    policy = StepPolicy(clock, pool, cooldown=60, capacity=int, reading=reading)
    desired = []
    for second, wanted in ((0, 2), (30, 1), (70, 1), (100, 2), (120, 1), (190, 1)):
        clock.at(second, policy.invoke, wanted)
        clock.at(second, lambda: desired.append(pool.desired))
    while clock.step():
        pass
    assert desired == expected


def test_what_is_seen_of_a_burst():
    figures = dict(seen([simulate(Trace("burst", (Demand(HOUR, 60, 0),) * 40, 5, 8), Work(), DELAYS, 1)]))
    assert figures["most workers"] == [5]
    [wanted], [first], [ended] = (
        figures[f"s until {words}"]
        for words in ("ECS wants the first worker", "the first task begins", "the last worker has ended")
    )
    assert wanted + DELAYS.whole_start <= first < ended


def test_ours_brings_as_many_workers_as_the_tasks_fill_and_none_afterwards():
    outcome = simulate(together(30, 600), Work(), DELAYS, 1)
    assert numbers(outcome) == [1, 2, 3, 4, 3, 2, 1, 0]
    first = when(outcome, 4) - BEGIN
    assert first <= 30 + DELAYS.metric + 60
    assert max(outcome.waits) <= first + DELAYS.whole_start + 2
    assert outcome.killed == 0


def test_a_waking_alarm_is_quicker_for_an_empty_pool():
    waits = {
        waking: [max(simulate(together(1, 60), Work(waking=waking), DELAYS, seed).waits) for seed in range(9)]
        for waking in (False, True)
    }
    assert max(waits[True]) <= 30 + DELAYS.metric + 10 + DELAYS.whole_start + 2 < max(waits[False])


def test_cpu_tracking_adds_workers_for_computing_tasks_but_not_for_waiting_ones():
    assert max(numbers(simulate(together(80, 1200), CpuTracking(), DELAYS, 1))) == 5
    waiting = simulate(together(80, 1200, cpu=0.01), CpuTracking(), DELAYS, 1)
    assert max(workers for _unused, workers in waiting.history) == 1


def test_cpu_tracking_takes_workers_from_tasks_that_wait_for_a_database():
    computing = [Demand(BEGIN, 1200, 0.12) for _unused in range(32)]
    long = [Demand(BEGIN + 900, 4 * HOUR, 0.01) for _unused in range(8)]
    outcome = simulate(Trace("mixed", (*computing, *long), 5, 8), CpuTracking(), DELAYS, 1)
    assert outcome.killed > 0
    assert all(task.ended for task in outcome.tasks)


def test_mwaa_keeps_a_worker_and_waits_for_five_minutes_that_need_fewer():
    outcome = simulate(together(16, 600), Mwaa(), DELAYS, 1)
    assert numbers(outcome) == [2, 1]
    half_is_done = BEGIN + 600
    assert 240 <= when(outcome, 1, BEGIN) - half_is_done <= 480


@pytest.mark.parametrize("delayed", [False, True])
def test_keda_goes_to_none_half_a_minute_after_the_last_task(delayed):
    outcome = simulate(together(4, 600), Keda(delayed), DELAYS, 1)
    assert numbers(outcome) == [1, 0]
    late = 30 + DELAYS.metric + 60 + 60 if delayed else 0
    assert 30 <= when(outcome, 0, BEGIN) - max(task.ended for task in outcome.tasks) <= late + 30 + 5 + DELAYS.stop


def test_keda_keeps_workers_for_five_minutes():
    short = [Demand(BEGIN, 300, 0) for _unused in range(39)]
    outcome = simulate(Trace("uneven", (*short, Demand(BEGIN, 2 * HOUR, 0)), 5, 8), Keda(delayed=False), DELAYS, 3)
    assert when(outcome, 1, when(outcome, 5)) - max(task.ended for task in outcome.tasks[:39]) >= 300


def test_keda_kills_what_takes_longer_than_its_grace():
    demands = tuple(Demand(BEGIN, 300 if number % 8 else 2 * HOUR, 0) for number in range(40))
    outcome = simulate(Trace("uneven", demands, 5, 8), Keda(delayed=False), DELAYS, 3)
    assert outcome.killed > 0
    assert all(task.ended for task in outcome.tasks)


def test_keda_adds_four_workers_or_doubles_them_in_one_sync():
    outcome = simulate(together(400, 600, maximum=50), Keda(delayed=False), DELAYS, 1)
    most = {second: workers for second, workers in outcome.history if second < BEGIN + 85}
    assert list(most.values()) == [0, 1, 5, 10, 20, 40, 50]
