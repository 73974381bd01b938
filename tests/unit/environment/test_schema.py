from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import names, schema, security_groups
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import COMMAND

INPUTS = {
    "farflow_environment": "test",
    "farflow_tags": {},
    "network_availability_zones": ["eu-west-1a", "eu-west-1b"],
    "network_nat_gateways": "single",
    "airflow_service_admin_username": "admin",
}
IMAGE = "registry/test-airflow@sha256:0"


def everything():
    """What the task that migrates the database runs in, and with."""
    database = {"address": "test-database.example", "state": "available"}
    subnets = [Resource("subnet", f"test-private-{letter}", {}, f"subnet-{letter}") for letter in "ab"]
    group = security_groups.group_name(INPUTS, COMMAND.group)
    return [
        *subnets,
        Resource("security_group", group, {}, "sg-1"),
        Resource("rds_instance", names.database(INPUTS), {}, "arn:database", database),
        Resource("ecs_task_definition", names.component_family(INPUTS, COMMAND.name), {}, "arn:definition"),
        Resource("ecs_cluster", names.cluster(INPUTS), {}, "arn:cluster"),
        Resource("route_table", "test-private", {"routes": {"0.0.0.0/0": "nat-1"}}, "rtb-1"),
    ]


def migration(resources):
    (action,) = plan([schema.desired(INPUTS, Existing(resources), IMAGE)], [])
    return action


def test_the_database_is_migrated_when_everything_is_there():
    assert not migration(everything()).blocked


@pytest.mark.parametrize(
    "missing", ["security_group", "rds_instance", "ecs_task_definition", "ecs_cluster", "route_table"]
)
def test_the_migration_waits_for_what_it_runs_in(missing):
    assert migration([one for one in everything() if one.type != missing]).blocked


@pytest.mark.parametrize("state", ["pending", "stopped", "failed", "storage-full"])
def test_the_migration_waits_for_a_database_that_can_not_be_used(state):
    resources = [one for one in everything() if one.type != "rds_instance"]
    in_progress = {"address": "test-database.example", "state": state}
    resources.append(Resource("rds_instance", names.database(INPUTS), {}, "arn:database", in_progress))
    assert migration(resources).blocked


def test_the_migration_waits_for_a_way_out_of_its_subnets():
    resources = [one for one in everything() if one.type != "route_table"]
    resources.append(Resource("route_table", "test-private", {"routes": {}}, "rtb-1"))
    assert migration(resources).blocked


def test_the_migration_waits_until_the_database_is_as_it_shall_be():
    wanted = schema.desired(INPUTS, Existing(everything()), IMAGE, is_settled=False)
    (action,) = plan([wanted], [])
    assert action.needs is None
