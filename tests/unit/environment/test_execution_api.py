"""Running tasks reach the task execution API by a port of its own, which the load balancer never leads to."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import (
    containers,
    pools,
    security_groups,
    settings,
)
from ansible_collections.farflow.airflow.plugins.module_utils.environment import load_balancer as entrance
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import ALL, API_SERVER
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer import (
    documents as network_load_balancer,
)

INPUTS = {
    "farflow_environment": "test",
    "farflow_region": "eu-west-1",
    "farflow_tags": {},
    "farflow_iam_path": "/farflow/",
    "network_availability_zones": ["eu-west-1a", "eu-west-1b"],
    "network_ingress_cidrs": ["203.0.113.0/24"],
    "airflow_service_load_balancer_scheme": "internal",
    "airflow_service_load_balancer_port": 443,
    "airflow_service_certificate_arn": None,
    "airflow_service_deletion_protection": False,
    "airflow_service_ssl_policy": "p",
    "airflow_service_api_server": {"count": 1, "cpu": 512, "memory": 2048},
    "airflow_service_architecture": "X86_64",
    "airflow_service_base_url": "",
    "airflow_service_execution_api_url": "",
    "airflow_service_enable_execute_command": False,
    "airflow_service_dags": "image",
    "airflow_service_dag_bundles": [],
    "airflow_service_config": {},
    "airflow_service_environment": {},
    "airflow_service_secrets": {},
    "worker_pools": {},
    "airflow_service_executors": ["celery"],
    "worker_drain_hours": 12,
    **pools.OF_DEFAULT,
}
ACCOUNT = Existing([Resource("identity", "identity", {}, "123456789012", {"partition": "aws"})])
PRIVATE = "http://api-server.test.farflow.internal:8081"


@pytest.fixture
def api_server():
    definition = containers.task_definition(INPUTS, ACCOUNT, API_SERVER, "image@sha256:0")
    return {each["name"]: each for each in definition["container_definitions"]}


def test_the_two_are_containers_of_one_task_each_with_a_port_and_a_health_check(api_server):
    said = {
        name: (
            " ".join(each["command"]),
            [mapping["container_port"] for mapping in each["port_mappings"]],
            " ".join(each["health_check"]["command"]),
            each["essential"],
        )
        for name, each in api_server.items()
    }
    assert said == {
        "api-server": ("api-server --apps core", [8080], "CMD airflow-healthcheck api-server", True),
        "execution-api": (
            "api-server --apps execution --port 8081",
            [8081],
            "CMD airflow-healthcheck execution-api",
            True,
        ),
    }


def test_the_load_balancer_leads_to_the_other_one(api_server):
    (reached,) = containers.service(INPUTS, ACCOUNT, API_SERVER, "definition")["load_balancers"]
    assert (reached["container_name"], reached["container_port"]) == ("api-server", 8080)
    groups = [each for each in entrance.desired(INPUTS, ACCOUNT) if each.type == network_load_balancer.TARGET_GROUP]
    assert [group.properties["port"] for group in groups] == [8080]


def test_no_other_group_than_airflows_own_may_talk_to_it():
    sources = {flow.source for flow in security_groups.flows(INPUTS) if flow.port == 8081}
    assert sources == {"airflow"}
    assert {flow.source for flow in security_groups.flows(INPUTS) if flow.target == "api-server"} == {
        "airflow",
        "load-balancer",
    }


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("", f"{PRIVATE}/execution/"),
        ("https://airflow.example.org", f"{PRIVATE}/execution/"),
        ("https://airflow.example.org/", f"{PRIVATE}/execution/"),
        ("http://host/airflow", f"{PRIVATE}/airflow/execution/"),
        ("https://host:8443/tools/airflow/", f"{PRIVATE}/tools/airflow/execution/"),
    ],
)
def test_its_url_follows_the_path_of_the_base_url(base_url, url):
    assert settings.execution_api_url({**INPUTS, "airflow_service_base_url": base_url}) == url


def test_who_gives_its_url_has_that_one():
    given = {
        "airflow_service_base_url": "http://host/airflow",
        "airflow_service_execution_api_url": "http://x/execution/",
    }
    assert settings.execution_api_url({**INPUTS, **given}) == "http://x/execution/"


@pytest.mark.parametrize("component", [each for each in ALL if each is not API_SERVER], ids=lambda each: each.name)
def test_the_other_components_are_one_container_of_their_name(component):
    assert [each.name for each in component.containers] == [component.name]
