"""What a run says when AWX, or what stands before it, answers otherwise than asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.plugin_utils import awx as client
from ansible_collections.farflow.airflow.plugins.plugin_utils.awx import Client

from .awx_double import AWX, TOKEN
from .awx_wanted import PLAYBOOKS, run


@pytest.fixture
def awx():
    awx = AWX(list(PLAYBOOKS))
    yield awx
    awx.close()


class Clock:
    """Passes when it is slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float, /) -> None:
        self.slept.append(seconds)


def asking(awx: AWX) -> tuple[Client, Clock]:
    clock = Clock()
    return Client({"CONTROLLER_HOST": awx.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}, clock), clock


def failed(awx: AWX, **given: Any) -> str:
    with pytest.raises(FarflowError) as error:
        run(awx, **given)
    return str(error.value)


# No AWX


@pytest.fixture
def speaker():
    """A server that answers everything with the bytes in `said`; nothing else is HTTP's."""
    speakers = []

    def speaker(said: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - a name that http.server calls
                self.wfile.write(said)
                self.close_connection = True

            def log_message(self, *_unused: Any) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        speakers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield speaker
    for server in speakers:
        server.shutdown()
        server.server_close()


def answer(body: bytes, length: int | None = None, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (answer(b"[]"), "is not AWX's: it names no current_version"),
        (answer(b"null"), "is not AWX's: it names no current_version"),
        (answer(b'"hi"'), "is not AWX's: it names no current_version"),
        (answer(b""), "is not AWX's: it names no current_version"),
        (answer(b'{"apis": []}'), "is not AWX's: it names no current_version"),
        (answer(b'{"current_version": 2}'), "is not AWX's: it names no current_version"),
        (answer(b"<html>", status="404 Not Found"), "is not AWX's: it names no current_version"),
        (answer(b"<html>"), "answers with no JSON: is it AWX's?"),
        (answer(b"\xff\xfe"), "answers with no JSON: is it AWX's?"),
        (answer(b'{"a"', 54), "the answer is cut off (IncompleteRead)"),
        (b"garbage\r\n\r\n", "what answers there speaks no HTTP (BadStatusLine)"),
        (answer(b'{"det', 54, "500 Broken"), ": 500: Broken"),
        (b"", "/api/: Remote end closed connection without response"),
    ],
)
def test_what_is_no_awx_is_told_with_what_to_set(speaker, said, told):
    with pytest.raises(FarflowError) as error:
        Client({"CONTROLLER_HOST": speaker(said), "CONTROLLER_OAUTH_TOKEN": TOKEN})
    assert told in str(error.value)
    assert "set CONTROLLER_HOST to AWX's URL" in str(error.value) or ": 500: " in told


@pytest.mark.parametrize("path", ["/api/v2", "/api", "/nowhere"])
def test_a_host_with_a_path_that_awx_does_not_have_is_told(awx, path):
    with pytest.raises(FarflowError, match=f"^{awx.url}{path}/api/ is not AWX's: .*; set CONTROLLER_HOST to AWX's URL"):
        Client({"CONTROLLER_HOST": awx.url + path, "CONTROLLER_OAUTH_TOKEN": TOKEN})


def test_a_list_that_is_none_is_told(awx, monkeypatch):
    answers = AWX.answer

    def none(self: AWX, method: str, path: str, *others: Any) -> Any:
        return (200, None) if path.endswith("/teams/") else answers(self, method, path, *others)

    monkeypatch.setattr(AWX, "answer", none)
    assert "/api/v2/teams/ answers with no list: is it AWX's?" in failed(awx)


# A redirect


def test_a_redirect_is_not_followed_and_told_with_where_it_leads(awx):
    other = AWX(list(PLAYBOOKS))
    try:
        awx.moved_to = other.url.replace("http://", "http://me:SECRET@")
        told = failed(awx)
        assert f"GET {awx.url}/api/: 301: it redirects to {other.url}, which is not followed" in told
        assert "set CONTROLLER_HOST to it" in told
        assert "SECRET" not in told
        assert TOKEN not in told
    finally:
        other.close()


