"""What a plan warns of: of right inputs, by what AWS tells of the account."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Action, Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import advice
from gathered import gather

SCALED = {"worker_pool_scaling": "cpu", "worker_pool_max_count": 6}


def warnings(vcpus=None, revisions=0, **given):
    inputs, _problems = gather(**given)
    name = advice.ecs_task_definitions.REVISIONS_OF_ACCOUNT
    return list(advice.warnings(inputs, Existing([Resource(name, name, attributes={"count": revisions})]), vcpus))


@pytest.mark.parametrize("vcpus", [None, 7.0, 4000.0])
def test_what_rolls_within_the_quota_or_where_there_is_none_known_is_not_told(vcpus):
    assert warnings(vcpus) == []


@pytest.mark.parametrize(("vcpus", "needed", "given"), [(6.0, "7 vCPU", {}), (16.0, "17 vCPU", SCALED)])
def test_more_than_the_quota_while_all_roll_is_told(vcpus, needed, given):
    [warning] = warnings(vcpus, **given)
    assert needed in warning
    assert f"quota in this region is {vcpus:g}" in warning
    assert "L-3032A538" in warning


def test_very_many_revisions_are_told():
    assert warnings(revisions=5000) == []
    [warning] = warnings(revisions=5001)
    assert "5001 ACTIVE revisions" in warning


@pytest.mark.parametrize(
    ("kind", "type_", "rolls"),
    [
        ("create", "ecs_service", True),
        ("change", "ecs_service", True),
        ("delete", "ecs_service", False),
        ("change", "log_group", False),
    ],
)
def test_the_quota_is_asked_for_where_services_start_containers(kind, type_, rolls):
    assert advice.rolls([Action(kind, Resource(type_, "test"))]) is rolls
