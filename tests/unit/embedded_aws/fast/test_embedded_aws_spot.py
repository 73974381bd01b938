"""Fargate Spot without containers: where tasks run, that capacity is not there, and that it is taken away."""

from __future__ import annotations

import collections

import pytest
from botocore.exceptions import ClientError
from said_and_described import TASK_DEFINITION, until

from tests.embedded_aws.instance import EmbeddedAWSError

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
ON_DEMAND = [{"capacityProvider": "FARGATE", "weight": 1}]
BOTH = [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}]
UNAVAILABLE = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


class Tasks:
    """The cluster `c` with both providers, a service `pool` on them, and tasks of their own."""

    def __init__(self, aws, service):
        self.ecs = aws.client("ecs")
        self._service = {name: value for name, value in service.items() if name != "launchType"}
        self._network = {"networkConfiguration": service["networkConfiguration"]}
        self.ecs.put_cluster_capacity_providers(
            cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
        )

    def create(self, number, strategy=None):
        self.ecs.create_service(
            **{**self._service, "serviceName": "pool", "desiredCount": number},
            capacityProviderStrategy=strategy or BOTH,
        )

    def run(self, strategy=None, **members):
        return self.ecs.run_task(
            cluster="c", taskDefinition="web", capacityProviderStrategy=strategy or SPOT, **self._network, **members
        )

    def of_service(self):
        return self.ecs.list_tasks(cluster="c", serviceName="pool")["taskArns"]

    def providers(self):
        found = self.described(*self.of_service()) if self.of_service() else []
        return collections.Counter(task["capacityProviderName"] for task in found)

    def described(self, *arns):
        return self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"]

    def service(self):
        return self.ecs.describe_services(cluster="c", services=["pool"])["services"][0]

    def stopped(self, arn):
        """The task, once it has stopped."""
        until(lambda: self.described(arn)[0]["lastStatus"] == "STOPPED")
        return self.described(arn)[0]


@pytest.fixture
def tasks(aws, service):
    return Tasks(aws, service)


def test_a_service_is_spread_by_base_and_weight(tasks):
    tasks.create(5)
    assert tasks.providers() == {"FARGATE": 2, "FARGATE_SPOT": 3}
    tasks.ecs.update_service(cluster="c", service="pool", desiredCount=9)
    assert tasks.providers() == {"FARGATE": 3, "FARGATE_SPOT": 6}
    tasks.ecs.update_service(cluster="c", service="pool", desiredCount=1)
    assert tasks.providers() == {"FARGATE": 1}
    assert {task["launchType"] for task in tasks.described(*tasks.of_service())} == {"FARGATE"}


def test_a_new_strategy_rolls_the_service(tasks):
    tasks.create(2)
    tasks.ecs.update_service(cluster="c", service="pool", capacityProviderStrategy=SPOT, forceNewDeployment=True)
    assert tasks.providers() == {"FARGATE_SPOT": 2}
    [deployment] = tasks.service()["deployments"]
    assert deployment["capacityProviderStrategy"] == SPOT


def test_the_clusters_strategy_holds_where_nothing_is_said(tasks):
    tasks.ecs.put_cluster_capacity_providers(
        cluster="c", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=BOTH
    )
    tasks.create(5, [])
    assert tasks.providers() == {"FARGATE": 2, "FARGATE_SPOT": 3}


def test_tasks_of_one_call_are_spread(tasks):
    found = tasks.run(BOTH, count=5)["tasks"]
    assert collections.Counter(task["capacityProviderName"] for task in found) == {"FARGATE": 2, "FARGATE_SPOT": 3}


@pytest.mark.parametrize(
    ("strategy", "complaint"),
    [
        ([{"capacityProvider": "mine", "weight": 1}], "not associated with the cluster"),
        ([{"capacityProvider": "FARGATE_SPOT", "weight": 0}], "weight greater than 0"),
    ],
)
def test_what_is_no_strategy_is_refused(tasks, strategy, complaint):
    for call in (lambda: tasks.run(strategy), lambda: tasks.create(1, strategy)):
        with pytest.raises(ClientError, match=complaint):
            call()


