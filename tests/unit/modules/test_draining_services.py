"""Services whose old tasks protect themselves, since they have work in hand: what a deployment asks for, when it is
rolled out, and that a plan meanwhile is empty.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import service as services
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents
from ansible_collections.farflow.airflow.plugins.module_utils.runs import draining
from ansible_collections.farflow.airflow.plugins.module_utils.runs.rollouts import Rollouts
from ansible_collections.farflow.airflow.plugins.modules import ecs_services as module
from aws_double.service_documents import service as specification

UNTIL = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:task/dev"


#: Tasks by their deployment, health, and whether they are protected.
NEW, OLD = ("new", "HEALTHY", False), ("old", "HEALTHY", True)


def wanted(count=1, drains=True, autoscaled=None):
    attributes = {"drains": True, "asked_for": count} if drains else {}
    if autoscaled:
        attributes |= {"first_count": count, "bounds": autoscaled}
    return Resource("ecs_service", "dev-worker", {} if autoscaled else {"desired_count": count}, None, attributes)


def found(count, running, old):
    return Resource("ecs_service", "dev-worker", {"desired_count": count}, "arn", {"running": running, "old": old})


@pytest.mark.parametrize(
    ("asked", "there", "count"),
    [
        (wanted(1), found(1, 2, 1), 1),
        (wanted(1), found(2, 3, 1), 2),
        (wanted(1), found(2, 2, 0), 1),
        (wanted(1), found(9, 3, 1), 3),
        (wanted(3), found(1, 2, 1), 3),
        (wanted(1, drains=False), found(2, 3, 1), 1),
        (wanted(1, autoscaled=(0, 5)), found(6, 7, 2), 6),
        (wanted(1, autoscaled=(0, 5)), found(6, 6, 0), 5),
        (wanted(1, autoscaled=(0, 5)), found(0, 1, 1), 0),
        (wanted(1, drains=False, autoscaled=(1, 5)), found(6, 7, 2), 5),
    ],
)
def test_while_old_tasks_run_as_many_may_be_desired_as_run(asked, there, count):
    assert documents.counted(asked, there).properties["desired_count"] == count


@pytest.mark.parametrize(
    ("asked", "protected", "count"),
    [
        (wanted(1), 0, 1),
        (wanted(1), 1, 2),
        (wanted(3), 2, 5),
        (wanted(2, autoscaled=(0, 5)), 0, 2),
        (wanted(2, autoscaled=(0, 5)), 1, 2),
        (wanted(2, autoscaled=(0, 5)), 2, 3),
        (wanted(0, autoscaled=(0, 5)), 1, 2),
    ],
)
def test_those_that_take_over_can_be_protected_too(asked, protected, count):
    if "first_count" in asked.attributes:
        asked = replace(asked, properties={"desired_count": asked.attributes["first_count"]})
    assert documents.with_room(asked, protected) == count


def room(tasks, **changed):
    """The count that a change of a service sets, whose tasks are these."""
    there = replace(
        found(1, len(tasks), 0), properties={"desired_count": 1, "cluster": "dev", "task_definition": "a:1"}
    )
    asked = wanted(1)
    asked = replace(asked, properties={"desired_count": 1, "cluster": "dev", "task_definition": "a:1", **changed})
    return services.with_room(lambda name: Ecs(tasks), asked, there).properties["desired_count"]


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({"task_definition": "a:2"}, 2),
        ({"network_configuration": {"awsvpc_configuration": {"subnets": ["subnet-a"]}}}, 2),
        ({"platform_version": "1.4.0"}, 2),
        ({"enable_execute_command": True}, 1),
        ({"deployment_configuration": {"maximum_percent": 200}}, 1),
    ],
)
def test_room_is_made_by_what_starts_a_deployment(changed, count):
    assert room({"1": OLD}, **changed) == count


def test_it_does_not_grow_with_each_deploy():
    assert room({"1": OLD, "2": NEW, "3": NEW}, task_definition="a:3") == 2


def test_one_that_is_to_go_is_kept_at_zero_while_a_task_is_protected(cluster, run_module, monkeypatch):
    held = {"test-a": [draining.Protected("test-a", "0f1e", UNTIL)]}
    monkeypatch.setattr(draining, "of_services", lambda clients, cluster, names: held.get(names[0], []))
    run_module(module, services=[specification("test-a"), specification("test-b")])
    gone = {"services": [{"service_name": name, "cluster": "test-airflow"} for name in ("test-a", "test-b")]}

    predicted = run_module(module, check_mode=True, state="absent", drain=True, **gone)
    cluster.forget_calls()
    first = run_module(module, state="absent", drain=True, **gone)
    assert [(each["name"], each["reasons"]) for each in first["services"]] == [
        ("test-a", ["desired_count 2 -> 0"]),
        ("test-b", ["deleted"]),
    ]
    assert predicted["services"] == first["services"]
    assert first["draining"] == ["test-a, task 0f1e, at the latest until 2026-12-01 14:30 UTC"]
    assert cluster.services.stored["test-a"]["desiredCount"] == 0

    again = run_module(module, state="absent", drain=True, **gone)
    assert (again["changed"], again["draining"]) == (False, first["draining"])
    held.clear()
    last = run_module(module, state="absent", drain=True, **gone)
    assert [(each["name"], each["reasons"]) for each in last["services"]] == [("test-a", ["deleted"])]


class Ecs:
    """Answers with what a test says of the tasks: ``{id: (deployment, health, protected)}``."""

    def __init__(self, tasks):
        self.tasks = tasks

    def get_paginator(self, operation):
        assert operation == "list_tasks"
        return self

    def paginate(self, **arguments):
        yield {"taskArns": [f"{CLUSTER}/{name}" for name in self.tasks]}

    def describe_tasks(self, cluster, tasks):
        return {
            "tasks": [
                {"taskArn": arn, "startedBy": self.tasks[arn[-1]][0], "healthStatus": self.tasks[arn[-1]][1]}
                for arn in tasks
            ]
        }

    def get_task_protection(self, cluster, tasks):
        return {
            "protectedTasks": [
                {"taskArn": arn, "protectionEnabled": bool(self.tasks[arn[-1]][2]), "expirationDate": UNTIL}
                for arn in tasks
            ]
        }

    def describe_services(self, cluster, services, include):
        return {"services": [service(self.tasks)]}


def service(tasks, desired=1):
    counts = {id_: sum(each[0] == id_ for each in tasks.values()) for id_ in ("new", "old")}
    return {
        "serviceName": "dev-worker",
        "status": "ACTIVE",
        "desiredCount": desired,
        "runningCount": len(tasks),
        "deployments": [
            {"id": "new", "status": "PRIMARY", "rolloutState": "IN_PROGRESS", "runningCount": counts["new"]},
            {"id": "old", "status": "ACTIVE", "runningCount": counts["old"]},
        ],
    }


def drains(tasks):
    return draining.only_drains(lambda name: Ecs(tasks), "dev", "dev-worker", "new")


def test_what_is_left_are_the_protected_tasks_of_earlier_deployments():
    (left,) = drains({"1": NEW, "2": OLD})
    assert left.words == "dev-worker, task 2, at the latest until 2026-12-01 14:30 UTC"


@pytest.mark.parametrize(
    "tasks",
    [
        {"1": ("new", "UNKNOWN", False), "2": OLD},
        {"1": ("new", "UNHEALTHY", False), "2": OLD},
        {"1": NEW, "2": OLD, "3": ("old", "HEALTHY", False)},
        {"1": NEW},
    ],
    ids=["not healthy yet", "not healthy", "one is not protected", "all new"],
)
def test_otherwise_it_is_waited_for(tasks):
    assert not drains(tasks)


@pytest.mark.parametrize(
    ("newest", "complete"),
    [({"runningCount": 2}, True), ({"runningCount": 1}, False), ({"runningCount": 2, "pendingCount": 1}, False)],
)
def test_a_deployment_has_all_its_tasks(newest, complete):
    document = {"desiredCount": 2, "deployments": [{"status": "PRIMARY", **newest}, {"status": "ACTIVE"}]}
    assert documents.has_all_tasks(document) is complete


def test_a_deployment_is_rolled_out_while_old_workers_have_work_in_hand():
    tasks = {"1": NEW, "2": OLD}
    told = []
    left = Rollouts(lambda name: Ecs(tasks), "dev", ["dev-worker"], tell=told.append).wait(0)
    assert [each.task for each in left] == ["2"]
    assert told == ["dev-worker: as desired"]
