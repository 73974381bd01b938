"""What a run makes of an AWX in which jobs have run, and in which people have set something themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils import awx_project
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client
from jinja2 import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.thorough import some

from .awx_double import AWX, CONTEXT, TOKEN
from .awx_wanted import MARK, PLAYBOOKS, attached, copy, credential, names, organization, refused, run, wanted
from .awx_wanted import TEMPLATES as OF_ENVIRONMENT

VARIABLES = {f"inventories/{name}": {"farflow_environment": name} for name in ("dev", "prod")}
OLDER = "registry.example.com/farflow-airflow:0.0.9"
TEMPLATES = len(VARIABLES) * len(OF_ENVIRONMENT)


@pytest.fixture
def awx():
    awx = AWX(list(PLAYBOOKS))
    yield awx
    awx.close()


# A second run


def test_after_jobs_have_run_a_second_run_changes_nothing(awx):
    assert run(awx)["changed"]
    awx.sync(VARIABLES)
    awx.calls.clear()
    result = run(awx)
    assert (result["changed"], result["reasons"], awx.calls) == (False, [], [])


def test_what_a_sync_has_brought_into_an_inventory_stays(awx):
    run(awx)
    awx.sync(VARIABLES)
    awx.named("inventory", "Airflow dev")["description"] = f"other {MARK}"
    assert run(awx)["reasons"] == ["inventory Airflow dev: description"]
    assert json.loads(awx.named("inventory", "Airflow dev")["variables"]) == {"farflow_environment": "dev"}


def test_check_mode_says_what_the_run_does_and_writes_nothing(awx):
    said = run(awx, check_mode=True)["reasons"]
    assert awx.calls == []
    assert run(awx)["reasons"] == said
    assert len(set(said)) == len(said)


# Credentials


def test_another_credential_of_the_type_is_taken_off_and_named(awx):
    run(awx)
    awx.attach("job_templates", "Airflow dev: Plan", "credentials", credential(awx, "Other"))
    reasons = ["job_templates Airflow dev: Plan: credentials ('Other' taken off, 'Airflow dev' attached)"]
    assert run(awx, check_mode=True)["reasons"] == reasons
    assert run(awx)["reasons"] == reasons
    assert attached(awx, "job_templates", "Airflow dev: Plan", "credentials", "credentials") == ["Airflow dev"]
    assert run(awx)["reasons"] == []


def test_credentials_of_a_user_are_attached_and_none_is_made(awx):
    credential(awx, "Account")
    awx.add("credential_types", {"name": "Corporate proxy"})
    credential(awx, "Proxy", "Corporate proxy")
    given = {"credentials": {"dev": ["Account", "Proxy"], "prod": []}}
    assert run(awx, **given)["credentials"] == []
    plan = ("credentials", "credentials")
    assert attached(awx, "job_templates", "Airflow dev: Plan", *plan) == ["Account", "Proxy"]
    assert attached(awx, "job_templates", "Airflow prod: Plan", *plan) == []
    assert names(awx, "credentials") == ["Account", "Proxy"]
    assert run(awx, **given)["reasons"] == []


def test_none_takes_off_the_one_that_was_made(awx):
    run(awx)
    result = run(awx, credentials={"prod": []})
    assert "job_templates Airflow prod: Plan: credentials ('Airflow prod' taken off)" in result["reasons"]
    assert not any("Airflow dev" in reason for reason in result["reasons"])


def test_another_credential_of_the_same_name_is_taken_off(awx):
    run(awx)
    mine, kind = (
        awx.named("credentials", "Airflow dev")["id"],
        awx.named("credential_types", "Amazon Web Services")["id"],
    )
    other = awx.add("credentials", {"name": "Airflow dev", "organization": None, "credential_type": kind})["id"]
    awx.attach("job_templates", "Airflow dev: Deploy", "credentials", other)
    told = f"credentials ('Airflow dev' of the id {other} taken off, 'Airflow dev' of the id {mine} attached)"
    assert run(awx, check_mode=True)["reasons"] == [f"job_templates Airflow dev: Deploy: {told}"]
    assert run(awx)["reasons"] == [f"job_templates Airflow dev: Deploy: {told}"]
    assert awx.attached[awx.named("job_templates", "Airflow dev: Deploy")["id"], "credentials"] == [mine]
    assert run(awx)["reasons"] == []


def test_a_credential_of_others_with_our_name_is_refused_until_it_is_named(awx):
    credential(awx, "Airflow dev")
    told = refused(awx)
    assert "credentials Airflow dev exists and is not ours: admin made it; name it in farflow_awx_credentials" in told
    assert run(awx, credentials={"dev": ["Airflow dev"]})["changed"]
    assert run(awx)["reasons"] == []  # it is on our templates by now


def test_a_credential_of_no_organization_can_be_named(awx):
    kind = awx.named("credential_types", "Amazon Web Services")["id"]
    for name in ("Global", "Airflow prod"):
        awx.add("credentials", {"name": name, "organization": None, "credential_type": kind})
    given = {"credentials": {"dev": ["Global"]}}
    assert run(awx, check_mode=True, **given)["reasons"] == run(awx, **given)["reasons"]
    plan = ("credentials", "credentials")
    assert attached(awx, "job_templates", "Airflow dev: Plan", *plan) == ["Global"]
    assert len([name for name in names(awx, "credentials") if name == "Airflow prod"]) == 2
    assert run(awx, **given)["reasons"] == []


def test_two_credentials_of_one_type_are_refused(awx):
    credential(awx, "A")
    credential(awx, "B")
    told = refused(awx, credentials={"dev": ["A", "B"], "prod": []})
    assert "farflow_awx_credentials.dev: 'A' and 'B' are both of the type Amazon Web Services" in told


def vault(awx: AWX, name: str, vault_id: str) -> int:
    identifier = credential(awx, name, "Vault")
    awx.objects["credentials"][identifier]["inputs"] = {"vault_id": vault_id, "vault_password": "x"}
    return identifier


def test_credentials_of_vault_are_told_apart_by_their_ids(awx):
    first, second = vault(awx, "V1", "one"), vault(awx, "V2", "two")
    aws = credential(awx, "AWS")
    given = {"credentials": {"dev": ["AWS", "V1"], "prod": []}}
    run(awx, **given)
    awx.attach("job_templates", "Airflow dev: Plan", "credentials", aws, first, second)
    assert run(awx, **given)["reasons"] == []
    assert run(awx, credentials={"dev": ["AWS", "V1", "V2"], "prod": []})["changed"]
    vault(awx, "V3", "one")
    assert "'V1' and 'V3' are both" in refused(awx, credentials={"dev": ["V1", "V3"], "prod": []})


@pytest.mark.parametrize(
    ("given", "kind", "told"),
    [
        (
            {"project_credential": "X"},
            "Amazon Web Services",
            "farflow_awx_project_credential: 'X' is of the type Amazon",
        ),
        ({"execution_environment_credential": "X"}, "Source Control", "allowed: Container Registry"),
        ({"credentials": {"dev": ["X"]}}, "Source Control", "farflow_awx_credentials.dev: 'X' is of the type Source"),
        ({"credentials": {"dev": ["X"]}}, "Container Registry", "AWX gives a template no such"),
    ],
)
def test_a_credential_of_the_wrong_type_is_refused(awx, given, kind, told):
    credential(awx, "X", kind)
    assert told in refused(awx, **given)


def test_keys_are_asked_for_until_they_are_there(awx):
    awx.update_ends = "failed"
    with pytest.raises(FarflowError):
        run(awx)
    awx.update_ends = "successful"
    assert run(awx)["credentials"] == ["Airflow dev", "Airflow prod"]
    result = run(awx)
    assert (result["changed"], result["credentials"]) == (False, ["Airflow dev", "Airflow prod"])
    awx.named("credentials", "Airflow dev")["inputs"] = {"username": "AKIA", "password": "x"}
    awx.input_sources[awx.named("credentials", "Airflow prod")["id"]] = ["username", "password"]
    assert run(awx)["credentials"] == []


def test_a_credential_of_another_type_stays(awx):
    run(awx)
    awx.add("credential_types", {"name": "Corporate proxy"})
    proxy = credential(awx, "Proxy", "Corporate proxy")
    mine = awx.named("credentials", "Airflow dev")["id"]
    awx.attach("job_templates", "Airflow dev: Plan", "credentials", mine, proxy)
    assert run(awx)["reasons"] == []


def test_keys_are_never_written(awx):
    run(awx)
    awx.named("credentials", "Airflow dev").update(inputs={"username": "AKIA", "password": "kept"}, description="mine")
    awx.named("job_templates", "Airflow dev: Plan")["limit"] = "all"
    run(awx)
    assert awx.named("credentials", "Airflow dev")["inputs"] == {"username": "AKIA", "password": "kept"}
    assert awx.named("credentials", "Airflow dev")["description"] == "mine"


# What a user has set


@pytest.mark.parametrize(
    ("resource", "name", "own", "broken"),
    some(
        [
            ("job_templates", "Airflow dev: Plan", {"timeout": 900}, {"limit": "all"}),
            ("job_templates", "Airflow dev: Plan", {"forks": 9}, {"playbook": "playbooks/deploy.yml"}),
            ("job_templates", "Airflow dev: Plan", {"ask_limit_on_launch": True}, {"survey_enabled": False}),
            ("job_templates", "Airflow dev: Plan", {"job_tags": "look"}, {"allow_simultaneous": True}),
            ("job_templates", "Airflow dev: Plan", {"extra_vars": "a: 1", "verbosity": 3}, {"job_type": "check"}),
            ("execution_environments", "farflow.airflow", {"pull": "always"}, {"image": OLDER}),
            ("projects", "Airflow on Fargate", {"scm_clean": True, "timeout": 60}, {"scm_branch": "other"}),
            ("projects", "Airflow on Fargate", {"scm_update_cache_timeout": 5}, {"description": MARK}),
            ("inventory_sources", "dev", {"verbosity": 2, "update_cache_timeout": 5}, {"overwrite": False}),
            ("workflow_job_templates", "Airflow dev: Drift", {"limit": "localhost"}, {"allow_simultaneous": True}),
        ],
        every=3,
    ),
)
def test_what_a_user_has_set_survives_a_mending(awx, resource, name, own, broken):
    run(awx)
    found = awx.objects[resource].values()
    (one,) = [each for each in found if each["name"] == name or each.get("source_path", "").endswith(name)]
    right = {field: one[field] for field in broken}
    one.update({**own, **broken})
    assert len(run(awx)["reasons"]) == 1
    assert {**one, **own, **right} == one
    assert run(awx)["reasons"] == []


def test_what_a_user_has_set_of_the_hook_survives_a_mending(awx):
    run(awx)
    hook = awx.named("notification_templates", "Airflow on Fargate")
    hook["notification_configuration"] = {
        **hook["notification_configuration"],
        "headers": {"Content-Type": "application/json", "X-Team": "data"},
        "url": "https://hooks.example.com/old",
    }
    hook["messages"] = {**hook["messages"], "started": {"body": "{}"}}
    assert run(awx)["reasons"] == ["notification_templates Airflow on Fargate: notification_configuration"]
    assert hook["notification_configuration"]["url"] == "https://hooks.example.com/airflow"
    assert hook["notification_configuration"]["headers"]["X-Team"] == "data"
    assert hook["messages"]["started"] == {"body": "{}"}


def test_labels_instance_groups_and_roles_of_others_stay(awx):
    awx.add("instance_groups", {"name": "near AWS"})
    run(awx)
    group, label = awx.named("instance_groups", "near AWS")["id"], awx.add("labels", {"name": "mine"})["id"]
    awx.attach("job_templates", "Airflow dev: Plan", "instance_groups", group)
    awx.attach("job_templates", "Airflow dev: Plan", "labels", label)
    assert run(awx)["reasons"] == []


# The project


def test_a_project_that_fails_is_told_with_its_last_lines_and_no_template_is_made(awx):
    awx.update_ends = "failed"
    with pytest.raises(FarflowError) as error:
        run(awx)
    told = str(error.value)
    assert told.startswith("projects Airflow on Fargate: its update is failed, nothing was made after it: ")
    assert f"{awx.url}/api/v2/project_updates/" in told
    assert "fatal: repository not found" in told
    assert names(awx, "job_templates") == names(awx, "inventory") == []
    awx.update_ends = "successful"
    result = run(awx)
    assert "projects Airflow on Fargate: updated, as its last update is failed" in result["reasons"]
    assert run(awx)["reasons"] == []


def test_a_private_repository_is_read_with_the_credential_that_is_named(awx):
    awx.update_needs = "Git"
    credential(awx, "Git", "Source Control")
    with pytest.raises(FarflowError, match="a private repository needs farflow_awx_project_credential"):
        run(awx)
    assert run(awx, project_credential="Git")["changed"]
    assert len(names(awx, "job_templates")) == TEMPLATES
    assert run(awx)["reasons"] == []  # without the setting the project keeps it


def test_an_update_that_does_not_end_is_told_while_it_is_waited_for_and_given_up(awx):
    said: list[str] = []
    awx.update_ends = "running"
    project = awx.add("projects", {"name": "Slow", "scm_type": "git", "organization": organization(awx)})
    client = Client({"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN})
    shown = client.get(f"projects/{project['id']}")
    with pytest.raises(FarflowError, match="gave up waiting for the project 'Slow' after .* its update is running"):
        awx_project.update(client, shown, True, [], 0.01, said.append)
    assert len(said) == 1
    assert said[0].startswith("waiting for the project Slow: its update is running: ")
    assert "/api/v2/project_updates/" in said[0]


def test_a_branch_without_the_playbooks_is_told_once(awx):
    awx.playbooks.remove("playbooks/deploy.yml")
    with pytest.raises(FarflowError) as error:
        run(awx)
    assert str(error.value).count("playbooks/deploy.yml") == 1
    assert "branch 'main' of https://git.example.com/data/airflow-on-fargate.git has no" in str(error.value)
    assert names(awx, "job_templates") == []


# Who asks


def test_an_unknown_organization_leaves_no_orphan(awx):
    told = refused(awx, organization="Nowhere")
    assert told == "farflow_awx_organization: AWX shows someone no organization 'Nowhere'"


def test_a_wrong_token_is_told_with_what_to_set(awx):
    told = refused(awx, token="another")
    assert told.startswith("AWX does not know who asks: Authentication credentials were not provided.")
    assert "set CONTROLLER_OAUTH_TOKEN" in told


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_user_with_few_rights_is_told_before_anything_is_made(awx, check_mode):
    awx.users["few"] = {"projects"}
    told = refused(awx, token="few", check_mode=check_mode)
    assert "execution_environments farflow.airflow: someone may not create execution_environments in the organ" in told
    assert "workflow_job_templates Airflow dev: Drift: someone may not create" in told


def test_an_administrator_of_the_organization_makes_everything_in_it(awx):
    awx.users["admin of one"] = set(awx.objects) - {"organizations", "users", "credential_types"}
    assert run(awx, token="admin of one")["changed"]
    assert awx.named("execution_environments", "farflow.airflow")["organization"] == organization(awx)
    assert run(awx, token="admin of one")["reasons"] == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_rights_in_another_organization_are_none(awx, check_mode):
    awx.users["admin of another"] = set(awx.objects)
    awx.rights_in["admin of another"] = {awx.add("organizations", {"name": "Second"})["id"]}
    told = refused(awx, token="admin of another", check_mode=check_mode)
    for resource in ("credentials", "projects", "inventory", "notification_templates", "workflow_job_templates"):
        assert f"someone may not create {resource} in the organization Default" in told
    assert run(awx, token="admin of another", organization="Second")["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("resource", "name", "given", "told"),
    [
        ("credentials", "Account", {"credentials": {"dev": ["Account"]}}, "use the credential 'Account'"),
        ("credentials", "Git", {"project_credential": "Git"}, "use the credential 'Git'"),
        ("instance_groups", "near AWS", {"instance_group": "near AWS"}, "use the instance group 'near AWS'"),
    ],
)
def test_what_a_user_sees_and_may_not_use_is_told_first(awx, resource, name, given, told, check_mode):
    awx.users["u"] = set(awx.objects)
    kind = "Source Control" if name == "Git" else "Amazon Web Services"
    one = credential(awx, name, kind) if resource == "credentials" else awx.add(resource, {"name": name})["id"]
    awx.unusable.add(one)
    assert f"someone may not {told}" in refused(awx, token="u", check_mode=check_mode, **given)
    assert run(awx, **given)["changed"]
    assert run(awx, token="u", **given)["reasons"] == []


def test_a_project_that_the_user_may_not_use_is_told_first(awx):
    run(awx)
    awx.remove("job_templates", awx.named("job_templates", "Airflow dev: Plan")["id"])
    awx.users["u"] = set(awx.objects)
    awx.unusable.add(awx.named("projects", "Airflow on Fargate")["id"])
    assert "Airflow dev: Plan: someone may not use the project 'Airflow on Fargate'" in refused(awx, token="u")


def test_an_execution_environment_of_no_organization_is_the_superusers(awx):
    awx.users["admin of one"] = set(awx.objects) - {"organizations", "users", "credential_types"}
    there = {"name": "farflow.airflow", "image": OLDER}
    awx.add("execution_environments", there)
    told = refused(awx, token="admin of one")
    assert "execution_environments farflow.airflow: someone may not change it in AWX" in told
    run(awx)
    assert awx.named("execution_environments", "farflow.airflow")["organization"] is None
    assert run(awx, token="admin of one")["reasons"] == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"project_credential": "Git"}, "credential 'Git'"),
        ({"execution_environment_credential": "Registry"}, "credential 'Registry'"),
        ({"credentials": {"dev": ["Account"]}}, "credential 'Account'"),
        ({"instance_group": "near AWS"}, "instance group 'near AWS'"),
        ({"teams": [{"team": "Data", "may": ["plan"]}]}, "team 'Data'"),
    ],
)
def test_what_a_person_makes_has_to_be_there_before_anything_is_made(awx, given, kind):
    assert refused(awx, **given).count(f"AWX shows someone no {kind}") == 1


def test_what_stands_on_a_further_page_is_seen(awx):
    for number in range(450):
        awx.add("instance_groups", {"name": f"group {number}"})
    assert run(awx, instance_group="group 449")["changed"]


# Whose it is


def others_template(awx: AWX) -> None:
    mine = organization(awx)
    project = awx.add("projects", {"name": "Theirs", "organization": mine, "scm_type": "git", "scm_url": "x"})
    inventory = awx.add("inventory", {"name": "Theirs", "organization": mine})["id"]
    given = {"project": project["id"], "inventory": inventory, "playbook": "playbooks/plan.yml"}
    awx.add("job_templates", {"name": "Airflow dev: Plan", **given})


def test_what_others_have_made_is_refused_with_whose_it_is(awx):
    others_template(awx)
    awx.add("inventory", {"name": "Airflow dev", "organization": organization(awx), "variables": "theirs: 1"})
    told = refused(awx)
    assert "job_templates Airflow dev: Plan exists and is not ours: admin made it and runs playbooks/plan.yml" in told
    assert "of the project 'Theirs'" in told
    assert "inventory Airflow dev exists and is not ours: admin made it" in told
    assert "farflow_awx_name_prefix" in told


def test_two_projects_live_in_one_organization_by_their_prefixes(awx):
    run(awx)
    other = {"project": "Sales", "project_url": "https://git.example.com/sales.git"}
    assert "belongs to the project 'Airflow on Fargate' of farflow.airflow" in refused(awx, **other)
    assert run(awx, name_prefix="Sales", **other)["changed"]
    assert len(names(awx, "job_templates")) == 2 * TEMPLATES
    assert run(awx)["reasons"] == run(awx, name_prefix="Sales", **other)["reasons"] == []
    assert run(awx)["unwanted"] == []


def test_another_repository_with_another_prefix_alone_is_refused(awx):
    run(awx)
    told = refused(awx, name_prefix="Sales", project_url=SALES["project_url"])
    assert "projects Airflow on Fargate runs job_templates Airflow dev: Airflow command, " in told
    assert "give farflow_awx_project another value" in told
    assert "exists and is not ours" not in told
    assert run(awx, project_url=SALES["project_url"])["reasons"] == ["projects Airflow on Fargate: scm_url"]
    assert run(awx, name_prefix="Second", project_url=SALES["project_url"])["changed"]


def foreign_project(awx: AWX, **given: Any) -> dict[str, Any]:
    url = wanted()["projects"][0]["scm_url"]
    made = {"name": "Airflow on Fargate", "organization": organization(awx), "scm_type": "git", "scm_url": url}
    return awx.add("projects", {**made, **given})


def test_a_project_of_others_with_our_name_and_repository_is_refused(awx):
    project = foreign_project(awx, scm_branch="release")
    told = refused(awx)
    assert "projects Airflow on Fargate exists and is not ours: admin made it" in told
    assert "give farflow_awx_project another value" in told
    assert project["scm_branch"] == "release"


def test_a_template_whose_project_is_gone_is_told_so(awx):
    run(awx)
    awx.remove("projects", awx.named("projects", "Airflow on Fargate")["id"])
    awx.named("job_templates", "Airflow dev: Plan")["description"] = ""
    assert "admin made it and runs playbooks/plan.yml of a project that is gone" in refused(awx)


def test_a_workflow_of_others_whose_nodes_run_something_else_is_refused(awx):
    run(awx)
    for workflow in ("Airflow dev: Drift", "Airflow prod: Drift"):
        awx.named("workflow_job_templates", workflow)["description"] = ""
    deploy = awx.named("job_templates", "Airflow dev: Deploy")["id"]
    awx.nodes("Airflow dev: Drift")["drift"]["unified_job_template"] = deploy
    told = refused(awx)
    assert "workflow_job_templates Airflow dev: Drift exists and is not ours" in told
    assert "Airflow prod: Drift" not in told


@pytest.mark.parametrize(
    ("resource", "name"),
    some(
        [
            ("job_templates", "Airflow dev: Plan"),
            ("inventory", "Airflow dev"),
            ("workflow_job_templates", "Airflow dev: Deploy with approval"),
            ("notification_templates", "Airflow on Fargate"),
            ("projects", "Airflow on Fargate"),
            ("execution_environments", "farflow.airflow"),
        ],
        every=3,
    ),
)
def test_a_mark_that_a_person_has_removed_comes_back(awx, resource, name):
    run(awx)
    awx.named(resource, name)["description"] = "my own words"
    assert run(awx)["reasons"] == [f"{resource} {name}: description"]
    assert awx.named(resource, name)["description"].endswith(MARK)
    assert run(awx)["reasons"] == []


def test_a_hook_of_others_with_our_name_is_refused(awx):
    run(awx)
    hook = awx.named("notification_templates", "Airflow on Fargate")
    hook.update(description="theirs", notification_configuration={"url": "https://elsewhere.example.com/"})
    assert "notification_templates Airflow on Fargate exists and is not ours" in refused(awx)


def test_what_was_made_before_there_were_marks_is_adopted_and_marked(awx):
    run(awx)
    for resource in ("projects", "inventory", "inventory_sources", "job_templates", "execution_environments"):
        for one in awx.objects[resource].values():
            one["description"] = ""
    awx.named("notification_templates", "Airflow on Fargate")["description"] = "Hears how jobs end"
    reasons = run(awx)["reasons"]
    assert "job_templates Airflow dev: Plan: description" in reasons
    assert "inventory_sources Airflow on Fargate of Airflow dev: description" in reasons
    assert awx.named("job_templates", "Airflow dev: Plan")["description"].endswith(MARK)
    assert run(awx)["reasons"] == []


# The execution environment, which several projects may share

SALES = {"name_prefix": "Sales", "project": "Sales", "project_url": "https://git.example.com/sales.git"}
NEWER = "registry.example.com/farflow-airflow:9"


def images(awx: AWX) -> set[str]:
    """The execution environments that templates have."""
    every = awx.objects["job_templates"].values()
    found = {one["execution_environment"] for one in every}
    return {awx.objects["execution_environments"][one]["name"] if one else "none" for one in found}


def test_an_execution_environment_that_others_use_stays_and_is_told(awx):
    run(awx)
    run(awx, **SALES)
    result = run(awx, state="absent")
    assert names(awx, "execution_environments") == ["farflow.airflow"]
    assert images(awx) == {"farflow.airflow"}
    (told,) = [one for one in result["notices"] if one.startswith("execution_environments farflow.airflow stays")]
    assert "job_templates Sales dev: Plan" in told
    assert run(awx, **SALES)["reasons"] == []
    assert run(awx, state="absent", **SALES)["changed"]
    result = run(awx, state="absent")
    assert result["reasons"] == ["execution_environments farflow.airflow: removed"]


def test_an_execution_environment_of_another_project_is_used_as_it_is_and_not_rewritten(awx):
    run(awx)
    run(awx, **SALES)
    told = refused(awx, execution_environment_image=NEWER, **SALES)
    assert "execution_environments farflow.airflow exists and is not ours" in told
    assert "it belongs to the project 'Airflow on Fargate' of farflow.airflow; image is registry" in told
    assert "farflow_awx_execution_environment" in told
    own = {"execution_environment": "sales", "execution_environment_image": NEWER}
    assert run(awx, **own, **SALES)["changed"]
    assert run(awx, **own, **SALES)["reasons"] == run(awx)["reasons"] == []
    assert run(awx, execution_environment_image=NEWER)["reasons"] == ["execution_environments farflow.airflow: image"]


def test_an_execution_environment_of_another_organization_stays(awx):
    awx.add("organizations", {"name": "Second"})
    run(awx)
    run(awx, organization="Second")
    assert len(names(awx, "job_templates")) == 2 * TEMPLATES
    assert "is of another organization" in refused(awx, organization="Second", execution_environment_image=NEWER)
    result = run(awx, organization="Second", state="absent")
    assert names(awx, "execution_environments") == ["farflow.airflow"]
    assert "execution_environments farflow.airflow stays, it is of another organization" in result["notices"]
    assert images(awx) == {"farflow.airflow"}
    assert run(awx)["reasons"] == []


# Copies, and others who use what is ours


@pytest.mark.parametrize(
    ("resource", "name", "called"),
    some(
        [
            ("job_templates", "Airflow dev: Plan", "Airflow dev: Plan @ 10:00:00"),
            ("job_templates", "Airflow dev: Plan", "Plan for Mary @ 10:00"),
            ("job_templates", "Airflow dev: Plan", "Mary dev: Plan"),
            ("job_templates", "Airflow dev: Plan", "Airflow test: Plan"),
            ("workflow_job_templates", "Airflow dev: Drift", "Airflow dev: Drift @ 10:00:00"),
            ("inventory", "Airflow dev", "Airflow dev @ 10:00:00"),
            ("inventory", "Airflow dev", "Airflow test"),
            ("projects", "Airflow on Fargate", "Airflow on Fargate @ 10:00:00"),
            ("execution_environments", "farflow.airflow", "farflow.airflow @ 10:00:00"),
            ("notification_templates", "Airflow on Fargate", "Airflow on Fargate @ 10:00:00"),
        ],
        every=4,
    ),
)
@pytest.mark.parametrize("state", ["exact", "absent"])
def test_a_copy_that_a_person_has_made_stays_and_is_told(awx, resource, name, called, state):
    run(awx)
    copy(awx, resource, name, called)
    result = run(awx, state=state)
    assert called in names(awx, resource)
    assert any(one.startswith(f"{resource} {called} stays, ") for one in result["notices"])
    assert not run(awx, state=state)["changed"]


def test_a_copy_of_the_hook_that_a_person_has_attached_stays(awx):
    run(awx)
    own = copy(awx, "notification_templates", "Airflow on Fargate", "Airflow on Fargate @ 10:00:00")["id"]
    awx.attach("job_templates", "Airflow dev: Plan", "notification_templates_started", own)
    assert run(awx)["unwanted"] == []
    assert run(awx, state="exact")["reasons"] == []


def test_a_template_of_others_whose_description_ends_with_the_mark_stays(awx):
    others_template(awx)
    awx.named("job_templates", "Airflow dev: Plan").update(name="Nightly restart", description=f"see {MARK}")
    run(awx)
    run(awx, state="exact")
    run(awx, state="absent")
    assert names(awx, "job_templates") == ["Nightly restart"]


def test_what_others_use_stays_until_they_do_not_any_more(awx):
    run(awx)
    project, inventory = awx.named("projects", "Airflow on Fargate")["id"], awx.named("inventory", "Airflow dev")["id"]
    own = {"name": "Own", "project": project, "inventory": inventory, "playbook": "playbooks/plan.yml"}
    awx.add("job_templates", own)
    workflow = awx.add("workflow_job_templates", {"name": "Own flow", "organization": organization(awx)})["id"]
    deploy = awx.named("job_templates", "Airflow dev: Deploy")["id"]
    node = {"workflow_job_template": workflow, "identifier": "x", "unified_job_template": deploy}
    awx.add("workflow_job_template_nodes", node)
    result = run(awx, state="absent")
    assert "inventory Airflow dev stays, used by job_templates Own" in result["notices"]
    assert "job_templates Airflow dev: Deploy stays, used by workflow_job_templates Own flow" in result["notices"]
    assert any(one.startswith("projects Airflow on Fargate stays, used by ") for one in result["notices"])
    awx.delete_pending()
    assert names(awx, "job_templates") == ["Airflow dev: Deploy", "Own"]
    assert names(awx, "inventory") == ["Airflow dev"]
    assert len(names(awx, "inventory_sources")) == 1
    assert names(awx, "execution_environments") == ["farflow.airflow"]
    awx.remove("workflow_job_templates", workflow)
    awx.remove("job_templates", awx.named("job_templates", "Own")["id"])
    run(awx, state="absent")
    awx.delete_pending()
    for resource in ("job_templates", "inventory", "projects", "execution_environments"):
        assert names(awx, resource) == []


def test_absent_tells_when_nothing_bears_the_mark(awx):
    run(awx)
    result = run(awx, state="absent", project="Typo")
    assert not result["changed"]
    assert result["notices"] == [
        "nothing in the organization carries the mark of the project 'Typo'; there are marks of 'Airflow on Fargate'"
    ]


# What is no longer wanted


def test_what_is_no_longer_wanted_is_told_and_removed_when_asked_for(awx):
    run(awx)
    one = {"environments": ["dev"], "notification_url": ""}
    told = run(awx, **one)
    assert not told["changed"]
    assert "job_templates Airflow prod: Deploy" in told["unwanted"]
    assert "inventory Airflow prod" in told["unwanted"]
    assert "notification_templates Airflow on Fargate" in told["unwanted"]
    assert "Airflow dev: Deploy: notification_templates_error Airflow on Fargate" in told["unwanted"]
    reasons = run(awx, check_mode=True, state="exact", **one)["reasons"]
    assert run(awx, state="exact", **one)["reasons"] == reasons
    awx.delete_pending()
    assert names(awx, "inventory") == ["Airflow dev"]
    assert not any("prod" in name for name in names(awx, "job_templates") + names(awx, "workflow_job_templates"))
    assert names(awx, "notification_templates") == []
    assert names(awx, "credentials") == ["Airflow dev", "Airflow prod"]
    again = run(awx, state="exact", **one)
    assert (again["reasons"], again["unwanted"]) == ([], [])


def test_absent_removes_what_is_ours_and_nothing_else(awx):
    others_template(awx)
    run(awx, name_prefix="Mine")
    assert run(awx, state="absent", name_prefix="Mine")["changed"]
    awx.delete_pending()
    assert names(awx, "job_templates") == ["Airflow dev: Plan"]
    assert names(awx, "projects") == ["Theirs"]
    for resource in ("workflow_job_templates", "inventory", "notification_templates", "execution_environments"):
        assert names(awx, resource) == (["Theirs"] if resource == "inventory" else [])
    assert names(awx, "credentials") == ["Mine dev", "Mine prod"]
    assert not run(awx, state="absent", name_prefix="Mine")["changed"]


def test_an_inventory_that_awx_is_deleting_is_not_deleted_twice(awx):
    run(awx)
    awx.add("inventory", {"name": "Theirs", "organization": organization(awx)})
    one = {"environments": ["dev"]}
    run(awx, state="exact", **one)
    assert run(awx, state="exact", **one)["reasons"] == []
    assert run(awx, **one)["unwanted"] == []
    run(awx, state="absent")
    assert names(awx, "inventory") == ["Airflow dev", "Airflow prod", "Theirs"]
    assert run(awx, state="absent")["reasons"] == []


def test_an_inventory_that_awx_is_deleting_is_not_taken_as_there(awx):
    run(awx)
    run(awx, state="absent")
    told = refused(awx)
    assert "inventory Airflow dev is being deleted by AWX; run this again when it is gone" in told
    awx.delete_pending()
    assert run(awx)["changed"]
    assert run(awx)["reasons"] == []


def test_a_project_goes_while_awx_deletes_its_inventories(awx):
    run(awx)
    for one in awx.objects["inventory"].values():
        awx._schedule_deletion(one)
    run(awx, state="absent")
    assert names(awx, "projects") == []


def test_a_source_of_an_inventory_that_was_renamed_is_told_and_removed(awx):
    run(awx)
    (source,) = [one for one in awx.objects["inventory_sources"].values() if one["source_path"].endswith("dev")]
    source["name"] = "renamed"
    assert run(awx)["reasons"] == ["inventory_sources Airflow on Fargate of Airflow dev: created"]
    assert run(awx)["unwanted"] == ["inventory_sources renamed of Airflow dev"]
    assert run(awx, state="exact")["reasons"] == ["inventory_sources renamed of Airflow dev: removed"]
    assert names(awx, "inventory_sources") == ["Airflow on Fargate"] * 2
    assert run(awx, state="exact")["reasons"] == []


def test_an_inventory_in_another_organization_is_told(awx):
    run(awx)
    inventory = awx.named("inventory", "Airflow dev")
    inventory["organization"] = awx.add("organizations", {"name": "Second"})["id"]
    result = run(awx)
    assert "inventory Airflow dev: created" in result["reasons"]
    told = "inventory Airflow dev with a source from this project stays, it is of another organization"
    assert told in result["notices"]
    assert told in run(awx)["notices"]
    assert run(awx, organization="Second")["notices"] == []


# The nightly plan


def schedule(awx: AWX) -> dict[str, Any]:
    workflow = awx.named("workflow_job_templates", "Airflow dev: Drift")["id"]
    (found,) = [one for one in awx.objects["schedules"].values() if one["unified_job_template"] == workflow]
    return found


def test_what_a_user_makes_of_the_schedule_stays(awx):
    run(awx)
    own = {"rrule": "DTSTART;TZID=Europe/Berlin:20260101T060000 RRULE:FREQ=WEEKLY;INTERVAL=1", "enabled": False}
    schedule(awx).update(own)
    assert run(awx)["reasons"] == []
    assert {**schedule(awx), **own} == schedule(awx)


def test_a_schedule_that_is_set_is_put_back_but_not_switched_on(awx):
    rule = "DTSTART;TZID=Europe/Berlin:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1"
    run(awx, drift_schedule=rule)
    schedule(awx).update(rrule="DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=1", enabled=False)
    assert run(awx, drift_schedule=rule)["reasons"] == ["workflow_job_templates Airflow dev: Drift: schedules (rrule)"]
    assert (schedule(awx)["rrule"], schedule(awx)["enabled"]) == (rule, False)


def test_no_schedule_is_none_and_the_one_that_is_there_is_told_and_removed(awx):
    run(awx)
    assert "Airflow dev: Drift: schedules Drift, every night" in run(awx, drift_schedule="none")["unwanted"]
    run(awx, drift_schedule="none", state="exact")
    assert names(awx, "schedules") == []


def test_a_schedule_of_others_with_our_name_stays(awx):
    run(awx)
    deploy, plan = (awx.named("job_templates", f"Airflow dev: {name}")["id"] for name in ("Deploy", "Plan"))
    rule = schedule(awx)["rrule"]
    for template, description in ((deploy, ""), (plan, "mine")):
        given = {"name": "Drift, every night", "unified_job_template": template, "rrule": rule}
        awx.add("schedules", {**given, "description": description})
    assert run(awx)["unwanted"] == []
    assert run(awx, state="exact")["reasons"] == []


def test_the_schedule_of_the_first_version_is_told(awx):
    run(awx)
    plan = awx.named("job_templates", "Airflow dev: Plan")["id"]
    rule = schedule(awx)["rrule"]
    awx.add("schedules", {"name": "Drift, every night", "unified_job_template": plan, "rrule": rule})
    assert run(awx)["unwanted"] == ["Airflow dev: Plan: schedules Drift, every night"]


# Workflows


APPROVED = "Airflow dev: Deploy with approval"


def following(awx: AWX, workflow: str) -> dict[str, list[str]]:
    found = awx.nodes(workflow)
    called = {one["id"]: name for name, one in found.items()}
    return {
        name: [called[each] for each in awx.attached.get((one["id"], "success_nodes"), [])]
        for name, one in found.items()
    }


def test_a_workflow_plans_asks_deploys_and_plans_again(awx):
    run(awx)
    workflow = "Airflow dev: Deploy with approval"
    assert following(awx, workflow) == {
        "plan": ["approval"],
        "approval": ["deploy"],
        "deploy": ["check"],
        "check": [],
    }
    found = awx.nodes(workflow)
    template = {name: awx.objects["job_templates"].get(one["unified_job_template"]) for name, one in found.items()}
    assert {name: one and one["name"] for name, one in template.items()} == {
        "plan": "Airflow dev: Plan",
        "approval": None,
        "deploy": "Airflow dev: Deploy",
        "check": "Airflow dev: Plan",
    }
    assert found["check"]["extra_data"] == {"farflow_plan_must_be_empty": "true"}
    approval = awx.objects["workflow_approval_templates"][found["approval"]["unified_job_template"]]
    assert approval["name"] == "Deploy Airflow dev"
    assert "also when there is nothing to do" in approval["description"]
    for end in ("approvals", "error"):
        relation = f"notification_templates_{end}"
        assert attached(awx, "workflow_job_templates", workflow, relation, "notification_templates")


def test_a_workflow_that_somebody_has_broken_is_mended_and_further_nodes_stay(awx):
    run(awx)
    workflow = "Airflow dev: Deploy with approval"
    found = awx.nodes(workflow)
    awx.attached[found["plan"]["id"], "success_nodes"] = []
    found["check"]["extra_data"] = {}
    identifier = awx.named("workflow_job_templates", workflow)["id"]
    template = awx.named("job_templates", "Airflow dev: DAG tasks")["id"]
    own = {"workflow_job_template": identifier, "identifier": "mine", "unified_job_template": template}
    awx.add("workflow_job_template_nodes", own)
    approval = awx.objects["workflow_approval_templates"][found["approval"]["unified_job_template"]]
    approval.update(description="", timeout=600)
    assert run(awx)["reasons"] == [f"workflow_job_templates {workflow}: node approval, node check, node plan"]
    assert following(awx, workflow)["plan"] == ["approval"]
    assert approval["timeout"] == 600
    assert "mine" in awx.nodes(workflow)
    assert run(awx)["reasons"] == []


def link(awx: AWX, parent: str, relation: str, *children: str) -> None:
    """What a person makes of the links of a node, in the browser."""
    found = awx.nodes(APPROVED)
    awx.attached[found[parent]["id"], f"{relation}_nodes"] = [found[child]["id"] for child in children]


def delete_the_approval(awx: AWX) -> None:
    """As AWX's visualizer does it: what came after the node comes after the one before it."""
    gone = awx.nodes(APPROVED)["approval"]["id"]
    del awx.objects["workflow_job_template_nodes"][gone]
    awx.attached.pop((gone, "success_nodes"))
    link(awx, "plan", "success", "deploy")


