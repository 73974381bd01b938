"""playbooks/awx.yml against AWX's API: what it brings there, and the file for those who import by hand.

awxkit, which exports and imports that, is the real one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client

from .awx_double import AWX, TOKEN
from .awx_wanted import PLAYBOOKS
from .awx_wanted import run as converged

ROOT = Path(__file__).parents[2]
TEMPLATES = [
    "Airflow command",
    "DAG check",
    "DAG tasks",
    "DAG versions",
    "DAGs",
    "Deploy",
    "Orphans",
    "Plan",
    "Run a DAG task",
    "Teardown",
]


@pytest.fixture
def awx():
    awx = AWX(list(PLAYBOOKS))
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
    assert "inventory_sources Airflow on Fargate of Airflow prod: created\n" in output
    assert "these credentials lack the keys of AWS, without which no job starts: Airflow dev, Airflow prod" in output
    assert "changed=1" in output
    assert awx.calls == []

    code, output = run()
    assert code == 0, output
    assert "changed=1" in output
    assert "put in the keys of AWS, without which no job starts: Airflow dev, Airflow prod" in output
    templates = [f"Airflow {one}: {each}" for one in ("dev", "prod") for each in TEMPLATES]
    assert names(awx, "job_templates") == sorted(templates)
    workflows = [f"Airflow {one}: {each}" for one in ("dev", "prod") for each in ("Deploy with approval", "Drift")]
    assert names(awx, "workflow_job_templates") == sorted(workflows)
    assert names(awx, "inventory") == ["Airflow dev", "Airflow prod"]
    assert names(awx, "schedules") == ["Drift, every night"] * 2
    assert related(awx, "Airflow dev: Deploy", "credentials", "credentials") == ["Airflow dev"]
    hooks = "notification_templates"
    assert related(awx, "Airflow dev: DAG tasks", "notification_templates_success", hooks) == []
    assert related(awx, "Airflow dev: DAG tasks", "notification_templates_error", hooks) == ["Airflow on Fargate"]
    teardown = awx.named("job_templates", "Airflow prod: Teardown")
    assert teardown["inventory"] == awx.named("inventory", "Airflow prod")["id"]
    required = {each["variable"] for each in awx.surveys[teardown["id"]]["spec"] if each["required"]}
    assert required == {"farflow_teardown_confirm"}
    sources = {one["source_path"] for one in awx.objects["inventory_sources"].values()}
    assert sources == {"inventories/dev", "inventories/prod"}

    awx.calls.clear()
    code, output = run()
    assert (code, awx.calls) == (0, []), output
    assert "changed=0" in output

    deploy = awx.named("job_templates", "Airflow dev: Deploy")
    deploy["playbook"] = "playbooks/plan.yml"
    awx.surveys[deploy["id"]]["spec"].pop()
    code, output = run("--diff")
    assert "job_templates Airflow dev: Deploy: playbook, survey_spec\n" in output
    here = f"/api/v2/job_templates/{deploy['id']}/"
    assert sorted(awx.calls) == [("PATCH", here), ("POST", f"{here}survey_spec/")]
    assert deploy["playbook"] == "playbooks/deploy.yml"
    assert awx.surveys[deploy["id"]]["spec"][-1]["variable"] == "farflow_lock_break"


def test_what_is_not_wanted_any_more_is_told_with_what_removes_it(awx, run):
    converged(awx)
    code, output = run(farflow_awx_environments=["dev"], farflow_awx_webhook_service="gitlab")
    assert code == 0, output
    told = " ".join(output.split())
    assert "no longer wanted, farflow_awx_state=exact removes it:" in told
    assert "job_templates Airflow prod: Plan" in told
    assert f"webhook of Airflow dev: Deploy with approval: {awx.url}/api/v2/workflow_job_templates/" in told


def awx_command(environment, *arguments, given=None):
    done = subprocess.run(
        ["awx", *arguments], env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_file_for_those_who_import_by_hand_comes_back_as_it_was(awx, environment, run, tmp_path):
    """Imported twice, with credentials made by hand before; then the playbook finds nothing to do."""
    path = tmp_path / "assets.yml"
    given = {"farflow_awx_assets_file": str(path)}
    code, output = run("--check", **given)
    assert (code, path.exists()) == (0, False), output
    environment_of_nothing = {name: environment.pop(name) for name in ("CONTROLLER_HOST", "CONTROLLER_OAUTH_TOKEN")}
    code, output = run(**given)
    assert code == 0, output
    environment.update(environment_of_nothing)
    assert path.stat().st_mode & 0o777 == 0o600
    assert awx.calls == []

    organization = awx.named("organizations", "Default")["id"]
    kind = awx.named("credential_types", "Amazon Web Services")["id"]
    for name in ("Airflow dev", "Airflow prod"):
        awx.add("credentials", {"name": name, "organization": organization, "credential_type": kind})
    for _time in range(2):
        awx_command(environment, "import", "-f", "yaml", given=path.read_text())
    assert len(awx.objects["job_templates"]) == 2 * len(TEMPLATES)
    assert len(awx.objects["workflow_job_templates"]) == 4
    assert converged(awx)["reasons"] == []

    written = yaml.safe_load(path.read_text())
    exported = awx_command(environment, "export", "-f", "json", *(f"--{resource}" for resource in written))
    again = AWX(list(PLAYBOOKS))
    try:
        for name in ("Airflow dev", "Airflow prod"):
            again.add("credentials", {"name": name, "organization": organization, "credential_type": kind})
        awx_command({**environment, "CONTROLLER_HOST": again.url}, "import", "-f", "json", given=exported)
        assert converged(again)["reasons"] == []
    finally:
        again.close()


def commands_of_the_guide():
    """The commands of docs/awx.md that speak to AWX or write its file, in their order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "awx.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("ansible-playbook farflow.airflow.awx", "awx import"))]


