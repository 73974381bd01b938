"""Tasks that are protected from scale-in: what ECS and its agent answer, and what protection holds against."""

from __future__ import annotations

import datetime

import pytest
import requests
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, until


@pytest.fixture
def ecs(aws, service):
    return aws.client("ecs")


def tasks_of(ecs, name="web"):
    return ecs.list_tasks(cluster="c", serviceName=name)["taskArns"]


def described(ecs):
    return ecs.describe_services(cluster="c", services=["web"])["services"][0]


def deployments(ecs):
    """Status, state, and numbers of tasks that are wanted and that run, the newest first."""
    return [
        (one["status"], one["rolloutState"], one["desiredCount"], one["runningCount"])
        for one in described(ecs)["deployments"]
    ]


def events(ecs):
    return " ".join(event["message"] for event in described(ecs)["events"])


def protect(ecs, *tasks, **minutes):
    answer = ecs.update_task_protection(cluster="c", tasks=tasks, protectionEnabled=True, **minutes)
    return [failure["reason"] for failure in answer["failures"]]


def unprotect(ecs, *tasks):
    assert ecs.update_task_protection(cluster="c", tasks=tasks, protectionEnabled=False)["failures"] == []


def roll(ecs, **changes):
    ecs.update_service(cluster="c", service="web", forceNewDeployment=True, **changes)


def protected(ecs, *tasks):
    answer = ecs.get_task_protection(cluster="c", tasks=tasks)["protectedTasks"]
    return [one["protectionEnabled"] for one in answer]


def test_protected_tasks_hold_a_deployment_up_until_they_are_no_longer(ecs):
    old, _other = tasks_of(ecs)
    assert protect(ecs, old) == []
    roll(ecs)
    assert deployments(ecs) == [("PRIMARY", "IN_PROGRESS", 2, 2), ("ACTIVE", "COMPLETED", 0, 1)]
    assert old in tasks_of(ecs)
    assert "unable to reach steady state because task set (ecs-svc/" in events(ecs)
    unprotect(ecs, old)
    assert deployments(ecs) == [("PRIMARY", "COMPLETED", 2, 2)]
    assert old not in tasks_of(ecs)
    [stopped] = ecs.describe_tasks(cluster="c", tasks=[old])["tasks"]
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert stopped["stoppedReason"].startswith("Scaling activity initiated by (deployment ecs-svc/")


def test_scale_in_takes_those_that_are_not_protected(ecs):
    first, _second = tasks_of(ecs)
    protect(ecs, first)
    ecs.update_service(cluster="c", service="web", desiredCount=0)
    assert tasks_of(ecs) == [first]
    assert (described(ecs)["desiredCount"], described(ecs)["runningCount"]) == (0, 1)
    unprotect(ecs, first)
    assert tasks_of(ecs) == []


def test_protection_ends_by_itself(aws, ecs):
    first, second = tasks_of(ecs)
    with aws.clock(120):
        protect(ecs, first, expiresInMinutes=1)
        protect(ecs, second, expiresInMinutes=1)
        protect(ecs, second, expiresInMinutes=2880)
        ecs.update_service(cluster="c", service="web", desiredCount=0)
        assert tasks_of(ecs) == [first, second]
        until(lambda: tasks_of(ecs) == [second])
        assert protected(ecs, second) == [True]


def test_protected_tasks_count_within_the_maximum_of_a_deployment(ecs):
    first, second = tasks_of(ecs)
    protect(ecs, first, second)
    roll(ecs, desiredCount=1)
    assert deployments(ecs) == [("PRIMARY", "IN_PROGRESS", 1, 0), ("ACTIVE", "COMPLETED", 1, 2)]
    unprotect(ecs, first)
    assert deployments(ecs) == [("PRIMARY", "IN_PROGRESS", 1, 1), ("ACTIVE", "COMPLETED", 0, 1)]
    assert second in tasks_of(ecs)


def test_no_more_tasks_are_protected_than_are_desired(ecs):
    first, second = tasks_of(ecs)
    assert protect(ecs, first, second) == []
    assert protect(ecs, first) == [], "renewed"
    ecs.update_service(cluster="c", service="web", desiredCount=1)
    assert protect(ecs, first) == ["DEPLOYMENT_BLOCKED"]
    unprotect(ecs, second)
    assert protect(ecs, first) == []
    roll(ecs)
    [new] = [task for task in tasks_of(ecs) if task != first]
    assert protect(ecs, new) == ["DEPLOYMENT_BLOCKED"]
    ecs.update_service(cluster="c", service="web", desiredCount=2)
    assert protect(ecs, new) == []


def test_what_is_no_task_of_a_service_is_not_protected(ecs, service):
    network = {"networkConfiguration": service["networkConfiguration"]}
    task = ecs.run_task(cluster="c", taskDefinition="web", launchType="FARGATE", **network)["tasks"][0]["taskArn"]
    assert protect(ecs, task) == ["TASK_NOT_VALID"]
    assert protect(ecs, "0f1e") == ["MISSING"]
    assert ecs.get_task_protection(cluster="c", tasks=[task])["failures"] == [{"arn": task, "reason": "TASK_NOT_VALID"}]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tasks": ["t"] * 11}, "InvalidParameterException"),
        ({"expiresInMinutes": 0}, "InvalidParameterException"),
        ({"expiresInMinutes": 2881}, "InvalidParameterException"),
        ({"cluster": "none"}, "ClusterNotFoundException"),
    ],
)
def test_what_ecs_does_not_take_is_refused(ecs, change, complaint):
    with pytest.raises(ClientError, match=complaint):
        ecs.update_task_protection(**{"cluster": "c", "tasks": ["t"], "protectionEnabled": True, **change})


