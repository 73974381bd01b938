"""The lock of an environment, taken by several at once in every order of their calls."""

from __future__ import annotations

import contextlib
import random
import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.lock import processes
from ansible_collections.farflow.airflow.plugins.module_utils.lock import store as lock
from ansible_collections.farflow.airflow.plugins.module_utils.lock.claim import Claim, Machine
from parameters import Parameters, Turns

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
HERE, THERE = Machine("ci-7", "boot 1"), Machine("ci-8", "boot 2")
NAME = "/farflow/prod/lock"


class Clock:
    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def claim(name, process=1, machine=HERE, minutes=10):
    return Claim(
        id=name,
        host=machine.host,
        boot=machine.boot,
        process=process,
        process_started="99",
        keeper=2,
        keeper_started="100",
        user=name,
        playbook="deploy.yml",
        since=NOW.isoformat(),
        expires=(NOW + timedelta(minutes=minutes)).isoformat(),
    )


GONE = 666


@pytest.fixture
def ssm(monkeypatch):
    """On a machine where every process runs but one, at one moment."""
    monkeypatch.setattr(lock, "now", lambda: NOW)
    monkeypatch.setattr(processes, "started", lambda process: "" if process == GONE else "99")
    return Parameters()


def clients(ssm):
    return Clients(lambda service, config: ssm)


def take(ssm, mine, **options):
    return lock.take(clients(ssm), "prod", mine, {}, clock=Clock(), **options)


def holder(ssm):
    found = lock.held(clients(ssm), "prod")
    return found and found.claim.id


def leave(ssm, held):
    ssm.versions[NAME] = [held.as_text()]


def test_taking_and_giving_back_are_two_calls(ssm):
    assert take(ssm, claim("a")) == lock.Taken(waited=False)
    lock.give_back(clients(ssm), "prod")
    assert ssm.calls == ["put", "delete"]
    assert ssm.versions == {}


def test_the_second_is_told_and_changes_nothing(ssm):
    take(ssm, claim("a"))
    before = dict(ssm.versions)
    with pytest.raises(FarflowError, match=r"locked by deploy.yml on host ci-7 \(process 1 of user a, arn:.*user/ci\)"):
        take(ssm, claim("b", process=3))
    assert ssm.versions == before


def test_one_that_is_gone_is_taken_over_at_once(ssm):
    leave(ssm, claim("a", process=GONE))
    taken = take(ssm, claim("b"))
    assert "process 666" in taken.over
    assert "does not run any more" in taken.over
    assert holder(ssm) == "b"


@pytest.mark.parametrize(("minutes", "winner"), [(1, "a"), (0, "b")])
def test_one_elsewhere_has_it_until_it_expires(ssm, minutes, winner):
    leave(ssm, claim("a", process=GONE, machine=THERE, minutes=minutes))
    if winner == "a":
        with pytest.raises(FarflowError, match="host ci-8"):
            take(ssm, claim("b"))
    else:
        assert "expired" in take(ssm, claim("b")).over
    assert holder(ssm) == winner


def test_a_lock_is_broken_once_not_whoever_comes_next(ssm):
    """While b breaks a's lock, c takes that over."""
    leave(ssm, claim("a"))

    def overtaken():
        if ssm.calls == ["put", "history"]:
            ssm.versions[NAME].append(claim("c").displacing(claim("a")).as_text())

    ssm.before_a_call = overtaken
    with pytest.raises(FarflowError, match="of user c"):
        take(ssm, claim("b"), broken=True)
    assert holder(ssm) == "c"


def test_whose_lock_was_broken_neither_renews_nor_keeps_it(ssm):
    take(ssm, claim("a"))
    assert "broken" in take(ssm, claim("b"), broken=True).over
    found = lock.renew(clients(ssm), "prod", claim("a"))
    assert (found.claim.id, [one.id for one in found.lost]) == ("b", ["a"])
    assert holder(ssm) == "b"


def test_a_late_renewal_does_not_count(ssm):
    """It had seen that it holds the lock, just before that was broken."""
    take(ssm, claim("a"))
    take(ssm, claim("b"), broken=True)
    ssm.versions[NAME].append(claim("a").renewed(NOW).as_text())
    assert holder(ssm) == "b"


def test_renewing_lasts_half_an_hour(ssm, monkeypatch):
    take(ssm, claim("a"))
    monkeypatch.setattr(lock, "now", lambda: NOW + timedelta(minutes=5))
    assert lock.renew(clients(ssm), "prod", claim("a")).claim.id == "a"
    assert lock.held(clients(ssm), "prod").claim.expires == "2026-11-22T14:35:00+00:00"


def test_a_lock_that_was_deleted_by_hand_is_not_made_again(ssm):
    assert lock.renew(clients(ssm), "prod", claim("a")) is None
    assert ssm.versions == {}


