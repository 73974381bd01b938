"""An AWS in this process: modules are driven against it without a server."""

from __future__ import annotations

import copy

import pytest
from aws_calls import Calls
from aws_double.service_documents import CONTAINER
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
