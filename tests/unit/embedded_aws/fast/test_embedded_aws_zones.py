"""In which availability zones tasks are, and when ECS moves them."""

from __future__ import annotations

import collections
import time

import pytest
from said_and_described import TASK_DEFINITION, until


@pytest.fixture
def zones(aws):
    """Subnets in two zones: by the zone its subnet."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def subnet(number, zone):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
        return made["Subnet"]["SubnetId"]

    return {zone: subnet(number, zone) for number, zone in enumerate(["us-east-1a", "us-east-1b"])}


@pytest.fixture
def ecs(aws):
    client = aws.client("ecs")
    client.create_cluster(clusterName="c")
    client.register_task_definition(**TASK_DEFINITION)
    return client


def network(*subnets):
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": list(subnets)}}}


@pytest.fixture
def serve(ecs, zones):
    """`serve(rebalancing)`: a service of eight tasks."""

    def make(rebalancing):
        document = {"cluster": "c", "serviceName": "web", "taskDefinition": "web", "launchType": "FARGATE"}
        return ecs.create_service(
            **document, **network(*zones.values()), desiredCount=8, availabilityZoneRebalancing=rebalancing
        )

    return make


def tasks(ecs):
    """The service's tasks by their zones."""
    arns = ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    found = collections.defaultdict(list)
    for task in ecs.describe_tasks(cluster="c", tasks=arns)["tasks"]:
        found[task["availabilityZone"]].append(task["taskArn"])
    return dict(found)


def spread(ecs):
    return {zone: len(arns) for zone, arns in sorted(tasks(ecs).items())}


def protect(ecs, arns, protected):
    answer = ecs.update_task_protection(cluster="c", tasks=arns, protectionEnabled=protected)
    assert answer["failures"] == []


def make_uneven(ecs):
    """Scaled in while those of one zone are protected, all tasks that are left are there."""
    kept = tasks(ecs)["us-east-1a"]
    protect(ecs, kept, True)
    ecs.update_service(cluster="c", service="web", desiredCount=4)
    until(lambda: spread(ecs) == {"us-east-1a": 4})
    protect(ecs, kept, False)
    until(lambda: described(ecs)["deployments"][0]["rolloutState"] == "COMPLETED")


def described(ecs):
    return ecs.describe_services(cluster="c", services=["web"])["services"][0]


def events(ecs):
    return " ".join(event["message"] for event in described(ecs)["events"])


def test_tasks_are_spread_over_the_zones_of_their_subnets(ecs, serve):
    serve("DISABLED")
    assert spread(ecs) == {"us-east-1a": 4, "us-east-1b": 4}


def test_one_off_tasks_are_spread_too(ecs, zones):
    request = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", **network(*zones.values())}
    started = ecs.run_task(**request, count=2)["tasks"]
    assert sorted(task["availabilityZone"] for task in started) == ["us-east-1a", "us-east-1b"]


def test_a_service_that_is_to_be_balanced_loses_tasks_where_it_has_more(aws, ecs, serve):
    serve("ENABLED")
    make_uneven(ecs)
    with aws.behaviours(rebalances=60), aws.clock(60):
        until(lambda: spread(ecs) == {"us-east-1a": 2, "us-east-1b": 2})
    assert "is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b" in events(ecs)
    assert "has stopped 1 running tasks in us-east-1a due to AZ rebalancing" in events(ecs)
    assert described(ecs)["runningCount"] == 4


def test_one_that_is_not_loses_none(aws, ecs, serve):
    serve("DISABLED")
    make_uneven(ecs)
    kept = tasks(ecs)
    with aws.behaviours(rebalances=60), aws.clock(60):
        time.sleep(3)
        assert tasks(ecs) == kept
        ecs.update_service(cluster="c", service="web", availabilityZoneRebalancing="ENABLED")
        until(lambda: tasks(ecs) != kept)


def test_protected_tasks_are_left_alone(aws, ecs, serve):
    serve("ENABLED")
    make_uneven(ecs)
    [*held, _free] = tasks(ecs)["us-east-1a"]
    protect(ecs, held, True)
    with aws.behaviours(rebalances=60), aws.clock(60):
        until(lambda: spread(ecs) == {"us-east-1a": 3, "us-east-1b": 1})
        time.sleep(2)
        assert set(tasks(ecs)["us-east-1a"]) == set(held)
