"""What keeps the lock while a playbook runs. Minutes pass by a clock of the tests."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.lock import keeper as lock_keeper
from ansible_collections.farflow.airflow.plugins.module_utils.lock import processes
from ansible_collections.farflow.airflow.plugins.module_utils.lock import store as lock
from parameters import Parameters
from test_lock import NAME, claim, holder

# What a shell runs in the background ignores the key, until it says otherwise, as ansible-playbook does.
ENDS_BY_A_KEY = "import signal, time; signal.signal(2, signal.SIG_DFL); print(flush=True); time.sleep(60)"
START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class Playbook:
    """Runs for some minutes, of which each pause of the keeper takes one."""

    def __init__(self, minutes, end_at=None):
        self.minutes = 0
        self.was_interrupted_at = None
        self._lasts = minutes
        self._end_at = end_at

    def now(self):
        return START + timedelta(minutes=self.minutes)

    def runs(self):
        return self.minutes < self._lasts

    def interrupt(self):
        self.was_interrupted_at = self.minutes

    def pause(self):
        self.minutes += 1
        return self.minutes == self._end_at


@pytest.fixture
def ssm():
    return Parameters()


def keep(ssm, monkeypatch, playbook):
    monkeypatch.setattr(lock, "now", playbook.now)
    monkeypatch.setattr(lock_keeper, "now", playbook.now)
    ssm.versions[NAME] = [claim("a", minutes=30).as_text()]
    clients = Clients(lambda service, config: ssm)
    lock_keeper.keep(clients, "prod", claim("a"), playbook.runs, playbook.pause, playbook.interrupt)


def test_a_wait_of_an_hour_does_not_lose_the_lock(ssm, monkeypatch):
    """At no moment is it expired, or near it."""
    playbook = Playbook(60, end_at=59)
    left = []

    def note():
        if ssm.versions:
            left.append(datetime.fromisoformat(lock.lock_claim.claim(ssm.versions[NAME][-1]).expires) - playbook.now())

    ssm.before_a_call = note
    keep(ssm, monkeypatch, playbook)
    assert min(left) >= timedelta(minutes=20)
    assert ssm.calls == ["history", "put"] * 11


def test_a_playbook_that_died_gives_its_lock_back(ssm, monkeypatch):
    keep(ssm, monkeypatch, Playbook(3))
    assert ssm.calls == ["history", "delete"]
    assert ssm.versions == {}


def test_a_keeper_that_is_told_to_end_leaves_the_lock_to_who_told_it(ssm, monkeypatch):
    keep(ssm, monkeypatch, Playbook(60, end_at=3))
    assert ssm.calls == []


def test_a_renewal_that_fails_is_made_again_soon(ssm, monkeypatch):
    renew, failures = lock.renew, [FarflowError("throttled")] * 3

    def failing(*arguments):
        if failures:
            raise failures.pop()
        return renew(*arguments)

    monkeypatch.setattr(lock, "renew", failing)
    keep(ssm, monkeypatch, Playbook(60, end_at=9))
    assert ssm.calls == ["history", "put"]


@pytest.mark.parametrize(("minutes", "interrupted_at"), [(60, 5), (3, None)])
def test_who_lost_the_lock_does_not_touch_it_any_more(ssm, monkeypatch, minutes, interrupted_at):
    """It finds out by its next renewal, and ends the playbook, or when the playbook ends."""

    def broken():
        ssm.versions[NAME] = [claim("a").as_text(), claim("b", process=7).displacing(claim("a")).as_text()]

    ssm.before_a_call = broken
    playbook = Playbook(minutes)
    keep(ssm, monkeypatch, playbook)
    assert ssm.calls == ["history"]
    assert holder(ssm) == "b"
    assert playbook.was_interrupted_at == interrupted_at


@pytest.mark.parametrize("left", [[], [claim("a"), claim("c").displacing(claim("a"))]])
def test_a_playbook_is_not_interrupted_for_a_lock_that_no_other_has(ssm, monkeypatch, left):
    """It was deleted by hand, or taken once more by the same playbook."""

    def changed():
        ssm.versions = {NAME: [one.as_text() for one in left]} if left else {}

    ssm.before_a_call = changed
    playbook = Playbook(60)
    keep(ssm, monkeypatch, playbook)
    assert (ssm.calls, playbook.was_interrupted_at) == (["history"], None)


def test_a_playbook_that_lost_its_lock_ends_as_by_a_key_and_says_why():
    """The process that the claim names, and not another of its number."""
    said = []
    with subprocess.Popen([sys.executable, "-c", ENDS_BY_A_KEY], stdout=subprocess.PIPE) as playbook:
        playbook.stdout.readline()
        at = {"process": playbook.pid, "process_started": processes.started(playbook.pid)}
        lock_keeper.interrupt("prod", replace(claim("a"), process=playbook.pid, process_started="another"), said.append)
        assert (playbook.poll(), said) == (None, [])
        lock_keeper.interrupt("prod", replace(claim("a"), **at), said.append)
        assert playbook.wait(10) == -signal.SIGINT
    assert said[0].startswith("environment prod: another run has this one's lock")
