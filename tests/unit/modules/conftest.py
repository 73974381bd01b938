"""An AWS in this process: modules are driven against it without a server."""

from __future__ import annotations

import copy

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.glue import buildx_builder, docker_builder
from aws_calls import Calls
from aws_double.service_documents import CONTAINER
from docker_double import REPOSITORY, Engine
from moto import mock_aws


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield


@pytest.fixture
def calls(aws, monkeypatch):
    """The calls from here on."""
    return Calls(monkeypatch)


@pytest.fixture
def hours(monkeypatch):
    """A clock that is moved by pauses alone; the pauses that were made."""
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(pauses))
    return pauses


@pytest.fixture
def cluster(ecs):
    """The double with the cluster test-airflow, and two revisions of the family test-web."""
    ecs.clusters.CreateCluster({"clusterName": "test-airflow"})
    for _unused in range(2):
        ecs.task_definitions.RegisterTaskDefinition(
            {"family": "test-web", "cpu": "256", "containerDefinitions": [copy.deepcopy(CONTAINER)]}
        )
    return ecs


@pytest.fixture
def repository(aws):
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")


@pytest.fixture
def engine(monkeypatch):
    fake = Engine()
    monkeypatch.setattr(docker_builder, "engine", lambda: fake)
    monkeypatch.setattr(buildx_builder, "is_there", lambda: False)
    monkeypatch.setattr(docker_builder.time, "sleep", lambda seconds: None)
    return fake


@pytest.fixture
def image(tmp_path):
    """``image(name, content)`` is an element of ``images``, its context made."""

    def make(name="extract", content="1", dockerfile="FROM scratch\nCOPY . .\n", **more):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "content").write_text(content)
        return {"repository": REPOSITORY, "name": name, "context": str(folder), **more}

    return make
