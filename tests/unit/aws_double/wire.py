"""Between botocore and the double: requests of some services are answered here instead of being sent.

The double is an AWS in this process, made from botocore's own shapes: it stores every member that a request can have,
fills in what AWS documents that it fills in, and answers on the wire, so that retries, parsing and errors are
botocore's own.
"""

from __future__ import annotations

import io
import json
import threading
from contextlib import contextmanager

from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader
from botocore.model import ServiceModel


class AwsError(Exception):
    """An error as AWS answers it."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code = code
        self.status = status


class Wire:
    """Answers a service's requests with the methods of ``parts`` that are named as its operations.

    ``calls`` is what was asked: (operation, input). ``fault(operation, input)`` may raise an AwsError before it is
    done.
    """

    def __init__(self, service, *parts):
        self.model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self.parts = parts
        self.calls = []
        self.fault = lambda operation, given: None
        self._lock = threading.RLock()

    def answer(self, request, **_unused):
        operation = request.headers["X-Amz-Target"]
        operation = (operation.decode() if isinstance(operation, bytes) else operation).rsplit(".", 1)[1]
        given = json.loads(request.body or "{}")
        try:
            with self._lock:
                self.calls.append((operation, given))
                self.fault(operation, given)
                method = next(getattr(part, operation) for part in self.parts if hasattr(part, operation))
                body = projected(self.model.operation_model(operation).output_shape, method(given))
            status, text = 200, json.dumps(body)
        except AwsError as error:
            status, text = error.status, json.dumps({"__type": error.code, "message": str(error)})
        headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "request"}
        return AWSResponse(request.url, status, headers, _Raw(text.encode()))

    def operations(self):
        """What was asked, without its input."""
        return [operation for operation, _unused in self.calls]

    def mutations(self):
        """What was asked that changes something."""
        return [name for name in self.operations() if not name.startswith(("Describe", "List", "Get"))]


class _Raw(io.BytesIO):
    def stream(self, **_unused):
        yield self.getvalue()


def projected(shape, value):
    """A stored document as an answer of the shape: without the members that AWS doesn't tell."""
    if value is None or shape is None:
        return None
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        members = shape.members
        return {name: projected(members[name], item) for name, item in value.items() if name in members}
    if shape.type_name == "list":
        return [projected(shape.member, item) for item in value]
    return value


@contextmanager
def plugged_in(wires):
    """While this lasts, every session made in this process speaks to the wires ``{service id: wire}``."""
    added = [(f"before-send.{service}", wire.answer) for service, wire in wires.items()]
    handlers.BUILTIN_HANDLERS.extend(added)
    try:
        yield
    finally:
        for each in added:
            handlers.BUILTIN_HANDLERS.remove(each)
