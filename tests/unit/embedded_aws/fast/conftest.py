"""One embedded AWS without containers, and a service on it."""

from __future__ import annotations

import contextlib
import os

import pytest
from said_and_described import TASK_DEFINITION

from tests.embedded_aws import EmbeddedAWS


class Asked(EmbeddedAWS):
    """Remembers which behaviours were asked for."""

    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.asked = set()

    @contextlib.contextmanager
    def behaviours(self, *, seed=None, **values):
        self.asked.update(values)
        with super().behaviours(seed=seed, **values):
            yield


@pytest.fixture(scope="package")
def running():
    """In the end every behaviour that a test has asked for has struck, and has been counted."""
    with Asked(f"test-fast-{os.getpid()}", database_seconds=0.3) as aws:
        yield aws
        assert aws.asked - set(aws.struck()) == set()


@pytest.fixture
def aws(running):
    running.reset()
    running.reset_calls()
    return running


@pytest.fixture
def subnets(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    blocks = ["10.0.0.0/24", "10.0.1.0/24"]
    return [ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in blocks]


@pytest.fixture
def service(aws, subnets):
    """Arguments of a service that stands."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(**TASK_DEFINITION)
    document = {
        "cluster": "c",
        "serviceName": "web",
        "taskDefinition": "web",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "propagateTags": "SERVICE",
        "enableECSManagedTags": True,
        "availabilityZoneRebalancing": "DISABLED",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}},
        "serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"}],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        "tags": [{"key": "k", "value": "v"}],
    }
    ecs.create_service(**document)
    return document
