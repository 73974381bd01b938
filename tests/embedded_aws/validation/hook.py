"""What stands between a call that changes something and its service: AWS refuses what does not satisfy its models."""

from __future__ import annotations

from botocore.exceptions import UnknownServiceError
from moto.core.parse import RequestParserError

from .. import behaviours, faults
from ..faults import Answer
from ..parsed import Call
from ..routing import is_mutating
from .codes import codes_of, refusal_of, refusal_of_fault
from .constraints import complaints
from .whole_resources import WHOLE, faults_of

_UNREADABLE = (AttributeError, KeyError, RequestParserError, TypeError, ValueError)
#: A status that no client of AWS repeats.
_UNKNOWN_TO_US = {"json": (501, "NotImplemented"), "query": (501, "NotImplemented")}


def hold_against_constraints(call: Call) -> Answer | None:
    """Refuses what botocore's model of the operation's input does not allow."""
    shape = input_shape(call)
    if shape is None:
        return None
    try:
        found = list(complaints(shape, call.parameters))
    except NotImplementedError as error:
        return faults.refusal(call.service, _UNKNOWN_TO_US, f"the embedded AWS cannot read {error}")
    except _UNREADABLE as error:
        return refusal(call, codes_of(call.service, call.protocol).malformed, str(error))
    if not found:
        return None
    located = shape.members[found[0].path[0]].serialization
    return refusal(call, *refusal_of(call.service, call.protocol, found, in_body="location" not in located))


def hold_against_schemas(call: Call) -> Answer | None:
    """Refuses what CloudFormation's schemas do not allow of a resource that the call makes whole."""
    whole = WHOLE.get((call.service, call.operation)) if behaviours.WHOLE_RESOURCES.is_on else None
    found = faults_of(call.region, whole, call.input_shape, call.parameters) if whole else []
    if not found:
        return None
    behaviours.WHOLE_RESOURCES.strike()
    return refusal(call, *refusal_of_fault(call.service, call.protocol, call.operation, found[0]))


def input_shape(call: Call):
    """What a call that changes something is held against; None where AWS's models know nothing of it."""
    if not is_mutating(call.operation):
        return None
    try:
        return call.input_shape
    except UnknownServiceError:
        return None


def refusal(call: Call, code: str, message: str) -> Answer:
    return faults.refusal(call.service, dict.fromkeys(("json", "query"), (400, code)), message)
