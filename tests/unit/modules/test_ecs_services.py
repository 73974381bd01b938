from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import ecs_services as module
from aws_double.service_documents import network, service
from aws_double.wire import AwsError


def run(run_module, *services, **arguments):
    return run_module(module, services=list(services), **arguments)


def test_creates_then_changes_nothing(cluster, run_module):
    first = run(run_module, service("test-b"), service("test-a"))
    assert [(each["name"], each["reasons"]) for each in first["services"]] == [
        ("test-b", ["created"]),
        ("test-a", ["created"]),
    ]
    assert cluster.services.stored["test-a"]["launchType"] == "FARGATE"
    assert len(set(cluster.services.tokens)) == 2
    cluster.forget_calls()
    second = run(run_module, service("test-b"), service("test-a"))
    assert second["changed"] is False
    assert second["services"][0]["arn"].endswith("service/test-airflow/test-b")
    assert cluster.wire.mutations() == []


SAME = {
    "subnets reordered": {"network_configuration": network()},
    "public address default": {"network_configuration": network(assign_public_ip="DISABLED")},
    "the task definition's ARN": {
        "task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/test-web:1",
    },
    "defaults": {
        "launch_type": "FARGATE",
        "platform_version": "LATEST",
        "propagate_tags": "NONE",
        "scheduling_strategy": "REPLICA",
        "enable_execute_command": False,
        "enable_ecs_managed_tags": False,
        "health_check_grace_period_seconds": 0,
        "availability_zone_rebalancing": "ENABLED",
        "service_connect_configuration": {"enabled": False},
        "deployment_controller": {"type": "ECS"},
        "monitoring": {"metric_configurations": [{"metric_names": ["CPUUtilization"], "resolution_seconds": 60}]},
        "deployment_configuration": {
            "deployment_circuit_breaker": {"enable": True, "rollback": True, "reset_on_healthy_task": True},
            "maximum_percent": 200,
            "minimum_healthy_percent": "100",
            "alarms": {"alarm_names": [], "enable": False, "rollback": False},
            "strategy": "ROLLING",
        },
    },
    "empty": {"service_registries": [], "capacity_provider_strategy": None, "placement_strategy": []},
    "count as a string": {"desired_count": "2"},
}


@pytest.mark.parametrize("changed", SAME.values(), ids=SAME.keys())
def test_what_aws_does_not_distinguish_is_no_change(cluster, run_module, changed):
    run(run_module, service(), service("test-b", **changed))
    assert run(run_module, service(**changed), service("test-b"))["changed"] is False


CHANGES = {
    "count": ({"desired_count": 3}, ["desired_count 2 -> 3"]),
    "subnets": (
        {"network_configuration": network(subnets=["subnet-a", "subnet-c"])},
        ["network_configuration awsvpc_configuration subnets [subnet-a, subnet-b] -> [subnet-a, subnet-c]"],
    ),
    "circuit breaker": (
        {"deployment_configuration": {"deployment_circuit_breaker": {"enable": True, "rollback": False}}},
        ["deployment_configuration deployment_circuit_breaker rollback true -> false"],
    ),
    "circuit breaker left out": (
        {"deployment_configuration": None},
        [
            "deployment_configuration deployment_circuit_breaker enable true -> false",
            "deployment_configuration deployment_circuit_breaker rollback true -> false",
        ],
    ),
    "revision": ({"task_definition": "test-web:2"}, ["task_definition test-web:1 -> test-web:2"]),
    "newest revision": ({"task_definition": "test-web"}, ["task_definition test-web:1 -> test-web:2"]),
    "exec": ({"enable_execute_command": True}, ["enable_execute_command false -> true"]),
    "tags": (
        {"tags": [{"key": "team", "value": "data"}]},
        ["tags team (none) -> data", "tags farflow:environment test -> (none)"],
    ),
    "load balancers": ({"load_balancers": []}, None),
    "capacity": (
        {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]},
        [
            "capacity_provider_strategy FARGATE_SPOT capacity_provider (none) -> FARGATE_SPOT",
            "capacity_provider_strategy FARGATE_SPOT weight (none) -> 1",
            "capacity_provider_strategy FARGATE_SPOT base (none) -> 0",
            "launch_type FARGATE -> (none)",
        ],
    ),
}


@pytest.mark.parametrize(("changed", "reasons"), CHANGES.values(), ids=CHANGES.keys())
def test_change_is_predicted_told_and_done_and_undone(cluster, run_module, changed, reasons):
    run(run_module, service(), service("test-other"))
    cluster.forget_calls()
    predicted = run(run_module, service(**changed), service("test-other"), check_mode=True)
    assert cluster.wire.mutations() == []
    done = run(run_module, service(**changed), service("test-other"))
    assert predicted["services"] == done["services"]
    assert done["services"][0]["changed"] is True
    assert reasons is None or done["services"][0]["reasons"] == reasons
    assert done["services"][1]["changed"] is False
    assert run(run_module, service(**changed))["changed"] is False
    assert run(run_module, service())["changed"] is True
    assert run(run_module, service())["changed"] is False


