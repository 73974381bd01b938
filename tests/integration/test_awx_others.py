"""What of an AWX is other people's: how they use what is ours, what they put into it, and what they may see and do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client

from tests.thorough import some

from .awx_double import AWX, TOKEN, Refused
from .awx_wanted import PLAYBOOKS, attached, copy, credential, names, organization, refused, run

VARIABLES = {f"inventories/{name}": {"farflow_environment": name} for name in ("dev", "prod")}
HOOK = ("notification_templates", "Airflow on Fargate")
APPROVED = "Airflow dev: Deploy with approval"


@pytest.fixture
def awx():
    awx = AWX(list(PLAYBOOKS))
    yield awx
    awx.close()


def own(awx: AWX, resource: str, **given: Any) -> dict[str, Any]:
    """An object of a person's in the organization."""
    project = {"scm_type": "git", "scm_url": "https://git.example.com/own.git"} if resource == "projects" else {}
    return awx.add(resource, {"name": "Own", "organization": organization(awx), **project, **given})


def gone(awx: AWX, **given: Any) -> dict[str, Any]:
    """A run that removes everything of ours, and AWX's own removals after it."""
    result = run(awx, **{"state": "absent", **given})
    awx.delete_pending()
    return result


# What others use


@pytest.mark.parametrize(
    ("resource", "relation"),
    some(
        [
            ("projects", "notification_templates_error"),
            ("inventory_sources", "notification_templates_success"),
            ("system_job_templates", "notification_templates_started"),
            ("workflow_job_templates", "notification_templates_approvals"),
            ("organizations", "notification_templates_approvals"),
            ("organizations", "notification_templates_error"),
        ],
        every=3,
    ),
)
@pytest.mark.parametrize("given", [{"state": "absent"}, {"state": "exact", "notification_url": None}])
def test_the_hook_stays_with_whoever_uses_it(awx, resource, relation, given):
    run(awx)
    fields = {
        "inventory_sources": {"inventory": own(awx, "inventory")["id"]},
        "projects": {"organization": organization(awx), "scm_type": "git", "scm_url": "https://git.example.com/a.git"},
        "workflow_job_templates": {"organization": organization(awx)},
    }
    awx.add(resource, {"name": "Theirs", **fields.get(resource, {})})
    awx.attach(resource, "Theirs", relation, awx.named(*HOOK)["id"])
    result = gone(awx, **given)
    assert attached(awx, resource, "Theirs", relation, "notification_templates") == ["Airflow on Fargate"]
    (told,) = [one for one in result["notices"] if one.startswith("notification_templates Airflow on Fargate stays")]
    assert told.endswith(" Own" if resource == "inventory_sources" else " Theirs")
    awx.attach(resource, "Theirs", relation)
    assert "notification_templates Airflow on Fargate: removed" in gone(awx, **given)["reasons"]


@pytest.mark.parametrize("resource", ["projects", "inventory_sources"])
def test_what_a_workflow_of_others_syncs_stays(awx, resource):
    run(awx)
    workflow = own(awx, "workflow_job_templates")["id"]
    run_by_it = next(iter(awx.objects[resource].values()))["id"]
    awx.add(
        "workflow_job_template_nodes",
        {"workflow_job_template": workflow, "identifier": "x", "unified_job_template": run_by_it},
    )
    told = gone(awx)["notices"]
    what = "projects Airflow on Fargate" if resource == "projects" else "inventory Airflow dev"
    assert f"{what} stays, used by workflow_job_templates Own" in told
    assert run_by_it in awx.objects[resource]


