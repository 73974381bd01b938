"""Faults that were asked for look to a client as they do on AWS."""

from __future__ import annotations

import collections

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError

from tests.embedded_aws import EmbeddedAWS, faults

ONCE = Config(retries={"total_max_attempts": 1})
CALLS = [
    ("ec2", "describe_vpcs", "RequestLimitExceeded"),
    ("s3", "list_buckets", "SlowDown"),
    ("iam", "list_roles", "Throttling"),
    ("rds", "describe_db_instances", "Throttling"),
    ("elbv2", "describe_load_balancers", "Throttling"),
    ("ecs", "list_clusters", "ThrottlingException"),
    ("secretsmanager", "list_secrets", "ThrottlingException"),
    ("sqs", "list_queues", "RequestThrottled"),
    ("resourcegroupstaggingapi", "get_resources", "ThrottledException"),
    ("route53", "list_hosted_zones", "Throttling"),
    ("efs", "describe_file_systems", "ThrottlingException"),
    ("application-autoscaling", "describe_scalable_targets", "ThrottlingException"),
    ("cloudwatch", "describe_alarms", "ThrottlingException"),
]
ARGUMENTS = {"describe_scalable_targets": {"ServiceNamespace": "ecs"}}


@pytest.fixture(scope="module")
def aws():
    with EmbeddedAWS("test-faults", fast=True) as aws:
        yield aws


@pytest.mark.parametrize(("service", "call", "code"), CALLS)
def test_throttled(aws, service, call, code):
    client = aws.client(service, config=ONCE)
    with aws.behaviours(throttled=1), pytest.raises(ClientError) as caught:
        getattr(client, call)(**ARGUMENTS.get(call, {}))
    assert caught.value.response["Error"]["Code"] == code
    getattr(client, call)(**ARGUMENTS.get(call, {}))


@pytest.mark.parametrize("service", sorted({*faults._THROTTLED_BY} - {"route53"}))
def test_a_service_is_throttled_by_a_word_of_its_model(service):
    errors = faults._model(service).error_shapes
    assert faults._THROTTLED_BY[service][1] in {error.name for error in errors}


@pytest.mark.parametrize(("service", "call"), [(service, call) for service, call, _unused in CALLS])
def test_unavailable(aws, service, call):
    client = aws.client(service, config=ONCE)
    with aws.behaviours(unavailable=1), pytest.raises(ClientError) as caught:
        getattr(client, call)(**ARGUMENTS.get(call, {}))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


@pytest.mark.parametrize(("fault", "error"), [("cut", HTTPClientError), ("hung", ReadTimeoutError)])
def test_calls_without_an_answer_of_which_half_are_performed(aws, fault, error):
    ecs = aws.client("ecs", config=ONCE.merge(Config(read_timeout=0.5)))
    names = [f"{fault}-{number}" for number in range(20)]
    with aws.behaviours(**{fault: 1}):
        for name in names:
            with pytest.raises(error):
                ecs.create_cluster(clusterName=name)
    made = {arn.rsplit("/", 1)[1] for arn in ecs.list_clusters()["clusterArns"]}
    assert 3 < len(made.intersection(names)) < 17


def test_ignored_calls_are_answered_and_not_performed(aws):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="group")
    with aws.behaviours(ignored=["logs PutRetentionPolicy"]):
        logs.put_retention_policy(logGroupName="group", retentionInDays=7)
    [group] = logs.describe_log_groups()["logGroups"]
    assert "retentionInDays" not in group


def test_lost_answers_are_those_of_the_first_calls(aws):
    ec2 = aws.client("ec2", config=ONCE)
    there = len(ec2.describe_vpcs()["Vpcs"])
    with aws.behaviours(lost=["ec2 CreateVpc", "ec2 CreateVpc"]):
        for _unused in range(2):
            with pytest.raises(HTTPClientError):
                ec2.create_vpc(CidrBlock="10.0.0.0/16")
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert len(ec2.describe_vpcs()["Vpcs"]) == there + 3


def test_lost_answers_can_be_those_of_whatever_changes_something(aws):
    aws.reset_calls()
    ecs = aws.client("ecs", config=ONCE)
    with aws.behaviours(lost=["*"]):
        with pytest.raises(HTTPClientError):
            ecs.create_cluster(clusterName="lost")
        with pytest.raises(HTTPClientError):
            ecs.delete_cluster(cluster="lost")
        ecs.list_clusters()
        ecs.create_cluster(clusterName="answered")
    told = [(call["operation"], call["fault"]) for call in aws.calls(service="ecs")]
    assert told == [
        ("CreateCluster", "cut after"),
        ("DeleteCluster", "cut after"),
        ("ListClusters", ""),
        ("CreateCluster", ""),
    ]


def test_a_client_that_retries_sees_nothing_of_a_few(aws):
    aws.reset_calls()
    ecs = aws.client("ecs", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    with aws.behaviours(throttled=0.2, unavailable=0.1, cut=0.1, seed=3):
        for _unused in range(20):
            ecs.list_clusters()
    told = collections.Counter(call["fault"] for call in aws.calls(service="ecs"))
    assert told[""] == 20
    assert told["throttled"] and told["unavailable"]
