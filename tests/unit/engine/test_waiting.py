from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.waiting import NotYet, wait_for


class FakeClock:
    def __init__(self):
        self.now = 100.0
        self.pauses = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def answers(*values):
    remaining = list(values)
    return lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0]


def test_what_is_there_costs_no_pause():
    clock = FakeClock()
    assert wait_for(answers("here"), 60, "it", clock=clock) == "here"
    assert clock.pauses == []


@pytest.mark.parametrize("answer", [0, "", False, []])
def test_a_falsy_answer_is_an_answer(answer):
    assert wait_for(lambda: answer, 1, "it", clock=FakeClock()) == answer


def test_pauses_grow_to_half_a_minute():
    clock = FakeClock()
    wait_for(answers(*[None] * 9, "here"), 600, "it", interval=2, clock=clock)
    assert clock.pauses[:3] == [2, 3, 4.5]
    assert max(clock.pauses) == 30


def test_a_long_interval_does_not_shrink():
    clock = FakeClock()
    wait_for(answers(None, None, "here"), 600, "it", interval=60, clock=clock)
    assert clock.pauses == [60, 60]


def test_gives_up_at_the_limit_with_the_last_state():
    clock = FakeClock()
    with pytest.raises(FarflowError, match=r"^gave up waiting for the database after 10 s: creating$"):
        wait_for(answers(NotYet("new"), NotYet("creating")), 10, "the database", clock=clock)
    assert clock.now == pytest.approx(110)


def test_without_a_state_none_is_told():
    with pytest.raises(FarflowError, match=r"^gave up waiting for it after 0.5 s$"):
        wait_for(lambda: None, 0.5, "it", clock=FakeClock())


def test_asks_a_last_time_when_the_limit_is_over():
    clock = FakeClock()
    assert wait_for(lambda: "here" if clock.now >= 110 else None, 10, "it", clock=clock) == "here"


def test_a_check_that_raises_ends_the_wait():
    clock = FakeClock()

    def check():
        raise FarflowError("the database failed")

    with pytest.raises(FarflowError, match="the database failed"):
        wait_for(check, 60, "it", clock=clock)
    assert clock.pauses == []