@pytest.mark.parametrize(
    ("field", "resource"), [("inventory", "inventory"), ("execution_environment", "execution_environments")]
)
@pytest.mark.parametrize("by", ["workflow_job_template_nodes", "schedules"])
def test_what_others_launch_their_own_with_stays(awx, field, resource, by):
    run(awx)
    project, inventory = own(awx, "projects")["id"], own(awx, "inventory")["id"]
    given = {"project": project, "inventory": inventory, "playbook": "playbooks/plan.yml"}
    template = awx.add("job_templates", {"name": "Own", **given})["id"]
    used = next(iter(awx.objects[resource].values()))
    asks = {"unified_job_template": template, field: used["id"]}
    if by == "schedules":
        rule = next(iter(awx.objects["schedules"].values()))["rrule"]
        awx.add("schedules", {"name": "Own", "rrule": rule, **asks})
    else:
        workflow = own(awx, "workflow_job_templates", name="Own flow")["id"]
        awx.add(by, {"workflow_job_template": workflow, "identifier": "x", **asks})
    told = gone(awx)["notices"]
    user = "job_templates Own" if by == "schedules" else "workflow_job_templates Own flow"
    assert f"{resource} {used['name']} stays, used by {user}" in told
    assert used["id"] in awx.objects[resource]


def test_the_hook_stays_with_a_source_of_others_in_an_inventory_of_ours(awx):
    run(awx)
    awx.add("inventory_sources", {"name": "mine", "inventory": awx.named("inventory", "Airflow dev")["id"]})
    awx.attach("inventory_sources", "mine", "notification_templates_error", awx.named(*HOOK)["id"])
    told = run(awx, state="exact", notification_url=None)["notices"]
    assert told == ["notification_templates Airflow on Fargate stays, used by inventory Airflow dev"]


def test_a_template_stays_with_a_node_of_others_in_a_workflow_of_ours(awx):
    run(awx)
    workflow = awx.named("workflow_job_templates", APPROVED)["id"]
    deploy = awx.named("job_templates", "Airflow prod: Deploy")["id"]
    node = {"workflow_job_template": workflow, "identifier": "mine", "unified_job_template": deploy}
    awx.add("workflow_job_template_nodes", node)
    told = run(awx, state="exact", environments=["dev"])["notices"]
    assert f"job_templates Airflow prod: Deploy stays, used by workflow_job_templates {APPROVED}" in told
    assert "Airflow prod: Deploy" in names(awx, "job_templates")


def test_an_inventory_that_another_one_is_made_of_stays(awx):
    run(awx)
    own(awx, "inventory", kind="constructed")
    awx.attach("inventory", "Own", "input_inventories", awx.named("inventory", "Airflow dev")["id"])
    assert "inventory Airflow dev stays, used by inventory Own" in gone(awx)["notices"]
    assert names(awx, "inventory") == ["Airflow dev", "Own"]


# What others have put into what is ours


@pytest.mark.parametrize("resource", ["inventory_sources", "hosts", "groups"])
def test_an_inventory_with_something_of_others_in_it_stays_and_is_told(awx, resource):
    run(awx)
    awx.sync(VARIABLES)
    awx.add(resource, {"name": "mine", "inventory": awx.named("inventory", "Airflow dev")["id"]})
    assert run(awx)["reasons"] == []
    told = gone(awx)["notices"]
    assert f"inventory Airflow dev stays, others have put {resource} mine into it" in told
    assert "projects Airflow on Fargate stays, used by inventory Airflow dev" in told
    assert "mine" in names(awx, resource)
    assert names(awx, "inventory") == ["Airflow dev"]
    awx.remove(resource, awx.named(resource, "mine")["id"])
    gone(awx)
    assert names(awx, "inventory") == names(awx, "projects") == []


def test_what_others_have_added_to_a_template_and_goes_with_it_is_told(awx):
    run(awx)
    deploy, workflow = awx.named("job_templates", "Airflow dev: Deploy"), awx.named("workflow_job_templates", APPROVED)
    rule = next(iter(awx.objects["schedules"].values()))["rrule"]
    awx.add("schedules", {"name": "weekly", "rrule": rule, "unified_job_template": deploy["id"]})
    node = {"workflow_job_template": workflow["id"], "identifier": "mine", "unified_job_template": deploy["id"]}
    awx.add("workflow_job_template_nodes", node)
    reasons = run(awx, state="absent", check_mode=True)["reasons"]
    assert "job_templates Airflow dev: Deploy: removed, and with it schedules weekly" in reasons
    assert f"workflow_job_templates {APPROVED}: removed, and with it workflow_job_template_nodes mine" in reasons
    assert "workflow_job_templates Airflow dev: Drift: removed" in reasons
    assert gone(awx)["reasons"] == reasons


