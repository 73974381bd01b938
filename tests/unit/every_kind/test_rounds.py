"""What needs no more than ids of what is made before it is made in the same round."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import as_result

from tests.stack.in_process import InProcess

#: What waits for something that has to be seen: that a NAT gateway routes, the group that came with the VPC, digests of
#: images, the address of the database.
_SEEN_BETWEEN = {
    "route_table",
    "vpc_endpoint",
    "security_group_rules",
    "ecs_task_definition",
    "secret",
    "database_schema",
    "ecs_service",
    "scalable_target",
    "scaling_policy",
    "cloudwatch_alarm",
    "dag_bundle",
}

ZONES = [f"us-east-1{letter}" for letter in "abc"]


@pytest.fixture(scope="module")
def rounds(account, everything):
    return InProcess(account, everything).deploy()


def test_a_new_environment_is_made_in_few_rounds(rounds):
    assert len(rounds) <= 4, [list(each) for each in rounds]


def test_after_the_first_round_only_that_is_left_which_needs_more_than_ids(rounds):
    assert {name.split()[1] for name in rounds[1]} <= _SEEN_BETWEEN


def revisions(account):
    return account.client("ecs").list_task_definitions(familyPrefix="local-airflow-worker")["taskDefinitionArns"]


def test_a_zone_more_registers_each_task_definition_once(rounds, account, everything):
    """The ids of the subnets stand there in their order, which is not known before all of them are."""
    before = revisions(account)
    InProcess(account, {**everything, "network_availability_zones": ZONES}).deploy()
    assert len(set(revisions(account)) - set(before)) == 1


def test_a_larger_database_is_there_before_its_schema_is_migrated(rounds, account, everything):
    """Another first user needs the schema to be looked after again, in the same deploy."""
    changed = {"rds_instance_class": "db.t4g.large", "airflow_service_admin_username": "ada"}
    planned = InProcess(account, {**everything, "network_availability_zones": ZONES, **changed})
    layers = as_result(planned.look())["layers"]
    assert "rds_instance" in layers["rds"]["present"]
    assert "database_schema" not in layers["airflow_service"]["present"]
