"""Which service a request is for, and which operation: pure functions over the parts of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

import botocore.session
from botocore.exceptions import UnknownServiceError

# Signing names that differ from the name of botocore's model.
MODEL_NAMES = {
    "elasticloadbalancing": "elbv2",
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
}
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
# These share method and path with PutObject and UploadPart: a header tells them apart.
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_READING = re.compile(
    r"^(Describe|Get|List|Head|BatchGet|BatchCheck|Lookup|Search|Scan|Query|Filter|Simulate|Discover|Validate|"
    r"Receive|Poll|Test|StartQuery|AssumeRole|Decode|Select)"
)


@dataclass(frozen=True)
class Request:
    """The parts of an HTTP request that routing looks at; header names in lower case. `raw_path` is as it was sent."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    form: bytes = b""
    raw_path: str = ""


def service_of(request: Request) -> str | None:
    """Signing name of the service (`ecs`, `application-autoscaling`), None when the request is not signed."""
    return credential_of(request)[3] or None


def credential_of(request: Request) -> tuple[str, str, str, str]:
    """Access key, day, region and service of the signature, in the header or in the URL; empty texts without one."""
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if found:
        return found[1], found[2], found[3], found[4]
    parts = parse_qs(request.query).get("X-Amz-Credential", [""])[0].split("/")
    return (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 5 else ("", "", "", "")


def operation_of(service: str, request: Request) -> str:
    """The API operation (`RunTask`); `?` when neither header, form nor path tells."""
    target = request.headers.get("x-amz-target", "")
    if target:
        return target.rsplit(".", 1)[-1]
    action = parse_qs(request.form.decode("latin-1")).get("Action") or parse_qs(request.query).get("Action")
    if action:
        return action[0]
    return _rest_operation(service, request)


def is_mutating(operation: str) -> bool:
    """Whether the operation changes the account. Taking a message off a queue counts as reading."""
    return not _READING.match(operation)


def path_parameters(service: str, request: Request) -> dict[str, str]:
    """What the path says, by the names that the operation's URI has for it: `Bucket`, `Key`."""
    route = _rest_route(service, request)
    found = route.path.fullmatch(request.path) if route else None
    return dict(zip(route.names, found.groups(), strict=True)) if route and found else {}


def _rest_operation(service: str, request: Request) -> str:
    route = _rest_route(service, request)
    return route.operation if route else "?"


def _rest_route(service: str, request: Request) -> _Route | None:
    query = parse_qs(request.query, keep_blank_values=True)
    for route in _rest_routes(service):
        if (route.operation in _COPIES) != ("x-amz-copy-source" in request.headers):
            continue
        if route.method == request.method and route.path.fullmatch(request.path) and route.matches_query(query):
            return route
    return None


@dataclass(frozen=True)
class _Route:
    method: str
    path: re.Pattern[str]
    query: dict[str, list[str]]
    operation: str
    literal: int
    names: tuple[str, ...]

    def matches_query(self, query: dict[str, list[str]]) -> bool:
        return all(name in query and (values == [""] or query[name] == values) for name, values in self.query.items())


@cache
def _rest_routes(service: str) -> list[_Route]:
    """Routes of a REST service from botocore's model, the most specific first. Operations that AWS has given up share
    theirs with those that came after them.
    """
    try:
        model = botocore.session.get_session().get_service_model(MODEL_NAMES.get(service, service))
    except UnknownServiceError:
        return []
    if not model.protocol.startswith("rest"):
        return []
    operations = [model.operation_model(name) for name in model.operation_names]
    routes = [_route(each) for each in operations if not each.deprecated]
    return sorted(routes, key=lambda route: (-len(route.query), -route.literal))


def _route(operation) -> _Route:
    path, _unused, query = operation.http["requestUri"].partition("?")
    required = parse_qs(query, keep_blank_values=True)
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        member = shape.members[name].serialization
        if member.get("location") == "querystring":
            required[member["name"]] = [""]
    pattern = re.escape(path.rstrip("/") or "/")
    pattern = re.sub(r"\\\{[^}]*?\\\+\\\}", "(.+)", pattern)
    pattern = re.sub(r"\\\{[^}]*?\\\}", "([^/]+)", pattern)
    literal = len(re.sub(r"\{[^}]*\}", "", path))
    names = tuple(name.rstrip("+") for name in re.findall(r"\{([^}]*)\}", path))
    return _Route(operation.http["method"], re.compile(pattern + "/?"), required, operation.name, literal, names)
