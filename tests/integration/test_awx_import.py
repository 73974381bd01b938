"""playbooks/awx.yml against AWX's API: what it brings there, and what it leaves alone. awxkit is the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .awx_double import AWX, TOKEN

ROOT = Path(__file__).parents[2]
TEMPLATES = ["Plan", "Deploy", "DAG tasks", "Teardown"]


@pytest.fixture
def awx():
    playbooks = [f"playbooks/{path.name}" for path in (ROOT / "playbooks" / "project" / "playbooks").iterdir()]
    awx = AWX(playbooks)
    yield awx
    awx.close()


@pytest.fixture
def environment(awx, tmp_path):
    tools = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        "ANSIBLE_HOME": str(tmp_path),
        "ANSIBLE_NOCOLOR": "1",
    }


@pytest.fixture
def run(environment):
    """`run(*arguments, **variables)` runs the playbook and returns its exit code and what it printed."""

    def run(*arguments, **variables):
        tool = Path(sys.executable).with_name("ansible-playbook")
        command = [tool, "playbooks/awx.yml", "-e", "@awx/settings.yml", "-e", json.dumps(variables), *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def names(awx, resource):
    return sorted(each["name"] for each in awx.objects[resource].values())


def related(awx, template, relation, resource):
    identifier = awx.named("job_templates", template)["id"]
    return [awx.objects[resource][one]["name"] for one in awx.attached.get((identifier, relation), [])]


def test_brings_everything_once_and_mends_only_what_differs(awx, run):
    code, output = run("--check", "--diff")
    assert code == 0, output
    assert "job_templates Airflow dev: Plan: created\n" in output
    assert "changed=1" in output
    assert awx.objects["job_templates"] == {}

    code, output = run()
    assert code == 0, output
    assert "changed=1" in output
    assert "put the keys of AWS into these credentials: Airflow dev, Airflow prod" in output
    templates = [f"Airflow {one}: {each}" for one in ("dev", "prod") for each in TEMPLATES]
    assert names(awx, "job_templates") == sorted(templates)
    assert names(awx, "inventory") == ["Airflow dev", "Airflow prod"]
    assert names(awx, "schedules") == ["Drift, every night"] * 2
    assert related(awx, "Airflow dev: Deploy", "credentials", "credentials") == ["Airflow dev"]
    assert related(awx, "Airflow dev: Plan", "notification_templates_success", "notification_templates") == []
    assert related(awx, "Airflow dev: Plan", "notification_templates_error", "notification_templates") == [
        "Airflow on Fargate"
    ]
    teardown = awx.named("job_templates", "Airflow prod: Teardown")
    assert teardown["inventory"] == awx.named("inventory", "Airflow prod")["id"]
    required = {each["variable"] for each in awx.surveys[teardown["id"]]["spec"] if each["required"]}
    assert required == {"farflow_teardown_confirm"}
    assert {one["source_path"] for one in awx.objects["inventory_sources"].values()} == {
        "inventories/dev",
        "inventories/prod",
    }

    awx.named("credentials", "Airflow dev")["inputs"] = {"username": "AKIA", "password": "kept"}
    awx.puts.clear()
    code, output = run()
    assert (code, awx.puts) == (0, []), output
    assert "changed=0" in output

    deploy = awx.named("job_templates", "Airflow dev: Deploy")
    deploy["playbook"] = "playbooks/plan.yml"
    awx.surveys[deploy["id"]]["spec"].pop()
    code, output = run("--diff")
    assert "job_templates Airflow dev: Deploy: playbook, survey_spec\n" in output
    assert awx.puts == [("job_templates", "Airflow dev: Deploy")]
    assert deploy["playbook"] == "playbooks/deploy.yml"
    assert awx.surveys[deploy["id"]]["spec"][-1]["variable"] == "farflow_lock_break"
    assert awx.named("credentials", "Airflow dev")["inputs"] == {"username": "AKIA", "password": "kept"}


def test_the_committed_file_is_what_awx_imports(awx, environment, tmp_path):
    """With the credentials made by hand before, as the file names them."""
    organization = awx.named("organizations", "Default")["id"]
    kind = awx.named("credential_types", "Amazon Web Services")["id"]
    for name in ("Airflow dev", "Airflow prod"):
        awx.add("credentials", {"name": name, "organization": organization, "credential_type": kind})
    command = ["awx", "import", "-f", "yaml"]
    with (ROOT / "awx" / "assets.yml").open() as given:
        done = subprocess.run(command, env=environment, stdin=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(awx.objects["job_templates"]) == 8

    committed = yaml.safe_load((ROOT / "awx" / "assets.yml").read_text())
    kinds = [f"--{resource}" for resource in committed]
    command = ["awx", "export", "-f", "json", *kinds]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    exported = json.loads(done.stdout)
    surveys = [each["job_templates"][0]["related"]["survey_spec"] for each in (exported, committed)]
    assert surveys[0] == surveys[1]
    for resource, assets in committed.items():
        keys = [each["natural_key"] for each in exported[resource]]
        assert [each["natural_key"] for each in assets if each["natural_key"] not in keys] == []


def test_what_awx_refuses_is_an_error_that_names_it(awx, run):
    awx.playbooks.remove("playbooks/deploy.yml")
    code, output = run()
    assert code == 2
    assert "Playbook not found for project." in output
    assert "Airflow dev: Deploy" in output


def test_who_may_not_ask_is_told_what_to_set(awx, run, environment):
    environment["CONTROLLER_OAUTH_TOKEN"] = "another"
    code, output = run()
    assert code == 2
    assert "awx export failed" in output
    assert "CONTROLLER_OAUTH_TOKEN" in output
    assert names(awx, "job_templates") == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"farflow_awx_project_ulr": "x"}, "farflow_awx_project_ulr: no such variable; did you mean"),
        ({"farflow_awx_environments": {"dev": 1}}, "farflow_awx_environments: is"),
        ({"farflow_awx_project_url": None}, "farflow_awx_project_url: is not given"),
    ],
)
def test_wrong_input_is_refused_by_name(awx, run, variables, told):
    code, output = run(**variables)
    assert code == 2
    assert told in output
    assert names(awx, "projects") == []


def test_without_a_url_there_is_no_hook(awx, run):
    code, output = run(farflow_awx_notification_url="", farflow_awx_environments=["dev"])
    assert code == 0, output
    assert awx.objects["notification_templates"] == {}
    assert len(awx.objects["job_templates"]) == 4
