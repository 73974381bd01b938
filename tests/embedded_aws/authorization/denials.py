"""AWS's words and codes for a call that is refused.

Source: "Troubleshoot access denied error messages" in the guide of IAM; "Common errors" in the references of the
services.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

from .evaluation import BOUNDARY, DENIED, ORGANIZATION, RESOURCE, SESSION, Decision, Request

#: HTTP status and code by the protocol of a service.
DENIED_CODES = {
    "ec2": (403, "UnauthorizedOperation"),
    "query": (403, "AccessDenied"),
    "rest-xml": (403, "AccessDenied"),
    "rest-json": (403, "AccessDeniedException"),
    "json": (400, "AccessDeniedException"),
}
UNKNOWN_CODES = {
    "ec2": (401, "AuthFailure"),
    "query": (403, "InvalidClientTokenId"),
    "rest-xml": (403, "InvalidAccessKeyId"),
    "rest-json": (403, "UnrecognizedClientException"),
    "json": (400, "UnrecognizedClientException"),
}
WRONG_CODES = {
    "ec2": (403, "SignatureDoesNotMatch"),
    "query": (403, "SignatureDoesNotMatch"),
    "rest-xml": (403, "SignatureDoesNotMatch"),
    "rest-json": (403, "InvalidSignatureException"),
    "json": (400, "InvalidSignatureException"),
}
#: A status that no client of AWS repeats.
UNKNOWN_TO_US = {"json": (501, "NotImplemented"), "query": (501, "NotImplemented")}
UNKNOWN_KEY = "The security token included in the request is invalid."

_A = {BOUNDARY: "a permissions boundary", ORGANIZATION: "a service control policy", SESSION: "a session policy"}
_OF_EC2 = "You are not authorized to perform this operation. "


#: Of the call of DeleteObjects in hand: by the ARN and the version, if any, the words for each object that is refused.
of_objects: ContextVar[Mapping[tuple[str, str], str]] = ContextVar("of_objects", default=MappingProxyType({}))


def object_of(request: Request) -> tuple[str, str]:
    return request.resource, request.context.get("s3:versionid", "")


def words(service: str, caller: str, request: Request, decision: Decision) -> str:
    """The message that says who may not do what, and by which type of policy."""
    resource = f'"{request.resource}"' if service == "s3" else request.resource
    said = f"User: {caller} is not authorized to perform: {request.action} on resource: {resource}"
    if decision.outcome == DENIED:
        kind = _A.get(decision.by) or ("a" if decision.by == RESOURCE else "an") + f" {decision.by}"
        reason = f"with an explicit deny in {kind}"
    else:
        reason = f"because no {decision.by} allows the {request.action} action"
    return f"{_OF_EC2 if service == 'ec2' else ''}{said} {reason}"
