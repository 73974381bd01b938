"""The lock of an environment: who comes second, and what becomes of the lock of one that was killed."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.lock import processes
from ansible_collections.farflow.airflow.plugins.module_utils.lock.claim import Claim, claim

from tests.stack.listing import listing, more

from .stack import STACK, mutating_calls

NAME = "/farflow/local/lock"
_LIMIT = 120


def lock(aws):
    """The claim in the parameter, and its tags; None when there is no parameter."""
    found = aws.client("ssm").get_parameters(Names=[NAME])["Parameters"]
    return claim(found[0]["Value"]) if found else None


def until(condition, process=None):
    """Waits until the condition answers something, and returns that; fails when the process ends before."""
    end = time.monotonic() + _LIMIT
    while not (answer := condition()):
        assert process is None or process.poll() is None, "it ended too early"
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
    return answer


def elsewhere(aws, minutes):
    """A run on another machine holds the lock for so many minutes to come."""
    now = datetime.now(UTC)
    held = Claim(
        id="another",
        host="ci-7",
        boot="another",
        process=1,
        process_started="1",
        keeper=2,
        keeper_started="1",
        user="jenkins",
        playbook="deploy.yml",
        since=now.isoformat(timespec="seconds"),
        expires=(now + timedelta(minutes=minutes)).isoformat(timespec="seconds"),
    )
    aws.client("ssm").put_parameter(Name=NAME, Value=held.as_text(), Type="String")
    aws.reset_calls()
    return held


def done(aws):
    """What was changed, but for the lock, since the last `reset_calls`."""
    return [call for call in mutating_calls(aws) if not call.startswith("ssm ")]


def calls_for_the_lock(aws):
    return [call["operation"] for call in aws.calls(service="ssm")]


def test_of_two_started_together_one_finishes_and_one_is_told(aws, playbooks, project):
    before = listing(aws)
    both = [playbooks.start("deploy", **project.variables) for _unused in range(2)]
    held = until(lambda: lock(aws))
    codes = [process.wait(_LIMIT * 4) for process, _unused in both]
    outputs = [log.read_text() for _unused, log in both]
    assert sorted(codes) == [0, 2], outputs
    winner, loser = sorted(zip(codes, both, outputs, strict=True), key=lambda each: each[0])

    assert held.process == winner[1][0].pid
    since = f"{datetime.fromisoformat(held.since):%Y-%m-%d %H:%M:%S} UTC"
    told = f"locked by deploy.yml on host {socket.gethostname()} (process {held.process} of user {held.user}"
    assert [said for said in (told, f"since {since}", "nothing was done") if said not in loser[2]] == [], loser[2]
    assert re.search(r"changed=0 .* failed=1", loser[2])
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK

    assert lock(aws) is None
    assert processes.started(held.keeper) == ""
    aws.reset_calls()
    playbooks.deploy(**project.variables)
    assert calls_for_the_lock(aws) == []


@pytest.mark.parametrize("kill", [pytest.param("everything", marks=pytest.mark.thorough), "ansible-playbook alone"])
def test_one_that_was_killed_is_followed_at_once(aws, playbooks, project, kill):
    process, _unused = playbooks.start("dag_tasks", **project.variables)
    held = until(lambda: lock(aws), process)
    assert held.process == process.pid
    if kill == "everything":
        playbooks.kill(process)
        assert lock(aws) == held
    else:
        os.kill(process.pid, 9)
        process.wait()
        until(lambda: lock(aws) is None)
        playbooks.kill(process)  # its workers
    outcome = playbooks.run("dag_tasks", **project.variables)
    assert outcome.code == 0, outcome.output
    assert ("does not run any more" in outcome.output) == (kill == "everything")
    assert lock(aws) is None


def test_one_elsewhere_is_told_and_nothing_is_done(aws, playbooks, project):
    held = elsewhere(aws, minutes=10)
    for playbook in ("dag_tasks", "deploy"):
        outcome = playbooks.run(playbook, **project.variables)
        assert outcome.code == 2
        said = "locked by deploy.yml on host ci-7 (process 1 of user jenkins, arn:aws:iam::123456789012:root)"
        assert said in outcome.output
        assert "farflow_lock_break: local" in outcome.output
    assert done(aws) == []
    assert lock(aws) == held


@pytest.mark.thorough
def test_one_elsewhere_is_taken_over_when_it_has_expired(aws, playbooks, project):
    elsewhere(aws, minutes=-1)
    outcome = playbooks.run("dag_tasks", **project.variables)
    assert outcome.code == 0, outcome.output
    assert "its lock expired at" in outcome.output
    assert lock(aws) is None


@pytest.mark.thorough
def test_only_the_environments_own_name_breaks_its_lock(aws, playbooks, project):
    held = elsewhere(aws, minutes=10)
    refused = playbooks.run("dag_tasks", farflow_lock_break="yes", **project.variables)
    assert refused.code == 2
    assert "farflow_lock_break: is 'yes'" in refused.output
    assert aws.calls() == []
    assert lock(aws) == held

    broken = playbooks.run("dag_tasks", farflow_lock_break="local", **project.variables)
    assert broken.code == 0, broken.output
    assert "broken by farflow_lock_break" in broken.output
    assert lock(aws) is None


@pytest.mark.thorough
def test_waits_as_long_as_it_may(aws, playbooks, project):
    elsewhere(aws, minutes=10)
    process, log = playbooks.start("dag_tasks", farflow_lock_wait_minutes=5, **project.variables)
    until(lambda: "waiting: environment local is locked by deploy.yml on host ci-7" in log.read_text(), process)
    assert done(aws) == []
    aws.client("ssm").delete_parameter(Name=NAME)
    until(lambda: "PLAY RECAP" in log.read_text() or lock(aws), process)
    assert process.wait(_LIMIT * 4) == 0, log.read_text()
    assert "Look at the DAG tasks again" in log.read_text()
    assert lock(aws) is None


@pytest.mark.thorough
def test_a_plan_asks_for_no_lock(aws, playbooks, project):
    elsewhere(aws, minutes=10)
    for playbook, *arguments in (("plan",), ("deploy", "--check"), ("dag_tasks", "--check"), ("teardown", "--check")):
        outcome = playbooks.run(playbook, *arguments, farflow_teardown_confirm="local", **project.variables)
        assert outcome.code == 0, outcome.output
    assert calls_for_the_lock(aws) == []


@pytest.mark.thorough
def test_the_lock_is_given_back_when_a_task_fails(aws, playbooks, project):
    (project.tasks / "hello" / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    outcome = playbooks.run("dag_tasks", **project.variables)
    assert outcome.code == 2
    assert calls_for_the_lock(aws) == ["PutParameter", "GetParameterHistory", "DeleteParameter"]
    assert lock(aws) is None


def test_who_lost_the_lock_says_so_and_leaves_nothing_that_would_interrupt_it_later(aws, playbooks, project):
    process, log = playbooks.start("dag_tasks", **project.variables)
    held = until(lambda: lock(aws), process)
    other = replace(held, id="another", host="ci-7", process=1, displaces=held.id)
    aws.client("ssm").put_parameter(Name=NAME, Value=other.as_text(), Type="String", Overwrite=True)
    assert process.wait(_LIMIT) == 0, log.read_text()
    assert "environment local is locked by dag_tasks.yml on host ci-7" in " ".join(log.read_text().split())
    assert processes.started(held.keeper) == ""
    assert lock(aws) == other


@pytest.mark.thorough
def test_the_lock_says_whose_environment_it_is(aws, playbooks, project):
    process, _unused = playbooks.start("dag_tasks", farflow_tags={"team": "data"}, **project.variables)
    until(lambda: lock(aws), process)
    tags = aws.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=NAME)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"farflow:environment": "local", "team": "data"}
    assert process.wait(_LIMIT) == 0


@pytest.mark.thorough
@pytest.mark.parametrize(("minutes", "left"), [(-1, False), (10, True)])
def test_a_teardown_of_nothing_removes_a_lock_that_nobody_holds(aws, playbooks, project, minutes, left):
    elsewhere(aws, minutes)
    teardown = playbooks.teardown(**project.variables)
    assert (lock(aws) is not None) == left
    assert ("is locked by deploy.yml on host ci-7" in teardown.output) == left
    assert json.dumps(done(aws)) == "[]"
