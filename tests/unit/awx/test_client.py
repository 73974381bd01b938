"""Where AWX's API is, and who asks."""

from __future__ import annotations

import io
import json
from urllib.error import HTTPError

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils import awx

TOKEN = {"CONTROLLER_HOST": "https://awx.example.com", "CONTROLLER_OAUTH_TOKEN": "SECRET"}
ANSWERS = {"/api/": {"current_version": "/api/v2/"}, "/api/v2/me/": {"results": []}}


@pytest.fixture
def asked(monkeypatch):
    """Every request. `asked.answers` has what comes back, by path: JSON, or a status with a text."""

    class Asked(list):
        answers = dict(ANSWERS)

    requests = Asked()

    class Opener:
        def open(self, request, timeout):
            assert timeout > 0
            requests.append(request)
            answer = requests.answers[request.selector]
            if isinstance(answer, tuple):
                raise HTTPError(request.full_url, answer[0], "reason", {}, io.BytesIO(answer[1].encode()))
            return io.BytesIO(json.dumps(answer).encode())

    monkeypatch.setattr(awx, "build_opener", lambda *_handlers: Opener())
    return requests


def test_the_api_of_awx_and_of_a_platforms_gateway(asked):
    awx.Client(TOKEN).get("me")
    assert asked[-1].full_url == "https://awx.example.com/api/v2/me/"
    asked.answers = {
        "/api/": {"apis": {"controller": "/api/controller/", "gateway": "/api/gateway/"}},
        "/api/controller/": {"current_version": "/api/controller/v2/"},
        "/api/controller/v2/me/": {},
    }
    awx.Client(TOKEN).get("me")
    assert asked[-1].full_url == "https://awx.example.com/api/controller/v2/me/"


def test_what_is_no_awx_is_told(asked):
    asked.answers = {"/api/": {"hello": "world"}}
    with pytest.raises(FarflowError, match="is not AWX's"):
        awx.Client(TOKEN)


@pytest.mark.parametrize(
    ("more", "header"),
    [
        ({}, "Bearer SECRET"),
        ({"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "a", "CONTROLLER_PASSWORD": "b"}, "Basic YTpi"),
    ],
)
def test_who_asks(asked, more, header):
    awx.Client({**TOKEN, **more})
    assert asked[0].get_header("Authorization") == header


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, '{"detail": "Invalid token."}', "AWX does not know who asks: Invalid token. set CONTROLLER_OAUTH_TOKEN"),
        (403, '{"detail": "No."}', "GET https://awx.example.com/api/v2/me/: 403: No."),
        (400, '{"playbook": ["Not found."], "__all__": ["Twice."]}', "400: playbook: Not found.; Twice."),
        (500, "<html>down</html>", "500: reason"),
        (500, "down", "500: down"),
        (500, "[1]", "500: 1"),
        (500, "", "500: reason"),
    ],
)
def test_what_awx_refuses_is_told_in_its_words(asked, status, body, told):
    client = awx.Client(TOKEN)
    asked.answers = {"/api/v2/me/": (status, body)}
    with pytest.raises(FarflowError) as error:
        client.get("me")
    assert told in str(error.value)
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(("given", "checks"), [("", True), ("true", True), ("false", False), ("0", False)])
def test_whether_certificates_are_checked(monkeypatch, asked, given, checks):
    seen = []

    def seen_context(context):
        seen.append(context)

    monkeypatch.setattr(awx, "HTTPSHandler", seen_context)
    awx.Client({**TOKEN, "CONTROLLER_VERIFY_SSL": given})
    assert seen[0].check_hostname is checks
