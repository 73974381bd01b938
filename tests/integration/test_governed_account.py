"""An account in which an organization rules: no role without its boundary, none outside a path, no look at them all."""

from __future__ import annotations

import json

import pytest

from tests.stack.listing import difference, listing

from .stack import mutating_calls

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
GOVERNED = {"farflow_permissions_boundary_arn": BOUNDARY, "farflow_iam_path": "/teams/data/"}
DENIED = ["iam GetAccountAuthorizationDetails"]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def bounded(aws):
    """The boundary of every role by its ARN's last part."""
    iam = aws.client("iam")
    names = [role["RoleName"] for role in iam.list_roles(PathPrefix="/teams/data/local/")["Roles"]]
    roles = [iam.get_role(RoleName=name)["Role"] for name in names]
    return {role["RoleName"]: role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}


def test_an_environment_comes_and_goes_with_what_the_organization_grants(aws, playbooks, project):
    before = listing(aws)
    variables = {**project.variables, **GOVERNED}
    with aws.behaviours(denied=DENIED, late_authorization_details=600):
        playbooks.deploy(**variables)
        assert set(bounded(aws).values()) == {BOUNDARY}
        assert len(bounded(aws)) == 9
        aws.client("iam").delete_role_permissions_boundary(RoleName="local-airflow-worker")
        plan = playbooks.deploy("--check", **variables)
        assert f"iam_role local-airflow-worker: permissions_boundary (none) -> {BOUNDARY}" in plan.output
        playbooks.deploy(**variables)
        assert bounded(aws)["local-airflow-worker"] == BOUNDARY
        aws.reset_calls()
        assert playbooks.deploy(**variables).changed == 0
        assert mutating_calls(aws) == []

        for playbook in ("deploy", "teardown"):
            moved = playbooks.run(
                playbook, **{**variables, "farflow_iam_path": "/farflow/", "farflow_teardown_confirm": "local"}
            )
            assert moved.code != 0
            assert (
                "farflow_iam_path: is '/farflow/', while the IAM roles of environment 'local' are below" in moved.output
            )
        assert mutating_calls(aws) == []

        playbooks.teardown(**variables)
    assert difference(before, listing(aws)) == {}


@pytest.fixture
def profile(aws):
    iam = aws.client("iam")
    iam.create_instance_profile(InstanceProfileName="theirs")
    yield "theirs"
    iam.remove_role_from_instance_profile(InstanceProfileName="theirs", RoleName="local-task")
    iam.delete_instance_profile(InstanceProfileName="theirs")


@pytest.mark.thorough
def test_a_role_in_an_instance_profile_is_told_before_anything_goes(aws, playbooks, project, profile):
    aws.client("iam").create_role(RoleName="local-task", Path="/farflow/local/", AssumeRolePolicyDocument=TRUST)
    tags = [{"Key": "farflow:environment", "Value": "local"}, {"Key": "farflow:role", "Value": "dag_tasks"}]
    aws.client("iam").tag_role(RoleName="local-task", Tags=tags)
    aws.client("iam").add_role_to_instance_profile(InstanceProfileName=profile, RoleName="local-task")
    aws.reset_calls()
    outcome = playbooks.run("teardown", farflow_teardown_confirm="local", **project.variables)
    assert outcome.code != 0
    assert f"IAM role local-task is in the instance profile {profile}" in outcome.output
    assert mutating_calls(aws) == []


def test_a_role_of_another_environment_is_told_in_the_plan(aws, playbooks, project):
    task = project.add_task("report")
    (task / "task.yml").write_text("policy: [{Effect: Allow, Action: ['s3:ListAllMyBuckets'], Resource: ['*']}]\n")
    aws.client("iam").create_role(
        RoleName="local-task-report", Path="/farflow/local-task/", AssumeRolePolicyDocument=TRUST
    )
    aws.reset_calls()
    outcome = playbooks.run("plan", **project.variables)
    assert outcome.code != 0
    assert "role/farflow/local-task/local-task-report, is that of environment 'local-task'" in outcome.output
    assert mutating_calls(aws) == []


@pytest.mark.thorough
def test_an_account_whose_registry_scans_by_rules_and_whose_buckets_empty_slowly(aws, playbooks, project):
    before = listing(aws)
    with aws.behaviours(enhanced_scanning=True, bucket_not_empty=2):
        playbooks.deploy(**project.variables)
        aws.reset_calls()
        again = playbooks.deploy(**project.variables)
        assert (again.changed, mutating_calls(aws)) == (0, [])
        assert len(aws.calls()) <= 77
        playbooks.teardown(**project.variables)
    assert difference(before, listing(aws)) == {}
