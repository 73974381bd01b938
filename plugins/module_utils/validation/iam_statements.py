# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM statements that a user gives for a role: what each member may be, and what IAM takes of all of them together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .value_checks import Check, Problem, list_of, members, nearest, one_of, one_or_list_of, scalar, text, wrong

#: Of a role's inline policies together, white space not counted. Source: "IAM object quotas" in the guide of IAM.
LARGEST_INLINE_POLICIES = 10240

_REQUIRED = ("Effect", "Action", "Resource")
_STATEMENT = "an IAM statement with Effect, Action and Resource"

#: Six parts. IAM takes wildcards in all but partition and service, and variables in the last.
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9*?-]*:[a-z0-9*?-]*:(?! )[^\x00-\x1f\x7f]+(?<! )"

_COMPARED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_TESTS = [
    *(
        f"String{each}"
        for each in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
    ),
    *(f"{kind}{each}" for kind in ("Numeric", "Date") for each in _COMPARED),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *(f"Arn{each}" for each in ("Equals", "NotEquals", "Like", "NotLike")),
]
#: Source: "IAM JSON policy elements: Condition operators" in the guide of IAM.
_OPERATORS = [
    f"{of_many}{test}"
    for of_many in ("", "ForAllValues:", "ForAnyValue:")
    for test in (*_TESTS, *(f"{each}IfExists" for each in _TESTS), "Null")
]


def statements(value: Any) -> Iterator[Problem]:
    """A list of statements of one policy."""
    found = list(list_of(_statement, "a list of IAM statements")(value))
    yield from found
    if not found:
        yield from _together(value)


def _together(value: list[Mapping[str, Any]]) -> Iterator[Problem]:
    names: list[str] = []
    for index, statement in enumerate(value):
        name = statement.get("Sid")
        if name in names:
            yield (index, "Sid"), f"is {name!r} once more, allowed: one of its own in each statement"
        names += [name] if name else []
    size = len(json.dumps(value, separators=(",", ":")))
    if size > LARGEST_INLINE_POLICIES:
        yield (), f"has {size} characters as JSON, allowed: {LARGEST_INLINE_POLICIES}, which is all that IAM takes"


def _statement(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield wrong(value, _STATEMENT)
        return
    yield from members(value, _MEMBERS)
    if all(key in _MEMBERS for key in value):  # else the missing one is misspelt, and told of
        for required in _REQUIRED:
            if required not in value:
                yield (), f"has no {required}, allowed: {_STATEMENT}"


def _condition(value: Any) -> Iterator[Problem]:
    """``{operator: {key: value or values}}``"""
    if not isinstance(value, Mapping):
        yield wrong(value, "a mapping of operators, as in an IAM policy")
        return
    for operator, tests in value.items():
        if operator not in _OPERATORS:
            like = nearest(operator, _OPERATORS)
            yield (operator,), f"is no operator{like}; allowed: those of IAM, such as StringEquals"
        elif not isinstance(tests, Mapping) or not tests:
            place, said = wrong(tests, "a mapping of condition keys to values")
            yield (operator, *place), said
        else:
            yield from _tests(operator, tests)


def _tests(operator: str, tests: Mapping[Any, Any]) -> Iterator[Problem]:
    for key, values in tests.items():
        if not isinstance(key, str) or not key:
            yield (operator, key), "is no condition key, allowed: those of IAM, such as aws:SourceAccount"
        for each in values if isinstance(values, list) else [values]:
            for place, said in scalar(each):
                yield (operator, key, *place), said


_MEMBERS: dict[str, Check] = {
    "Sid": text("[A-Za-z0-9]+", "letters and digits"),
    "Effect": one_of("Allow", "Deny"),
    "Action": one_or_list_of(
        text(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", "actions as s3:GetObject, not all of them"), "one action or a list"
    ),
    "Resource": one_or_list_of(
        text(rf"\*|{_ARN}", "ARNs such as arn:aws:s3:::my-bucket/*, or * where AWS takes no other"),
        "one ARN or a list of ARNs",
    ),
    "Condition": _condition,
}