def test_waits_and_tells_once_for_whom(ssm):
    take(ssm, claim("a"))
    told = []

    def give_back_later():
        if len(ssm.calls) == 7:
            ssm.versions.clear()

    ssm.before_a_call = give_back_later
    assert take(ssm, claim("b"), wait=600, tell=told.append) == lock.Taken(waited=True)
    assert len(told) == 1
    assert told[0].startswith("waiting: environment prod is locked by deploy.yml on host ci-7")


def test_gives_up_waiting(ssm):
    take(ssm, claim("a"))
    with pytest.raises(FarflowError, match=r"gave up waiting for the lock of environment prod after 120 s: .* ci-7"):
        take(ssm, claim("b"), wait=120)


def test_a_lost_answer_is_no_other_holder(ssm):
    """The lock was made, the connection broke, and the call was made again."""
    mine = claim("a")
    leave(ssm, mine)
    assert take(ssm, mine) == lock.Taken(waited=False)


def test_one_that_aws_still_shows_after_it_was_given_back_is_waited_for(ssm, monkeypatch):
    create = lock.calls.create
    answers = [False, False]
    monkeypatch.setattr(lock.calls, "create", lambda *arguments: answers.pop() if answers else create(*arguments))
    assert take(ssm, claim("a")) == lock.Taken(waited=True)


def test_another_value_is_not_taken_for_a_lock(ssm):
    ssm.versions[NAME] = ["mine!"]
    with pytest.raises(FarflowError, match="/farflow/prod/lock holds something other"):
        take(ssm, claim("a"))
    assert ssm.versions[NAME] == ["mine!"]


class Room:
    """What the lock is for: one at a time is in it."""

    def __init__(self, ssm, turns):
        self._ssm = ssm
        self._turns = turns
        self._inside = []
        self.entered = []
        self.refused = []

    def visit(self, mine, stays, **options):
        try:
            take(self._ssm, mine, **options)
        except FarflowError:
            self.refused.append(mine.id)
            return
        self._inside.append(mine.id)
        self.entered.append(mine.id)
        assert self._inside == [mine.id], "two hold the lock"
        if not stays:
            self._turns.wait()
            self._inside.remove(mine.id)
            lock.give_back(clients(self._ssm), "prod")


def visit_all(ssm, order, claims, stays, **options):
    ssm.calls.clear()
    turns = Turns(order)
    ssm.before_a_call = turns.wait
    room = Room(ssm, turns)
    turns.run([(each.id, lambda each=each: room.visit(each, stays, **options)) for each in claims])
    ssm.before_a_call = lambda: None
    return room


def chosen(prefix, made, waiting):
    """Which of those that wait goes next: as `prefix` says, then the first. `made` gets each choice and of how many."""
    choice = prefix[len(made)] if len(made) < len(prefix) else 0
    made.append((choice, len(waiting)))
    return waiting[choice]


def every_order(visit):
    """Calls `visit(order)` once for each order in which the threads can go, depth first."""
    pending, count = [()], 0
    while pending:
        prefix = pending.pop()
        made = []
        visit(partial(chosen, prefix, made))
        count += 1
        for depth in range(len(prefix), len(made)):
            taken = tuple(choice for choice, _unused in made[:depth])
            pending += [(*taken, other) for other in range(1, made[depth][1])]
    return count


@pytest.mark.parametrize("found", [None, claim("x", process=GONE), claim("x", machine=THERE, minutes=-1)])
def test_of_two_at_once_one_has_it_in_every_order(ssm, found):
    def visit(order):
        ssm.versions.clear()
        if found:
            leave(ssm, found)
        room = visit_all(ssm, order, [claim("a"), claim("b")], stays=True)
        assert len(room.entered) == len(room.refused) == 1
        assert holder(ssm) == room.entered[0]

    assert every_order(visit) > 5


def test_of_two_that_break_it_only_one_breaks_the_same_in_every_order(ssm):
    """Who comes when the other has it breaks that one's lock, as asked."""
    displaced = []

    def breaking(mine):
        with contextlib.suppress(FarflowError):
            over = take(ssm, mine, broken=True).over
            displaced.append(re.search("of user (.)", over)[1])

    def visit(order):
        leave(ssm, claim("x"))
        displaced.clear()
        turns = Turns(order)
        ssm.before_a_call = turns.wait
        turns.run([(name, lambda name=name: breaking(claim(name))) for name in "ab"])
        ssm.before_a_call = lambda: None
        assert displaced
        assert len(set(displaced)) == len(displaced)

    assert every_order(visit) > 100


def test_many_come_and_go_and_never_two_are_in(ssm):
    """One that died has left its lock; four want it, and give it back."""
    for seed in range(300):
        leave(ssm, claim("x", process=GONE))
        dice = random.Random(seed)
        room = visit_all(ssm, dice.choice, [claim(name) for name in "abcd"], stays=False)
        assert sorted(room.entered + room.refused) == list("abcd"), seed
        assert room.entered, seed
        assert ssm.versions == {}, seed
