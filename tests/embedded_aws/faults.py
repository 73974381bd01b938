"""What goes wrong between a client and AWS, made by chance from a seed."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

import botocore.session

from . import behaviours
from .routing import MODEL_NAMES, is_mutating

#: Answers that a fault stands for: HTTP status, code and message, by the protocol of the service.
_THROTTLED = {
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "rest-xml": (503, "SlowDown", "Please reduce your request rate."),
    "query": (400, "Throttling", "Rate exceeded"),
    "json": (400, "ThrottlingException", "Rate exceeded"),
}
#: Services that have a status and a code of their own, by botocore's models and, of Route 53, by "Throttling for Amazon
#: Route 53 API requests" in its guide.
_THROTTLED_BY = {
    "elasticfilesystem": (429, "ThrottlingException"),
    "route53": (400, "Throttling"),
    "servicequotas": (400, "TooManyRequestsException"),
    "sqs": (400, "RequestThrottled"),
    "tagging": (400, "ThrottledException"),
}
_UNAVAILABLE = {
    "ec2": (503, "Unavailable", "The server is overloaded and can't handle the request."),
    "rest-xml": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "query": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "json": (500, "InternalServerError", "The request failed due to an internal error."),
}
_NOT_YOURS = "You are not authorized to perform this operation."
_DENIED = {
    "ec2": (403, "UnauthorizedOperation", _NOT_YOURS),
    "rest-xml": (403, "AccessDenied", _NOT_YOURS),
    "query": (403, "AccessDenied", _NOT_YOURS),
    "json": (400, "AccessDeniedException", _NOT_YOURS),
}
_KINDS = {"throttled": _THROTTLED, "unavailable": _UNAVAILABLE, "denied": _DENIED}

#: Status, headers and body.
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

_BY_CHANCE = (behaviours.THROTTLED, behaviours.UNAVAILABLE, behaviours.CUT, behaviours.HUNG)
_WITHOUT_ANSWER = (behaviours.CUT, behaviours.HUNG)


def draw(service: str, operation: str) -> str:
    """What becomes of a call: `ignored`, `denied`, `throttled`, `unavailable`, `cut`, `hung`, the last two with
    ` after` where it is performed; or empty for nothing. Bound to the thread of the front's event loop.
    """
    called = f"{service} {operation}"
    if called in behaviours.IGNORED.value:
        behaviours.IGNORED.strike()
        return "ignored"
    if called in behaviours.DENIED.value:
        behaviours.DENIED.strike()
        return "denied"
    lost = behaviours.LOST.memory
    if lost.get(called, 0) < _losses(called, operation):
        lost[called] = lost.get(called, 0) + 1
        behaviours.LOST.strike()
        return "cut after"
    for each in _BY_CHANCE:
        if each.is_on and each.happens():
            performed = each in _WITHOUT_ANSWER and each.random.random() < 0.5
            return f"{each.name} after" if performed else each.name
    return ""


def _losses(called: str, operation: str) -> int:
    """How many of the operation's answers are lost."""
    return behaviours.LOST.value.count(called) or int("*" in behaviours.LOST.value and is_mutating(operation))


def answer(fault: str, service: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the answer that a fault stands for."""
    protocol = _protocol(service)
    if fault == "ignored":
        return 200, [(b"content-type", b"application/x-amz-json-1.1")], b"{}" if "json" in protocol else b""
    kinds = _KINDS[fault]
    status, code, message = kinds.get(protocol, kinds["json"])
    if fault == "throttled":
        status, code = _THROTTLED_BY.get(service, (status, code))
    return (status, *_WRITERS.get(protocol, _json)(code, message))


def refusal(service: str, kind: Mapping[str, tuple[int, str]], message: str) -> Answer:
    """The answer of an error with this message; its HTTP status and code by the protocol of the service."""
    protocol = _protocol(service)
    status, code = kind.get(protocol, kind["json"])
    headers, body = _WRITERS.get(protocol, _json)(code, message)
    if _is_query_compatible(service):  # and so has the codes of its older protocol
        headers = [*headers, (b"x-amzn-query-error", f"{kind['query'][1]};Sender".encode())]
    return status, headers, body


def _json(code: str, message: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    body = json.dumps({"__type": code, "message": message})
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"x-amzn-errortype", code.encode())]
    return headers, body.encode()


def _xml(text: str, code: str, message: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    told = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    return [(b"content-type", b"text/xml")], text.format(told).encode()


_WRITERS: dict[str, Callable[[str, str], tuple[list[tuple[bytes, bytes]], bytes]]] = {
    "ec2": functools.partial(_xml, "<Response><Errors><Error>{}</Error></Errors></Response>"),
    "query": functools.partial(_xml, "<ErrorResponse><Error>{}</Error></ErrorResponse>"),
    "rest-xml": functools.partial(_xml, "<Error>{}</Error>"),
}


def _protocol(service: str) -> str:
    return str(_model(service).protocol)


def _is_query_compatible(service: str) -> bool:
    return "awsQueryCompatible" in _model(service).metadata


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(MODEL_NAMES.get(service, service))
