"""What a deploy with default inputs and one DAG task makes, and how the tests look at it."""

from __future__ import annotations

from typing import Any

SERVICES = [f"local-{name}" for name in ("api-server", "dag-processor", "scheduler", "triggerer", "worker")]

# How many there are of each kind, by the names of tests/stack/listing.py.
STACK = {
    "VPC": 1,
    "subnet": 4,
    "internet gateway": 1,
    "address": 1,
    "route table": 3,
    "security group": 7,
    "VPC endpoint": 1,
    "NAT gateway": 1,
    "namespace": 1,
    "hosted zone": 1,
    "discovery service": 1,
    "database": 1,
    "database subnet group": 1,
    "database parameter group": 1,
    "ECS cluster": 1,
    "ECS service": 5,
    "ECS task": 5,
    "task definition": 7,
    "ECR repository": 2,
    "image": 2,
    "log group": 2,
    "queue": 1,
    "bucket": 1,
    "load balancer": 1,
    "listener": 1,
    "target group": 1,
    "role": 9,
    "secret": 7,
}


def mutating_calls(aws: Any) -> list[str]:
    """What was changed since the last `reset_calls`, but for what containers do."""
    calls = [call for call in aws.calls(mutating=True) if call["caller"] == "host"]
    return [f"{call['service']} {call['operation']}" for call in calls]


def running(aws: Any) -> dict[str, tuple[str, list[str]]]:
    """By service its task definition and the tasks that run it."""
    ecs = aws.client("ecs")
    described = ecs.describe_services(cluster="local", services=SERVICES)["services"]
    return {
        each["serviceName"]: (
            each["taskDefinition"],
            sorted(ecs.list_tasks(cluster="local", serviceName=each["serviceName"])["taskArns"]),
        )
        for each in described
    }
