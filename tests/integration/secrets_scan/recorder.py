"""An endpoint before an embedded AWS that keeps every request and answer, whole."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

from tests.embedded_aws.routing import Request, operation_of, service_of

_LASTS = 300  # seconds of a call


@dataclass(frozen=True)
class Exchange:
    """One call: its parts as they went over the wire, the request with its first line and headers."""

    service: str
    operation: str
    request: bytes
    answer: bytes


class Recorder:
    """`with Recorder(aws.endpoint_url) as recorder:` forwards what comes to `recorder.endpoint_url`.

    `before` is called with the operation when a request has come, before it goes on.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.exchanges: list[Exchange] = []
        self.before: Callable[[str], None] = lambda operation: None
        target = urlsplit(endpoint_url)
        self._target = target.hostname or "", target.port or 80
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Recorder:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Makes a call and keeps it; the answer and its body."""
        url = urlsplit(path)
        small = {name.lower(): value for name, value in headers.items()}
        request = Request(method, url.path, url.query, small, body)
        service = service_of(request) or ""
        operation = operation_of(service, request) if service else ""
        self.before(operation)
        connection = http.client.HTTPConnection(*self._target, timeout=_LASTS)
        try:
            connection.request(method, path, body, {**headers, "Connection": "close"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        lines = [f"{method} {path}", *(f"{name}: {value}" for name, value in headers.items())]
        self.exchanges.append(Exchange(service, operation, "\n".join(lines).encode() + b"\n\n" + body, answer))
        return response, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                response, answer = recorder.forward(self.command, self.path, headers, body)
                self.send_response_only(response.status)
                for name, value in response.headers.items():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                is_head = self.command == "HEAD"
                self.send_header(
                    "Content-Length", response.headers.get("Content-Length", "0") if is_head else str(len(answer))
                )
                with contextlib.suppress(ConnectionError):  # who asked may have been killed
                    self.end_headers()
                    self.wfile.write(answer)
                    self.wfile.flush()

        return Handler