def test_a_denied_approval_deploys_nothing(awx):
    run(awx)
    assert awx.runs(APPROVED) == ["plan", "approval", "deploy", "check"]
    assert awx.runs(APPROVED, fails="approval") == ["plan", "approval"]


@pytest.mark.parametrize(
    "break_it",
    [
        delete_the_approval,
        lambda awx: link(awx, "plan", "always", "deploy"),
        lambda awx: link(awx, "plan", "success", "approval", "deploy"),
        lambda awx: link(awx, "approval", "failure", "deploy"),
        lambda awx: link(awx, "approval", "always", "check"),
    ],
)
def test_a_link_round_the_approval_is_taken_off_and_told(awx, break_it):
    run(awx)
    break_it(awx)
    reasons = run(awx, check_mode=True)["reasons"]
    assert len(reasons) == 1
    assert re.search(r"link (plan|approval) -\w+-> (deploy|check) taken off|node deploy", reasons[0])
    assert run(awx)["reasons"] == reasons
    assert awx.runs(APPROVED) == ["plan", "approval", "deploy", "check"]
    assert awx.runs(APPROVED, fails="approval") == ["plan", "approval"]
    assert run(awx)["reasons"] == []


def test_a_way_round_the_approval_by_a_further_node_deploys_nothing_when_it_is_denied(awx):
    run(awx)
    identifier = awx.named("workflow_job_templates", APPROVED)["id"]
    template = awx.named("job_templates", "Airflow dev: DAG tasks")["id"]
    own = {"workflow_job_template": identifier, "identifier": "mine", "unified_job_template": template}
    awx.add("workflow_job_template_nodes", own)
    link(awx, "plan", "success", "approval", "mine")
    link(awx, "mine", "success", "deploy")
    assert awx.runs(APPROVED, fails="approval") == ["plan", "approval", "mine"]
    assert run(awx)["reasons"] == []  # a person's own nodes, and their links, stay
    awx.nodes(APPROVED)["deploy"]["all_parents_must_converge"] = False
    assert run(awx)["reasons"] == [f"workflow_job_templates {APPROVED}: node deploy"]
    assert awx.runs(APPROVED, fails="approval") == ["plan", "approval", "mine"]