def test_whoever_stops_a_protected_task_may_and_another_takes_its_place(ecs):
    tasks = tasks_of(ecs)
    protect(ecs, *tasks)
    ecs.stop_task(cluster="c", task=tasks[0])
    until(lambda: len(tasks_of(ecs)) == 2)
    assert tasks[0] not in tasks_of(ecs)
    ecs.delete_service(cluster="c", service="web", force=True)
    assert tasks_of(ecs) == []


def test_a_sixth_deployment_is_refused_while_five_are_not_over(ecs):
    ecs.update_service(cluster="c", service="web", desiredCount=5)
    for _unused in range(4):
        [*_others, newest] = tasks_of(ecs)
        assert protect(ecs, newest) == []
        roll(ecs)
    assert len(described(ecs)["deployments"]) == 5
    with pytest.raises(ClientError, match="5 active deployments exist, unable to create new deployment"):
        roll(ecs)
    ecs.update_service(cluster="c", service="web", desiredCount=4)
    unprotect(ecs, *tasks_of(ecs)[:3])
    roll(ecs)


class Agent:
    """The agent's address inside of a task of a service."""

    def __init__(self, aws, service, **definition):
        self.ecs = aws.client("ecs")
        self.ecs.register_task_definition(**{**TASK_DEFINITION, **definition})
        self.ecs.create_service(**{**service, "serviceName": "agent", "desiredCount": 1})
        [self.task] = tasks_of(self.ecs, "agent")
        self._url = f"{aws.endpoint_url}/_embedded/agent/{{}}/task-protection/v1/state"

    def ask(self, method, body=None, task=None):
        """Status and document."""
        url = self._url.format(task or self.task.rsplit("/")[-1])
        answer = requests.request(method, url, data=body, timeout=10)
        return answer.status_code, answer.json()


ROLE = "arn:aws:iam::123456789012:role/task"


@pytest.fixture
def agent(aws, service):
    return Agent(aws, service, taskRoleArn=ROLE)


def test_the_agent_protects_its_task(aws, agent):
    aws.reset_calls()
    unset = {"protection": {"ExpirationDate": None, "ProtectionEnabled": False, "TaskArn": agent.task}}
    assert agent.ask("GET") == (200, unset)
    status, document = agent.ask("PUT", '{"ProtectionEnabled": true, "ExpiresInMinutes": 60}')
    until_when = document["protection"].pop("ExpirationDate")
    assert datetime.datetime.fromisoformat(until_when).tzinfo
    assert (status, document) == (200, {"protection": {"ProtectionEnabled": True, "TaskArn": agent.task}})
    assert protected(agent.ecs, agent.task) == [True]
    assert agent.ask("PUT", '{"protectionenabled": false}') == (200, unset)
    calls = [(call["operation"], call["caller"], call["status"]) for call in aws.calls(service="ecs")]
    assert calls == [
        ("GetTaskProtection", "container", 200),
        ("UpdateTaskProtection", "container", 200),
        ("GetTaskProtection", "host", 200),
        ("UpdateTaskProtection", "container", 200),
    ]


def test_the_agent_tells_of_a_failure_with_status_200(aws, agent):
    agent.ecs.update_service(cluster="c", service="agent", desiredCount=0)
    agent.ecs.update_service(cluster="c", service="agent", desiredCount=1)
    assert agent.ask("PUT", '{"ProtectionEnabled": true}') == (
        200,
        {"failure": {"Arn": agent.task, "Detail": None, "Reason": "TASK_NOT_VALID"}},
    )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("", "UpdateTaskProtection: failed to decode request"),
        ('{"ProtectionEnabled": "yes"}', "UpdateTaskProtection: failed to decode request"),
        ('{"ProtectionEnabled": true, "Minutes": 5}', "UpdateTaskProtection: failed to decode request"),
        ('{"ExpiresInMinutes": 5}', "Invalid request: does not contain 'ProtectionEnabled' field"),
        ('{"ProtectionEnabled": true, "ExpiresInMinutes": 2881}', "expiresInMinutes must be between 1 and 2880."),
    ],
)
def test_the_agent_refuses_what_it_does_not_know(agent, body, complaint):
    status, document = agent.ask("PUT", body)
    assert (status, document["error"]["Code"], document["error"]["Message"]) == (
        400,
        "InvalidParameterException",
        complaint,
    )


def test_the_agent_is_throttled_and_knows_its_own_tasks_only(aws, agent):
    with aws.behaviours(rates=["ecs UpdateTaskProtection 0 0"]):
        status, document = agent.ask("PUT", '{"ProtectionEnabled": true}')
    assert (status, document["error"]["Code"]) == (400, "ThrottlingException")
    status, document = agent.ask("GET", task="0f1e")
    assert (status, document["error"]["Code"]) == (404, "ResourceNotFoundException")


def test_the_agent_needs_a_role_of_the_task(aws, service):
    status, document = Agent(aws, service).ask("PUT", '{"ProtectionEnabled": true}')
    assert (status, document["error"]["Code"]) == (403, "AccessDeniedException")
