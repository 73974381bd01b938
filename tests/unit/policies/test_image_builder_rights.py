"""What CodeBuild needs to build images is desired only where it builds, and its role may do that and nothing else."""

from __future__ import annotations

import json

import aws_requests as aws
import parliament
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.engine.references import reference
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns, image_builder, images, teardown
from deployed_policies import ACCOUNT, ENVIRONMENT, REGION, rights, trust

from tests.embedded_aws.authorization.evaluation import ALLOWED, Request, decide, listed

INPUTS = {
    "farflow_environment": ENVIRONMENT,
    "farflow_region": REGION,
    "farflow_tags": {},
    "farflow_iam_path": "/farflow/",
    "farflow_permissions_boundary_arn": "",
    "farflow_image_builder": "codebuild",
    "farflow_codebuild_image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
    "farflow_codebuild_arm_image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
    "farflow_codebuild_compute_type": "BUILD_GENERAL1_SMALL",
    "farflow_codebuild_policy": [],
    "dag_tasks_log_retention_in_days": 30,
}
IDENTITY = Resource(arns.IDENTITY, arns.IDENTITY, {}, ACCOUNT, {"partition": "aws"})
BUCKET = f"arn:aws:s3:::{ENVIRONMENT}-build-contexts-{ACCOUNT}-{REGION}"
CONTEXT = f"{BUCKET}/contexts/dev-tasks/hello-0f1e.tar.gz"
STREAM = aws.arn("logs", "log-group:/farflow/dev/image-builder:log-stream:0f1e")
PUSHES = [
    *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "DescribeImages"),
    *("GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"),
]

NEEDED = [
    ("ecr:GetAuthorizationToken", "*"),
    *((f"ecr:{push}", aws.arn("ecr", f"repository/dev-{part}")) for push in PUSHES for part in ("tasks", "airflow")),
    ("s3:GetObject", CONTEXT),
    ("logs:CreateLogStream", STREAM),
    ("logs:PutLogEvents", STREAM),
]
REFUSED = [
    ("ecr:PutImage", aws.arn("ecr", "repository/prod-tasks")),
    ("ecr:PutImage", aws.arn("ecr", "repository/dev-tasks-2")),
    ("ecr:BatchDeleteImage", aws.arn("ecr", "repository/dev-tasks")),
    ("ecr:PutImageTagMutability", aws.arn("ecr", "repository/dev-tasks")),
    ("ecr:SetRepositoryPolicy", aws.arn("ecr", "repository/dev-tasks")),
    ("s3:PutObject", CONTEXT),
    ("s3:DeleteObject", CONTEXT),
    ("s3:ListBucket", BUCKET),
    ("s3:GetObject", f"{aws.BUCKET}/logs/x"),
    ("s3:GetObject", f"arn:aws:s3:::dev-2-build-contexts-{ACCOUNT}-{REGION}/contexts/x"),
    ("logs:GetLogEvents", STREAM),
    ("logs:DeleteLogGroup", aws.arn("logs", "log-group:/farflow/dev/image-builder")),
    ("logs:PutLogEvents", aws.arn("logs", "log-group:/farflow/dev/tasks:log-stream:x")),
    ("secretsmanager:GetSecretValue", aws.secret_arn("database-url")),
    ("iam:PassRole", aws.role_arn("dev-task")),
    ("codebuild:StartBuild", aws.arn("codebuild", "project/dev-image-builder")),
    ("ecs:RunTask", aws.arn("ecs", "task-definition/dev-plain:1")),
]


def desired(known=(), **inputs):
    """By type."""
    return {one.type: one for one in image_builder.desired({**INPUTS, **inputs}, Existing([IDENTITY, *known]))}


@pytest.mark.parametrize("builder", ["docker", "prebuilt"])
def test_nothing_of_it_is_wanted_when_others_build(builder):
    assert desired(farflow_image_builder=builder) == {}
    inputs = {**INPUTS, "farflow_image_builder": builder}
    assert image_builder.needed(inputs, Existing()) == []
    assert image_builder.place(inputs, Existing()) is None


@pytest.mark.parametrize(("action", "resource"), NEEDED)
def test_allowed(action, resource):
    assert decide(rights(desired()["iam_role"]), Request(action, resource)) == ALLOWED


@pytest.mark.parametrize(("action", "resource"), REFUSED)
def test_refused(action, resource):
    assert decide(rights(desired()["iam_role"]), Request(action, resource)) != ALLOWED


def test_nothing_is_granted_that_is_not_needed():
    statements = [statement for document in rights(desired()["iam_role"]) for statement in document["Statement"]]
    assert {action for each in statements for action in listed(each["Action"])} == {
        action for action, _unused in NEEDED
    }


def test_only_codebuild_takes_the_role_and_only_for_this_project():
    (statement,) = trust(desired()["iam_role"])["Statement"]
    assert listed(statement["Principal"]["Service"]) == ["codebuild.amazonaws.com"]
    project = aws.arn("codebuild", "project/dev-image-builder")
    assert listed(statement["Condition"]["StringEquals"]["aws:SourceArn"]) == [project]


def test_a_linter_finds_nothing():
    (document,) = rights(desired()["iam_role"])
    findings = parliament.analyze_policy_string(json.dumps(document)).findings
    assert [str(parliament.enhance_finding(each)) for each in findings] == []


def test_a_users_statements_are_added():
    statement = {"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": aws.arn("ecr", "repository/base")}
    role = desired(farflow_codebuild_policy=[statement])["iam_role"]
    assert decide(rights(role), Request("ecr:BatchGetImage", aws.arn("ecr", "repository/base"))) == ALLOWED


def test_the_bucket_is_closed_encrypted_and_forgets():
    bucket = desired()["s3_bucket"].properties
    assert set(bucket["public_access_block"].values()) == {True}
    assert bucket["encryption"] == "AES256"
    assert [rule["expiration_days"] for rule in bucket["lifecycle_rules"].values()] == [7]
    (statement,) = bucket["policy"]["Statement"].values()
    assert (statement["Effect"], json.dumps(statement["Condition"])) == (
        "Deny",
        '{"Bool": {"aws:SecureTransport": ["false"]}}',
    )


@pytest.mark.parametrize(
    ("image", "who"),
    [("aws/codebuild/standard:7.0", "CODEBUILD"), ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/b:1", "SERVICE_ROLE")],
)
def test_who_pulls_the_image_of_the_builds(image, who):
    environment = desired(farflow_codebuild_image=image)["codebuild_project"].properties["environment"]
    assert (environment["image"], environment["imagePullCredentialsType"]) == (image, who)


def test_images_wait_for_project_and_bucket():
    image = images.Image("dev-tasks:x-1", {"repository": "dev-tasks"})
    known = Existing([IDENTITY, Resource("ecr_repository", "dev-tasks", {}, "repository")])
    (wanted,) = images.desired([image], INPUTS, known)
    bucket = "dev-build-contexts-111122223333-eu-west-1"
    builder = (reference("codebuild_project", "dev-image-builder"), reference("s3_bucket", bucket))
    assert wanted.after == ("repository", *builder)
    (wanted,) = images.desired([image], {**INPUTS, "farflow_image_builder": "docker"}, known)
    assert wanted.after == ("repository",)


def test_a_teardown_never_keeps_the_contexts():
    keeps = teardown.kept({**INPUTS, "farflow_teardown_keep": ["log_bucket"]})
    assert not keeps(desired()["s3_bucket"])