def test_a_redirect_of_a_write_is_no_success(awx):
    """As a GET it would say 200, and nothing would have been attached."""
    run(awx)
    (asked, _clock), label = asking(awx), {"name": "x", "organization": awx.named("organizations", "Default")["id"]}
    path = f"job_templates/{awx.named('job_templates', 'Airflow dev: Plan')['id']}/labels"
    awx.moved_to = awx.url
    with pytest.raises(FarflowError, match=f"POST .*{path}/: 301: it redirects to {awx.url}/api/v2/{path}/, which is"):
        asked.post(path, label)
    assert awx.objects["labels"] == {}


# An outage


@pytest.mark.parametrize(("outage", "slept"), [([502], [1]), ([503, 504, 502], [1, 2, 4]), ([429, 502], [3, 2])])
def test_what_passes_is_waited_for(awx, outage, slept):
    asked, clock = asking(awx)
    awx.outage = list(outage)
    assert asked.get("me")["results"][0]["username"] == "someone"
    assert clock.slept == slept


def test_what_does_not_pass_is_told_without_the_pages_html(awx):
    asked, clock = asking(awx)
    awx.outage = [503] * 5
    with pytest.raises(FarflowError) as error:
        asked.get("me")
    assert str(error.value) == (
        f"GET {awx.url}/api/v2/me/: 503: Service Unavailable; "
        "what stands before AWX does not reach it, try again when AWX is up"
    )
    assert clock.slept == [1, 2, 4, 8]
    awx.outage = [429] * 5
    with pytest.raises(FarflowError, match="429: Too Many Requests; .* lets no more requests pass for now, try again"):
        asked.get("me")


def test_what_may_have_been_done_is_not_done_twice(awx):
    asked, clock = asking(awx)
    awx.outage = [502]
    with pytest.raises(FarflowError, match="502: Bad Gateway; .* Whether AWX has done it is not known; run it again"):
        asked.post("labels", {"name": "x"})
    assert (clock.slept, awx.calls) == ([], [])
    awx.outage = [429]
    asked.post("labels", {"name": "x"})
    assert len(awx.objects["labels"]) == 1


def test_a_write_without_an_answer_may_have_been_done(awx):
    asked, _clock = asking(awx)
    awx.close()
    with pytest.raises(FarflowError, match="POST .*Connection refused.* Whether AWX has done it is not known") as error:
        asked.post("labels", {"name": "x"})
    assert "AWX has answered before, so it is slow or being restarted; try again when AWX is up" in str(error.value)


def test_a_slow_awx_is_no_wrong_host(awx, monkeypatch):
    asked, _clock = asking(awx)
    monkeypatch.setattr(client, "_SECONDS", 0.05)
    awx._lock.acquire()  # it takes the request, and answers later
    try:
        with pytest.raises(FarflowError, match="GET .*/me/: .*timed out; AWX has answered before") as error:
            asked.get("me")
    finally:
        awx._lock.release()
    assert "CONTROLLER_HOST" not in str(error.value)
    assert "certificate" not in str(error.value)


def test_what_is_gone_when_it_is_removed_again_was_removed(awx):
    asked, _clock = asking(awx)
    label = awx.add("labels", {"name": "x"})["id"]
    awx.outage = [502]
    del awx.objects["labels"][label]
    asked.delete(f"labels/{label}")
    with pytest.raises(FarflowError, match="404"):
        asked.delete(f"labels/{label}")


