"""A deploy with containers that was killed half-way: another one makes the rest, and a teardown leaves nothing."""

from __future__ import annotations

import random

import pytest

from tests.stack.killing import kill_deploy
from tests.stack.listing import difference, listing, more
from tests.thorough import seeds

from .conftest import airflow_of
from .own_account import fixtures_of

pytestmark = pytest.mark.thorough

playbooks, aws = fixtures_of("e2e-interrupted")

LAST_CALL = 95  # a whole deploy makes some more
SEEDS = seeds(few=1, many=3)

# What killed runs could have made twice, and how many of it there are.
ONCE = {
    "VPC": 1,
    "subnet": 4,
    "address": 1,
    "NAT gateway": 1,
    "security group": 7,
    "database": 1,
    "database snapshot": 0,
    "ECS cluster": 1,
    "ECS service": 5,
    "ECS task": 5,
    "ECR repository": 2,
    "image": 3,
    "task definition": 8,
    "load balancer": 1,
    "target group": 1,
    "queue": 1,
    "bucket": 1,
    "role": 9,
    "secret": 7,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_another_deploy_makes_the_rest_and_runs_the_sample_dag(aws, playbooks, seed):
    """Each seed kills in another third of a deploy."""
    nothing = listing(aws)
    third = SEEDS.index(seed) + random.Random(seed).random()
    kill_deploy(2 + int(third * (LAST_CALL - 2) / len(SEEDS)), playbooks)
    playbooks.deploy()
    made = more(nothing, listing(aws))
    assert {kind: len(made.get(kind, [])) for kind in ONCE} == ONCE
    assert airflow_of(aws).dag_run("example")["state"] == "success"
    playbooks.teardown(farflow_teardown_keep=[])
    assert difference(nothing, listing(aws)) == {}
