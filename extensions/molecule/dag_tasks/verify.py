"""A folder below tasks/ is an image in ECR and a task definition that runs it."""

from __future__ import annotations

import pytest


@pytest.fixture
def definition(client):
    return client("ecs").describe_task_definition(taskDefinition="molecule-hello")["taskDefinition"]


def test_it_runs_on_fargate_and_may_do_nothing(definition):
    assert definition["requiresCompatibilities"] == ["FARGATE"]
    assert definition["networkMode"] == "awsvpc"
    assert definition["taskRoleArn"] != definition["executionRoleArn"]


def test_its_image_is_named_by_the_digest_that_ecr_has(client, definition):
    (container,) = definition["containerDefinitions"]
    digest = container["image"].partition("@")[2]
    images = client("ecr").describe_images(repositoryName="molecule-tasks")["imageDetails"]
    assert digest in {image["imageDigest"] for image in images}


def test_its_output_goes_to_the_log_group_of_all_tasks(client, definition):
    (container,) = definition["containerDefinitions"]
    options = container["logConfiguration"]["options"]
    assert options["awslogs-group"] == "/farflow/molecule/tasks"
    groups = client("logs").describe_log_groups(logGroupNamePrefix=options["awslogs-group"])["logGroups"]
    assert len(groups) == 1
