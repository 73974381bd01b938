"""How IAM decides on a request, within an account. What is unknown here is an error, never a guess.

Source: "Policy evaluation logic" and "IAM JSON policy element reference" in the guide of IAM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .conditions import keys_of, meets
from .patterns import plain, with_variables

ALLOWED = "allowed"
DENIED = "denied by a statement"
NOT_ALLOWED = "allowed by no statement"

#: Types of policies, as AWS's messages name them.
IDENTITY = "identity-based policy"
RESOURCE = "resource-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
ORGANIZATION = "service control policy"

Document = Mapping[str, Any]
_MEMBERS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")


@dataclass(frozen=True)
class Request:
    """What a caller wants: an action on the ARN of a resource, with the keys of the request's context; a key that can
    have several values has a list. `principal` is who asks, where the policy names principals: such as
    `("Service", "ecs-tasks.amazonaws.com")`, or `("AWS", "arn:aws:iam::...:role/x")`, for whom `session` is the ARN of
    the session of that role.
    """

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)
    principal: tuple[str, str] | None = None
    session: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True)
class Policies:
    """All that is said of a request. None: there is no such limit. An organization has documents for each of its
    levels. `needs_resource`: the resource's policy has to allow it too, as a key's or a role's own.
    """

    identity: tuple[Document, ...] = ()
    boundary: Document | None = None
    session: tuple[Document, ...] | None = None
    organization: tuple[tuple[Document, ...], ...] = ()
    resource: Document | None = None
    needs_resource: bool = False


@dataclass(frozen=True)
class Decision:
    """`by` is the type of the policies that deny, or that would have to allow; empty where it is allowed."""

    outcome: str
    by: str = ""


def decide(documents: Iterable[Document], request: Request) -> str:
    """IAM's decision by policies of one type: a Deny that applies wins, then an Allow, else nothing is allowed."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in listed(document["Statement"])
        if _applies(statement, request, document.get("Version"))
    }
    if "Deny" in effects:
        return DENIED
    return ALLOWED if "Allow" in effects else NOT_ALLOWED


def judge(policies: Policies, request: Request) -> Decision:
    """IAM's decision by all policies together. A Deny wins wherever it is; every limit has to allow; and so has the
    identity, or the resource where it names the caller.
    """
    by_resource = decide(_of_resource(policies.resource), request)
    by_identity = decide(policies.identity, request)
    limits = [(ORGANIZATION, decide(level, request)) for level in policies.organization]
    if policies.boundary is not None:
        limits.append((BOUNDARY, decide([policies.boundary], request)))
    if policies.session is not None:
        limits.append((SESSION, decide(policies.session, request)))
    for by, outcome in (*limits, (RESOURCE, by_resource), (IDENTITY, by_identity)):
        if outcome == DENIED:
            return Decision(DENIED, by)
    named = _how_named(policies.resource, request) if by_resource == ALLOWED else ""
    if policies.needs_resource and by_resource != ALLOWED:
        return Decision(NOT_ALLOWED, RESOURCE)
    holding = [by for by, outcome in limits if outcome != ALLOWED and not (named == "itself" and by != ORGANIZATION)]
    if ORGANIZATION in holding:
        return Decision(NOT_ALLOWED, ORGANIZATION)
    if by_identity != ALLOWED and not named:
        return Decision(NOT_ALLOWED, IDENTITY)
    return Decision(NOT_ALLOWED, holding[0]) if holding else Decision(ALLOWED)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def condition_keys(documents: Iterable[Document], action: str) -> set[str]:
    """The keys, in lower case, that these look at where the action is asked for."""
    return {
        key
        for document in documents
        for statement in listed(document["Statement"])
        if _names_action(statement, action)
        for key in keys_of(statement.get("Condition", {}))
    }


def _of_resource(document: Document | None) -> list[Document]:
    return [] if document is None else [document]


def _applies(statement: Document, request: Request, version: str | None) -> bool:
    unknown = statement.keys() - _MEMBERS
    if unknown:
        raise NotImplementedError(f"{', '.join(sorted(unknown))} in {statement}")
    has_variables = version == "2012-10-17"
    return (
        _is_principal(statement.get("Principal"), request)
        and _names_action(statement, request.action)
        and _names_resource(statement, request, has_variables)
        and meets(statement.get("Condition", {}), request.context, has_variables)
    )


def _names_action(statement: Document, action: str) -> bool:
    """The names of actions have no letter case."""
    negated = "NotAction" in statement
    named = listed(statement["NotAction"] if negated else statement["Action"])
    return any(plain(each).is_like(action, ignores_case=True) for each in named) != negated


def _names_resource(statement: Document, request: Request, has_variables: bool) -> bool:
    negated = "NotResource" in statement
    named = listed(statement["NotResource"] if negated else statement.get("Resource", "*"))
    context = {name.lower(): value for name, value in request.context.items()}
    texts = [with_variables(each, context) if has_variables else plain(each) for each in named]
    if negated and any(each.parts is None for each in texts):
        return False
    return any(each.is_like(request.resource) for each in texts) != negated


def _is_principal(named: Any, request: Request) -> bool:
    """A policy of a role names nobody, that of a resource somebody; `{"AWS": "*"}` is everybody, and an account all
    who are in it.
    """
    if named is None or named == "*" or "*" in listed(named.get("AWS", [])):
        return True
    if request.principal is None:
        return False
    kind, name = request.principal
    names = listed(named.get(kind, []))
    return name in names or (kind == "AWS" and (request.session in names or _account_of(name) in map(_account, names)))


def _account(named: str) -> str | None:
    """The account that a principal of a policy stands for as a whole, if it does."""
    found = _ACCOUNT.fullmatch(named)
    return found[1] if found else None


def _account_of(arn: str) -> str:
    return arn.split(":")[4] if arn.startswith("arn:") else arn


def _how_named(document: Document | None, request: Request) -> str:
    """How statements of a resource that allow this name the caller: `itself`, as a user or a session, which no limit
    holds back; as a `role`, or everybody; or not, where they name its account, which leaves it to the identity.
    """
    ways = set()
    for statement in listed((document or {"Statement": []})["Statement"]):
        if statement["Effect"] != "Allow" or not _applies(statement, request, (document or {}).get("Version")):
            continue
        named, (kind, name) = statement["Principal"], request.principal or ("", "")
        names = [] if named == "*" else listed(named.get(kind, []))
        if kind == "AWS" and (request.session in names if request.session else name in names):
            ways.add("itself")
        elif named == "*" or "*" in listed(named.get("AWS", [])) or name in names:
            ways.add("role")
    return "itself" if "itself" in ways else "role" if ways else ""
