"""What AWX shall have: the assets, what they refer to, their playbooks, and the execution environment."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_builder.user_definition import UserDefinition
from ansible_collections.farflow.airflow.plugins.module_utils.awx.assets import assets, importable
from ansible_collections.farflow.airflow.plugins.module_utils.awx.differences import differing, same
from ansible_collections.farflow.airflow.plugins.module_utils.awx.marks import marked, owner
from ansible_collections.farflow.airflow.plugins.module_utils.awx.settings import Settings, problems
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs

ROOT = Path(__file__).parents[3]


def load(path):
    return yaml.safe_load(Path(path).read_text())


DECLARED = load(ROOT / "playbooks" / "awx.meta.yml")["argument_specs"]["awx"]["options"]
MINIMAL, _WRONG = inputs.gather(DECLARED, load(ROOT / "awx" / "settings.yml"), lambda value: value)
SETTINGS = Settings(**{name.removeprefix("farflow_awx_"): value for name, value in MINIMAL.items()})
ASSETS = assets(SETTINGS, inputs.job_templates(load))
TEMPLATES = ASSETS["job_templates"]
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))

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


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_playbook_says_whether_it_is_a_job_template(playbook):
    declared = load(playbook.with_suffix(".meta.yml"))["argument_specs"][playbook.stem]["job_template"]
    if declared:
        assert set(declared) - {"description", "required"} == {"name", "asks", "tells", "right"}
        rights = DECLARED["farflow_awx_teams"]["options"]["may"]["choices"]
        assert declared["right"] in rights


@each_template
def test_every_question_asks_for_a_declared_variable(template):
    asked = [each["variable"] for each in template["related"]["survey_spec"]["spec"]]
    own = load((ROOT / template["playbook"]).with_suffix(".meta.yml"))["argument_specs"]
    declared = {*inputs.declared(load), *(name for entry in own.values() for name in entry["options"])}
    assert asked
    assert [name for name in asked if name not in declared] == []


@pytest.mark.parametrize("workflow", ASSETS["workflow_job_templates"], ids=lambda one: one["name"])
def test_a_node_answers_questions_of_its_templates_survey(workflow):
    templates = {one["name"]: one for one in TEMPLATES}
    for node in workflow["related"]["workflow_nodes"]:
        if "unified_job_template" in node:
            template = templates[node["unified_job_template"]["name"]]
            questions = {each["variable"]: each for each in template["related"]["survey_spec"]["spec"]}
            required = {name for name, each in questions.items() if each["required"]}
            assert required <= set(node["extra_data"]) <= set(questions)
            for name, answer in node["extra_data"].items():
                assert answer in questions[name]["choices"]


@each_template
def test_its_playbook_is_in_every_project(template):
    assert (ROOT / template["playbook"]).is_file()
    assert (ROOT / "playbooks" / "project" / template["playbook"]).is_file()


def test_what_has_to_be_answered():
    required = {
        template["name"]: [each["variable"] for each in template["related"]["survey_spec"]["spec"] if each["required"]]
        for template in TEMPLATES
    }
    assert {name: asked for name, asked in required.items() if asked} == {
        f"Airflow {one}: {name}": [variable]
        for one in ("dev", "prod")
        for name, variable in (
            ("Teardown", "farflow_teardown_confirm"),
            ("Airflow command", "command"),
            ("Run a DAG task", "task"),
        )
    }


def test_every_inventory_is_there():
    assert [one["source_path"] for one in ASSETS["inventory_sources"] if not (ROOT / one["source_path"]).is_dir()] == []


def test_what_is_referred_to_is_defined():
    """Organizations are not."""
    defined = [each["natural_key"] for some in ASSETS.values() for each in some]
    kinds = {
        *("project", "inventory", "execution_environment", "notification_template", "job_template"),
        *("workflow_job_template", "credential"),
    }
    keys = [one for one in objects(ASSETS) if one.get("type") in kinds and "name" in one]
    assert keys
    assert [key for key in keys if key not in defined] == []


@pytest.mark.parametrize("resource", ["inventory", "projects", "job_templates", "workflow_job_templates"])
def test_everything_carries_the_mark_of_its_project(resource):
    assert {owner(one["description"]) for one in ASSETS[resource]} == {"Airflow on Fargate"}


@pytest.mark.parametrize(
    ("description", "project"),
    [
        (marked("Plans.", "Airflow [new]"), "Airflow [new]"),
        (marked("", "A"), "A"),
        ("Plans.", None),
        ("", None),
        (None, None),
        ("[farflow.airflow: A] and more", None),
    ],
)
def test_a_mark_names_the_project(description, project):
    assert owner(description) == project


def test_the_variables_of_inventories_are_their_sources():
    assert [one for one in ASSETS["inventory"] if "variables" in one] == []


def test_no_secret_is_in_the_assets():
    assert [one for one in objects(ASSETS) if "inputs" in one or one.get("password")] == []


def test_what_awx_imports_has_no_credential_and_nothing_of_our_own():
    made = importable(ASSETS)
    assert "credentials" not in made
    assert [one for one in objects(made) if {"initial", "instance_groups", "labels", "team_roles"} & set(one)] == []
    assert [one["related"]["workflow_nodes"] for one in made["workflow_job_templates"]]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"environments": []}, "environments: is empty"),
        ({"environments": ["dev", "dev"]}, "environments.1: 'dev' is there twice"),
        ({"environments": ["dev", "Prod_1"]}, "environments.1: environment 'Prod_1'"),
        ({"project_url": "here"}, "project_url: is 'here', allowed: the URL of a Git repository"),
        ({"project_url": "https://me:secret@git.example.com/a.git"}, "project_url: has a user or password in it"),
        ({"project_branch": ""}, "project_branch: is ''"),
        ({"name_prefix": " "}, "name_prefix: is ' '"),
        ({"execution_environment_image": "a b"}, "execution_environment_image: is 'a b'"),
        ({"notification_url": "hooks.example.com"}, "notification_url: is not shown"),
        ({"drift_schedule": "daily"}, "drift_schedule: is 'daily', allowed: a rule such as"),
        ({"timeout": -1}, "timeout: is -1"),
        ({"project_wait_minutes": 0}, "project_wait_minutes: is 0"),
        ({"labels": [""]}, "labels.0: is ''"),
        ({"credentials": {"test": []}}, "credentials.test: is none of the environments dev, prod"),
        ({"credentials": {"dev": "one"}}, "credentials.dev: is 'one', allowed: a list"),
        (
            {"teams": [{"team": "a", "may": ["plan"], "environments": ["test"]}]},
            "teams.0.environments: 'test' is none of",
        ),
    ],
)
def test_wrong_settings_are_told(given, told):
    (said,) = problems(replace(SETTINGS, **given))
    assert said.startswith(told)
    assert "secret" not in said


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"project_url": "git@git.example.com:data/a.git"},
        {"project_url": "ssh://git@git.example.com/data/a.git"},
        {"notification_url": None},
        {"drift_schedule": "none"},
        {"drift_schedule": "DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1"},
        {"timeout": 0},
        {"credentials": {"dev": [], "prod": ["a", "b"]}},
    ],
)
def test_right_settings_are_not_told(given):
    assert list(problems(replace(SETTINGS, **given))) == []


def test_the_execution_environment_is_right():
    path = ROOT / "awx" / "execution-environment.yml"
    definition = UserDefinition(str(path))
    definition.validate()
    assert definition.version == 3


def test_the_execution_environment_has_exact_versions_of_what_the_tests_run_with():
    dependencies = load(ROOT / "awx" / "execution-environment.yml")["dependencies"]
    pins = [
        *dependencies["python"],
        *(dependencies[name]["package_pip"] for name in ("ansible_core", "ansible_runner")),
    ]
    locked = set(re.findall(r"^[\w-]+==[\w.]+", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE))
    assert [pin for pin in pins if pin not in locked] == []
    wanted = re.findall(r"^[\w-]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {pin.partition("==")[0] for pin in dependencies["python"]} == set(wanted)


def test_what_ansible_builder_makes_of_it_has_exact_versions(tmp_path):
    tool = Path(sys.executable).with_name("ansible-builder")
    definition = str(ROOT / "awx" / "execution-environment.yml")
    command = [str(tool), "create", "-f", definition, "-c", str(tmp_path), "--output-filename", "Containerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = load(tmp_path / "_build" / "requirements.yml")["collections"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one["version"]) for one in built)
    pins = (tmp_path / "_build" / "requirements.txt").read_text().split()
    pins += re.findall(r"ansible-(?:core|runner)\S*", (tmp_path / "Containerfile").read_text())
    assert len(pins) >= 6
    assert [pin for pin in pins if not re.fullmatch(r"[\w-]+==[\d.]+\W*", pin)] == []


@pytest.mark.parametrize(
    ("wanted", "existing", "written"),
    [
        ({"limit": "localhost"}, {"limit": "localhost", "forks": 9}, {}),
        ({"limit": "localhost"}, {"limit": "all"}, {"limit": "localhost"}),
        ({"a": {"url": "x", "token": "secret"}}, {"a": {"url": "x", "token": "$encrypted$", "more": 1}}, {}),
        ({"a": {"url": "x"}}, {"a": {"url": "y", "more": 1}}, {"a": {"url": "x", "more": 1}}),
        (
            {"a": {"url": "x", "b": "s"}},
            {"a": {"url": "y", "b": "$encrypted$"}},
            {"a": {"url": "x", "b": "$encrypted$"}},
        ),
        ({"once": 1}, {"once": 2}, {}),
        ({"a": {"mine": 1, "url": "x"}}, {"a": {"mine": 2, "url": "x"}}, {}),
        ({"a": {"mine": 1, "url": "x"}}, {"a": {"mine": 2, "url": "y"}}, {"a": {"mine": 2, "url": "x"}}),
        ({"a": {"mine": 1, "url": "x"}}, {"a": {"url": "y"}}, {"a": {"mine": 1, "url": "x"}}),
    ],
)
def test_only_what_is_wanted_is_written(wanted, existing, written):
    assert differing(wanted, existing, ["once", "a.mine"]) == written


@pytest.mark.parametrize(
    ("wanted", "existing", "is_same"),
    [([1], [1], True), ([1], [1, 2], False), ([{"a": 1}], [{"a": 1, "id": 2}], True), (None, {}, False)],
)
def test_a_list_has_nothing_more(wanted, existing, is_same):
    assert same(wanted, existing) is is_same