@pytest.mark.parametrize("relation", ["always", "failure"])
def test_a_link_of_another_type_is_mended(awx, relation):
    run(awx)
    link(awx, "plan", "success")
    link(awx, "plan", relation, "approval")
    reasons = [f"workflow_job_templates {APPROVED}: link plan -{relation}-> approval taken off, node plan"]
    assert run(awx, check_mode=True)["reasons"] == reasons
    assert run(awx)["reasons"] == reasons
    assert awx.runs(APPROVED, fails="plan") == ["plan"]
    assert run(awx)["reasons"] == []


def test_a_link_the_other_way_round_is_mended(awx):
    run(awx)
    link(awx, "plan", "success")
    link(awx, "approval", "success", "plan", "deploy")
    reasons = run(awx, check_mode=True)["reasons"]
    assert reasons == [f"workflow_job_templates {APPROVED}: link approval -success-> plan taken off, node plan"]
    assert run(awx)["reasons"] == reasons
    assert following(awx, APPROVED)["plan"] == ["approval"]
    assert run(awx)["reasons"] == []


def test_a_link_that_would_close_a_circle_over_a_further_node_is_told(awx):
    run(awx)
    identifier = awx.named("workflow_job_templates", APPROVED)["id"]
    template = awx.named("job_templates", "Airflow dev: DAG tasks")["id"]
    own = {"workflow_job_template": identifier, "identifier": "mine", "unified_job_template": template}
    awx.add("workflow_job_template_nodes", own)
    link(awx, "plan", "success")
    link(awx, "approval", "success", "mine")
    link(awx, "mine", "success", "plan")
    told = refused(awx)
    assert (
        f"workflow_job_templates {APPROVED}: the node approval leads back to plan by way of nodes that a person" in told
    )


