from __future__ import annotations

import copy

import pytest
from ansible_collections.farflow.airflow.plugins.modules import ecs_services as module
from aws_double.service_documents import GROUP, network, service


def run(run_module, *services):
    return run_module(module, services=list(services))


def target(port):
    return {"target_group_arn": f"{GROUP}{port}", "container_name": "web", "container_port": port}


LISTS = {
    "subnets": lambda items: {"network_configuration": network(subnets=items("subnet-a", "subnet-b"))},
    "security groups": lambda items: {"network_configuration": network(security_groups=items("sg-1", "sg-2"))},
    "load balancers": lambda items: {"load_balancers": items(target(80), target(8080))},
    "registries": lambda items: {"service_registries": items({"registry_arn": "arn:a"}, {"registry_arn": "arn:b"})},
    "capacity": lambda items: {
        "capacity_provider_strategy": items({"capacity_provider": "FARGATE"}, {"capacity_provider": "FARGATE_SPOT"})
    },
    "tags": lambda items: {
        "tags": items({"key": "team", "value": "data"}, {"key": "farflow:environment", "value": "x"})
    },
}


@pytest.mark.parametrize("of", LISTS.values(), ids=LISTS.keys())
def test_the_order_of_a_list_is_no_change(cluster, run_module, of):
    run(run_module, service(**of(lambda *items: list(items))))
    assert run(run_module, service(**of(lambda *items: list(reversed(items)))))["changed"] is False


def vpc(**changed):
    found = {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"], **changed}
    return {"networkConfiguration": {"awsvpcConfiguration": found}}


BREAKER, VPC = "deployment_configuration deployment_circuit_breaker", "network_configuration awsvpc_configuration"
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
BY_HAND = {
    "count": ({"desiredCount": 0}, "desired_count 0 -> 2"),
    "revision": ({"taskDefinition": "test-web:2"}, "task_definition test-web:2 -> test-web:1"),
    "subnets": (vpc(subnets=["subnet-a"]), f"{VPC} subnets [subnet-a] -> [subnet-a, subnet-b]"),
    "security groups": (vpc(securityGroups=["sg-2"]), f"{VPC} security_groups [sg-2] -> [sg-1]"),
    "public addresses": (vpc(assignPublicIp="ENABLED"), f"{VPC} assign_public_ip ENABLED -> DISABLED"),
    "circuit breaker": (
        {"deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}},
        f"{BREAKER} rollback false -> true",
    ),
    "healthy tasks": (
        {"deploymentConfiguration": {"minimumHealthyPercent": 0}},
        "deployment_configuration minimum_healthy_percent 0 -> 100",
    ),
    "load balancer": ({"loadBalancers": []}, "load_balancers (none) -> "),
    "shell": ({"enableExecuteCommand": True}, "enable_execute_command true -> false"),
    "platform": ({"platformVersion": "1.4.0"}, "platform_version 1.4.0 -> LATEST"),
    "patience": ({"healthCheckGracePeriodSeconds": 7}, "health_check_grace_period_seconds 7 -> 0"),
    "tags of tasks": ({"propagateTags": "SERVICE"}, "propagate_tags SERVICE -> NONE"),
    "Service Connect": (
        {"serviceConnectConfiguration": {"enabled": True}},
        "service_connect_configuration enabled true",
    ),
    "Spot": ({"capacityProviderStrategy": SPOT, "forceNewDeployment": True}, "launch_type (none) -> FARGATE"),
}


@pytest.mark.parametrize(("changes", "reason"), BY_HAND.values(), ids=BY_HAND.keys())
def test_a_service_edited_by_hand_is_mended(cluster, run_module, changes, reason):
    run(run_module, service(), service("test-b"))
    cluster.services.UpdateService({"service": "test-web", **copy.deepcopy(changes)})
    first, other = run(run_module, service(), service("test-b"))["services"]
    assert any(each.startswith(reason) for each in first["reasons"]), first
    assert other["changed"] is False
    assert run(run_module, service())["changed"] is False
