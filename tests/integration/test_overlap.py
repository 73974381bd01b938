"""A database takes minutes to be made: what doesn't need it has been done by then."""

from __future__ import annotations

import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.stack.playbooks import ROOT, Playbooks

SECONDS = 60

#: Calls that change something and need a database that can be used: its address goes into the two secrets with
#: database URLs, the migration runs and is remembered on the database, and the services start.
NEED_THE_DATABASE = {
    "secretsmanager PutSecretValue",
    "secretsmanager TagResource",
    "ecs RunTask",
    "rds AddTagsToResource",
    "ecs CreateService",
}


@pytest.fixture
def slow():
    """An account in which a database is not available at once."""
    aws = EmbeddedAWS("integration-overlap", fast=True, database_seconds=SECONDS)
    aws.down()
    with aws:
        yield aws


def test_only_what_needs_the_database_comes_after_it(slow, project):
    playbooks = Playbooks(slow, ROOT / "artifacts" / "integration" / "overlap")
    try:
        playbooks.deploy(**project.variables)
    finally:
        playbooks.close()
    calls = slow.calls()
    created = next(call["time"] for call in calls if call["operation"] == "CreateDBInstance")
    late = [call for call in calls if call["mutating"] and call["time"] > created + SECONDS]
    assert {f"{call['service']} {call['operation']}" for call in late} == NEED_THE_DATABASE
    early = {call["operation"] for call in calls if call["mutating"] and call["time"] < created + SECONDS}
    assert {"CreateNatGateway", "CreateLoadBalancer", "RegisterTaskDefinition", "PutImage", "CreateBucket"} <= early