def test_a_run_goes_through_a_restart_of_awx(awx, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(client.Client.__init__, "__defaults__", (clock,))
    awx.outage = [502, 502]
    assert run(awx)["changed"]
    assert clock.slept == [1, 2]


# An error in the middle of a run


def spoilt(awx: AWX, monkeypatch: Any, method: str, end: str, answer: Any) -> str:
    """What is said when requests to paths with that end are answered so."""
    answers = AWX.answer

    def spoil(self: AWX, asked: str, path: str, *others: Any) -> Any:
        spoils = asked == method and path.endswith(f"/{end}/")
        return answer if spoils else answers(self, asked, path, *others)

    monkeypatch.setattr(AWX, "answer", spoil)
    return failed(awx)


@pytest.mark.parametrize(
    ("status", "helps"),
    [
        (400, "AWX does not take that: change the setting that it comes from, or what is in its way in AWX; run it"),
        (403, "the user lacks a right, such as that of an administrator of the organization, or the token the scope"),
        (404, "somebody may have removed it meanwhile; run it again, it goes on where this ended"),
        (409, "wait until these jobs have ended, or cancel them in AWX; run it again, it goes on where this ended"),
        (500, "AWX's own log says why. Whether AWX has done it is not known; run it again, it goes on where this"),
        (502, "what stands before AWX does not reach it, try again when AWX is up. Whether AWX has done it is not"),
    ],
)
def test_each_error_is_told_with_what_was_being_made_and_what_helps(awx, monkeypatch, status, helps):
    told = spoilt(awx, monkeypatch, "POST", "survey_spec", (status, {"detail": "Words."}))
    assert told.startswith("job_templates Airflow dev: Airflow command: POST ")
    assert f": {status}: Words.; {helps}" in told


@pytest.mark.parametrize("body", [[], None, {"detail": "x"}, "<html>"])
def test_what_is_no_new_object_is_told(awx, monkeypatch, body):
    told = spoilt(awx, monkeypatch, "POST", "projects", (200, body))
    assert told.startswith("projects Airflow on Fargate: POST ")
    assert " answers with no object: is it AWX's? " in told or " answers with no JSON: " in told
    assert "Whether AWX has done it is not known" in told


@pytest.mark.parametrize("body", [[], {"detail": "x"}, None, "<html>"])
@pytest.mark.parametrize("end", ["me", "organizations", "survey_spec", "playbooks"])
def test_an_answer_of_another_shape_is_told_in_words(awx, monkeypatch, end, body):
    run(awx)
    if (end, body) in (("survey_spec", {"detail": "x"}), ("playbooks", [])):
        return  # of the right shape
    told = spoilt(awx, monkeypatch, "GET", end, (200, body))
    assert f"/{end}/ answers with no " in told or f"/{end}/?" in told
    assert "is it AWX's? set CONTROLLER_HOST" in told


# What can't be removed


def test_what_jobs_use_is_told_by_its_name_with_what_helps(awx):
    run(awx)
    busy = ("job_templates", "Airflow dev: Deploy")
    awx.running[busy] = [{"id": 7, "type": "job"}, {"id": 8, "type": "job"}]
    told = failed(awx, state="absent")
    assert told.startswith("job_templates Airflow dev: Deploy: can't be removed: DELETE ")
    assert ": 409: Resource is being used by running jobs.; active_jobs: job 7, job 8; wait until these jobs" in told
    assert "What was removed before it stays removed" in told
    del awx.running[busy]
    assert run(awx, state="absent")["changed"]
    assert awx.objects["job_templates"] == {}


def test_a_removal_that_fails_is_told_by_its_name(awx, monkeypatch):
    run(awx)
    answers = AWX.answer

    def down(self: AWX, method: str, path: str, *others: Any) -> Any:
        return (500, {"detail": "Server Error"}) if method == "DELETE" else answers(self, method, path, *others)

    monkeypatch.setattr(AWX, "answer", down)
    told = failed(awx, state="absent")
    assert told.startswith("workflow_job_templates Airflow dev: Deploy with approval: can't be removed: DELETE ")
    assert ": 500: Server Error; AWX's own log says why. What was removed before" in told
