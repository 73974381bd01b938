from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.lock import claim as lock

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
HERE = lock.Machine("ci-7", "boot 1")


def claim(name, displaces="", machine=HERE, expires=NOW + timedelta(minutes=10)):
    return lock.Claim(
        id=name,
        host=machine.host,
        boot=machine.boot,
        process=4242,
        process_started="99",
        keeper=4243,
        keeper_started="100",
        user="jenkins",
        playbook="deploy.yml",
        since=NOW.isoformat(),
        expires=expires.isoformat(),
        displaces=displaces,
    )


@pytest.mark.parametrize(
    ("history", "holder"),
    [
        ("", None),
        ("a", "a"),
        ("a a a", "a"),
        ("a b>a", "b"),
        ("a a b>a b", "b"),
        ("a b>a c>a", "b"),
        ("a b>a c>a d>a", "b"),
        ("a b>a a", "b"),  # a was only believed to be gone
        ("a b>a c>a c>b", "c"),
        ("a b>a b>a", "b"),  # an answer was lost, the call made again
        ("b>a", "b"),
        ("a b>z", "a"),  # z was given back, and a came, before b wrote
    ],
)
def test_the_history_says_who_holds_the_lock(history, holder):
    found = lock.holder([claim(*each.split(">")) for each in history.split()])
    assert (found and found.id) == holder


def test_what_was_renewed_last_counts():
    first = claim("a")
    renewed = first.renewed(NOW + timedelta(hours=1))
    assert lock.holder([first, renewed]).expires == "2026-11-22T15:30:00+00:00"


@pytest.mark.parametrize(
    ("machine", "runs", "minutes", "free"),
    [
        (HERE, True, 10, ""),
        (HERE, True, -1, ""),
        (HERE, False, 10, "it does not run any more"),
        (lock.Machine("ci-8", "boot 2"), False, 10, ""),
        (lock.Machine("ci-8", "boot 2"), False, 0, "its lock expired at 2026-11-22 14:00:00 UTC"),
        (lock.Machine("ci-7", "boot 2"), False, 10, ""),
        (lock.Machine("ci-7", "boot 2"), True, -1, "its lock expired at 2026-11-22 13:59:00 UTC"),
    ],
)
def test_when_another_may_have_it(machine, runs, minutes, free):
    held = claim("a", machine=machine, expires=NOW + timedelta(minutes=minutes))
    assert lock.why_free(held, HERE, runs, NOW, broken=False) == free
    assert "broken" in lock.why_free(held, HERE, runs, NOW, broken=True)


def test_a_claim_is_the_same_when_it_is_read():
    assert lock.claim(claim("a", "b").as_text()) == claim("a", "b")


@pytest.mark.parametrize("text", ["", "prod", "[]", "{}", '"x"', replace(claim("a"), expires="soon").as_text()])
def test_what_is_no_claim_is_none(text):
    assert lock.claim(text) is None


def test_the_value_is_one_that_systems_manager_takes():
    text = replace(claim("a" * 36, "b" * 36), playbook="p" * 200, host="h" * 64).as_text()
    assert len(text) < 4096
    assert "{{" not in text


def test_who_comes_second_is_told_who_where_since_when_and_what_helps():
    said = lock.refusal("prod", claim("a"), "arn:aws:iam::123456789012:user/ci")
    for part in (
        "environment prod",
        "deploy.yml",
        "host ci-7",
        "process 4242 of user jenkins, arn:aws:iam::123456789012:user/ci",
        "since 2026-11-22 14:00:00 UTC",
        "nothing was done",
        "farflow_lock_wait_minutes",
        "farflow_lock_break: prod",
        "expires at 2026-11-22 14:10:00 UTC",
    ):
        assert part in said


@pytest.mark.parametrize(("given", "fine"), [(None, True), ("", True), ("prod", True), ("yes", False), ("dev", False)])
def test_only_the_environments_own_name_breaks_its_lock(given, fine):
    problem = lock.break_problem("prod", given)
    assert (problem == "") == fine
    assert fine or ("farflow_lock_break" in problem and given in problem and "prod" in problem)
