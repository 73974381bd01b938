"""A strict AWS finds by itself what had to be read out of AWS's documents: each fault of a former collection makes its
deploy fail, and today's deploys there.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.embedded_aws import newer_models
from tests.stack import former
from tests.stack.playbooks import ROOT, playbooks_on

from .test_newer_aws import services

pytestmark = pytest.mark.thorough

LOGS = ROOT / "artifacts" / "integration" / "former-collection"

#: Else the former one waits four times for roles that are not listed for a minute.
QUICKER = {"late_authorization_details": 0}

#: What it does not get over either, and meets before: S3 refuses one of several changes of its bucket, and it begins
#: with the first again; and the fault that is the second one here.
ELSEWHERE = {**QUICKER, "bucket_busy": 0, "late_tags": 0}


@dataclass(frozen=True)
class Fault:
    """What of a strict AWS is otherwise, how it is deployed to, and what the former deploy ends with."""

    switched: dict[str, Any]
    says: str
    playbook: str = "deploy"
    variables: dict[str, Any] = field(default_factory=dict)
    is_of_a_newer_botocore: bool = False


FAULTS = {
    "a parameter with its family's default is never told as set": Fault(
        ELSEWHERE,
        "did not converge, AWS does not show what was asked for:\\nchange rds_parameter_group "
        "local-database-postgres17: parameters rds.force_ssl (none) -> 1",
    ),
    "the tags of a task definition are listed later than a deploy waits": Fault(
        {**QUICKER, "late_tags": 120},
        "did not converge, this is left to do:\\ncreate ecs_task_definition local-hello",
        playbook="dag_tasks",
    ),
    "a member that AWS has added, and botocore knows, is a difference": Fault(
        {**ELSEWHERE, "unknown_members": 1.0},
        f"expire-task-logs more {newer_models.MEMBER} {newer_models.VALUE} -> (none)",
        variables=former.WITHOUT_DEFAULTS_OF_PARAMETERS,
        is_of_a_newer_botocore=True,
    ),
}


@pytest.fixture(scope="module")
def former_folder(tmp_path_factory):
    return former.unpack(tmp_path_factory.mktemp("former"))


@pytest.fixture(params=FAULTS)
def fault(request, tmp_path, monkeypatch):
    found = FAULTS[request.param]
    if found.is_of_a_newer_botocore:
        newer_models.write(tmp_path / "models", services())
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "models"))
    return found


@contextlib.contextmanager
def account(name, folder, fault):
    """The playbooks of a folder on an empty strict account that is as the fault needs it."""
    strict = {"fast": True, "strict": True, "clock": 60}
    with (
        playbooks_on(f"integration-{name}", LOGS / name, folder=folder, **strict) as playbooks,
        playbooks.aws.behaviours(**fault.switched),
    ):
        yield playbooks


def test_the_former_deploy_fails_of_it(former_folder, fault, project):
    with account("former", former_folder, fault) as playbooks:
        outcome = playbooks.run(fault.playbook, **project.variables, **fault.variables)
    assert outcome.code == 2, outcome.output
    assert fault.says in outcome.output, outcome.output


def test_todays_deploys(fault, project):
    with account("former-today", ROOT, fault) as playbooks:
        variables = {**project.variables, **fault.variables}
        outcome = playbooks.run(fault.playbook, **variables)
        assert outcome.code == 0, outcome.output
        again = playbooks.run(fault.playbook, "--check", **variables)
    assert "PLAN: nothing to create, to change or to delete" in again.output, again.output
