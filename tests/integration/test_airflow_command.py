"""airflow_command.yml on an AWS without containers: what it refuses, what it shows, what it asks of AWS."""

from __future__ import annotations

import json
import re

import pytest

from tests.stack.listing import listing

from .conftest import Project

HIDDEN = "hunter2-hunter2"


@pytest.fixture(scope="module")
def deployed(playbooks, tmp_path_factory):
    """The extra variables of an environment that stands."""
    project = Project(tmp_path_factory.mktemp("project"))
    playbooks.aws.reset()
    playbooks.deploy(**project.variables)
    return project.variables


def test_what_cannot_work_is_refused_before_aws_is_asked(playbooks):
    playbooks.aws.reset_calls()
    given = {
        "command": f"users create --password {HIDDEN}" + " x" * 4096,
        "wait_minutes": "0",
        "generate_secret": "ada",
    }
    for variables in ({}, given):
        outcome = playbooks.run("airflow_command", **variables)
        assert outcome.code != 0
        assert HIDDEN not in outcome.output
        [failure] = re.findall(r"^fatal: .* => ({.*})$", outcome.output, re.MULTILINE)
        refused = json.loads(failure)["msg"].splitlines()
        assert refused[0] == "the inputs are not right, nothing was done:"
        names = {line.split(":")[0].removeprefix("- ") for line in refused[1:]}
        assert names == (variables.keys() or {"command"})
    assert playbooks.aws.calls() == []


def test_an_environment_that_is_not_there(playbooks, tmp_path):
    playbooks.aws.reset()
    outcome = playbooks.run("airflow_command", command="dags list", **Project(tmp_path).variables)
    assert outcome.code != 0
    assert "environment local is not deployed: run deploy.yml first" in outcome.output


@pytest.mark.thorough
def test_check_mode_makes_nothing_and_shows_no_plan(playbooks, deployed):
    """Nor is a pending change of the environment told: that is a plan's business."""
    before = listing(playbooks.aws)
    command = "users create --username ada --password secret:ada"
    given = {**deployed, "command": command, "generate_secret": "ada", "airflow_service_log_retention_in_days": 60}
    outcome = playbooks.run("airflow_command", "--check", **given)
    assert outcome.code == 0, outcome.output
    assert listing(playbooks.aws) == before
    assert "PLAN" not in outcome.output
    assert "SUMMARY" not in outcome.output
    assert "--username" not in outcome.output


@pytest.mark.thorough
def test_a_generated_password_is_in_secrets_manager_alone(playbooks, deployed):
    """The task is started with its name, the output has neither, and no plan or second run changes it."""
    command = "users create --username ada --password secret:ada"
    playbooks.aws.reset_calls()
    outcome = playbooks.run("airflow_command", command=command, generate_secret="ada", **deployed)
    assert outcome.code == 0, outcome.output
    password = value(playbooks.aws)
    assert password not in outcome.output
    assert "--username" not in outcome.output
    assert "SUMMARY" not in outcome.output
    [started] = [call for call in playbooks.aws.calls(service="ecs") if call["operation"] == "RunTask"]
    assert password not in str(started)

    assert playbooks.run("airflow_command", command=command, generate_secret="ada", **deployed).code == 0
    assert value(playbooks.aws) == password
    assert playbooks.run("plan", farflow_plan_must_be_empty=True, **deployed).code == 0


def value(aws):
    return aws.client("secretsmanager").get_secret_value(SecretId="farflow/local/commands/ada")["SecretString"]
