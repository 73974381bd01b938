"""Waiting for the deployments of services, and what is told when one fails."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.runs.rollouts import Rollouts
from ansible_collections.farflow.airflow.plugins.modules import ecs_services as module
from aws_double.service_documents import service
from aws_double.tasks import AGENTS, ended


def run(run_module, *services, **arguments):
    return run_module(module, services=list(services), **arguments)


def stopped_task(cluster, **members):
    definition = cluster.task_definitions.resolved("test-web")["taskDefinitionArn"]
    cluster.tasks.add("test-airflow", definition, [], service="test-web", **members)


def test_waits_for_all_services_together(cluster, run_module, no_pauses):
    cluster.services.rollouts = ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]
    result = run(run_module, service("test-a"), service("test-b"), wait=True)
    assert result["changed"] is True
    states = [each["deployments"][0]["rolloutState"] for each in cluster.services.stored.values()]
    assert states == ["COMPLETED"] * 2


def test_an_old_answer_is_not_taken_for_a_new_deployment(cluster, run_module, no_pauses):
    run(run_module, service())
    cluster.services.rollouts = ["IN_PROGRESS", "COMPLETED"]
    cluster.services.stale_answers = 2
    run(run_module, service(task_definition="test-web:2"), wait=True)
    assert len(no_pauses) >= 2


def test_a_deployment_that_was_rolled_back_before_anybody_looked_is_told(cluster, run_module, no_pauses):
    run(run_module, service())
    clients = Clients(boto3.Session().client)
    with pytest.raises(FarflowError, match="did not come up: another deployment has taken its place"):
        Rollouts(clients, "test-airflow", ["test-web"], {"test-web": "ecs-svc/0"}).wait(900)
    assert len(no_pauses) >= 20, "it may not be shown yet"


def test_how_many_tasks_an_autoscaler_asks_for_is_not_waited_for(cluster, run_module):
    cluster.services.lacking = 1
    run(run_module, service(autoscaled=True), wait=True, wait_timeout=0)
    result = run(run_module, service("test-b"), wait=True, wait_timeout=0)
    assert "test-b COMPLETED, 1 of 2 tasks run" in result["msg"]


def test_a_failed_deployment_is_told_with_reason_and_advice(cluster, run_module, no_pauses):
    cluster.services.rollouts = ["IN_PROGRESS", "IN_PROGRESS", "FAILED"]
    end = ended(None, "TaskFailedToStart", "CannotPullContainerError: registry/web: not found")
    stopped_task(cluster, startedBy="ecs-svc/1", **end)
    result = run(run_module, service(), wait=True)
    assert result["failed"]
    assert result["msg"].startswith("service test-web did not come up: tasks failed to start.\n")
    assert "TaskFailedToStart: CannotPullContainerError: registry/web: not found" in result["msg"]
    assert "advice: the image is not in the registry" in result["msg"]


def test_a_deployment_that_was_rolled_back_is_told(cluster, run_module, monkeypatch):
    run(run_module, service())
    cluster.services.rollouts = ["IN_PROGRESS"]
    polls = []

    def roll_back(seconds):
        polls.append(seconds)
        if len(polls) == 1:
            cluster.services.rollouts = []
            cluster.services.UpdateService({"service": "test-web", "taskDefinition": "test-web:1"})

    monkeypatch.setattr("time.sleep", roll_back)
    stopped_task(cluster, startedBy="ecs-svc/2", **ended(1))
    cluster.logs.write("/test", f"web/web/{0:032d}", ["starting", "no such module"])
    result = run(run_module, service(task_definition="test-web:2"), wait=True)
    assert result["failed"]
    assert "EssentialContainerExited: Essential container in task exited, container web exit code 1" in result["msg"]
    assert result["msg"].endswith("last log lines:\n  starting\n  no such module")


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS.keys())
def test_a_container_that_aws_adds_does_not_hide_why_a_deployment_failed(cluster, run_module, no_pauses, agent):
    cluster.services.rollouts = ["FAILED"]
    end = ended(1)
    stopped_task(cluster, startedBy="ecs-svc/1", **{**end, "containers": [agent, *end["containers"]]})
    cluster.logs.write("/test", f"web/web/{0:032d}", ["no such module"])
    result = run(run_module, service(), wait=True)
    assert "Essential container in task exited, container web exit code 1\nadvice: the program ended" in result["msg"]
    assert result["msg"].endswith("last log lines:\n  no such module")


def test_the_deployments_that_were_started_can_be_waited_for_later(cluster, run_module, no_pauses):
    made = run(run_module, service(), service("test-b"))["deployments"]
    current = {name: each["deployments"][0]["id"] for name, each in cluster.services.stored.items()}
    assert made == current
    cluster.services.rollouts = ["FAILED"]
    changed = run(run_module, service(task_definition="test-web:2"), service("test-b"))
    cluster.services.rollouts = []
    cluster.services.UpdateService({"service": "test-web", "taskDefinition": "test-web:1"})
    clients = Clients(boto3.Session().client)
    with pytest.raises(FarflowError, match="service test-web did not come up: tasks failed to start."):
        Rollouts(clients, "test-airflow", ["test-web", "test-b"], changed["deployments"]).wait(10)
    told = []
    Rollouts(clients, "test-airflow", ["test-web", "test-b"], tell=told.append).wait(10)
    assert told == ["test-web: as desired", "test-b: as desired"]


def test_a_wait_in_vain_ends_with_what_is_known(cluster, run_module):
    cluster.services.rollouts = ["IN_PROGRESS"]
    result = run(run_module, service(), wait=True, wait_timeout=0)
    assert result["msg"] == (
        "gave up waiting for the services test-web after 0 s: test-web IN_PROGRESS, 0 of 2 tasks run\n"
        "service test-web: no task has stopped, and it has no events"
    )


FULL = "(service test-web) was unable to place a task. Reason: Capacity is unavailable at this time."


def test_where_no_task_could_start_the_services_events_tell_why(cluster, run_module):
    before, since = 1700000000, 1700000100
    cluster.services.rollouts = ["IN_PROGRESS"]
    run(run_module, service())
    stopped_task(cluster, startedBy="ecs-svc/0", **ended(1))
    stored = cluster.services.stored["test-web"]
    stored["deployments"][0]["createdAt"] = since
    stored["events"] = [
        {"createdAt": since, "message": "(service test-web) has begun draining connections on 1 tasks."},
        {"createdAt": since, "message": FULL},
        {"createdAt": before, "message": "(service test-web) failed container health checks."},
    ]
    result = run(run_module, service(), wait=True, wait_timeout=0)
    assert result["msg"].split("\n")[1:] == [
        f"service test-web: no task of it has stopped, its last event: {FULL}",
        "advice: Fargate has no capacity of that size there now: try again later, allow more availability zones, or "
        "take another size, architecture or capacity provider",
    ]