# Credentials


def test_a_credential_of_ours_that_was_renamed_is_not_replaced_by_an_empty_one(awx):
    run(awx)
    awx.named("credentials", "Airflow dev").update(name="Production account", inputs={"username": "AKIA"})
    told = refused(awx)
    assert told.count("credentials Airflow dev") == 1
    assert (
        "credentials Airflow dev: 'Production account' has its place and the project's mark, so it was renamed; "
        "name it in farflow_awx_credentials, or give it its name back"
    ) in told
    plan = ("credentials", "credentials")
    assert attached(awx, "job_templates", "Airflow dev: Plan", *plan) == ["Production account"]
    assert run(awx, credentials={"dev": ["Production account"]})["reasons"] == []


@pytest.mark.parametrize("given", [{"credentials": {"dev": ["Mine"]}}, {"environments": ["prod"]}])
def test_a_credential_that_is_no_longer_wanted_stays_and_is_told(awx, given):
    run(awx)
    credential(awx, "Mine")
    told = "credentials Airflow dev stays, since its keys are yours; remove it in AWX when nothing needs it any more"
    assert run(awx, **given)["notices"] == run(awx, state="exact", **given)["notices"] == [told]
    assert {told, told.replace("dev", "prod")} == set(gone(awx)["notices"])
    assert run(awx)["notices"] == []


# Names


@pytest.mark.parametrize("name", ["Airflow qa: Drift", "Airflow qa: Deploy with approval"])
@pytest.mark.parametrize("state", ["exact", "absent"])
def test_a_copy_of_a_workflow_for_an_environment_that_never_was_stays(awx, name, state):
    run(awx)
    copy(awx, "workflow_job_templates", name.replace("qa", "dev"), name)
    told = f"workflow_job_templates {name} stays, it has the mark of the project and none of its names, as a copy has"
    assert told in run(awx, state=state)["notices"]
    assert name in names(awx, "workflow_job_templates")


def test_workflows_of_an_environment_that_is_not_wanted_any_more_go(awx):
    run(awx)
    run(awx, environments=["dev"], state="exact")
    assert not any("prod" in name for name in names(awx, "workflow_job_templates"))


def test_what_another_prefix_has_made_is_told_in_one_line(awx):
    run(awx)
    copy(awx, "job_templates", "Airflow dev: Plan", "Mary dev: Plan")
    result = run(awx, name_prefix="AF")
    count = sum(len(names(awx, each)) for each in ("inventory", "job_templates", "workflow_job_templates")) // 2
    assert result["notices"] == [
        "job_templates Mary dev: Plan stays, it has the mark of the project and none of its names, as a copy has",
        f"{count} inventories and templates of farflow_awx_name_prefix 'Airflow' stay; "
        "farflow_awx_state=absent with that prefix removes them",
    ]
    awx.remove("job_templates", awx.named("job_templates", "Mary dev: Plan")["id"])
    assert gone(awx)["changed"]
    assert run(awx, name_prefix="AF")["notices"] == []


def test_a_second_absent_does_not_speak_of_the_projects_own_marks(awx):
    run(awx)
    gone(awx)
    assert gone(awx)["notices"][-1] == (
        "nothing in the organization but credentials carries the mark of the project 'Airflow on Fargate'"
    )


# The schedule


def test_a_schedule_that_a_person_has_renamed_stays_the_only_one(awx):
    run(awx)
    workflow = awx.named("workflow_job_templates", "Airflow dev: Drift")["id"]
    (schedule,) = [one for one in awx.objects["schedules"].values() if one["unified_job_template"] == workflow]
    schedule["name"] = "Look at dawn"
    result = run(awx)
    assert (result["reasons"], result["unwanted"], len(names(awx, "schedules"))) == ([], [], 2)
    rule = "DTSTART:20260101T050000Z RRULE:FREQ=DAILY;INTERVAL=1"
    assert run(awx, drift_schedule=rule)["changed"]
    assert (schedule["name"], schedule["rrule"]) == ("Look at dawn", rule)
    assert "Airflow dev: Drift: schedules Look at dawn" in run(awx, drift_schedule="none")["unwanted"]
    run(awx, drift_schedule="none", state="exact")
    assert names(awx, "schedules") == []


