"""An executor beside Celery comes with all that it needs, follows a new image, and goes with all of it."""

from __future__ import annotations

import pytest

from .stack import mutating_calls

FAMILY = "local-airflow-ecs-task"
#: api-server, scheduler, dag-processor, triggerer, and what commands run in. The workers' are made later.
COMPONENTS = 5


@pytest.fixture
def variables(playbooks, aws, project):
    """Of a deploy that has been made with both executors."""
    variables = {**project.variables, "airflow_service_executors": ["celery", "ecs"]}
    playbooks.deploy(**variables)
    return variables


def revisions(aws):
    arns = aws.client("ecs").list_task_definitions(familyPrefix=FAMILY, status="ACTIVE")["taskDefinitionArns"]
    return [int(arn.rpartition(":")[2]) for arn in arns]


def role_exists(aws):
    return FAMILY in {role["RoleName"] for role in aws.client("iam").list_roles(PathPrefix="/farflow/")["Roles"]}


def rights(aws):
    document = aws.client("iam").get_role_policy(RoleName="local-airflow-scheduler", PolicyName="scheduler")
    return {statement["Sid"] for statement in document["PolicyDocument"]["Statement"]}


def told(aws, family):
    ecs = aws.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    return {each["name"]: each["value"] for each in container["environment"]}


def test_it_comes_and_goes_with_all_that_it_has(aws, playbooks, project, variables):
    assert (revisions(aws), role_exists(aws)) == ([1], True)
    assert {"RunEcsTasks", "StopEcsTasks", "WatchEcsTasks", "PassEcsTaskRoles"} <= rights(aws)
    scheduler = told(aws, "local-airflow-scheduler")
    assert scheduler["AIRFLOW__AWS_ECS_EXECUTOR__TASK_DEFINITION"] == FAMILY
    assert scheduler["AIRFLOW__AWS_ECS_EXECUTOR__SUBNETS"] == scheduler["FARFLOW_SUBNET_IDS"]

    aws.reset_calls()
    assert playbooks.deploy(**variables).changed == 0
    assert mutating_calls(aws) == []

    playbooks.deploy(**project.variables)
    assert (revisions(aws), role_exists(aws)) == ([], False)
    assert not [sid for sid in rights(aws) if "Ecs" in sid]
    assert "AIRFLOW__CORE__EXECUTOR" not in told(aws, "local-airflow-scheduler")
    assert playbooks.deploy(**project.variables).changed == 0


@pytest.mark.thorough
def test_a_new_image_is_run_by_it_when_the_schema_is_as_that_needs_it(aws, playbooks, project, variables):
    (project.airflow / "content").write_text("another image")
    aws.reset_calls()
    playbooks.deploy(**variables)
    made = [call["operation"] for call in aws.calls(service="ecs", mutating=True)]
    migrated = len(made) - made[::-1].index("RunTask")
    rolled = made.index("UpdateService")
    assert made[migrated:rolled] == ["RegisterTaskDefinition"], "that of the executor's tasks"
    assert made[:migrated].count("RegisterTaskDefinition") == COMPONENTS
    assert playbooks.deploy(**variables).changed == 0
