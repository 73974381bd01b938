"""awx/: the assets, what they refer to, and the execution environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_builder.user_definition import UserDefinition
from ansible_collections.farflow.airflow.plugins.module_utils.pure.awx_differences import differing, missing

ROOT = Path(__file__).parents[3]
ASSETS = yaml.safe_load((ROOT / "awx" / "assets.yml").read_text())
META = yaml.safe_load((ROOT / "playbooks" / "deploy.meta.yml").read_text())
OPTIONS = META["argument_specs"]["deploy"]["options"]
TEMPLATES = ASSETS["job_templates"]

each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one["name"])


def objects(value):
    """Every mapping in a document."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


def test_the_file_is_up_to_date():
    command = [sys.executable, str(ROOT / "scripts" / "awx.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@each_template
def test_every_question_asks_for_a_declared_variable(template):
    asked = [each["variable"] for each in template["related"]["survey_spec"]["spec"]]
    assert asked
    assert [name for name in asked if name not in OPTIONS] == []


@each_template
def test_a_schedule_answers_questions_of_the_survey(template):
    questions = {each["variable"]: each for each in template["related"]["survey_spec"]["spec"]}
    required = {name for name, each in questions.items() if each["required"]}
    for schedule in template["related"]["schedules"]:
        assert required <= set(schedule["extra_data"]) <= set(questions)
        for name, answer in schedule["extra_data"].items():
            assert answer in questions[name]["choices"]


@each_template
def test_its_playbook_is_in_every_project(template):
    assert (ROOT / template["playbook"]).is_file()
    assert (ROOT / "playbooks" / "project" / template["playbook"]).is_file()


def test_only_a_teardown_has_to_be_confirmed():
    required = {
        template["name"]: [each["variable"] for each in template["related"]["survey_spec"]["spec"] if each["required"]]
        for template in TEMPLATES
    }
    assert {name: asked for name, asked in required.items() if asked} == {
        f"Airflow {one}: Teardown": ["farflow_teardown_confirm"] for one in ("dev", "prod")
    }


def test_every_inventory_is_there():
    assert [one["source_path"] for one in ASSETS["inventory_sources"] if not (ROOT / one["source_path"]).is_dir()] == []


def test_what_is_referred_to_is_defined_or_comes_before():
    """Organizations, and credentials, which a person fills, are not in the file."""
    defined = [each["natural_key"] for assets in ASSETS.values() for each in assets]
    kinds = {"project", "inventory", "execution_environment", "notification_template", "job_template"}
    keys = [one for one in objects(ASSETS) if set(one) <= {"organization", "name", "type"} and one.get("type") in kinds]
    assert keys
    assert [key for key in keys if key not in defined] == []


def test_no_secret_is_in_the_file():
    assert [one for one in objects(ASSETS) if "inputs" in one or one.get("password")] == []


def test_the_execution_environment_is_right():
    path = ROOT / "awx" / "execution-environment.yml"
    definition = UserDefinition(str(path))
    definition.validate()
    assert definition.version == 3


def test_the_execution_environment_has_what_the_collection_needs():
    dependencies = yaml.safe_load((ROOT / "awx" / "execution-environment.yml").read_text())["dependencies"]
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    found = {one["name"]: one["version"] for one in dependencies["galaxy"]["collections"]}
    assert {name: found[name] for name in wanted} == wanted
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    oldest = runtime.removeprefix(">=").removesuffix(".0")
    assert f"ansible-core>={oldest}," in dependencies["ansible_core"]["package_pip"]


def test_a_secret_that_awx_hides_is_no_difference():
    asset = {"natural_key": {"name": "hook"}, "name": "hook", "configuration": {"url": "a", "token": "secret"}}
    there = {**asset, "configuration": {"url": "a", "token": "$encrypted$", "more": 1}}
    assert differing({"hooks": [asset]}, {"hooks": [there]}) == ({}, [])


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (None, "created"),
        ({"limit": "other"}, "limit"),
        ({"related": {"credentials": [], "survey_spec": {"spec": [1]}}}, "credentials"),
        ({"related": {"credentials": [{"name": "key"}], "survey_spec": {"spec": [1, 2]}}}, "survey_spec"),
        ({"related": {"credentials": [{"name": "more"}, {"name": "key"}], "survey_spec": {"spec": [1]}}}, ""),
    ],
)
def test_a_difference_is_named_by_its_field(existing, reason):
    related = {"credentials": [{"name": "key"}], "survey_spec": {"spec": [1]}}
    asset = {"natural_key": {"name": "a"}, "name": "a", "limit": "localhost", "related": related}
    exported = [{**asset, **existing}] if existing is not None else []
    found, reasons = differing({"job_templates": [asset]}, {"job_templates": exported})
    assert reasons == ([f"job_templates a: {reason}"] if reason else [])
    assert found == ({"job_templates": [asset]} if reason else {})


def test_what_awx_has_not_at_all_is_missing():
    one, other = ({"natural_key": {"name": name, "type": "credential"}} for name in ("one", "other"))
    assert missing([one, other], [other]) == [one]
    assert missing([one], None) == [one]