def test_drift_is_looked_for_at_night(awx):
    run(awx)
    (node,) = awx.nodes("Airflow dev: Drift").values()
    assert node["extra_data"] == {"farflow_plan_must_be_empty": "true"}
    assert attached(awx, "job_templates", "Airflow dev: Plan", "notification_templates_error", "notification_templates")
    assert schedule(awx)["enabled"]


# Settings


def test_settings_of_templates(awx):
    awx.add("instance_groups", {"name": "near AWS"})
    given = {
        "labels": ["airflow", "data"],
        "instance_group": "near AWS",
        "timeout": 7200,
        "branch_on_launch": True,
        "webhook_service": "github",
    }
    result = run(awx, **given)
    for each in ("Plan", "Deploy", "DAG tasks", "Teardown", "Airflow command"):
        template = f"Airflow prod: {each}"
        assert attached(awx, "job_templates", template, "labels", "labels") == ["airflow", "data"]
        assert attached(awx, "job_templates", template, "instance_groups", "instance_groups") == ["near AWS"]
        assert awx.named("job_templates", template)["timeout"] == 7200
        asks = awx.named("job_templates", template)["ask_scm_branch_on_launch"]
        assert asks == (each in ("Plan", "Deploy"))
    assert awx.named("projects", "Airflow on Fargate")["allow_override"]
    assert [one["name"] for one in result["webhooks"]] == [
        "Airflow dev: Deploy with approval",
        "Airflow prod: Deploy with approval",
    ]
    assert result["webhooks"][0]["url"].endswith("/github/")
    assert run(awx, **given)["reasons"] == []
    (reason,) = [one for one in run(awx, branch_on_launch=False)["reasons"] if "Airflow dev: Plan" in one]
    assert "ask_scm_branch_on_launch" in reason


