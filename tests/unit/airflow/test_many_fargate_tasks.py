"""Hundreds of FargateTasks at once: all end well, and their calls stay within what AWS gives an account."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.limits import PUBLISHED

IN_IMAGE = Path(__file__).parent / "in_image"

SECONDS = 30


@pytest.fixture
def aws():
    """An AWS without containers, with a cluster, a DAG task `hello` and its log group."""
    with EmbeddedAWS(f"test-many-{os.getpid()}", fast=True) as aws:
        ecs = aws.client("ecs")
        ecs.create_cluster(clusterName="lab")
        aws.client("logs").create_log_group(logGroupName="/farflow/lab/tasks")
        options = {
            "awslogs-group": "/farflow/lab/tasks",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "hello",
        }
        container = {
            "name": "lab-hello",
            "image": "hello",
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        ecs.register_task_definition(
            family="lab-hello",
            cpu="256",
            memory="512",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn="arn:aws:iam::123456789012:role/execution",
            containerDefinitions=[container],
        )
        yield aws


def settings(aws):
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return {
        **aws.environment,
        "FARFLOW_ENVIRONMENT": "lab",
        "FARFLOW_CLUSTER": "lab",
        "FARFLOW_SUBNET_IDS": ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/20")["Subnet"]["SubnetId"],
        "FARFLOW_SECURITY_GROUP_IDS": ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"],
        "FARFLOW_TASKS_LOG_GROUP": "/farflow/lab/tasks",
    }


@pytest.mark.parametrize("count", [40, pytest.param(300, marks=pytest.mark.thorough)])
def test_many_at_once(aws, run, count):
    variables = [f"--env={name}={value}" for name, value in settings(aws).items()]
    mounts = [f"--volume={IN_IMAGE}:/checks:ro"]
    aws.reset_calls()
    begun = time.monotonic()
    with aws.behaviours(rates=PUBLISHED, task_seconds=SECONDS, late_tasks=2, late_logs=4):
        ended = run("python", "/checks/many_at_once.py", str(count), options=["--network", "host", *variables, *mounts])
    minutes = (time.monotonic() - begun) / 60
    outcome = json.loads(ended.stdout.splitlines()[-1])
    assert outcome == {
        "ended": count,
        "failed": [],
        "last_lines": ["nothing ran, there are no containers here"],
    }
    calls = aws.calls()
    throttled = Counter(call["operation"] for call in calls if call["error"] == "ThrottlingException")
    # The start is a matter of the workers, each for itself: what is too much there is asked for again.
    assert throttled["DescribeTasks"] == throttled["GetLogEvents"] == 0
    counted = Counter(call["operation"] for call in calls if not call["error"])
    for operation, number in sorted(counted.items()):
        each = number / count / minutes
        print(f"{operation}: {number} calls, {each:.2f} a task and minute, {number / minutes:.0f} a minute")
    print(f"{count} tasks in {minutes:.1f} minutes, throttled: {dict(throttled)}")
    assert counted["RunTask"] == count
    assert counted["DescribeTasks"] < count  # each was looked at several times
