# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM policy documents (identity, trust and resource policies) in a form in which equal rights are equal values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .compare import UNKNOWN

#: What AWS assumes of a document that names no version.
_OLDEST_VERSION = "2008-10-17"

_ACTION_LISTS = ("Action", "NotAction")
_RESOURCE_LISTS = ("Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_ACCOUNT_ROOT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):root")


class CaseInsensitive(str):
    """Text that keeps its letters and equals itself in other letters, as IAM reads actions and condition keys."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.casefold() == other.casefold()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.casefold())


def canonical(document: Mapping[str, Any] | str | None) -> Any:
    """``{Version, Id?, Statement: {label: statement}}``, or None without a document.

    Takes a dictionary, or JSON as AWS gives it (IAM's is URL-encoded). A statement's label is its ``Sid``, or else its
    effect and actions, so that a difference names its statement; the order of statements, of actions, resources,
    principals and condition values does not matter, nor does one value against a list of one. A canonical policy
    stays as it is.
    """
    if not document:
        return None
    if document == UNKNOWN:
        return UNKNOWN
    parsed = _parsed(document)
    rest = {key: value for key, value in parsed.items() if key not in ("Version", "Statement")}
    version = parsed.get("Version", _OLDEST_VERSION)
    return {"Version": version, **rest, "Statement": _labelled(_listed(parsed.get("Statement") or []))}


def to_json(policy: Mapping[str, Any]) -> str:
    """A canonical policy as the JSON document that AWS takes. A list of one is told as its one value, as people write
    it and as tools look for it; AWS counts the characters, too.
    """
    return json.dumps({**policy, "Statement": [_without_lists_of_one(each) for each in policy["Statement"].values()]})


def _without_lists_of_one(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_lists_of_one(item) for key, item in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _parsed(document: Mapping[str, Any] | str) -> Mapping[str, Any]:
    if not isinstance(document, str):
        return document
    parsed: Mapping[str, Any] = json.loads(unquote(document) if document.startswith("%") else document)
    return parsed


def _listed(statements: Any) -> list[Mapping[str, Any]]:
    if isinstance(statements, Mapping):
        return [statements] if "Effect" in statements else list(statements.values())
    return list(statements)


def _labelled(statements: list[Mapping[str, Any]]) -> dict[str, Any]:
    labelled: dict[str, Any] = {}
    for statement in sorted(map(_statement, statements), key=_order):
        label = statement.get("Sid") or _without_sid(statement)
        while label in labelled:
            label = f"{label} again"
        labelled[label] = statement
    return labelled


def _order(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, sort_keys=True).casefold()


def _without_sid(statement: Mapping[str, Any]) -> str:
    actions = ",".join(statement.get("Action") or ["everything but", *statement.get("NotAction", [])])
    return f"{statement.get('Effect')} {actions.casefold()}"


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    canonical_statement: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _ACTION_LISTS:
            canonical_statement[key] = _set_of(value, CaseInsensitive)
        elif key in _RESOURCE_LISTS:
            canonical_statement[key] = _set_of(value)
        elif key in _PRINCIPALS:
            canonical_statement[key] = _principal(value)
        elif key == "Condition":
            canonical_statement[key] = {operator: _condition(tests) for operator, tests in value.items()}
        elif value not in (None, ""):
            canonical_statement[key] = value
    return canonical_statement


def _principal(principal: Mapping[str, Any] | str) -> dict[str, list[str]]:
    """``*`` alone is everyone's AWS principal, an account's root user is the account."""
    if isinstance(principal, str):
        principal = {"AWS": principal}
    return {kind: _set_of(names, _account_or_name) for kind, names in principal.items()}


def _account_or_name(name: Any) -> str:
    root = _ACCOUNT_ROOT.fullmatch(str(name))
    return root[1] if root else str(name)


def _condition(tests: Mapping[str, Any]) -> dict[str, list[str]]:
    return {CaseInsensitive(key): _set_of(values, _condition_value) for key, values in tests.items()}


def _condition_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set_of(values: Any, convert: Any = str) -> list[str]:
    listed = values if isinstance(values, (list, tuple)) else [values]
    return sorted({convert(value) for value in listed}, key=lambda value: (value.casefold(), str(value)))
