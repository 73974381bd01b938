from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.aws.calls import doing
from ansible_collections.farflow.airflow.plugins.module_utils.core.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.glue.unanswered import make_once
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError


def refused(code, status=400):
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "CreateSubnet"
    )


UNANSWERED = [
    ConnectionClosedError(endpoint_url="aws"),
    ConnectTimeoutError(endpoint_url="aws"),
    ReadTimeoutError(endpoint_url="aws"),
    refused("InternalError", 500),
    refused("Unavailable", 503),
    refused("RequestLimitExceeded", 503),
    refused("Throttling"),
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
        return make_once(self.create, self.look, "subnet a")


def test_an_answered_call_is_made_once_without_a_look():
    calls = Calls("subnet-1")
    assert calls.once() == "subnet-1"
    assert calls.made == ["create"]


@pytest.mark.parametrize("error", UNANSWERED, ids=str)
def test_a_look_comes_before_the_next_call(no_pauses, error):
    there, missing = Calls(error, seen=["subnet-1"]), Calls(error, "subnet-2")
    assert (there.once(), missing.once()) == ("subnet-1", "subnet-2")
    assert there.made == ["create", "look"]
    assert missing.made == ["create", "look", "create"]


def test_what_is_not_shown_yet_is_waited_for(no_pauses):
    calls = Calls(UNANSWERED[0], refused("InvalidSubnet.Conflict"), seen=[None, "subnet-1"])
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