EVERY = {
    "labels": ["airflow", 'a "b", c'],
    "instance_group": "near AWS",
    "timeout": 7200,
    "branch_on_launch": True,
    "webhook_service": "github",
}


def test_what_the_settings_do_not_set_any_more_is_told_and_taken_back_when_asked_for(awx):
    awx.add("instance_groups", {"name": "near AWS"})
    run(awx, **EVERY)
    assert run(awx, **EVERY)["reasons"] == []
    for _time in range(2):
        result = run(awx)
        assert result["reasons"] == []
        told = [
            one.removeprefix("Airflow dev: Plan: ") for one in result["unwanted"] if ": Plan" in one and "dev" in one
        ]
        assert sorted(told) == [
            "ask_scm_branch_on_launch true",
            'instance_group "near AWS"',
            r'label "a \"b\", c"',
            'label "airflow"',
            "timeout 7200",
        ]
        assert f'{APPROVED}: webhook_service "github"' in result["unwanted"]
    reasons = run(awx, state="exact", check_mode=True)["reasons"]
    assert run(awx, state="exact")["reasons"] == reasons
    plan = awx.named("job_templates", "Airflow dev: Plan")
    assert (plan["timeout"], plan["ask_scm_branch_on_launch"]) == (0, False)
    assert awx.named("workflow_job_templates", APPROVED)["webhook_service"] == ""
    for relation in ("labels", "instance_groups"):
        assert attached(awx, "job_templates", "Airflow dev: Plan", relation, relation) == []
    again = run(awx, state="exact")
    assert (again["reasons"], again["unwanted"]) == ([], [])


