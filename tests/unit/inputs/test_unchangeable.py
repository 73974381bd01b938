"""What AWS fixes when it makes a resource: a plan refuses another value, as a deploy would when it is half through."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CHANGE, CREATE, Action, Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.environment.refusals import IMMUTABLE, unchangeable

INPUTS = {"farflow_environment": "prod", "network_cidr": "10.0.0.0/16"}
MEMBERS = [(type_, member) for type_, members in IMMUTABLE.items() for member in members]


def change(type_, member, after, before="old", name="web"):
    wanted = Resource(type_, name, {member: after})
    return Action(CHANGE, wanted, (f"{member} {before} -> {after}",), Resource(type_, name, {member: before}, "id"))


def test_there_are_many():
    assert len(MEMBERS) >= 20


@pytest.mark.parametrize(("type_", "member"), MEMBERS)
def test_each_is_refused_with_what_helps(type_, member):
    (line,) = unchangeable(INPUTS, [change(type_, member, "new")])
    what = f"{type_.replace('_', ' ')} web in place ({member} old -> new)"
    assert line == f"AWS cannot change {what}: {IMMUTABLE[type_][member]}"


def test_what_is_not_known_yet_or_not_there_yet_is_not_judged():
    created = Action(CREATE, Resource("subnet", "web", {"vpc_id": "vpc-2"}))
    assert unchangeable(INPUTS, [change("subnet", "vpc_id", UNKNOWN, "vpc-1"), created]) == []


def test_another_block_is_told_once_by_its_variable():
    blocks = [
        change("vpc", "cidr", "10.0.0.0/16", "10.9.0.0/16", name="prod"),
        change("subnet", "cidr", "10.0.0.0/20", "10.9.0.0/20", name="prod-public-a"),
    ]
    (line,) = unchangeable(INPUTS, blocks)
    assert line.startswith(
        "network_cidr: is '10.0.0.0/16', while the environment's VPC has '10.9.0.0/16', allowed: that"
    )
