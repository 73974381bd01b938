"""Conditions of IAM's policies: every operator, over keys with one value and with several.

Source: "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys" in the guide of
IAM. What is unknown here is an error, never a guess.
"""

from __future__ import annotations

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .patterns import Text, is_like, plain, with_variables

Context = Mapping[str, Any]
_Compares = Callable[[Text, str], bool]
_SET = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", re.IGNORECASE)


def meets(condition: Mapping[str, Any], context: Context, has_variables: bool) -> bool:
    """Whether a request with these keys meets all of it. Names of keys and operators have no letter case.

    Raises: NotImplementedError for an unknown operator, and for a key with several values and no set operator.
    """
    found = {name.lower(): value for name, value in context.items()}
    return all(
        _meets(name, values if isinstance(values, list) else [values], found.get(key.lower()), found, has_variables)
        for name, tests in condition.items()
        for key, values in tests.items()
    )


def keys_of(condition: Mapping[str, Any]) -> set[str]:
    """The keys that it looks at, in lower case."""
    return {key.lower() for tests in condition.values() for key in tests}


def _meets(name: str, wanted: list[Any], found: Any, context: Context, has_variables: bool) -> bool:
    if name.lower() == "null":
        return (found is None) == (_word(wanted[0]) == "true")
    quantifier, operator_name, if_exists = _parts(name)
    compares, negated = _operator(operator_name)
    texts = [with_variables(_word(each), context) if has_variables else plain(_word(each)) for each in wanted]

    def matches(value: Any) -> bool:
        return any(compares(text, _word(value)) for text in texts) != negated

    if found is None or (quantifier and found in ([], "")):
        is_free = bool(if_exists) and found is None
        return is_free or quantifier == "forallvalues" or (negated and quantifier != "foranyvalue")
    if quantifier:
        each_of = all if quantifier == "forallvalues" else any
        return each_of(matches(value) for value in (found if isinstance(found, (list, tuple)) else [found]))
    if isinstance(found, (list, tuple)):
        raise NotImplementedError(f"the operator {name} on a key with several values")
    return matches(found)


def _parts(name: str) -> tuple[str, str, str]:
    found = _SET.fullmatch(name)
    if not found:
        raise NotImplementedError(f"condition operator {name}")
    return (found[1] or "").lower(), found[2].lower(), found[3] or ""


def _operator(name: str) -> tuple[_Compares, bool]:
    """How it compares, and whether the answer is turned round. Of a negated one no value may match."""
    affirmative = name.replace("not", "", 1) if name in _NEGATED else name
    if affirmative not in _OPERATORS:
        raise NotImplementedError(f"condition operator {name}")
    return _OPERATORS[affirmative], name in _NEGATED


def _word(value: Any) -> str:
    """As JSON has it: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equals(wanted: Text, found: str) -> bool:
    return wanted.literal == found


def _equals_ignoring_case(wanted: Text, found: str) -> bool:
    return wanted.literal is not None and wanted.literal.lower() == found.lower()


def _arn_like(wanted: Text, found: str) -> bool:
    """Each of an ARN's six parts by itself. ArnEquals is the same, as AWS has it."""
    patterns, parts = wanted.split(":", 5), found.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(Text.is_like, patterns, parts))


def _bytes_equal(wanted: Text, found: str) -> bool:
    try:
        return base64.b64decode(wanted.literal or "", validate=True) == base64.b64decode(found, validate=True)
    except ValueError:
        return False


def _within(wanted: Text, found: str) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted.literal or "", strict=False)
    except ValueError:
        return False


def _ordered(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> _Compares:
    """The request's value compared to the policy's; a text that is none of its kind matches nothing."""

    def compares(wanted: Text, found: str) -> bool:
        try:
            return compare(read(found), read(wanted.literal or ""))
        except (ValueError, InvalidOperation):
            return False

    return compares


def _moment(text: str) -> datetime:
    """In one of the forms of ISO 8601 that W3C allows, or as seconds since 1970."""
    if re.fullmatch(r"\d{5,}", text):
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_ORDERS = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
_OPERATORS: dict[str, _Compares] = {
    "stringequals": _equals,
    "stringequalsignorecase": _equals_ignoring_case,
    "stringlike": is_like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": _equals_ignoring_case,
    "binaryequals": _bytes_equal,
    "ipaddress": _within,
    **{f"numeric{name}": _ordered(Decimal, compare) for name, compare in _ORDERS.items()},
    **{f"date{name}": _ordered(_moment, compare) for name, compare in _ORDERS.items()},
}
_NEGATED = {
    "stringnotequals",
    "stringnotequalsignorecase",
    "stringnotlike",
    "numericnotequals",
    "datenotequals",
    "arnnotequals",
    "arnnotlike",
    "notipaddress",
}
