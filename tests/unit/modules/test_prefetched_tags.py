"""Finders that are told tags before they ask: they find the same, and ask for no tags."""

from __future__ import annotations

from functools import partial

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecr_repository import ECR_REPOSITORY
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.log_group import LOG_GROUP
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.parameter_group import ParameterGroup
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.subnet_group import SUBNET_GROUP
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.s3_bucket import S3_BUCKET
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.sqs_queue import SQS_QUEUE

TAGS = {"farflow:environment": "test", "farflow:role": "any"}
AWS_S_TAGS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


def repository():
    answer = boto3.client("ecr").create_repository(repositoryName="test-tasks", tags=AWS_S_TAGS)
    return answer["repository"]["repositoryArn"]


def log_group():
    client = boto3.client("logs")
    client.create_log_group(logGroupName="/farflow/test/tasks", tags=TAGS)
    return client.describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")


def parameter_group():
    answer = boto3.client("rds").create_db_parameter_group(
        DBParameterGroupName="test-database", DBParameterGroupFamily="postgres17", Description="any", Tags=AWS_S_TAGS
    )
    return answer["DBParameterGroup"]["DBParameterGroupArn"]


def subnet_group():
    subnet = boto3.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    answer = boto3.client("rds").create_db_subnet_group(
        DBSubnetGroupName="test-database", DBSubnetGroupDescription="any", SubnetIds=[subnet], Tags=AWS_S_TAGS
    )
    return answer["DBSubnetGroup"]["DBSubnetGroupArn"]


def bucket():
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="test-logs")
    client.put_bucket_tagging(Bucket="test-logs", Tagging={"TagSet": AWS_S_TAGS})
    return "arn:aws:s3:::test-logs"


def queue():
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="test-celery", tags=TAGS)["QueueUrl"]
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@pytest.mark.parametrize(
    ("make", "find_kind"),
    [
        (repository, partial(find, ECR_REPOSITORY)),
        (log_group, partial(find, LOG_GROUP)),
        (parameter_group, partial(find, ParameterGroup())),
        (subnet_group, partial(find, SUBNET_GROUP)),
        (bucket, partial(find, S3_BUCKET)),
        (queue, partial(find, SQS_QUEUE)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_tags_that_are_prefetched_are_not_asked_for(aws, calls, make, find_kind):
    prefetched = {make(): TAGS}
    clients = Clients(lambda service, config: boto3.client(service))
    calls.made.clear()
    asked = find_kind(clients, "test")
    assert _about_tags(calls)
    calls.made.clear()
    named = {"names": [one.name for one in asked]} if make is not log_group else {}
    found = find_kind(clients, "test", prefetched=prefetched, **named)
    assert _about_tags(calls) == []
    assert found == asked
    assert [one.properties["tags"] for one in found] == [TAGS]


def _about_tags(calls):
    return [operation for operation, _arguments in calls.made if "Tag" in operation]
