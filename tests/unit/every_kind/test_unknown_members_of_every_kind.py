"""AWS tells of every kind more than anybody here has heard of: no plan shows it.

Every structure in AWS's answers has a member more, as a newer botocore hands it on. Where AWS tells by name and value,
there is a name more.
"""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients

from tests.embedded_aws import behaviours, newer_models
from tests.kinds import KINDS
from tests.stack.in_process import InProcess

#: Calls whose answers tell of one resource, which is not a structure in a list of theirs.
OF_ONE = {facts.read_by for facts in KINDS.values() if facts.tells_of_one}

#: What tells by name and value, and how it tells of one name more.
BY_NAME = {call: add for facts in KINDS.values() for call, add in facts.more_names.items()}


class Newer:
    """Clients of an AWS that tells more; ``told`` is how many members it has told more, by call."""

    def __init__(self, aws):
        self.told = {}
        self._aws = aws

    def clients(self):
        return Clients(self._client)

    def _client(self, service, config):
        client = self._aws.client(service, config=config)
        client.meta.events.register("after-call", self._grow)
        return client

    def _grow(self, http_response, parsed, model, **_unused):
        if http_response.status_code >= 300 or not model.output_shape:
            return
        call = f"{model.service_model.service_name} {model.name}"
        parsed.update(newer_models.grow(model.output_shape, parsed))
        self.told[call] = self.told.get(call, 0) + _count(parsed)
        if call in BY_NAME:
            BY_NAME[call](parsed)


def _count(value):
    """How often the unknown member is in an answer."""
    if isinstance(value, dict):
        return (newer_models.MEMBER in value) + sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 0


@pytest.fixture(scope="module")
def standing(account, everything):
    environment = InProcess(account, everything)
    environment.deploy()
    return environment


@pytest.fixture(scope="module")
def other(standing, account, everything):
    """Who wants more memory than there is: reasons are told by what AWS tells of the task definitions."""
    return InProcess(account, {**everything, "dag_tasks_memory": 2048})


@pytest.fixture(scope="module")
def told(standing, other, account):
    """How many members were told more, by call, and what the plans of both said then."""
    newer = Newer(account)
    plans = {}
    behaviours.switch({"unknown_members": 1.0})
    try:
        for name, environment in (("same", standing), ("other", other)):
            before, environment.clients = environment.clients, newer.clients()
            plans[name] = environment.plan()
            environment.clients = before
    finally:
        behaviours.switch({})
    return newer.told, plans


def test_every_kind_that_the_environment_desires_is_here(standing):
    assert standing.desired_types() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_told_with_more(told, kind):
    call = KINDS[kind].read_by
    assert told[0].get(call, 0) > (0 if call in OF_ONE else 1)


def test_no_plan_shows_it(told, other):
    assert told[1]["same"] == {}
    assert told[1]["other"] == other.plan() != {}


@pytest.mark.parametrize("call", BY_NAME)
def test_a_name_more_was_told(told, call):
    assert call in told[0]