def test_only_what_differs_is_sent(cluster, run_module):
    run(run_module, service())
    run(run_module, service(desired_count=5))
    assert [given for operation, given in cluster.wire.calls if operation == "UpdateService"] == [
        {"cluster": "test-airflow", "service": "test-web", "desiredCount": 5}
    ]


def test_an_autoscaler_keeps_its_count(cluster, run_module):
    run(run_module, service(autoscaled=True))
    assert cluster.services.stored["test-web"]["desiredCount"] == 2
    cluster.services.UpdateService({"service": "test-web", "desiredCount": 5})
    assert run(run_module, service(autoscaled=True))["changed"] is False
    assert cluster.services.stored["test-web"]["desiredCount"] == 5


BOUNDS = {"min_capacity": 1, "max_capacity": 4}


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_count_within_the_bounds_is_the_autoscalers(cluster, run_module, count):
    run(run_module, service(autoscaled=BOUNDS))
    cluster.services.UpdateService({"service": "test-web", "desiredCount": count})
    assert run(run_module, service(autoscaled=BOUNDS))["changed"] is False


@pytest.mark.parametrize(("count", "nearest"), [(0, 1), (9, 4)])
def test_a_count_that_no_autoscaler_has_set_is_brought_to_the_nearest_bound(cluster, run_module, count, nearest):
    run(run_module, service(autoscaled=BOUNDS))
    cluster.services.UpdateService({"service": "test-web", "desiredCount": count})
    deployments = len(cluster.services.stored["test-web"]["deployments"])
    result = run(run_module, service(autoscaled=BOUNDS))
    assert result["services"][0]["reasons"] == [f"desired_count {count} -> {nearest}"]
    stored = cluster.services.stored["test-web"]
    assert (stored["desiredCount"], len(stored["deployments"])) == (nearest, deployments)
    assert run(run_module, service(autoscaled=BOUNDS))["changed"] is False


@pytest.mark.parametrize(
    ("autoscaled", "said"),
    [
        ({"min_capacity": 1}, "has a min_capacity and a max_capacity"),
        ({**BOUNDS, "step": 1}, "has a min_capacity and a max_capacity"),
        ({**BOUNDS, "min_capacity": "1"}, "has a min_capacity and a max_capacity"),
        ("yes", "autoscaled is true, false, or"),
        ({**BOUNDS, "min_capacity": 5}, "min_capacity 5 is below 0 or above max_capacity 4"),
    ],
)
def test_bounds_that_are_none(cluster, run_module, autoscaled, said):
    assert said in run(run_module, service(autoscaled=autoscaled))["msg"]


def test_autoscaling_switched_on_and_off_replaces_no_task(cluster, run_module):
    run(run_module, service())
    deployments = len(cluster.services.stored["test-web"]["deployments"])
    run(run_module, service(autoscaled=True))
    assert run(run_module, service(autoscaled=True))["changed"] is False
    cluster.services.UpdateService({"service": "test-web", "desiredCount": 5})
    run(run_module, service())
    assert cluster.services.stored["test-web"]["desiredCount"] == 2
    assert len(cluster.services.stored["test-web"]["deployments"]) == deployments


def test_what_aws_cannot_change_is_refused_or_replaced(cluster, run_module):
    run(run_module, service())
    cluster.services.stored["test-web"]["launchType"] = "EC2"
    refused = run(run_module, service(), check_mode=True)
    assert refused["failed"]
    assert "AWS cannot change service test-web in place (launch_type EC2 -> FARGATE)" in refused["msg"]
    assert run(run_module, service(), replace=True)["services"][0]["reasons"] == ["launch_type EC2 -> FARGATE"]
    assert "DeleteService" in cluster.wire.operations()
    assert run(run_module, service())["changed"] is False


def test_check_mode_creates_nothing_though_the_family_is_missing(cluster, run_module):
    result = run(run_module, service(task_definition="test-none"), check_mode=True)
    assert result["services"] == [{"name": "test-web", "arn": None, "changed": True, "reasons": ["created"]}]
    assert cluster.wire.mutations() == []
    refused = run(run_module, service(task_definition="test-none"))
    assert refused["msg"] == "there is no ACTIVE task definition of test-none: register it first"


def test_without_a_cluster_everything_is_new(ecs, run_module):
    assert run(run_module, service(), check_mode=True)["services"][0]["reasons"] == ["created"]


def stopped_task(cluster, **members):
    definition = cluster.task_definitions.resolved("test-web")["taskDefinitionArn"]
    cluster.tasks.add("test-airflow", definition, [], service="test-web", **members)


