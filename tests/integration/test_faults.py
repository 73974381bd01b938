"""Calls that are throttled, fail, are slow or never answered: all playbooks get through, nothing is doubled."""

from __future__ import annotations

import pytest

from tests.stack.listing import difference, listing, more
from tests.stack.playbooks import ROOT
from tests.thorough import seeds

from .stack import STACK, mutating_calls

FAULTS = {
    "throttled or 5xx": {"throttled": 0.1, "unavailable": 0.1},
    "cut": {"cut": 0.1},
    "hung": {"hung": 0.1},
    "slow": {"latency": 0.3},
}
IMPATIENT = str(ROOT / "tests" / "stack" / "impatient")


@pytest.mark.thorough
@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("seed", seeds(few=1, many=3))
def test_every_playbook_gets_through(aws, playbooks, project, monkeypatch, faults, seed):
    monkeypatch.setenv("PYTHONPATH", IMPATIENT)
    before = listing(aws)
    with aws.behaviours(**FAULTS[faults], seed=seed):
        playbooks.deploy(**project.variables)
        again = playbooks.deploy(**project.variables)
        changed = playbooks.deploy(dag_tasks_memory=2048, **project.variables)
    there = listing(aws)
    assert {kind: len(names) for kind, names in more(before, there).items()} == {
        **STACK,
        "task definition": STACK["task definition"] + 1,
    }
    assert again.changed == 0, again.output
    assert "memory 512 -> 2048" in changed.output
    with aws.behaviours(**FAULTS[faults], seed=seed):
        playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_lost_answers_double_nothing(aws, playbooks, project):
    """Of every change that a playbook makes, the first is performed and its answer lost: it is made twice."""
    before = listing(aws)
    aws.reset_calls()
    playbooks.deploy(**project.variables)
    deploying = set(mutating_calls(aws))
    aws.reset_calls()
    playbooks.teardown(**project.variables)
    tearing_down = set(mutating_calls(aws))
    with aws.behaviours(lost=sorted(deploying)):
        playbooks.deploy(**project.variables)
    assert {kind: len(names) for kind, names in more(before, listing(aws)).items()} == STACK
    assert playbooks.deploy(**project.variables).changed == 0
    with aws.behaviours(lost=sorted(tearing_down)):
        playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}


@pytest.mark.thorough
def test_what_aws_does_not_do_ends_in_an_error_that_names_it(aws, playbooks, project):
    """AWS says yes to each of these calls, and forgets them."""
    deployed = playbooks.deploy(**project.variables)
    assert deployed.code == 0
    with aws.behaviours(ignored=["logs PutRetentionPolicy"]):
        outcome = playbooks.run("deploy", dag_tasks_log_retention_in_days=365, **project.variables)
    assert outcome.code != 0
    failure = outcome.output.split("fatal: ", 1)[1]
    assert "log_group /farflow/local/tasks" in failure
    assert "retention_in_days 30 -> 365" in failure
    aws.reset_calls()
    playbooks.deploy(dag_tasks_log_retention_in_days=365, **project.variables)
    assert [call for call in mutating_calls(aws) if not call.startswith("ssm ")] == ["logs PutRetentionPolicy"]
