"""When a worker protects itself, takes no more tasks, ends those that run, and ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_modules import load

watching = load("plugins/farflow/worker_watch.py")
Act, Limits, Watch = watching.Act, watching.Limits, watching.Watch

LIMITS = Limits()
HOUR = 3600.0


class Worker:
    """A worker whose watch is asked once a second, or when it is told; ECS grants what it asks for, unless it refuses.
    `did` has what it did since it was asked last, without what it does each second until the tasks have ended.
    """

    def __init__(self, limits=LIMITS, chance=1.0):
        self.watch = Watch(limits, lambda: chance)
        self.now = 1000.0
        self.busy = self.refuses = self.sigterm = False
        self.replaced = None
        self.done = []

    def look(self):
        acts = self.watch.acts(self.now, busy=self.busy, replaced=self.replaced, told_to_end=self.sigterm)
        for act in acts:
            if act in (Act.PROTECT, Act.UNPROTECT):
                self.watch.protection.answered(self.now, act is Act.PROTECT, not self.refuses)
            self.done.append((self.now, act))

    def run(self, seconds, every=1.0):
        for _each in range(round(seconds / every)):
            self.now += every
            self.look()
        return self

    def did(self):
        begun = self.done[0][0] if self.done else 0
        first = {}
        for when, act in self.done:
            first.setdefault(act, round(when - begun))
        self.done = []
        return first


def acts(*named):
    return [Act[name] for name in named]


def test_it_is_protected_at_once_and_for_all_of_the_hours():
    worker = Worker()
    assert worker.run(60).did() == {}
    worker.busy = True
    worker.look()
    assert list(worker.did()) == acts("PROTECT")
    assert worker.watch.protection.until == worker.now + 12 * HOUR
    assert worker.run(5 * HOUR, every=30).did() == {}


def test_it_gives_the_protection_up_when_it_has_been_idle_for_a_moment():
    worker = Worker()
    worker.busy = True
    worker.run(5).did()
    worker.busy = False
    assert worker.run(LIMITS.idle - 1).did() == {}
    worker.busy = True
    assert worker.run(5).did() == {}
    worker.busy = False
    assert list(worker.run(LIMITS.idle + 1).did()) == acts("UNPROTECT")
    assert worker.watch.protection.until is None
    assert worker.run(1000).did() == {}


def test_it_renews_at_half_time():
    worker = Worker()
    worker.busy = True
    worker.run(1).did()
    asked = [when for when, _act in worker.run(25 * HOUR, every=60).done]
    assert [round((later - earlier) / HOUR) for earlier, later in zip(asked, asked[1:], strict=False)] == [6, 6, 6]


def test_a_refusal_is_asked_again_ever_more_slowly_and_for_ever():
    worker = Worker()
    worker.busy = worker.refuses = True
    asked = [when for when, act in worker.run(600).done if act is Act.PROTECT]
    pauses = [round(later - earlier) for earlier, later in zip(asked, asked[1:], strict=False)]
    assert pauses[:6] == [2, 4, 8, 16, 32, 60]
    assert set(pauses[6:]) == {60}
    worker.refuses, worker.done = False, []
    assert list(worker.run(61).did()) == acts("PROTECT")


def test_the_pauses_are_spread():
    pauses = {}
    for chance in (0.0, 1.0):
        worker = Worker(chance=chance)
        worker.busy = worker.refuses = True
        worker.look()
        pauses[chance] = worker.watch.protection._not_before - worker.now
    assert pauses == {0.0: 1.0, 1.0: 2.0}


def test_a_refused_renewal_leaves_what_was_granted_until_that_ends():
    worker = Worker()
    worker.busy = True
    worker.run(1)
    until = worker.watch.protection.until
    worker.refuses = True
    worker.run(7 * HOUR, every=60)
    assert worker.watch.protection.until == until
    worker.run(6 * HOUR, every=60)
    assert worker.watch.protection.until is None


def test_it_drains_when_others_have_taken_over_and_ends_with_its_last_task():
    worker = Worker()
    worker.busy = True
    worker.run(HOUR, every=30).did()
    worker.replaced = True
    worker.look()
    # With its full time: a renewal at half time could be refused, since the newer workers are protected as well.
    assert list(worker.did()) == acts("STOP_CONSUMING", "PROTECT")
    assert worker.run(5 * HOUR, every=30).did() == {}
    worker.busy = False
    assert list(worker.run(1).did()) == acts("UNPROTECT", "END")
    assert worker.run(100).did() == {}


def test_an_idle_one_that_drains_waits_for_what_may_still_arrive():
    worker = Worker()
    worker.replaced = True
    worker.look()
    assert list(worker.did()) == acts("STOP_CONSUMING")
    assert worker.run(LIMITS.receive - 1).did() == {}
    assert list(worker.run(1).did()) == acts("END")


def test_not_known_changes_nothing():
    worker = Worker()
    worker.busy = True
    worker.run(1).did()
    worker.replaced = None
    assert worker.run(100).did() == {}
    worker.replaced = True
    assert Act.STOP_CONSUMING in worker.run(1).did()
    worker.replaced = None
    assert worker.run(100).did() == {}
    assert not worker.watch.consumes


def test_a_deployment_that_is_rolled_back_to_takes_tasks_again():
    worker = Worker()
    worker.busy = worker.replaced = True
    worker.run(2).did()
    worker.replaced = False
    # Not while the call for messages may be open that was begun before.
    assert worker.run(LIMITS.receive - 3).did() == {}
    assert list(worker.run(3).did()) == acts("CONSUME")
    assert worker.watch.draining_since is None
    worker.replaced = True
    assert Act.STOP_CONSUMING in worker.run(1).did()


def test_after_the_hours_it_ends_as_on_sigterm():
    worker = Worker()
    worker.busy = worker.replaced = True
    worker.run(2).did()
    did = worker.run(12 * HOUR + 200).did()
    assert did.pop(Act.PROTECT) == 0  # renewed on the way
    first = did[Act.GIVE_BACK]
    assert {act: when - first for act, when in did.items()} == {
        Act.GIVE_BACK: 0,
        Act.ASK_TASKS: 90,
        Act.INTERRUPT_TASKS: 100,
        Act.KILL_TASKS: 105,
        Act.END: 110,
    }


def test_sigterm_stops_warmly_and_ends_what_runs_before_the_limit():
    worker = Worker()
    worker.busy = True
    worker.run(10).did()
    worker.sigterm = True
    assert worker.run(130).did() == {
        Act.STOP_CONSUMING: 0,
        Act.GIVE_BACK: 0,
        Act.ASK_TASKS: 90,
        Act.INTERRUPT_TASKS: 100,
        Act.KILL_TASKS: 105,
        Act.END: 110,
    }


def test_sigterm_ends_as_soon_as_the_tasks_have():
    worker = Worker()
    worker.busy = True
    worker.run(10).did()
    worker.sigterm = True
    worker.run(40).did()
    worker.busy = False
    assert list(worker.run(1).did()) == acts("END")


def test_sigterm_while_it_drains():
    worker = Worker()
    worker.busy = worker.replaced = True
    worker.run(100).did()
    worker.sigterm = True
    worker.look()
    assert list(worker.did()) == acts("GIVE_BACK")


@pytest.mark.parametrize("stop", [120, 60, 40])
def test_all_of_it_is_counted_from_the_end_of_the_stop_timeout(stop):
    worker = Worker(Limits(stop=stop))
    worker.busy = worker.sigterm = True
    did = worker.run(200).did()
    ends = [stop - did[act] for act in acts("ASK_TASKS", "INTERRUPT_TASKS", "KILL_TASKS", "END")]
    assert ends == [30, 20, 15, 10]


def test_ecs_protects_for_two_days_at_most():
    assert Limits(drain=100 * HOUR).protected == 48 * HOUR


looks = st.lists(
    st.tuples(
        st.sampled_from([1.0, 1.0, 1.0, 5.0, 20.0, 90.0, 4 * HOUR]),
        st.booleans(),
        st.sampled_from([None, True, False]),
        st.booleans(),
    ),
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(looks, st.one_of(st.none(), st.integers(0, 119)))
def test_whatever_happens(history, told_to_end):
    """However it is, asked for anything, and refused: what holds of every worker."""
    worker, acted = Worker(), []
    for number, (seconds, worker.busy, worker.replaced, worker.refuses) in enumerate(history):
        worker.now += seconds
        worker.sigterm = told_to_end is not None and number >= told_to_end
        consumed, until = worker.watch.consumes, worker.watch.protection.until
        worker.done = []
        worker.look()
        now = [act for _when, act in worker.done]
        acted += now
        # It never takes tasks beyond its end, nor ends while it does.
        assert Act.END not in now or not worker.watch.consumes
        assert (Act.CONSUME in now) <= (not consumed and not worker.sigterm)
        assert (Act.STOP_CONSUMING in now) <= consumed
        # A protection is given up only by one that has nothing, and had one.
        assert (Act.UNPROTECT in now) <= (not worker.busy and until is not None)
        assert (Act.PROTECT in now) <= worker.busy
        # Tasks are ended only where SIGTERM has come, or the hours are over.
        if {Act.ASK_TASKS, Act.INTERRUPT_TASKS, Act.KILL_TASKS} & {*now}:
            assert worker.watch.stopping_since is not None and worker.busy
    assert acted.count(Act.END) <= 1
    assert acted.count(Act.GIVE_BACK) <= 1
    assert Act.END not in acted or acted[-1] is Act.END
