"""Which names in AWX are ours, and what a description keeps of the settings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.awx.marks import marked, owner
from ansible_collections.farflow.airflow.plugins.module_utils.awx.names import environment_of, prefix_of
from ansible_collections.farflow.airflow.plugins.module_utils.awx.set import settings_in, with_settings

SETTINGS = SimpleNamespace(project="Mine", name_prefix="My: Airflow", execution_environment="farflow.airflow")
TEMPLATES = {"Plan", "Deploy with approval"}


@pytest.mark.parametrize(
    ("resource", "name", "environment"),
    [
        ("job_templates", "My: Airflow dev: Plan", "dev"),
        ("workflow_job_templates", "My: Airflow dev-2: Deploy with approval", "dev-2"),
        ("inventory", "My: Airflow dev", "dev"),
        ("projects", "Mine", ""),
        ("notification_templates", "Mine", ""),
        ("execution_environments", "farflow.airflow", ""),
        ("job_templates", "My: Airflow dev: Plan @ 10:00:00", None),
        ("job_templates", "My: Airflow dev", None),
        ("job_templates", "Other dev: Plan", None),
        ("job_templates", "My: Airflow Dev 2: Plan", None),
        ("inventory", "My: Airflow dev: Plan", None),
        ("inventory", "My: Airflow dev @ 10:00:00", None),
        ("projects", "Mine @ 10:00:00", None),
    ],
)
def test_a_name_of_ours_has_an_environment(resource, name, environment):
    assert environment_of(resource, name, SETTINGS, TEMPLATES) == environment


@pytest.mark.parametrize(
    ("resource", "name", "prefix"),
    [
        ("job_templates", "My: Airflow dev: Plan", "My: Airflow"),
        ("workflow_job_templates", "Sales prod: Deploy with approval", "Sales"),
        ("inventory", "Sales prod", "Sales"),
        ("job_templates", "Plan for Mary @ 10:00", None),
        ("job_templates", "Nightly restart", None),
        ("job_templates", "dev: Plan", None),
        ("job_templates", "Sales dev: Other", None),
        ("inventory", "prod", None),
    ],
)
def test_a_name_has_a_prefix(resource, name, prefix):
    assert prefix_of(resource, name, TEMPLATES) == prefix


@pytest.mark.parametrize(
    "settings",
    [
        [],
        [("timeout", 60), ("ask_scm_branch_on_launch", True), ("webhook_service", "github")],
        [("label", 'a "b", timeout 9. [farflow.airflow: x]'), ("label", "é\\\\"), ("instance_group", "near AWS")],
    ],
)
def test_a_description_keeps_settings_beside_its_mark(settings):
    description = with_settings(marked("Plans. Changes nothing.", "Mine"), settings)
    assert settings_in(description) == settings
    assert owner(description) == "Mine"
    assert with_settings(description, []) == marked("Plans. Changes nothing.", "Mine")
    assert description.startswith("Plans. Changes nothing.")


@pytest.mark.parametrize("edited", ["timeout long", "forks 3", r'label "\u12"', "timeout 60; label 3"])
def test_a_sentence_that_a_person_has_edited_keeps_nothing(edited):
    assert settings_in(f"Plans. Set by the settings: {edited}. [farflow.airflow: Mine]") == []


def test_a_description_without_a_mark_keeps_nothing():
    assert settings_in("Set by the settings: timeout 60.") == settings_in(None) == []
