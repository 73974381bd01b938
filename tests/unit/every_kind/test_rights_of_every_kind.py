"""What makes and mends resources of every kind is allowed by the policies of a deployer."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment import deployer
from ansible_collections.farflow.airflow.plugins.module_utils.environment.arns import Account

from tests.embedded_aws.authorization.evaluation import ALLOWED, decide
from tests.embedded_aws.settings import ACCOUNT_ID, REGION
from tests.kinds import DRIFTS, rounds
from tests.stack.iam_requests import requests_of
from tests.stack.in_process import InProcess
from tests.stack.recording import recorded, recording

WHERE = Account("aws", REGION, ACCOUNT_ID)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("calls")


@pytest.fixture(scope="module")
def standing(account, everything, folder):
    """An environment whose deploy and plan were recorded."""
    environment = InProcess(account, everything)
    with recording(folder / "deploy.jsonl"):
        environment.deploy()
    with recording(folder / "plan.jsonl"):
        assert environment.plan() == {}
    return environment


def refused(environment, folder):
    """By the door what its policies refuse."""
    found = {}
    calls = {path.stem: recorded(path) for path in folder.iterdir()}
    for door, requests in requests_of(calls).items():
        documents = deployer.documents(environment.inputs, WHERE, [door])
        found[door] = [f"{each} {each.context}" for each in requests if decide(documents, each) != ALLOWED]
    return found


def test_what_makes_and_reads_them_is_allowed(standing, folder):
    assert refused(standing, folder) == {"deploy": [], "plan": []}


def test_the_right_to_plan_is_not_enough_to_deploy(standing, folder):
    documents = deployer.documents(standing.inputs, WHERE, ["plan"])
    requests = requests_of({"deploy": recorded(folder / "deploy.jsonl")})["deploy"]
    denied = {each.action for each in requests if decide(documents, each) != ALLOWED}
    assert {"ec2:CreateVpc", "ecs:CreateService", "rds:CreateDBInstance", "iam:PassRole"} <= denied


@pytest.mark.thorough
def test_what_mends_their_drifts_is_allowed(standing, account, folder):
    for drifts in rounds(DRIFTS):
        for drift in drifts:
            drift.do(account)
        with recording(folder / "deploy.jsonl"):
            standing.deploy()
    assert refused(standing, folder) == {"deploy": [], "plan": []}