def test_the_guide_does_what_it_says_for_a_private_repository(awx, environment, tmp_path):
    organization = awx.named("organizations", "Default")["id"]
    kind = awx.named("credential_types", "Source Control")["id"]
    awx.add("credentials", {"name": "Git", "organization": organization, "credential_type": kind})
    awx.update_needs = "Git"
    settings = yaml.safe_load((ROOT / "awx" / "settings.yml").read_text())
    (tmp_path / "awx").mkdir()
    named = {**settings, "farflow_awx_project_credential": "Git"}
    (tmp_path / "awx" / "settings.yml").write_text(yaml.safe_dump(named))
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "playbooks" / "collections")

    check, make, exact, write, bring = commands_of_the_guide()
    whole = 2 * len(TEMPLATES)
    for command, templates in ((check, 0), (make, whole), (exact, whole), (write, whole), (bring, whole)):
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert len(awx.objects["job_templates"]) == templates
    assert converged(awx, project_credential="Git")["reasons"] == []


def test_who_may_not_ask_is_told_what_to_set(awx, run, environment):
    environment["CONTROLLER_OAUTH_TOKEN"] = "another"
    code, output = run("--check")
    assert code == 2
    assert "AWX does not know who asks" in output
    assert "CONTROLLER_OAUTH_TOKEN" in output
    assert awx.calls == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"farflow_awx_project_ulr": "x"}, "farflow_awx_project_ulr: no such variable; did you mean"),
        ({"farflow_awx_environments": {"dev": 1}}, "farflow_awx_environments: is"),
        ({"farflow_awx_project_url": None}, "farflow_awx_project_url: is not given"),
        ({"farflow_awx_state": "gone"}, "farflow_awx_state: is a text 'gone', allowed: present or exact or absent"),
        ({"farflow_awx_teams": [{"team": "a", "may": ["fly"]}]}, "farflow_awx_teams.0.may.0: is a text 'fly'"),
        ({"farflow_awx_timeout": "long"}, "farflow_awx_timeout: is a text 'long'"),
        ({"farflow_awx_drift_schedule": "daily"}, "farflow_awx_drift_schedule: is 'daily'"),
    ],
)
def test_wrong_input_is_refused_by_name_before_the_first_call(environment, run, variables, told):
    environment["CONTROLLER_HOST"] = "http://127.0.0.1:9"
    code, output = run(**variables)
    assert code == 2
    assert told in " ".join(output.split())
    assert "nothing was done" in output


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CONTROLLER_HOST", "", "CONTROLLER_HOST: is not given; set CONTROLLER_HOST to AWX's URL"),
        ("CONTROLLER_HOST", "awx.example.com", "CONTROLLER_HOST: is 'awx.example.com', which is no URL"),
        ("CONTROLLER_HOST", "http://127.0.0.1:9", "Connection refused"),
        ("CONTROLLER_OAUTH_TOKEN", "", "nothing says who asks AWX: set CONTROLLER_OAUTH_TOKEN"),
        ("CONTROLLER_VERIFY_SSL", "maybe", "CONTROLLER_VERIFY_SSL: is 'maybe', allowed: true or false"),
    ],
)
def test_a_wrong_environment_is_told(awx, environment, name, value, told):
    with pytest.raises(FarflowError) as error:
        Client({**{key: environment[key] for key in ("CONTROLLER_HOST", "CONTROLLER_OAUTH_TOKEN")}, name: value}).get(
            "me"
        )
    assert told in str(error.value)


@pytest.mark.parametrize("there", [b"\xff\xfe", b""])
def test_a_file_that_is_no_text_is_written_anew(run, tmp_path, there):
    path = tmp_path / "assets.yml"
    path.write_bytes(there)
    code, output = run(farflow_awx_assets_file=str(path))
    assert code == 0, output
    assert yaml.safe_load(path.read_text())["job_templates"]
    code, output = run(farflow_awx_assets_file=str(path))
    assert "changed=0" in output


def test_a_file_that_cannot_be_written_is_told(run, tmp_path):
    code, output = run(farflow_awx_assets_file=str(tmp_path))
    assert code == 2
    assert "farflow_awx_assets_file: [Errno 21] Is a directory" in output


@pytest.mark.parametrize("state", ["exact", "absent"])
def test_a_file_is_not_emptied_by_a_state_that_removes(run, tmp_path, state):
    path = tmp_path / "assets.yml"
    path.write_text("mine: 1\n")
    code, output = run(farflow_awx_assets_file=str(path), farflow_awx_state=state)
    assert code == 2
    assert f"so it does not go with the state {state}" in " ".join(output.split())
    assert path.read_text() == "mine: 1\n"
