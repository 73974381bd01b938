"""Inputs that cannot work are refused before anything is asked of AWS, and by their name.

One playbook takes the look that deploy.yml begins with, once for each row of the tables: a playbook a row would take
two seconds each.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_yml

from tests.stack.playbooks import ROOT

from .bad_folders import FOLDERS, TASK_FILES, fill_with_what_is_allowed
from .bad_variables import VARIABLES
from .conftest import Project

OPTIONS = yaml.safe_load((ROOT / "playbooks" / "deploy.meta.yml").read_text())["argument_specs"]["deploy"]["options"]
LARGE = 5 << 30


class Table:
    """Rows of variables, and after one run what the look said to each."""

    def __init__(self, path):
        self._path = path
        self._rows = []
        self.answers = []
        self.output = ""

    def project(self):
        """A good project folder, to be spoilt."""
        return Project(self._path / str(len(self._rows)))

    def add(self, project, variables):
        self._rows.append({**project.variables, **variables})

    def look(self, playbooks):
        """Takes the looks, all in one play."""
        answers = self._path / "answers.json"
        looks = [
            {
                "name": f"Row {number}",
                "farflow.airflow.environment_plan": {},
                "vars": row,
                "register": f"row_{number}",
                "ignore_errors": True,
            }
            for number, row in enumerate(self._rows)
        ]
        registered = ", ".join(f"row_{number}" for number in range(len(self._rows)))
        keep = {"ansible.builtin.copy": {"content": f"{{{{ [{registered}] | to_json }}}}", "dest": str(answers)}}
        (deploy,) = yaml.safe_load((ROOT / "playbooks" / "deploy.yml").read_text())
        assert "farflow.airflow.environment_plan" in deploy["tasks"][0]
        play = self._path / "looks.yml"
        play.write_text(json.dumps([{**deploy, "tasks": [*looks, keep]}]))
        outcome = playbooks.run(str(play))
        assert outcome.code == 0, outcome.output
        self.answers = json.loads(answers.read_text())
        self.output = outcome.output


def refused(answer):
    """Why, a line each; of an answer that is a refusal."""
    assert answer["failed"], "it was not refused"
    head, *lines = answer["msg"].splitlines()
    assert "nothing was done" in head, answer["msg"]
    assert all(line.startswith("- ") for line in lines), lines
    return [line.removeprefix("- ") for line in lines]


def missing(said, lines):
    text = "\n".join(lines)
    return [each for each in said if each not in text]


@pytest.fixture(scope="module")
def table(playbooks, tmp_path_factory):
    """Every row, looked at, with the calls of AWS that all of them made together."""
    table = Table(tmp_path_factory.mktemp("rows"))
    table.says = []
    for variables, _unused in VARIABLES:
        table.add(table.project(), variables)
    for content, *_unused in TASK_FILES:
        project = table.project()
        (project.tasks / "hello" / "task.yml").write_text(content)
        table.add(project, {})
    for spoil in FOLDERS:
        project = table.project()
        table.says.append(spoil(project))
        table.add(project, {})
    playbooks.aws.reset_calls()
    table.look(playbooks)
    table.calls = Counter(f"{call['service']} {call['operation']}" for call in playbooks.aws.calls())
    return table


def test_there_are_enough_rows():
    assert len(VARIABLES) + len(TASK_FILES) + len(FOLDERS) >= 150


@pytest.mark.parametrize("name", OPTIONS)
def test_every_variable_has_a_row(name):
    """A variable without one is a variable of which nobody knows whether a mistake in it is seen."""
    given = [variables[name] for variables, _unused in VARIABLES if name in variables]
    assert given, f"add a value that is refused to tests/integration/bad_variables.py: {name}"
    values = [each for value in given for each in (value if isinstance(value, list) else [value])]
    keys = {key for value in values if isinstance(value, dict) for key in value}
    assert [key for key in OPTIONS[name].get("options", {}) if key not in keys] == []


@pytest.mark.parametrize("key", task_yml.KEYS)
def test_every_key_of_a_task_file_has_a_row(key):
    assert [content for content, *_unused in TASK_FILES if key in content], (
        f"add it to tests/integration/bad_folders.py: {key}"
    )


@pytest.mark.parametrize("row", range(len(VARIABLES)), ids=[",".join(given) for given, _unused in VARIABLES])
def test_variable_is_refused(table, row):
    variables, said = VARIABLES[row]
    lines = refused(table.answers[row])
    assert missing(said, lines) == [], lines
    named = [line for line in lines if any(name in line for name in variables)]
    assert named, lines
    assert [
        line for line in named if not any(word in line for word in ("allowed: ", "choose", "no such", "template"))
    ] == []


@pytest.mark.parametrize(
    "row", range(len(TASK_FILES)), ids=[" ".join(content.split())[:60] for content, *_unused in TASK_FILES]
)
def test_task_file_is_refused(table, row):
    _unused, line, said = TASK_FILES[row]
    lines = refused(table.answers[len(VARIABLES) + row])
    assert missing([f"hello/task.yml:{line}: ", said], lines) == [], lines


@pytest.mark.parametrize("row", range(len(FOLDERS)), ids=[spoil.__name__ for spoil in FOLDERS])
def test_folder_is_refused(table, row):
    lines = refused(table.answers[len(VARIABLES) + len(TASK_FILES) + row])
    assert missing(table.says[row], lines) == [], lines


def test_aws_was_asked_nothing_by_any_of_them(table):
    assert table.calls == {}


def test_no_secret_that_was_given_by_mistake_is_shown(table):
    assert "hunter2" not in "".join(answer["msg"] for answer in table.answers)


def test_deploy_itself_refuses(aws, playbooks, project):
    (project.tasks / "hello" / "task.yml").write_text("memroy: 512\ncpu: lots\n")
    outcome = playbooks.run("deploy", **project.variables)
    assert outcome.code != 0
    assert [said for said in ("memroy", "lots", "nothing was done") if said not in outcome.output] == []
    assert aws.calls() == []


def test_what_is_wrong_is_told_together(playbooks, aws, project):
    """Types, ranges, relations, misspelt names, files: none hides another. And what is large is warned of."""
    (project.tasks / "hello" / "task.yml").write_text("memroy: 512\n")
    (project.airflow / "Dockerfile").unlink()
    with (project.add_task("large") / "model.bin").open("wb") as file:
        file.truncate(LARGE)
    wrong = {
        "rds_allocated_storage": 5,
        "network_cidr": "10.0.0.0",
        "network_availability_zone_count": "two",
        "worker_pool_cpus": 4,
        "worker_pool_min_count": 9,
        "airflow_service_scheduler": {"cpus": 1},
        "airflow_service_secrets": {"TOKEN": "x"},
    }
    many = [f"10.{number}.0.0/16" for number in range(61)]
    outcome = playbooks.run("deploy", **project.variables, **wrong, network_ingress_cidrs=many)
    expected = [*wrong, "hello/task.yml:1: memroy", "airflow_service_path", "worker_pool_max_count"]
    output = " ".join(outcome.output.split())
    assert [name for name in expected if name not in output] == [], outcome.output
    assert "5.0 GiB" in output
    assert "network_ingress_cidrs: are 61" in output
    assert aws.calls() == []


def test_what_only_looks_like_a_mistake_is_none(playbooks, aws, project):
    """Neither variables of others, nor files that are odd."""
    fill_with_what_is_allowed(project)
    outcome = playbooks.run("deploy", "--check", somebody_elses_variable="x", network="y", **project.variables)
    assert outcome.code == 0, outcome.output


@pytest.mark.parametrize(
    ("variables", "task_yml", "said"),
    [
        (
            {},
            "cpu: 256\nsecrets:\n  TOKEN: team/token\n",
            ["hello/task.yml:3: secrets.TOKEN", "farflow/local/team/token"],
        ),
        (
            {"network_availability_zones": ["us-east-1a", "us-east-1z"]},
            "",
            ["network_availability_zones.1", "us-east-1z"],
        ),
    ],
)
def test_what_only_aws_knows_to_be_wrong_is_told_before_anything_is_made(
    playbooks, aws, project, variables, task_yml, said
):
    (project.tasks / "hello" / "task.yml").write_text(task_yml)
    outcome = playbooks.run("deploy", **project.variables, **variables)
    assert outcome.code != 0
    assert missing([*said, "nothing was done"], [outcome.output]) == []
    assert aws.calls(mutating=True) == []


def test_a_look_that_fails_still_tells_what_it_saw(playbooks, aws, tmp_path):
    table = Table(tmp_path)
    project = table.project()
    (project.tasks / "hello" / "task.yml").write_text("secrets: {TOKEN: team/token}\n")
    table.add(project, {})
    table.look(playbooks)
    (answer,) = table.answers
    assert answer["failed"]
    assert answer["pending"] == sum(len(layer["actions"]) for layer in answer["layers"].values()) > 0


def test_a_secret_that_exists_is_no_mistake(playbooks, aws, project):
    aws.client("secretsmanager").create_secret(Name="farflow/local/team/token", SecretString="x")
    (project.tasks / "hello" / "task.yml").write_text("secrets: {TOKEN: team/token, KEY: fernet-key}\n")
    outcome = playbooks.run("deploy", "--check", **project.variables)
    assert outcome.code == 0, outcome.output


@pytest.mark.parametrize("name", ["farflow_region", "farflow_environment"])
@pytest.mark.parametrize("playbook", ["deploy", "plan", "dag_tasks", "teardown", "airflow_command", "orphans"])
def test_a_variable_that_is_not_given_hides_nothing_else(playbooks, aws, project, monkeypatch, playbook, name):
    """Neither is the region that of the shell."""
    monkeypatch.setattr(playbooks, "_inventory", [])
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    variables = {
        "farflow_environment": "local",
        "farflow_region": "us-east-1",
        "farflow_endpoint_url": aws.endpoint_url,
        "farflow_access_key": "embedded",
        "farflow_secret_key": "embedded",
        "farflow_teardown_confirm": "local",
        "worker_pool_count": -1,
        "command": "dags list",
        **project.variables,
    }
    misspelt = f"{name}s"
    variables[misspelt] = variables.pop(name)
    outcome = playbooks.run(playbook, **variables)
    assert outcome.code != 0
    said = [
        "nothing was done",
        f"{misspelt}: no such variable; did you mean {name}?",
        f"{name}: is not given",
        "worker_pool_count",
    ]
    assert missing(said, [" ".join(outcome.output.split())]) == [], outcome.output
    assert aws.calls() == []


@pytest.mark.parametrize("confirmation", ["", "prod"])
def test_teardown_of_another_environment_is_refused(playbooks, aws, project, confirmation):
    outcome = playbooks.run("teardown", farflow_teardown_confirm=confirmation, **project.variables)
    assert outcome.code != 0
    assert "nothing was done" in outcome.output
    assert aws.calls() == []


def test_a_teardown_that_is_told_that_the_environment_shall_exist_is_refused(playbooks, aws, project):
    outcome = playbooks.run("teardown", farflow_teardown_confirm="local", farflow_state="present", **project.variables)
    assert outcome.code != 0
    assert missing(["farflow_state: is 'present', allowed: absent", "nothing was done"], [outcome.output]) == []
    assert aws.calls() == []


@pytest.mark.parametrize(("playbook", "more"), [("deploy", {}), ("teardown", {"farflow_teardown_confirm": "local"})])
def test_an_environment_of_another_region_is_left_alone(playbooks, aws, project, playbook, more):
    """IAM roles have no region: they would be taken from the environment that uses them."""
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}}
    principal = {"Service": "ecs-tasks.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    path = "/farflow/local/"
    aws.client("iam").create_role(RoleName="local-airflow-worker", Path=path, AssumeRolePolicyDocument=document)
    aws.reset_calls()
    outcome = playbooks.run(playbook, **project.variables, **more)
    assert outcome.code != 0
    assert missing(["farflow_region: is 'us-east-1'", "eu-west-1", "nothing was done"], [outcome.output]) == []
    assert aws.calls(mutating=True) == []


def test_teardown_needs_no_project_folder(playbooks, aws):
    playbooks.teardown(dag_tasks_path="/no/such/folder", airflow_service_path="/no/such/folder")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "command: is empty"),
        (["dags", "list"], "command: is no text"),
        ("dags list '", "command: no closing quotation"),
    ],
)
def test_no_command_is_no_command_of_airflow(playbooks, aws, project, command, said):
    outcome = playbooks.run("airflow_command", command=command, **project.variables)
    assert outcome.code != 0
    assert said in outcome.output
    assert aws.calls() == []


@pytest.mark.parametrize("minutes", [0, 601, "soon", "1.5", True, ""])
def test_no_time_is_no_time_for_a_command_of_airflow(playbooks, aws, project, minutes):
    outcome = playbooks.run("airflow_command", command="dags list", wait_minutes=minutes, **project.variables)
    assert outcome.code != 0
    assert f"wait_minutes: is '{minutes}', allowed: 1 to 600" in outcome.output
    assert aws.calls() == []


@pytest.mark.parametrize("more", [{}, {"wait_minutes": 600}, {"wait_minutes": "5"}])
def test_a_time_is_one_for_a_command_of_airflow(playbooks, aws, project, more):
    outcome = playbooks.run("airflow_command", command="dags list", **project.variables, **more)
    assert "is not deployed: run deploy.yml first" in outcome.output
