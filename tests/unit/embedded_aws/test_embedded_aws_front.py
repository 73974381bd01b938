"""The front between a client and the emulator: what it asks before a call is performed, and what it writes down."""

from __future__ import annotations

import asyncio

import pytest

from tests.embedded_aws.calls import CallLog
from tests.embedded_aws.front import Front

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDADA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
REFUSED = (403, [(b"content-type", b"text/xml")], b"<Error><Code>AccessDenied</Code></Error>")


@pytest.fixture
def log(tmp_path):
    return CallLog(tmp_path / "calls.jsonl")


def asked(log, body=b"", *, service="ecs", hooks=(), cut_off=lambda *_unused: "", **headers):
    """Bodies that reached the emulator, and the messages that the client got. In the end the client disconnects."""
    reached, answered = [], []

    async def emulator(scope, receive, send):
        message = await receive()
        reached.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    front = Front(
        ministack=emulator,
        apps={},
        log=log,
        container_cidr="",
        on_reset=lambda: None,
        agent=lambda *_unused: (200, {}, ""),
        controls={},
        hooks=hooks,
        principal_of=lambda call: f"of {call.access_key_id}",
        cut_off=cut_off,
    )
    given = {"authorization": SIGNED.format(service), **{name.replace("_", "-"): v for name, v in headers.items()}}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
    }
    half = len(body) // 2
    messages = [{"body": body[:half], "more_body": True}, {"body": body[half:], "more_body": False}]

    async def receive():
        return {"type": "http.request", **messages.pop(0)} if messages else {"type": "http.disconnect"}

    async def send(message):
        answered.append(message)

    asyncio.run(front(scope, receive, send))
    return reached, answered


@pytest.mark.parametrize(
    ("service", "body", "headers", "operation", "parameters"),
    [
        (
            "ecs",
            b'{"clusters": ["c"]}',
            {"x_amz_target": "X.DescribeClusters", "content_type": "application/x-amz-json-1.1"},
            "DescribeClusters",
            {"clusters": ["c"]},
        ),
        (
            "iam",
            b"Action=GetRole&RoleName=r&Version=2010-05-08",
            {"content_type": "application/x-www-form-urlencoded; charset=utf-8"},
            "GetRole",
            {"RoleName": "r"},
        ),
    ],
)
def test_hooks_see_the_parameters_and_the_emulator_the_body(log, service, body, headers, operation, parameters):
    seen = []
    reached, _unused = asked(log, body, service=service, hooks=[seen.append], **headers)
    assert [(call.operation, call.parameters) for call in seen] == [(operation, parameters)]
    assert reached == [body]


def test_a_hook_answers_in_place_of_the_emulator_and_of_later_hooks(log):
    later = []
    hooks = [lambda call: None, lambda call: REFUSED, later.append]
    reached, answered = asked(log, b"{}", x_amz_target="X.ListClusters", hooks=hooks)
    assert (reached, later) == ([], [])
    assert [answered[0]["status"], answered[1]["body"]] == [403, REFUSED[2]]
    [line] = log.all()
    assert (line["operation"], line["status"], line["error"]) == ("ListClusters", 403, "AccessDenied")


def test_who_called_is_written_down(log):
    asked(log, b"{}", x_amz_target="X.ListClusters")
    assert [line["principal"] for line in log.all()] == ["of AKIDADA"]


def test_what_a_network_does_not_let_through_is_never_answered_and_nobody_hears_of_it(log):
    looked_at = []

    def cut_off(client, request, service):
        looked_at.append((client, request.headers["authorization"].split("/")[3], service))
        return "no route"

    assert asked(log, b"{}", cut_off=cut_off) == ([], [])
    assert looked_at == [("127.0.0.1", "ecs", "ecs")]
    assert log.all() == []
