"""orphans.yml on an AWS without containers: what it refuses, and what it has Airflow's image do."""

from __future__ import annotations

import pytest

from .conftest import Project


@pytest.fixture(scope="module")
def deployed(playbooks, tmp_path_factory):
    """The extra variables of an environment that stands."""
    project = Project(tmp_path_factory.mktemp("project"))
    playbooks.aws.reset()
    playbooks.deploy(**project.variables)
    return project.variables


def started(aws):
    """The commands of the one-off tasks of Airflow, in the order in which they stopped."""
    ecs = aws.client("ecs")
    arns = ecs.list_tasks(cluster="local", family="local-airflow-command", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster="local", tasks=arns)["tasks"]
    overrides = [task["overrides"].get("containerOverrides", []) for task in tasks]
    return [each.get("command") for some in overrides for each in some]


def test_what_is_neither_yes_nor_no_is_refused_before_aws_is_asked(playbooks):
    playbooks.aws.reset_calls()
    outcome = playbooks.run("orphans", orphans_stop="perhaps")
    assert outcome.code != 0
    assert 'orphans_stop: is \\"perhaps\\", allowed: true or false' in outcome.output
    assert playbooks.aws.calls() == []


def test_an_environment_that_is_not_there(playbooks, tmp_path):
    playbooks.aws.reset()
    outcome = playbooks.run("orphans", **Project(tmp_path).variables)
    assert outcome.code != 0
    assert "environment local is not deployed: run deploy.yml first" in outcome.output


@pytest.mark.thorough
def test_it_lists_or_stops(playbooks, deployed):
    before = len(started(playbooks.aws))
    for given in ({}, {"orphans_stop": True}, {"orphans_stop": "false"}):
        outcome = playbooks.run("orphans", **deployed, **given)
        assert outcome.code == 0, outcome.output
        assert "nothing ran, there are no containers here" in outcome.output
        assert outcome.changed == 0  # nothing was stopped
    assert started(playbooks.aws)[before:] == [["orphans"], ["orphans", "--stop"], ["orphans"]]


@pytest.mark.thorough
def test_check_mode_runs_nothing(playbooks, deployed):
    before = started(playbooks.aws)
    outcome = playbooks.run("orphans", "--check", **deployed, orphans_stop=True)
    assert outcome.code == 0, outcome.output
    assert started(playbooks.aws) == before
