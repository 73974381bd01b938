"""One story on one embedded AWS with containers: it is deployed to once, used, changed and torn down.

Every fixture brings the story to where its tests begin, so that each test can also be run alone.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.stack.listing import listing
from tests.stack.playbooks import ROOT, playbooks_on
from tests.stack.project import copied
from tests.stack.strict import CLOCK
from tests.thorough import seeds

from .airflow_api import Airflow

ARTIFACTS = ROOT / "artifacts"
LOGS = ARTIFACTS / "e2e"
(SEED,) = seeds(few=1, many=1)


@pytest.fixture(scope="session")
def playbooks():
    """The playbooks, on an empty account of an AWS at its hardest. Their output and the log of all AWS calls are kept
    as artifacts, and how often each of its behaviours has struck.
    """
    with playbooks_on("e2e", LOGS, fast=False, strict=True, seed=SEED, clock=CLOCK) as playbooks:
        yield playbooks
        aws = playbooks.aws
        (LOGS / "struck.json").write_text(json.dumps(aws.struck(), indent=1))
        (LOGS / "calls.jsonl").write_text("".join(f"{json.dumps(call)}\n" for call in aws.calls()))
        shutil.copy(aws.settings.path("server.log"), LOGS)


@pytest.fixture(scope="session")
def aws(playbooks):
    """The embedded AWS that the playbooks deploy to."""
    return playbooks.aws


@pytest.fixture(scope="session")
def nothing(aws):
    """The listing of the account before anything was deployed."""
    return listing(aws)


@pytest.fixture(scope="session")
def deployed(playbooks, nothing):
    """How deploy.yml ended that made the stack from nothing."""
    return playbooks.run("deploy")


@pytest.fixture(scope="session")
def password(aws, deployed):
    """The first user's, read where the deploy keeps it."""
    return password_of(aws)


@pytest.fixture(scope="session")
def airflow(aws, deployed):
    """Airflow's REST API, through the load balancer."""
    return airflow_of(aws)


def password_of(aws: EmbeddedAWS) -> str:
    """The first user's password in the environment that stands now."""
    secret = aws.client("secretsmanager").get_secret_value(SecretId="farflow/local/admin-password")
    return str(secret["SecretString"])


def airflow_of(aws: EmbeddedAWS) -> Airflow:
    """The REST API of the environment that stands now."""
    endpoint = urlsplit(aws.endpoint_url)
    url = f"http://local-airflow.alb.localhost:{endpoint.port}"
    return Airflow(url, "admin", password_of(aws), via=endpoint.netloc)


@pytest.fixture(scope="session")
def run(airflow):
    """A run of the sample DAG, ended."""
    return airflow.dag_run("example")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A copy of the folders that are a user's own, to be changed: tasks/ and airflow/."""
    project = tmp_path_factory.mktemp("project")
    copied(project)
    return project