def test_a_schedule_that_was_deleted_comes_back(awx):
    run(awx)
    awx.remove("schedules", next(iter(awx.objects["schedules"])))
    assert len(run(awx)["reasons"]) == 1
    assert len(names(awx, "schedules")) == 2


# Other branches


def test_a_project_that_need_not_allow_other_branches_any_more_is_told_and_closed(awx):
    run(awx, branch_on_launch=True)
    project, told = awx.named("projects", "Airflow on Fargate"), "Airflow on Fargate: allow_override true"
    assert told in run(awx, branch_on_launch=False)["unwanted"]
    assert project["allow_override"]
    given = {"branch_on_launch": False, "state": "exact"}
    reasons = run(awx, check_mode=True, **given)["reasons"]
    assert run(awx, **given)["reasons"] == reasons == ["projects Airflow on Fargate: description, allow_override"]
    assert not project["allow_override"]
    again = run(awx, **given)
    assert (again["reasons"], again["unwanted"]) == ([], [])


def test_a_project_is_closed_with_the_templates_at_once(awx):
    run(awx, branch_on_launch=True)
    reasons = run(awx, state="exact", check_mode=True)["reasons"]
    assert run(awx, state="exact")["reasons"] == reasons
    assert not awx.named("projects", "Airflow on Fargate")["allow_override"]
    assert run(awx, state="exact")["reasons"] == []


def test_a_project_stays_open_as_long_as_a_template_of_others_needs_that(awx):
    run(awx, branch_on_launch=True)
    project, inventory = awx.named("projects", "Airflow on Fargate")["id"], own(awx, "inventory")["id"]
    given = {"project": project, "inventory": inventory, "playbook": "playbooks/plan.yml", "scm_branch": "mine"}
    awx.add("job_templates", {"name": "Own", **given})
    for _time in range(2):
        told = run(awx, state="exact")["notices"]
        assert told == ["projects Airflow on Fargate: allow_override stays on, job_templates Own takes another branch"]
    awx.remove("job_templates", awx.named("job_templates", "Own")["id"])
    assert run(awx, state="exact")["reasons"] == ["projects Airflow on Fargate: description, allow_override"]


def test_the_double_closes_no_project_that_a_template_needs_open(awx):
    run(awx, branch_on_launch=True)
    project = awx.named("projects", "Airflow on Fargate")["id"]
    closed = {"allow_override": False}
    status, said = awx.answer("PATCH", f"/api/v2/projects/{project}/", {}, closed, f"Bearer {TOKEN}")
    assert status == 400
    assert "depend on branch override" in said["allow_override"][0]


# What a token may


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("superuser", [True, False])
def test_a_token_that_may_only_read_is_told_before_anything_is_made(awx, check_mode, superuser):
    awx.users["reads"], awx.scopes["reads"] = None if superuser else set(awx.objects), "read"
    told = refused(awx, token="reads", check_mode=check_mode)
    assert told.splitlines()[1:] == ["- the token has the scope Read; make one of the scope Write"]
    run(awx)
    assert run(awx, token="reads")["reasons"] == []  # nothing to write
    awx.named("job_templates", "Airflow dev: Plan")["limit"] = "all"
    assert "the scope Read" in refused(awx, token="reads", check_mode=check_mode)


def test_who_has_no_rights_has_no_wrong_token(awx):
    awx.users["few"] = set()
    assert "scope" not in refused(awx, token="few")


# What a user does not see


