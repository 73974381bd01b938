"""An AWS in this process: moto, and an ECS of our own. And a clock."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from aws_double.ecs import Double
from aws_double.wire import plugged_in
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
def clients(aws):
    """What code below the modules is given to call AWS with."""
    return Clients(lambda service, config: boto3.client(service, config=config))


@pytest.fixture
def ecs(monkeypatch):
    """The double. Clients made while a test runs speak to it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-in-any-name")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    double = Double()
    with plugged_in(double.wires):
        yield double


@pytest.fixture
def no_pauses(monkeypatch):
    """Waits that do not wait: a pause only counts, and too many of them end the test."""
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        assert len(pauses) < 100, "waits for ever"

    monkeypatch.setattr("time.sleep", sleep)
    return pauses


@pytest.fixture
def pauses(monkeypatch):
    """A clock that is moved by pauses alone; the pauses that were made."""
    made = []
    monkeypatch.setattr("time.sleep", made.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(made))
    return made
