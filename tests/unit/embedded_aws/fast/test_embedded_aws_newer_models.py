"""Answers in which there is more than botocore knows, or as much as a newer one knows."""

from __future__ import annotations

import boto3
import pytest

from tests.embedded_aws import newer_models

#: A service of each protocol, with a call that answers with a structure in a list.
CALLS = {
    "ec2": lambda ec2: ec2.describe_vpcs()["Vpcs"][0],
    "ecs": lambda ecs: (ecs.create_cluster(clusterName="c"), ecs.describe_clusters(clusters=["c"])["clusters"][0])[1],
    "iam": lambda iam: iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"],
    "efs": lambda efs: efs.create_file_system(CreationToken="f"),
    "cloudwatch": lambda cloudwatch: cloudwatch.describe_alarms(),
    "s3": lambda s3: (s3.create_bucket(Bucket="bucket"), s3.list_buckets()["Buckets"][0])[1],
}


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """Sessions keep the models that they have loaded."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def newer(monkeypatch, tmp_path):
    newer_models.write(tmp_path, CALLS)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))


@pytest.mark.parametrize("service", CALLS)
def test_a_botocore_that_knows_it_tells_of_a_member_that_was_added(aws, newer, service):
    with aws.behaviours(unknown_members=1.0):
        assert CALLS[service](aws.client(service))["MadeLater"] == "ON"


@pytest.mark.parametrize("service", CALLS)
def test_another_one_does_not(aws, service):
    with aws.behaviours(unknown_members=1.0):
        assert "MadeLater" not in CALLS[service](aws.client(service))


def test_an_answer_has_a_value_that_no_model_has(aws):
    with aws.behaviours(unknown_values=["Vpc.State", "Cluster.status"]):
        assert CALLS["ec2"](aws.client("ec2"))["State"] == "ON"
        assert CALLS["ecs"](aws.client("ecs"))["status"] == "ON"
