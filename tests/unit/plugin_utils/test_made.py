"""A task is given the ids of what the tasks before it have made, and leaves out what needs what is not there."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.references import AFTER, reference
from ansible_collections.farflow.airflow.plugins.plugin_utils.made import given, made, refers

from tests.stack.playbooks import ROOT

VPC = reference("vpc", "dev")
GROUP = reference("security_group", "dev-airflow")
IDS = {("vpc", "dev"): "vpc-1"}


def test_what_tasks_have_registered_tells_the_ids():
    balancer = {
        "name": "dev",
        "arn": "arn:lb",
        "target_groups": {"dev-web": "arn:tg"},
        "listeners": {"dev:443": "arn:l"},
    }
    variables = {
        "__network_made_vpcs": {"vpcs": [{"name": "dev", "id": "vpc-1"}], "changed": True},
        "__network_made_subnets": {"changed": False, "skipped": True},
        "__rds_made_secrets": {"secrets": [{"name": "dev/password", "arn": None}]},
        "__airflow_service_made_load_balancers": {"load_balancers": [balancer]},
        "__airflow_service_made_schema": {"results": [{"databases": [{"name": "dev", "arn": "arn:db"}]}]},
        "__dag_tasks_made_file_systems": {
            "file_systems": [{"name": "volume", "file_system_id": "fs-1", "access_points": {"tasks": "fsap-1"}}]
        },
        "__airflow_service_made_private_names": {
            "namespaces": [],
            "services": [{"name": "api", "service_id": "srv-1"}],
        },
        "__airflow_service_made_services": {"services": [{"name": "web", "arn": "arn:web"}]},
        "__airflow_service_made_task_definitions": {"task_definitions": [{"family": "dev-web", "arn": "arn:web:2"}]},
        "vpcs": {"vpcs": [{"name": "other", "id": "vpc-2"}]},
    }
    assert made(variables) == {
        ("vpc", "dev"): "vpc-1",
        ("load_balancer", "dev"): "arn:lb",
        ("target_group", "dev-web"): "arn:tg",
        ("listener", "dev:443"): "arn:l",
        ("database_schema", "dev"): "arn:db",
        ("file_system", "volume"): "fs-1",
        ("access_point", "volume/tasks"): "fsap-1",
        ("discovery_service", "api"): "srv-1",
        ("ecs_service", "web"): "arn:web",
        ("ecs_task_definition", "dev-web"): "arn:web:2",
    }


@pytest.mark.parametrize(
    ("arguments", "item", "found"),
    [
        ({"subnets": [{"name": "a", "vpc_id": VPC}]}, None, {"subnets": [{"name": "a", "vpc_id": "vpc-1"}]}),
        (
            {"groups": [{"name": "a", AFTER: [VPC]}, {"name": "b", AFTER: [GROUP]}], "state": "present"},
            None,
            {"groups": [{"name": "a"}], "state": "present"},
        ),
        ({"groups": [{"name": "a", "in": {f"tcp 80 {GROUP}": "why"}}]}, None, None),
        ({"task": "a", "network": {"groups": [GROUP]}}, None, None),
        ({"task": "a"}, {"task": "a", AFTER: [GROUP]}, None),
        ({"task": "a"}, {"task": "a", AFTER: [VPC]}, {"task": "a"}),
        ({"subnets": [{"id": GROUP}], "gateways": [{"id": 1}]}, None, {"subnets": [], "gateways": [{"id": 1}]}),
    ],
)
def test_what_a_task_is_given(arguments, item, found):
    assert refers(arguments, item)
    assert given(arguments, IDS, item) == found


def test_a_task_that_refers_to_nothing_is_told_so():
    assert not refers({"subnets": [{"name": "a", "vpc_id": "vpc-1"}]}, {"name": "a"})


def tasks():
    """Those of the roles that make something, with the role."""
    for path in sorted(ROOT.glob("roles/*/tasks/present.yml")):
        yield from ((path.parts[-3], task) for task in yaml.safe_load(path.read_text()))


def test_the_roles_register_what_they_make_so_that_it_is_found():
    names = [task["register"] for _role, task in tasks() if "register" in task]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"__\w+_made_\w+", name)] == []
