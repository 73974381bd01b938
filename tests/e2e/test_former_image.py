"""A former image, on an AWS that shows tasks as late as it says: a DAG task fails while its container runs.

Today's image waits for such tasks: tests/unit/airflow/test_many_fargate_tasks.py.
"""

from __future__ import annotations

import contextlib

import docker
import pytest

from tests.embedded_aws import base_images
from tests.stack import former
from tests.stack.playbooks import ROOT, playbooks_on

from .conftest import airflow_of

pytestmark = pytest.mark.thorough

SECONDS = 120
DAG = f"""
from airflow.sdk import dag

from farflow import FargateTask


@dag(dag_id="waits", schedule=None, catchup=False)
def waits():
    command = ["python", "-c", "import time; time.sleep({SECONDS})"]
    FargateTask(task_id="wait", task="number_task", command=command, retries=0)


waits()
"""


@pytest.fixture(scope="module")
def playbooks(tmp_path_factory):
    folder = former.unpack(tmp_path_factory.mktemp("former"))
    (folder / "airflow" / "dags" / "waits.py").write_text(DAG)
    with playbooks_on("former", ROOT / "artifacts" / "former", fast=False, folder=folder) as playbooks:
        yield playbooks


@pytest.fixture(scope="module")
def postgres(playbooks):
    """The one image of Postgres that there is, also as that of the version which the former deploy gets past."""
    name = "postgres:{rds_engine_version}-alpine".format(**former.WITHOUT_DEFAULTS_OF_PARAMETERS)
    with contextlib.closing(docker.from_env()) as client:
        if client.images.list(name):
            yield
            return
        client.images.get(base_images.POSTGRES).tag(name)
        yield
        client.images.remove(name)


@pytest.fixture(scope="module")
def airflow(playbooks, postgres):
    playbooks.deploy(**former.WITHOUT_DEFAULTS_OF_PARAMETERS)
    return airflow_of(playbooks.aws)


def test_a_dag_task_fails_while_its_container_runs(playbooks, airflow):
    aws = playbooks.aws
    with aws.behaviours(late_tasks=20):
        run = airflow.dag_run("waits")
    log = airflow.log("waits", run["dag_run_id"], "wait")
    assert run["state"] == "failed", log
    assert "IndexError: list index out of range" in log, log
    assert aws.struck()["late_tasks"]
    ecs = aws.client("ecs")
    [arn] = ecs.list_tasks(cluster="local", family="local-number_task", desiredStatus="RUNNING")["taskArns"]
    [task] = ecs.describe_tasks(cluster="local", tasks=[arn])["tasks"]
    assert task["lastStatus"] == "RUNNING"