def test_what_a_person_has_set_since_is_not_taken_back(awx):
    run(awx, timeout=7200, labels=["airflow"])
    plan = awx.named("job_templates", "Airflow dev: Plan")
    plan["timeout"] = 900
    awx.attach("job_templates", "Airflow dev: Plan", "labels", awx.add("labels", {"name": "mine"})["id"])
    run(awx, state="exact")
    assert plan["timeout"] == 900
    assert attached(awx, "job_templates", "Airflow dev: Plan", "labels", "labels") == ["mine"]


def test_another_instance_group_takes_the_place_of_the_one_that_was_set(awx):
    for name in ("one", "two", "mine"):
        awx.add("instance_groups", {"name": name})
    run(awx, instance_group="one")
    awx.attached[awx.named("job_templates", "Airflow dev: Plan")["id"], "instance_groups"].append(
        awx.named("instance_groups", "mine")["id"]
    )
    run(awx, instance_group="two")
    group = ("instance_groups", "instance_groups")
    assert attached(awx, "job_templates", "Airflow dev: Plan", *group) == ["mine", "two"]
    assert run(awx, instance_group="two")["reasons"] == []


def test_no_webhook_service_is_none_at_once(awx):
    run(awx, webhook_service="github")
    run(awx, webhook_service="none")
    assert awx.named("workflow_job_templates", APPROVED)["webhook_service"] == ""
    assert run(awx, webhook_service="none")["reasons"] == run(awx)["reasons"] == []


