"""What Amazon ECS shows of tasks, when, and to how many who ask."""

from __future__ import annotations

import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, until


@pytest.fixture
def start(aws, service):
    """`start()` starts a one-off task; gives its ARN."""
    request = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE"}
    request["networkConfiguration"] = service["networkConfiguration"]
    aws.client("ecs").register_task_definition(**TASK_DEFINITION)
    return lambda: aws.client("ecs").run_task(**request)["tasks"][0]["taskArn"]


def told(aws, *arns):
    answer = aws.client("ecs").describe_tasks(cluster="c", tasks=list(arns))
    return (
        [task["taskArn"] for task in answer["tasks"]],
        [(failure["arn"], failure["reason"]) for failure in answer["failures"]],
    )


def not_throttled(call):
    try:
        call()
    except ClientError:
        return False
    return True


def test_a_task_is_not_shown_at_once(aws, start):
    with aws.behaviours(late_tasks=1):
        arn = start()
        assert told(aws, arn) == ([], [(arn, "MISSING")])
        until(lambda: told(aws, arn) == ([arn], []))


def test_a_task_of_a_service_is_not_shown_at_once_either(aws, service):
    with aws.behaviours(late_tasks=1):
        aws.client("ecs").update_service(cluster="c", service="web", desiredCount=3)
        arns = aws.client("ecs").list_tasks(cluster="c", serviceName="web")["taskArns"]
        assert told(aws, *arns) == ([], [(arn, "MISSING") for arn in arns])
        until(lambda: told(aws, *arns)[1] == [])


def test_a_log_and_its_lines_are_not_shown_at_once(aws):
    logs = aws.client("logs")
    named = {"logGroupName": "late", "logStreamName": "s"}

    def shown():
        try:
            return [event["message"] for event in logs.get_log_events(**named, startFromHead=True)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return None

    def write(line):
        logs.put_log_events(**named, logEvents=[{"timestamp": int(time.time() * 1000), "message": line}])

    logs.create_log_group(logGroupName="late")
    with aws.behaviours(late_logs=1):
        logs.create_log_stream(**named)
        write("one")
        assert shown() is None
        until(lambda: shown() == ["one"])
        write("two")
        assert shown() == ["one"]
        until(lambda: shown() == ["one", "two"])


def test_a_stopped_task_is_forgotten(aws, start):
    with aws.behaviours(stopped_tasks=1):
        arn = start()
        assert told(aws, arn) == ([arn], [])
        until(lambda: told(aws, arn) == ([], [(arn, "MISSING")]))
        assert arn not in aws.client("ecs").list_tasks(cluster="c", desiredStatus="STOPPED")["taskArns"]


def test_what_is_asked_too_often_is_throttled(aws):
    ecs = aws.client("ecs", config=Config(retries={"total_max_attempts": 1}))
    with aws.behaviours(rates=["ecs ListClusters 5 3"]):
        for _unused in range(3):
            ecs.list_clusters()
        with pytest.raises(ClientError) as refused:
            ecs.list_clusters()
        assert refused.value.response["Error"]["Code"] == "ThrottlingException"
        until(lambda: not_throttled(ecs.list_clusters))
        for _unused in range(10):
            ecs.describe_clusters()
