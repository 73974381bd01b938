from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import doing
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.lost_answers import create_exactly_once
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)


def refused(code, status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "CreateSubnet"
    )


UNANSWERED = [
    ConnectionClosedError(endpoint_url="aws"),
    ReadTimeoutError(endpoint_url="aws"),
    refused("InternalError", 500),
    refused("Unavailable", 503),
]

TURNED_AWAY = [
    ConnectTimeoutError(endpoint_url="aws"),
    EndpointConnectionError(endpoint_url="aws"),
    refused("RequestLimitExceeded", 503),
    refused("RequestThrottled"),
    refused("SlowDown", 503),
    refused("ThrottledException"),
    refused("Throttling"),
    refused("ThrottlingException"),
    refused("TooManyRequestsException"),
]


class Calls:
    """`create` answers with what it is given, one after the other; `look` finds what it is given."""

    def __init__(self, *answers, seen=()):
        self.answers = list(answers)
        self.seen = list(seen)
        self.made = []

    def create(self):
        self.made.append("create")
        answer = self.answers.pop(0)
        with doing("create", "subnet", "a"):
            if isinstance(answer, Exception):
                raise answer
        return answer

    def look(self):
        self.made.append("look")
        return self.seen.pop(0) if self.seen else None

    def once(self):
        return create_exactly_once(self.create, self.look, "subnet a")


def test_an_answered_call_is_made_once_without_a_look():
    calls = Calls("subnet-1")
    assert calls.once() == "subnet-1"
    assert calls.made == ["create"]


@pytest.mark.parametrize("error", UNANSWERED, ids=str)
def test_what_was_made_without_an_answer_is_found(no_pauses, error):
    calls = Calls(error, seen=[None, None, "subnet-1"])
    assert calls.once() == "subnet-1"
    assert calls.made == ["create", "look", "look", "look"]


@pytest.mark.parametrize("error", UNANSWERED, ids=str)
def test_several_looks_over_a_while_come_before_the_next_call(no_pauses, error):
    calls = Calls(error, "subnet-2")
    assert calls.once() == "subnet-2"
    assert calls.made == ["create", "look", "look", "look", "look", "create"]
    assert sum(no_pauses) > 15


@pytest.mark.parametrize("error", TURNED_AWAY, ids=str)
def test_what_aws_did_not_take_is_made_without_a_look(no_pauses, error):
    calls = Calls(error, error, "subnet-1")
    assert calls.once() == "subnet-1"
    assert calls.made == ["create"] * 3


@pytest.mark.parametrize("error", TURNED_AWAY, ids=str)
def test_what_aws_does_not_take_meanwhile_does_not_hide_what_was_lost(no_pauses, error):
    calls = Calls(UNANSWERED[0], error, "subnet-2", seen=[None, None, None, None, "subnet-1"])
    assert calls.once() == "subnet-1"


@pytest.mark.parametrize("code", ["InvalidSubnet.Conflict", "VpcLimitExceeded", "AddressLimitExceeded"])
def test_what_is_shown_late_and_allowed_once_is_waited_for(no_pauses, code):
    calls = Calls(UNANSWERED[0], refused(code), seen=[None] * 4 + ["subnet-1"])
    assert calls.once() == "subnet-1"


@pytest.mark.parametrize("code", ["InvalidSubnet.Conflict", "UnauthorizedOperation", "VpcLimitExceeded"])
def test_what_aws_refuses_is_an_error_at_once(pauses, code):
    with pytest.raises(FarflowError, match=rf"could not create subnet a: .*\({code}\)"):
        Calls(refused(code)).once()
    assert pauses == []


def test_it_ends_with_the_last_error(pauses):
    calls = Calls(*[refused("Unavailable", 503)] * 100)
    with pytest.raises(FarflowError, match=r"gave up waiting for subnet a to be made after 180 s: could not create"):
        calls.once()