def test_windows_does_not_run_on_spot(tasks):
    windows = {"cpuArchitecture": "X86_64", "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    size = {"cpu": "1024", "memory": "2048"}
    tasks.ecs.register_task_definition(**{**TASK_DEFINITION, **size, "runtimePlatform": windows})
    for call in (tasks.run, lambda: tasks.create(1, SPOT)):
        with pytest.raises(ClientError, match="PlatformTaskDefinitionIncompatibilityException"):
            call()
    assert tasks.run(ON_DEMAND)["tasks"]


def test_without_capacity_a_task_is_refused_and_one_on_demand_runs(aws, tasks):
    with aws.behaviours(no_capacity=["FARGATE_SPOT"]):
        answer = tasks.run(clientToken="token")
        assert (answer["tasks"], answer["failures"]) == ([], [{"reason": UNAVAILABLE}])
        assert tasks.run(ON_DEMAND)["failures"] == []
    assert tasks.run(clientToken="token")["failures"] == []


def test_a_share_of_the_capacity_may_lack(aws, tasks):
    with aws.behaviours(no_capacity=["FARGATE_SPOT 0.5"], seed=3):
        answer = tasks.run(count=10)
    assert 2 < len(answer["tasks"]) < 8
    assert len(answer["tasks"]) + len(answer["failures"]) == 10


def test_capacity_may_lack_after_a_task_was_accepted(aws, tasks):
    with aws.behaviours(no_capacity_later=["FARGATE_SPOT"]):
        [task] = tasks.run()["tasks"]
        assert task["lastStatus"] == "PROVISIONING"
        stopped = tasks.stopped(task["taskArn"])
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("TaskFailedToStart", UNAVAILABLE)
    assert "startedAt" not in stopped
    assert "exitCode" not in stopped["containers"][0]


def test_a_service_tells_of_the_capacity_that_lacks_and_tries_again(aws, tasks):
    with aws.behaviours(no_capacity=["FARGATE_SPOT"]):
        tasks.create(4)
        assert tasks.providers() == {"FARGATE": 2}
        assert tasks.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
        messages = [event["message"] for event in tasks.service()["events"]]
        assert messages[0].startswith(f"(service pool) was unable to place a task. Reason: {UNAVAILABLE}.")
    until(lambda: tasks.providers() == {"FARGATE": 2, "FARGATE_SPOT": 2})
    until(lambda: tasks.service()["deployments"][0]["rolloutState"] == "COMPLETED")


def test_an_interrupted_task_is_told_to_stop_and_stops(aws, tasks):
    with aws.behaviours(task_seconds=0.5):
        [arn] = [task["taskArn"] for task in tasks.run()["tasks"]]
        assert aws.interrupt_spot(arn) == [arn]
        [task] = tasks.described(arn)
        assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "STOPPED")
        assert (task["stopCode"], task["stoppedReason"]) == ("SpotInterruption", "Your Spot Task was interrupted.")
        stopped = tasks.stopped(arn)
    assert stopped["containers"][0]["exitCode"] == 143
    assert stopped["stopCode"] == "SpotInterruption"


def test_a_share_of_the_tasks_of_a_service_is_interrupted_and_others_take_their_place(aws, tasks):
    tasks.create(5)
    before = set(tasks.of_service())
    taken = aws.interrupt_spot(share=0.67, service="pool", seed=1)
    assert len(taken) == 2
    until(lambda: len(tasks.of_service()) == 5)
    assert set(tasks.of_service()) & before == before - set(taken)
    assert tasks.providers() == {"FARGATE": 2, "FARGATE_SPOT": 3}


def test_protection_does_not_hold_against_an_interruption(aws, tasks):
    tasks.create(1, SPOT)
    [arn] = tasks.of_service()
    tasks.ecs.update_task_protection(cluster="c", tasks=[arn], protectionEnabled=True)
    aws.interrupt_spot(arn)
    assert tasks.stopped(arn)["stopCode"] == "SpotInterruption"


def test_a_share_of_all_that_begins_to_run_is_interrupted(aws, tasks):
    with aws.behaviours(spot_interrupted=1.0):
        spot, on_demand = (tasks.run(one)["tasks"][0]["taskArn"] for one in (SPOT, ON_DEMAND))
        assert [tasks.stopped(arn)["stopCode"] for arn in (spot, on_demand)] == [
            "SpotInterruption",
            "EssentialContainerExited",
        ]


def test_what_does_not_run_on_spot_is_not_interrupted(aws, tasks):
    [arn] = [task["taskArn"] for task in tasks.run(ON_DEMAND)["tasks"]]
    with pytest.raises(EmbeddedAWSError, match="do not run on Fargate Spot"):
        aws.interrupt_spot(arn)


def test_tasks_on_spot_are_not_of_the_quota_on_demand(aws, tasks):
    with aws.behaviours(fargate_vcpus=0.5):
        assert len(tasks.run(count=4)["tasks"]) == 4
        with pytest.raises(ClientError, match="reached the limit"):
            tasks.run(ON_DEMAND)
