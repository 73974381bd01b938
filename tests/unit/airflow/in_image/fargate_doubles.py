"""What the checks of FargateTask share: a deployment's variables, an Airflow task's context, what ECS tells."""

from __future__ import annotations

import os
from types import SimpleNamespace
from unittest import mock

import boto3

from farflow import FargateTask
from farflow import fargate_task_end as end

VARIABLES = {
    "FARFLOW_ENVIRONMENT": "lab",
    "FARFLOW_CLUSTER": "lab-cluster",
    "FARFLOW_SUBNET_IDS": "subnet-1, subnet-2",
    "FARFLOW_SECURITY_GROUP_IDS": "sg-1",
    "FARFLOW_TASKS_LOG_GROUP": "/farflow/lab/tasks",
    "AWS_REGION": "eu-west-1",
}
NETWORK = {
    "awsvpcConfiguration": {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
}
ARN = "arn:aws:ecs:eu-west-1:123456789012:task/lab-cluster/0123456789abcdef"


def deployed(**changes):
    variables = {**VARIABLES, **changes}
    return mock.patch.dict(os.environ, {name: value for name, value in variables.items() if value}, clear=True)


def odd_task(**arguments):
    return FargateTask(**{"task_id": "odd_task", "task": "multi_task", **arguments})


def own(exit_code):
    """The container of the task definition, ended."""
    return {"name": "lab-multi_task", "lastStatus": "STOPPED", "exitCode": exit_code}


def client(service="ecs"):
    """One for which no answers need be given to what FargateTask asks of the task definition: it says nothing."""
    made = boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    if service == "ecs":
        made.describe_task_definition = lambda **asked: definition()
    return made


def definition(**labels):
    """DescribeTaskDefinition's answer for a DAG task."""
    container = {"name": "lab-multi_task", **({"dockerLabels": labels} if labels else {})}
    return {"taskDefinition": {"containerDefinitions": [container]}}


def context(**changes):
    """What Airflow gives a task that runs; ``next_method`` is set where it was deferred and goes on."""
    server = SimpleNamespace(next_method=changes.pop("next_method", None))
    facts = {"dag_id": "d", "task_id": "odd_task", "run_id": "r", "map_index": -1, "try_number": 1, "max_tries": 0}
    facts |= changes
    instance = mock.Mock(**facts, _ti_context_from_server=server)
    run = SimpleNamespace(run_id=facts["run_id"], logical_date=None, team_name=None)
    return {"ti": instance, "task_instance": instance, "dag_run": run}


def execute(task, *rest):
    """Past the guard that lets only Airflow call it."""
    return type(task).execute.__wrapped__(task, *rest)


def ended(task=None, **changes):
    """The event of a trigger whose Fargate task has ended; ``task`` changes what DescribeTasks told."""
    told = {"taskArn": ARN, "stopCode": "EssentialContainerExited", "containers": [own(0)], **(task or {})}
    kept = end.kept(told, "lab-multi_task")
    return {"status": "ended", "task_arn": ARN, "cluster": "lab-cluster", "task": kept, "tail": [], **changes}
