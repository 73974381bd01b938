"""What needs no more than ids of what is made before it is made in the same round."""

from __future__ import annotations

import pytest

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
    "dag_bundle",
}


@pytest.fixture(scope="module")
def rounds(account, everything):
    return InProcess(account, everything).deploy()


def test_a_new_environment_is_made_in_few_rounds(rounds):
    assert len(rounds) <= 4, [list(each) for each in rounds]


def test_after_the_first_round_only_that_is_left_which_needs_more_than_ids(rounds):
    assert {name.split()[1] for name in rounds[1]} <= _SEEN_BETWEEN
