"""What makes and mends resources of every kind is allowed by the policies of a deployer."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.environment import deployer

from tests.embedded_aws.authorization.evaluation import ALLOWED, decide
from tests.kinds import DRIFTS, rounds
from tests.stack.deployers import WHERE, asked, identity, refused
from tests.stack.in_process import InProcess


@contextlib.contextmanager
def rights(environment, *doors):
    """A context in which an environment is looked at and changed by who may do what these doors do alone."""
    aws, former = environment.aws, environment.clients
    somebody = identity(aws, environment.inputs, *doors)
    environment.clients = Clients(lambda service, config: aws.client(service, identity=somebody, config=config))
    aws.reset_calls()
    with aws.behaviours(enforced_iam=True):
        yield
    environment.clients = former
    assert refused(aws) == []


@pytest.fixture(scope="module")
def standing(account, everything):
    return InProcess(account, everything)


@pytest.fixture(scope="module")
def of_deploy(account, standing):
    """What IAM was asked as the environment was made."""
    with rights(standing, "deploy"):
        standing.deploy()
    return asked(account)


def test_what_makes_and_reads_them_is_allowed(standing, of_deploy):
    assert of_deploy
    with rights(standing, "plan"):
        assert standing.plan() == {}


def test_the_right_to_plan_is_not_enough_to_deploy(standing, of_deploy):
    documents = deployer.documents(standing.inputs, WHERE, ["plan"])
    denied = {each.action for each in of_deploy if decide(documents, each) != ALLOWED}
    assert {"ec2:CreateVpc", "ecs:CreateService", "rds:CreateDBInstance", "iam:PassRole"} <= denied


@pytest.mark.thorough
def test_what_mends_their_drifts_is_allowed(standing, of_deploy, account):
    assert of_deploy
    for drifts in rounds(DRIFTS):
        for drift in drifts:
            drift.do(account)
        with rights(standing, "deploy"):
            standing.deploy()