def test_a_deployment_that_failed_is_started_again(cluster, run_module):
    """ECS starts nothing of a service whose first deployment failed, since there is none to go back to."""
    cluster.services.rollouts = ["FAILED"]
    run(run_module, service())
    cluster.services.rollouts = []
    cluster.forget_calls()
    predicted = run(run_module, service(), check_mode=True)
    assert predicted["services"][0]["reasons"] == ["rollout_state FAILED -> COMPLETED"]
    assert cluster.wire.mutations() == []
    assert run(run_module, service())["services"] == predicted["services"]
    assert [given for operation, given in cluster.wire.calls if operation == "UpdateService"] == [
        {"cluster": "test-airflow", "service": "test-web", "forceNewDeployment": True}
    ]
    assert run(run_module, service())["changed"] is False


STEADINESS = {
    "steady": ("COMPLETED", 2, 2, False, False),
    "still coming": ("IN_PROGRESS", 2, 2, False, True),
    "too few tasks": ("COMPLETED", 1, 2, False, True),
    "an autoscaler has asked for more": ("COMPLETED", 1, 2, True, False),
    "an autoscaled one still coming": ("IN_PROGRESS", 2, 2, True, True),
    "more than asked for": ("COMPLETED", 3, 2, False, False),
}


@pytest.mark.parametrize(
    ("state", "running", "asked", "autoscaled", "unsteady"), STEADINESS.values(), ids=STEADINESS.keys()
)
def test_a_look_tells_which_services_are_unsteady(cluster, run_module, state, running, asked, autoscaled, unsteady):
    run(run_module, service(autoscaled=autoscaled, desired_count=asked))
    [document] = cluster.services.DescribeServices({"cluster": "test-airflow", "services": ["test-web"]})["services"]
    document["runningCount"] = running
    document["deployments"][0]["rolloutState"] = state
    assert pure.canonical(document).attributes[pure.UNSTEADY] is unsteady


def test_absent_waits_until_tasks_have_stopped(cluster, run_module):
    run(run_module, service(), service("test-other"))
    stopped_task(cluster, desiredStatus="RUNNING")
    gone = {"service_name": "test-web", "cluster": "test-airflow"}
    predicted = run(run_module, gone, state="absent", check_mode=True)
    assert cluster.services.stored["test-web"]["status"] == "ACTIVE"
    result = run(run_module, gone, state="absent")
    assert predicted["services"] == result["services"]
    assert [(each["name"], each["reasons"]) for each in result["services"]] == [("test-web", ["deleted"])]
    assert {name: each["status"] for name, each in cluster.services.stored.items()} == {
        "test-web": "INACTIVE",
        "test-other": "ACTIVE",
    }
    assert run(run_module, gone, state="absent")["changed"] is False
    assert run(run_module, service())["services"][0]["reasons"] == ["created"]


def test_absent_waits_for_what_is_draining(cluster, run_module, no_pauses):
    run(run_module, service())
    cluster.services.stored["test-web"]["status"] = "DRAINING"
    assert run(run_module, service())["services"][0]["reasons"] == ["created"]
    cluster.services.stored["test-web"]["status"] = "DRAINING"
    gone = {"service_name": "test-web", "cluster": "test-airflow"}
    assert run(run_module, gone, state="absent")["services"][0]["reasons"] == ["deleted"]


def test_what_the_first_load_balancer_or_role_needs_is_waited_for(cluster, run_module, no_pauses):
    refusals = [
        "Unable to Start a service that is still Draining.",
        "The target group with targetGroupArn arn:group does not have an associated load balancer.",
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
    ]

    def fault(operation, given):
        if operation == "CreateService" and refusals:
            raise AwsError("InvalidParameterException", refusals.pop())

    cluster.wire.fault = fault
    assert run(run_module, service())["services"][0]["reasons"] == ["created"]
    tokens = [given["clientToken"] for operation, given in cluster.wire.calls if operation == "CreateService"]
    assert (len(tokens), len(set(tokens))) == (4, 1)


def test_a_change_that_needs_a_new_load_balancer_is_tried_again(cluster, run_module, no_pauses):
    run(run_module, service())
    refusals = ["The target group with targetGroupArn arn:group does not have an associated load balancer."] * 2

    def fault(operation, given):
        if operation == "UpdateService" and refusals:
            raise AwsError("InvalidParameterException", refusals.pop())

    cluster.wire.fault = fault
    assert run(run_module, service(desired_count=3))["changed"] is True
    assert cluster.services.stored["test-web"]["desiredCount"] == 3


def test_everything_wrong_is_told_before_aws_is_called(ecs, run_module):
    wrong = service("test-a", desired_count=None, launch_typ="FARGATE", placement_strategy=[{"type": "random"}])
    result = run(run_module, wrong, service(), service())
    assert result["msg"].split("\n") == [
        "service test-a: launch_typ is not known, did you mean launch_type?",
        "service test-a: placement_strategy is refused: Fargate places tasks itself",
        "service test-web is given twice",
    ]
    assert ecs.call_count == 0
