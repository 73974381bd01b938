"""The endpoint of the embedded AWS: routes each request by the service in its signature, and logs each call of AWS as
one line. What is not signed goes to ministack, and is not logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import behaviours, clock, late
from .calls import CallLog
from .faults import answer, draw
from .newer_models import grown, grows
from .parsed import STREAMED, Call
from .routing import Request, is_mutating, operation_of, service_of

logger = logging.getLogger("embedded_aws")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
#: Status, headers and body.
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
#: Looks at a call before it is performed: what is answered in its place, or None.
Hook = Callable[[Call], Answer | None]

RESET = "/_ministack/reset"
_CONTROL = "/_embedded/"
#: What the agent of ECS calls on behalf of a task that asks it.
_AGENT_OPERATIONS = {"GET": "GetTaskProtection", "PUT": "UpdateTaskProtection"}
_ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\"\s*:\s*\"(?:[^\"#]*#)?([^\"]+)\"")


class Front:
    """ASGI application over the emulator, and over ``apps`` that answer for what it lacks, by signing name.

    `agent(method, task_id, body)` answers as the ECS agent's task protection does, and says for whom.
    `on_reset` is called before ministack forgets what it holds.
    `controls`: what tests do that no call of AWS does, by the last part of its path; each takes and gives a document,
    and raises ValueError for one that it does not take.
    `container_cidr`: where the calls of tasks come from, if any; any other caller is the host.
    `hooks`: each call is performed if none of them answers in its place; they are asked in this order.
    `registry`: what is answered in place of what the registry of images is asked, which is not signed; or None.
    `principal_of`: the ARN of who makes a call, for the log.
    `cut_off(client, request, service)`: why the network of a client does not let a request through, to an API of AWS
    or, without a service, to a load balancer. It is never answered, and nobody hears of it.
    """

    def __init__(
        self,
        ministack: App,
        apps: Mapping[str, App],
        log: CallLog,
        container_cidr: str,
        on_reset: Callable[[], None],
        agent: Callable[[str, str, bytes], tuple[int, dict[str, Any], str]],
        controls: Mapping[str, Callable[[dict[str, Any]], Any]],
        hooks: Sequence[Hook] = (),
        registry: Callable[[Request], Answer | None] = lambda _request: None,
        principal_of: Callable[[Call], str] = lambda _call: "",
        cut_off: Callable[[str, Request, str | None], str] = lambda *_unused: "",
    ) -> None:
        self._cut_off = cut_off
        self._hooks = hooks
        self._registry = registry
        self._principal_of = principal_of
        self._on_reset = on_reset
        self._agent = agent
        self._controls = controls
        self._ministack = ministack
        self._apps = apps
        self._log = log
        self._container_network = ipaddress.ip_network(container_cidr) if container_cidr else None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._ministack(scope, receive, send)
        elif scope["path"].startswith(_CONTROL):
            await self._control(scope, receive, send)
        elif scope["path"] == RESET:
            self._on_reset()
            await self._ministack(scope, receive, send)
        else:
            await self._forward(scope, receive, send)

    async def _forward(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query, raw_path = scope["query_string"].decode("latin-1"), scope.get("raw_path", b"").decode("latin-1")
        request = Request(scope["method"], scope["path"], query, headers, raw_path=raw_path)
        service = service_of(request)
        if reason := self._cut_off(scope["client"][0], request, service):
            logger.warning("a request is not answered: %s", reason)
            await _disconnected(receive)
            return
        if service is None:
            if answered := self._registry(request):
                await _body(receive)
                await _send(send, *answered)
            else:
                await self._ministack(scope, receive, send)
            return
        call, receive = await _read(service, request, scope["client"][0], receive)
        late.asked_by(headers.get("user-agent", ""))
        watched = _Watched(send)
        started = time.time()
        passed: Send = watched
        fault = ""
        if not self._is_container(call.client):
            fault = draw(service, call.operation)
            passed = _Silent() if fault else _Grown(watched, service, call.operation) if grows() else watched
            if behaviours.LATENCY.is_on:
                behaviours.LATENCY.strike()
                await asyncio.sleep(behaviours.LATENCY.value)
        principal = self._principal_of(call)
        try:
            if not fault or fault.endswith(" after"):
                await self._perform(call, scope, receive, passed)
            elif fault not in ("cut", "hung"):
                await _body(receive)
                await _send(watched, *answer(fault, service))
        finally:
            self._log.add({**self._line(call, started, watched, fault), "principal": principal, **call.notes})
        if fault.startswith("cut"):
            await _cut(send)
        if fault.startswith("hung"):
            await _disconnected(receive)

    async def _perform(self, call: Call, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Unless a hook answers in its place. What streams has to be read to its end all the same."""
        for hook in self._hooks:
            if answered := hook(call):
                await _body(receive)
                await _send(send, *answered)
                return
        await self._apps.get(call.service, self._ministack)(scope, receive, send)

    async def _ask_agent(self, method: str, task: str, body: bytes, send: Send) -> None:
        """The agent of ECS, whose own call of ECS is logged as the task's."""
        operation = _AGENT_OPERATIONS[method]
        started = time.time()
        status, document, principal = await asyncio.to_thread(self._agent, method, task, body)
        error = document.get("error", {}).get("Code") or document.get("failure", {}).get("Reason", "")
        line = {
            "service": "ecs",
            "operation": operation,
            "status": status,
            "error": error,
            "request_id": document.get("requestID", ""),
            "caller": "container",
            "principal": principal,
            "user_agent": "the agent of ECS",
            "fault": "throttled" if error == "ThrottlingException" else "",
        }
        self._log.add({**_times(started), "mutating": is_mutating(operation), **line})
        await _answer(send, status, document)

    def _line(self, call: Call, started: float, answer: _Watched, fault: str) -> dict[str, Any]:
        return {
            **_times(started),
            "service": call.service,
            "operation": call.operation,
            "mutating": is_mutating(call.operation),
            "status": answer.status,
            "error": answer.error,
            "request_id": answer.request_id,
            "caller": "container" if self._is_container(call.client) else "host",
            "user_agent": call.request.headers.get("user-agent", ""),
            "fault": fault,
        }

    def _is_container(self, address: str) -> bool:
        return self._container_network is not None and ipaddress.ip_address(address) in self._container_network

    async def _control(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        method = scope["method"]
        match scope["path"].removeprefix(_CONTROL).split("/"):
            case ["agent", task, "task-protection", "v1", "state"] if method in _AGENT_OPERATIONS:
                await self._ask_agent(method, task, await _body(receive), send)
            case ["calls"] if method == "GET":
                await _answer(send, 200, {"calls": await asyncio.to_thread(self._log.all)})
            case ["calls", "reset"] if method == "POST":
                self._log.reset()
                await _answer(send, 200, {})
            case ["behaviours"] if method == "GET":
                known = behaviours.REGISTRY.items()
                await _answer(send, 200, {name: {"value": each.value, "struck": each.struck} for name, each in known})
            case ["behaviours"] if method == "POST":
                behaviours.switch(json.loads(await _body(receive)))
                await _answer(send, 200, {name: each.value for name, each in behaviours.REGISTRY.items()})
            case ["clock"] if method == "POST":
                clock.set_factor(json.loads(await _body(receive))["factor"])
                await _answer(send, 200, {})
            case [name] if method == "POST" and name in self._controls:
                asked = json.loads(await _body(receive))
                try:
                    await _answer(send, 200, {"answer": await asyncio.to_thread(self._controls[name], asked)})
                except ValueError as error:
                    await _answer(send, 400, {"message": str(error)})
            case _:
                await _answer(send, 404, {"message": "the embedded AWS has no such control path"})


class _Watched:
    """A `send` that remembers status, request id and error code of what passes through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.request_id = ""
        self.error = ""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = {name.lower(): value for name, value in message["headers"]}
            request_id = headers.get(b"x-amzn-requestid") or headers.get(b"x-amz-request-id") or b""
            self.request_id = request_id.decode()
        elif self.status >= 400 and not self.error and (found := _ERROR_CODE.search(message.get("body", b""))):
            self.error = (found[1] or found[2]).decode()
        await self._send(message)


class _Grown:
    """A `send` that keeps an answer until it is whole, and then sends it with members that botocore does not know, as
    a newer AWS would (newer_models.py).
    """

    def __init__(self, send: Send, service: str, operation: str) -> None:
        self._send = send
        self._called = service, operation
        self._start: dict[str, Any] = {}
        self._body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = {name.lower(): value for name, value in self._start["headers"]}
        body = self._body
        if body and self._start["status"] < 300:
            body = grown(*self._called, headers.get(b"content-type", b"").decode(), body)
            headers[b"content-length"] = str(len(body)).encode()
        await _send(self._send, self._start["status"], list(headers.items()), body)


class _Silent:
    """A `send` that discards everything."""

    async def __call__(self, message: dict[str, Any]) -> None:
        pass


def _times(started: float) -> dict[str, float]:
    """When a call began, and how long it took until now."""
    return {"time": round(started, 3), "seconds": round(time.time() - started, 4)}


async def _read(service: str, request: Request, client: str, receive: Receive) -> tuple[Call, Receive]:
    """The call, and a `receive` that gives its body once more. A form has to be read to know the operation."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    body = await _body(receive) if is_form else b""
    request = replace(request, form=body)
    operation = operation_of(service, request)
    if not is_form:
        if (service, operation) in STREAMED:
            return Call(service, operation, request, b"", client), receive
        body = await _body(receive)
    return Call(service, operation, request, body, client), _replay(body, receive)


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that first gives the body that was read already, and then goes on."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> dict[str, Any]:
        return waiting.pop() if waiting else await receive()

    return again


async def _cut(send: Send) -> None:
    """Ends the connection in the middle of an answer. One to HEAD then lacks most of its headers, which Python's client
    does not notice.
    """
    headers = [(b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b" ", "more_body": True})
    raise ConnectionError("a fault that was asked for")


async def _disconnected(receive: Receive) -> None:
    """Returns when the client disconnects."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    await _send(send, status, [(b"content-type", b"application/json")], json.dumps(document).encode())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
