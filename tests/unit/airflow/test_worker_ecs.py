"""What a worker asks of ECS, and what it makes of the answers."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from ecs_double import EcsDouble, deployment
from image_modules import load

worker_ecs = load("plugins/farflow/worker_ecs.py")


@pytest.fixture
def ecs(monkeypatch):
    with EcsDouble() as double:
        for name, value in {**double.variables, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        yield double


def wishes(double):
    return [wish[1:] for wish in double.wishes]


def test_protection_is_set_and_taken_back(ecs):
    agent = ecs.variables["ECS_AGENT_URI"]
    assert worker_ecs.set_protection(agent, True, 12 * 3600) == "2026-12-01T14:00:00Z"
    assert worker_ecs.set_protection(f"{agent}/", False) is None
    assert wishes(ecs) == [(True, 720), (False, None)]


@pytest.mark.parametrize(("seconds", "minutes"), [(10, 1), (3600, 60), (90 * 3600, 2880)])
def test_for_as_long_as_aws_takes(ecs, seconds, minutes):
    worker_ecs.set_protection(ecs.variables["ECS_AGENT_URI"], True, seconds)
    assert wishes(ecs) == [(True, minutes)]


def test_a_refusal_says_why(ecs):
    ecs.refusal = "DEPLOYMENT_BLOCKED"
    with pytest.raises(worker_ecs.NotGranted, match=r"^DEPLOYMENT_BLOCKED$"):
        worker_ecs.set_protection(ecs.variables["ECS_AGENT_URI"], True, 3600)


def test_an_error_of_the_agent_says_what_it_is(ecs):
    with pytest.raises(worker_ecs.NotGranted, match="ResourceNotFoundException: Invalid request"):
        worker_ecs.set_protection(f"{ecs.url}/api/other", True, 3600)


def test_an_agent_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(worker_ecs, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(worker_ecs.NotGranted, match="the container agent does not answer"):
            worker_ecs.set_protection(uri, True, 3600)
    with pytest.raises(worker_ecs.NotGranted, match="the container agent does not answer"):
        worker_ecs.set_protection(uri, True, 3600)


@pytest.mark.parametrize(
    "answer",
    [{"protection": {"ProtectionEnabled": False}}, {"protection": None}, {"unheard": "of"}, {"failure": {}}],
)
def test_what_is_not_said_is_not_granted(monkeypatch, answer):
    monkeypatch.setattr(worker_ecs, "_answer", lambda _request: answer)
    with pytest.raises(worker_ecs.NotGranted):
        worker_ecs.set_protection("http://agent", True, 3600)


STARTED = datetime(2026, 11, 30, 12, tzinfo=UTC)
OWN = worker_ecs.OwnTask("lab-worker:7", STARTED)
BEFORE, AFTER = STARTED - timedelta(minutes=1), STARTED + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("deployments", "replaced"),
    [
        ([deployment(7, created=BEFORE)], False),
        ([deployment(7, running=0, desired=3, created=BEFORE)], False),
        ([deployment(8, created=AFTER), deployment(7, "ACTIVE")], True),
        ([deployment(7, "ACTIVE"), deployment(8, running=2, desired=3, created=AFTER)], None),
        ([deployment(8, running=4, desired=3, created=AFTER), deployment(7, "ACTIVE")], True),
        # The service has been scaled to zero: what comes next is of the newer one.
        ([deployment(8, running=0, desired=0, created=AFTER), deployment(7, "ACTIVE")], True),
        # An older one than this task, after a deployment was rolled back.
        ([deployment(6, created=BEFORE), deployment(7, "ACTIVE")], True),
        # The same definition once more, as when a secret was changed.
        ([deployment(7, created=AFTER), deployment(7, "ACTIVE", created=BEFORE)], True),
        ([deployment(7, running=0, created=AFTER), deployment(7, "ACTIVE", created=BEFORE)], None),
        ([deployment(77, created=AFTER)], True),
        ([], None),
        ([deployment(8, "ACTIVE")], None),
    ],
)
def test_who_has_taken_over(deployments, replaced):
    assert worker_ecs.is_replaced({"deployments": deployments}, OWN) is replaced


def test_a_service_that_shall_have_none_takes_nothing_more():
    here = {"deployments": [deployment(7)]}
    assert worker_ecs.is_replaced({**here, "desiredCount": 1}, OWN) is False
    assert worker_ecs.is_replaced({**here, "desiredCount": 0}, OWN) is True


def test_without_a_time_the_definition_decides():
    unknown = worker_ecs.OwnTask("lab-worker:7")
    assert worker_ecs.is_replaced({"deployments": [deployment(7, created=AFTER)]}, unknown) is False
    assert worker_ecs.is_replaced({"deployments": [deployment(8)]}, unknown) is True


def test_it_is_asked_of_ecs(ecs):
    service = worker_ecs.Service("lab", "lab-worker", ecs.variables["ECS_CONTAINER_METADATA_URI_V4"])
    assert service.has_replaced_this() is False
    ecs.replace(running=1, desired=2)
    assert service.has_replaced_this() is None
    ecs.replace()
    assert service.has_replaced_this() is True
    ecs.roll_back()
    assert service.has_replaced_this() is False
    assert ecs.described == 4
