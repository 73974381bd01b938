"""Roles that were made, or given something, a moment ago: who assumes them learns of it later than IAM."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, until

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
READS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
ROLE = "arn:aws:iam::123456789012:role/runs"


@pytest.fixture
def ecs(aws, service):
    aws.client("ecs").register_task_definition(**{**TASK_DEFINITION, "executionRoleArn": ROLE})
    return aws.client("ecs")


@pytest.fixture
def role(aws):
    """`role()` makes the role."""
    return lambda: aws.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)


def run(ecs, service):
    """The code by which RunTask is refused, or the task that was started."""
    named = {name: service[name] for name in ("cluster", "taskDefinition", "launchType", "networkConfiguration")}
    try:
        return ecs.run_task(**named)["tasks"][0]["taskArn"]
    except ClientError as error:
        assert f"ECS was unable to assume the role '{ROLE}'" in str(error)
        return error.response["Error"]["Code"]


def code(ecs, arn):
    return ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0].get("stopCode")


def described(ecs):
    return ecs.describe_services(cluster="c", services=["web"])["services"][0]


@pytest.mark.parametrize("change", ["create", "update_assume_role_policy"])
def test_a_role_cannot_be_assumed_at_once(aws, ecs, service, role, change):
    if change != "create":
        role()
    with aws.behaviours(young_roles=1):
        if change == "create":
            role()
        else:
            until(lambda: run(ecs, service).startswith("arn:"))
            aws.client("iam").update_assume_role_policy(RoleName="runs", PolicyDocument=TRUST)
        assert run(ecs, service) == "ClientException"
        until(lambda: run(ecs, service).startswith("arn:"))


def test_a_service_tells_of_a_role_that_cannot_be_assumed_and_tries_again(aws, ecs, role):
    with aws.behaviours(young_roles=15), aws.clock(30):
        role()
        ecs.update_service(cluster="c", service="web", taskDefinition="web", forceNewDeployment=True)
        assert "failed to launch a task with (error ECS was unable to assume" in described(ecs)["events"][0]["message"]
        until(lambda: [each["rolloutState"] for each in described(ecs)["deployments"]] == ["COMPLETED"])


def test_a_task_whose_role_may_not_read_its_secrets_yet_does_not_start(aws, ecs, service, role):
    role()
    with aws.behaviours(young_policies=15), aws.clock(30):
        aws.client("iam").put_role_policy(RoleName="runs", PolicyName="reads", PolicyDocument=READS)
        arn = run(ecs, service)
        assert ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]["lastStatus"] == "PENDING"
        until(lambda: code(ecs, arn) == "TaskFailedToStart")
        time.sleep(0.5)
        later = run(ecs, service)
        until(lambda: code(ecs, later) == "EssentialContainerExited")


def test_a_service_whose_role_may_not_read_its_secrets_yet_starts_its_tasks_again(aws, ecs, role):
    role()
    with aws.behaviours(young_policies=18), aws.clock(30):
        aws.client("iam").put_role_policy(RoleName="runs", PolicyName="reads", PolicyDocument=READS)
        ecs.update_service(cluster="c", service="web", taskDefinition="web", forceNewDeployment=True)
        until(lambda: [each["rolloutState"] for each in described(ecs)["deployments"]] == ["COMPLETED"])
        stopped = ecs.list_tasks(cluster="c", serviceName="web", desiredStatus="STOPPED")["taskArns"]
        assert "TaskFailedToStart" in [code(ecs, arn) for arn in stopped]


def test_a_builder_cannot_be_assumed_at_once(aws, role):
    codebuild = aws.client("codebuild")
    project = {
        "name": "images",
        "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": ROLE,
    }

    def make():
        try:
            codebuild.create_project(**project)
        except codebuild.exceptions.InvalidInputException as error:
            assert f"not authorized to perform: sts:AssumeRole on {ROLE}" in str(error)
            return False
        return True

    with aws.behaviours(young_roles=1):
        role()
        assert not make()
        until(make)
