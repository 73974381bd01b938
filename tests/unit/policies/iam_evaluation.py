"""How IAM decides on a request, as far as our policies go. What is unknown here is an error, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ALLOWED = "allowed"
DENIED = "denied by a statement"
NOT_ALLOWED = "allowed by no statement"

_MEMBERS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}


@dataclass(frozen=True)
class Request:
    """What a caller wants: an action on the ARN of a resource, with the keys of the request's context. ``principal``
    is who asks, such as ``("Service", "ecs-tasks.amazonaws.com")``, where the policy names principals.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    principal: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def decide(documents: Iterable[Mapping[str, Any]], request: Request) -> str:
    """IAM's decision within an account: a Deny that applies wins, then an Allow, else nothing is allowed."""
    statements = [statement for document in documents for statement in listed(document["Statement"])]
    effects = {statement["Effect"] for statement in statements if _applies(statement, request)}
    if "Deny" in effects:
        return DENIED
    return ALLOWED if "Allow" in effects else NOT_ALLOWED


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    unknown = statement.keys() - _MEMBERS
    if unknown or "${" in str(statement):
        raise NotImplementedError(f"{', '.join(sorted(unknown)) or 'variables'} in {statement}")
    return (
        _is_principal(statement.get("Principal"), request.principal)
        and any(_like(action.lower(), request.action.lower()) for action in listed(statement["Action"]))
        and any(_like(resource, request.resource) for resource in listed(statement.get("Resource", "*")))
        and all(
            _meets(operator, key, listed(values), request.context)
            for operator, tests in statement.get("Condition", {}).items()
            for key, values in tests.items()
        )
    )


def _is_principal(named: Any, principal: tuple[str, str] | None) -> bool:
    """A policy of a role names nobody, that of a resource somebody; ``{"AWS": "*"}`` is everybody."""
    if named is None or named == "*" or "*" in listed(named.get("AWS", [])):
        return True
    return principal is not None and principal[1] in listed(named.get(principal[0], []))


def _meets(operator: str, key: str, values: list[Any], context: Mapping[str, str]) -> bool:
    """A key that the request does not have meets no condition."""
    if operator not in _OPERATORS:
        raise NotImplementedError(f"condition operator {operator}")
    found = {name.lower(): value for name, value in context.items()}.get(key.lower())
    return found is not None and any(_OPERATORS[operator](str(value), found) for value in values)


def _like(pattern: str, text: str) -> bool:
    wild = {"*": ".*", "?": "."}
    return bool(re.fullmatch("".join(wild.get(letter, re.escape(letter)) for letter in pattern), text, re.DOTALL))


def _arn_like(pattern: str, arn: str) -> bool:
    """Each of an ARN's six parts by itself."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(_like, patterns, parts))


_OPERATORS = {
    "StringEquals": str.__eq__,
    "StringLike": _like,
    "ArnEquals": _arn_like,  # the same, as AWS has it
    "ArnLike": _arn_like,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
}