def test_the_name_of_an_execution_environment_that_the_user_does_not_see_is_told_before_anything_is_made(awx):
    awx.users["u"], awx.sees_in["u"] = set(awx.objects), {organization(awx)}
    other = awx.add("organizations", {"name": "Second"})["id"]
    theirs = {"name": "farflow.airflow", "organization": other, "image": "registry.example.com/theirs:1"}
    awx.add("execution_environments", theirs)
    awx.calls.clear()
    with pytest.raises(FarflowError) as error:
        run(awx, token="u")
    assert "execution_environments farflow.airflow: POST " in str(error.value)
    assert "already exists" in str(error.value)
    assert (
        "AWX has a name of theirs once in all organizations, so another may have it: "
        "give farflow_awx_execution_environment another one"
    ) in str(error.value)
    assert len(awx.calls) == 1
    assert run(awx, token="u", execution_environment="ours")["changed"]
    assert run(awx, token="u", execution_environment="ours")["reasons"] == []


# What a team may


def roles(awx: AWX, teams: list[dict[str, Any]], template: str) -> dict[str, list[str]]:
    run(awx, teams=teams)
    kind = "workflow_job_templates" if "approval" in template else "job_templates"
    return awx.may(kind, f"Airflow dev: {template}")


@pytest.mark.parametrize("right", ["approve", "request"])
def test_who_approves_or_asks_reads_what_the_workflow_does(awx, right):
    awx.add("teams", {"name": "Data", "organization": organization(awx)})
    teams = [{"team": "Data", "may": [right]}]
    for template in ("Plan", "Deploy"):
        assert roles(awx, teams, template) == {"Read": ["Data"]}
    assert roles(awx, teams, "Teardown") == {}
    assert run(awx, teams=teams)["reasons"] == []


def test_who_deploys_reads_the_plan_and_who_may_launch_needs_no_role_to_read(awx):
    awx.add("teams", {"name": "Data", "organization": organization(awx)})
    teams = [{"team": "Data", "may": ["deploy"]}, {"team": "Data", "may": ["approve"], "environments": ["dev"]}]
    assert roles(awx, teams, "Plan") == {"Read": ["Data"]}
    assert roles(awx, teams, "Deploy") == {"Execute": ["Data"]}
    assert roles(awx, teams, "Deploy with approval") == {"Approve": ["Data"], "Execute": ["Data"]}


def test_a_right_that_is_given_twice_is_given_once(awx):
    awx.add("teams", {"name": "Data", "organization": organization(awx)})
    teams = [{"team": "Data", "may": ["plan"]}, {"team": "Data", "may": ["plan", "request"], "environments": ["dev"]}]
    assert roles(awx, teams, "Plan") == {"Execute": ["Data"]}


def test_who_may_not_give_a_role_is_told_first(awx):
    awx.add("teams", {"name": "Data", "organization": organization(awx)})
    run(awx)
    awx.users["few"] = set(awx.objects) - {"job_templates"}
    teams = [{"team": "Data", "may": ["plan"]}]
    assert "Airflow dev: Plan: someone may not change it" in refused(awx, token="few", teams=teams)


# What AWX is strict about


@pytest.mark.parametrize(
    "url", ["git@host:22:x", "git@host:a:b/c.git", "https://host:99999/x.git", "git+ssh://git@h/x"]
)
def test_the_double_takes_no_url_of_a_repository_that_awx_refuses(awx, url):
    with pytest.raises(Refused):
        own(awx, "projects", scm_url=url)


def test_the_double_has_an_identifier_of_a_node_once(awx):
    run(awx)
    workflow = awx.named("workflow_job_templates", APPROVED)["id"]
    with pytest.raises(Refused):
        awx.add("workflow_job_template_nodes", {"workflow_job_template": workflow, "identifier": "plan"})


def test_what_is_attached_comes_in_pages_too(awx):
    run(awx)
    path = f"job_templates/{awx.named('job_templates', 'Airflow dev: Plan')['id']}/labels"
    labels = [awx.add("labels", {"name": f"label {number}"})["id"] for number in range(60)]
    awx.attach("job_templates", "Airflow dev: Plan", "labels", *labels)
    client = Client({"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN})
    assert len(client.get(path)["results"]) == 25
    assert len(client.all(path)) == 60
