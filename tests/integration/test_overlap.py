"""A database takes minutes to be made: what doesn't need it has been done by then."""

from __future__ import annotations

import time

import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.stack.playbooks import ROOT, Playbooks

_LIMIT = 600

#: Calls that change something and need a database that can be used: the migration runs and is remembered on the
#: database, and the services start. (Here the address for the secrets is told at once.) The DAGs are put when the roles
#: are through.
NEED_THE_DATABASE = {
    "ecs RunTask",
    "rds AddTagsToResource",
    "ecs CreateService",
    "s3 PutObject",
}
TAKE_LONG = {"CreateNatGateway", "CreateLoadBalancer", "CreateDBInstance"}


@pytest.fixture
def slow():
    """An account in which a database is available when it is let."""
    aws = EmbeddedAWS("integration-overlap", fast=True, database_seconds=0.1)
    aws.down()
    with aws:
        yield aws


@pytest.fixture
def playbooks(slow):
    playbooks = Playbooks(slow, ROOT / "artifacts" / "integration" / "overlap")
    yield playbooks
    playbooks.close()


def mutating(aws):
    return [f"{call['service']} {call['operation']}" for call in aws.calls(mutating=True)]


def until_it_waits(process, log):
    """Returns when the deploy says that it waits for the database."""
    end = time.monotonic() + _LIMIT
    while "waiting: rds_instance local-database is creating" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.5)


@pytest.mark.thorough
def test_only_what_needs_the_database_comes_after_it(slow, playbooks, project):
    with slow.databases_held():
        process, log = playbooks.start("deploy", **project.variables)
        until_it_waits(process, log)
        before = mutating(slow)
    assert process.wait(_LIMIT) == 0, log.read_text()

    after = mutating(slow)[len(before) :]
    assert {call for call in after if not call.startswith("ssm ")} == NEED_THE_DATABASE, "besides the lock"
    order = [call.split()[1] for call in before]
    # A task definition names a pushed image by its digest.
    assert max(order.index(name) for name in TAKE_LONG) < order.index("RegisterTaskDefinition")