def test_teams_may_do_what_the_settings_say(awx):
    for name in ("Data", "Operations"):
        awx.add("teams", {"name": name, "organization": organization(awx)})
    teams = [
        {"team": "Data", "may": ["plan", "request"]},
        {"team": "Data", "may": ["deploy"], "environments": ["dev"]},
        {"team": "Operations", "may": ["approve", "teardown", "command"], "environments": ["prod"]},
    ]
    run(awx, teams=teams)
    workflow = "workflow_job_templates"
    assert awx.may("job_templates", "Airflow dev: Deploy") == {"Execute": ["Data"]}
    assert awx.may("job_templates", "Airflow prod: Deploy") == {"Read": ["Data", "Operations"]}
    assert awx.may("job_templates", "Airflow prod: Teardown") == {"Execute": ["Operations"]}
    assert awx.may("job_templates", "Airflow prod: Airflow command") == {"Execute": ["Operations"]}
    assert awx.may(workflow, "Airflow prod: Deploy with approval") == {"Execute": ["Data"], "Approve": ["Operations"]}
    assert awx.may(workflow, "Airflow dev: Drift") == {"Execute": ["Data"]}
    assert run(awx, teams=teams)["reasons"] == []


# What the hook is told


@pytest.mark.parametrize("form", ["text", "teams"])
@pytest.mark.parametrize("text", ['a "reason" with \\ and {{ braces }}', "<b>"])
def test_the_hook_is_told_counts_and_reasons_in_json(form, text):
    (hook,) = wanted(notification_format=form)["notification_templates"]
    artifacts = {
        "farflow_pending": 2,
        "farflow_counts": {"create": 1, "change": 1, "delete": 0},
        "farflow_reasons": [text],
    }
    said = rendered(hook["messages"]["error"]["body"], {"name": "Airflow dev: Plan", "artifacts": artifacts})
    assert "2 differences: create 1, change 1, delete 0" in said[form]
    assert text in said[form]
    quiet = rendered(hook["messages"]["success"]["body"], {"name": "Airflow dev: Deploy", "artifacts": {}})
    assert "differences" not in quiet[form]
    assert quiet[form].startswith("Airflow dev: Deploy: ")
    for each in hook["messages"]["workflow_approval"].values():
        assert "Approve Me" in rendered(each["body"], {})[form]


def test_awxs_own_body_is_left_to_awx():
    (hook,) = wanted(notification_format="awx")["notification_templates"]
    assert hook["messages"] is None


def rendered(body: str, job: dict[str, Any]) -> dict[str, str]:
    """What AWX posts, and of it the text by the name of its form."""
    context = {**CONTEXT, "job": {**CONTEXT["job"], **job}}
    text = ImmutableSandboxedEnvironment(undefined=ChainableUndefined).from_string(body).render(context)
    said = json.loads(text)
    if "text" in said:
        return {"text": said["text"]}
    return {"teams": said["attachments"][0]["content"]["body"][0]["text"]}
