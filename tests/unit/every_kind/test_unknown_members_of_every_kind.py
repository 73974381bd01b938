"""AWS tells of every kind more than anybody here has heard of: no plan shows it.

Every structure in AWS's answers has a member more, as a newer botocore hands it on. Where AWS tells by name and value,
there is a name more. What such a member holds, and which structure has it, is drawn as well; for those looks the
answers of a former one are given again.
"""

from __future__ import annotations

import copy
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.embedded_aws import behaviours, newer_models
from tests.kinds import KINDS
from tests.stack.answers import Answers
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


#: What a member that nobody knows may hold.
FORMS = {
    "text": "ON",
    "empty text": "",
    "true": True,
    "false": False,
    "zero": 0,
    "number": 7,
    "fraction": 0.5,
    "list of texts": ["ON", "OFF"],
    "empty list": [],
    "structure": {"Enabled": True, "Mode": "ON"},
    "list of structures": [{"Name": "ON", "Value": "7"}],
    "time": datetime(2030, 1, 1, tzinfo=UTC),
}

#: Structures of the models to which AWS adds no members: errors, what is sent as a whole, what has one member of many.
_FIXED = {"exception", "payload", "union", "eventstream"}


def structures(shape, value, path=()):
    """The path of each structure in an answer, with the members that its shape has."""
    if shape is None or value is None:
        return
    if shape.type_name == "structure" and isinstance(value, dict):
        if not _FIXED & shape.metadata.keys() and not getattr(shape, "is_document_type", False):
            yield path, frozenset(shape.members)
        for name, member in shape.members.items():
            yield from structures(member, value.get(name), (*path, name))
    elif shape.type_name == "list" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from structures(shape.member, item, (*path, number))


def inside(value, path):
    for step in path:
        value = value[step]
    return value


@dataclass(eq=False)
class Heard:
    """A look of an environment: what AWS answered, and what the plan said."""

    environment: InProcess
    answers: Answers
    plan: dict[str, str]

    @classmethod
    def of(cls, environment):
        with Answers().heard() as answers:
            return cls(environment, answers, environment.plan())

    @cached_property
    def places(self):
        """By operation the arguments of the call, the path and the known members of each structure in the answers."""
        found = {}
        for operation, shape in self.answers.shapes.items():
            for arguments, answer in self.answers.by_operation[operation].items():
                if not isinstance(answer, ClientError):
                    places = [(arguments, *place) for place in structures(shape, answer)]
                    found.setdefault(operation, []).extend(places)
        return {operation: places for operation, places in found.items() if places}

    def plan_with(self, more):
        """The plan when AWS tells more: by operation and arguments a list of paths, names and values."""

        def grown(operation, arguments, answer):
            for path, name, value in more.get((operation, arguments), ()):
                inside(answer, path)[name] = copy.deepcopy(value)
            return answer

        with self.answers.given(grown):
            return self.environment.plan()


@pytest.fixture(scope="module")
def looks(standing, other):
    """Two looks: one that finds all as it is wanted, and one that has to describe task definitions."""
    return [Heard.of(standing), Heard.of(other)]


def test_the_first_look_finds_all_as_it_is_wanted(looks):
    assert looks[0].plan == {} != looks[1].plan


@pytest.mark.parametrize("form", FORMS)
def test_no_plan_shows_what_every_structure_holds_in_one_form(looks, form):
    for look in looks:
        more = {}
        for operation, there in look.places.items():
            for arguments, path, _members in there:
                more.setdefault((operation, arguments), []).append((path, "MadeLater", FORMS[form]))
        assert look.plan_with(more) == look.plan


NAMES = st.text(string.ascii_letters, min_size=3, max_size=20)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_plan_shows_members_that_nobody_knows(looks, data):
    look = data.draw(st.sampled_from(looks))
    more = {}
    for operation in data.draw(st.sets(st.sampled_from(sorted(look.places)), min_size=1, max_size=12)):
        arguments, path, members = data.draw(st.sampled_from(look.places[operation]))
        name = data.draw(NAMES.filter(lambda name, members=members: name not in members))
        more[operation, arguments] = [(path, name, FORMS[data.draw(st.sampled_from(sorted(FORMS)))])]
    assert look.plan_with(more) == look.plan


def test_of_every_kind_members_can_be_drawn(looks):
    """What describes one of the kind is among the answers."""
    assert {facts.read_by for facts in KINDS.values()} <= {operation for look in looks for operation in look.places}
