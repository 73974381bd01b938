"""What goes wrong between a client and AWS, made by chance from a seed; off until it is asked for."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import botocore.session

from .routing import MODEL_NAMES

#: Answers that a fault stands for: HTTP status, code and message, by the protocol of the service.
_THROTTLED = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "rest-xml": (503, "SlowDown", "Please reduce your request rate."),
    "query": (400, "Throttling", "Rate exceeded"),
    "json": (400, "ThrottlingException", "Rate exceeded"),
}
_UNAVAILABLE = {
    "ec2": (503, "Unavailable", "The server is overloaded and can't handle the request."),
    "rest-xml": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "query": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "json": (500, "InternalServerError", "The request failed due to an internal error."),
}


@dataclass(frozen=True)
class Faults:
    """Shares from 0 to 1 of the calls of clients on the host.

    throttled, unavailable: answered so, and not performed.
    cut, hung: the connection ends without an answer, or stays and none comes; of these every other call has been
    performed.
    latency: seconds that each call takes longer.
    ignored: operations (`logs PutRetentionPolicy`) that are answered as if they had been performed, with no content.
    lost: operations of which the first call is performed and cut; one that is there twice loses two.
    """

    seed: int = 0
    throttled: float = 0
    unavailable: float = 0
    cut: float = 0
    hung: float = 0
    latency: float = 0
    ignored: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignored", tuple(self.ignored))
        object.__setattr__(self, "lost", tuple(self.lost))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Chance:
    """Decides for one call after the other. `next` is thread-bound to the front's event loop."""

    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self._random = random.Random(self.faults.seed)
        self._to_lose = list(self.faults.lost)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Chance:
        """Raises TypeError for a fault that there is not."""
        unknown = set(document) - {each.name for each in fields(Faults)}
        if unknown:
            raise TypeError(f"no such faults: {', '.join(sorted(unknown))}")
        return cls(Faults(**document))

    def next(self, service: str, operation: str) -> str:
        """What becomes of a call: `ignored`, `throttled`, `unavailable`, `cut`, `hung`, the last two with ` after`
        where it is performed; or empty for nothing.
        """
        called = f"{service} {operation}"
        if called in self.faults.ignored:
            return "ignored"
        if called in self._to_lose:
            self._to_lose.remove(called)
            return "cut after"
        drawn = self._random.random()
        for name in ("throttled", "unavailable", "cut", "hung"):
            share = getattr(self.faults, name)
            if drawn < share:
                return f"{name} after" if name in ("cut", "hung") and self._random.random() < 0.5 else name
            drawn -= share
        return ""


def answer(fault: str, service: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the answer that a fault stands for."""
    protocol = _protocol(service)
    if fault == "ignored":
        return 200, [(b"content-type", b"application/x-amz-json-1.1")], b"{}" if "json" in protocol else b""
    kinds = _THROTTLED if fault == "throttled" else _UNAVAILABLE
    status, code, message = kinds.get(protocol, kinds["json"])
    return (status, *_WRITERS.get(protocol, _json)(code, message))


def _json(code: str, message: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    body = f'{{"__type":"{code}","message":"{message}"}}'
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amzn-errortype", code.encode())]
    return headers, body.encode()


def _xml(text: str, code: str, message: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    return [(b"content-type", b"text/xml")], text.format(f"<Code>{code}</Code><Message>{message}</Message>").encode()


_WRITERS: dict[str, Callable[[str, str], tuple[list[tuple[bytes, bytes]], bytes]]] = {
    "ec2": functools.partial(_xml, "<Response><Errors><Error>{}</Error></Errors></Response>"),
    "query": functools.partial(_xml, "<ErrorResponse><Error>{}</Error></ErrorResponse>"),
    "rest-xml": functools.partial(_xml, "<Error>{}</Error>"),
}


@functools.cache
def _protocol(service: str) -> str:
    model = botocore.session.get_session().get_service_model(MODEL_NAMES.get(service, service))
    return str(model.protocol)
