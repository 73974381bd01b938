# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parameters of a family of Amazon RDS: which there are, and what each may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ....engine.actions import Resource

TYPE = "rds_engine_parameters"

#: Attributes: AWS's documents by the names of the parameters, or its words where it does not let us look.
DEFINITIONS, DENIED = "definitions", "denied"

_NUMBER = r"-?\d+(?:\.\d+)?(?:[Ee][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?")
#: What PostgreSQL itself takes for a number, and RDS does not: it wants the parameter's own unit, unnamed.
_WITH_UNIT = re.compile(rf"{_NUMBER}\s*[A-Za-z]+")
_WORD = re.compile(r"[\w./+-]+")
_SWITCHES = {"0", "1", "on", "off", "true", "false", "yes", "no"}


def canonical(family: str, documents: Iterable[Mapping[str, Any]]) -> Resource:
    """The members of DescribeEngineDefaultParameters' answer as a resource."""
    return Resource(TYPE, family, attributes={DEFINITIONS: by_name(documents)})


def denied(family: str, words: str) -> Resource:
    """That AWS did not let us look."""
    return Resource(TYPE, family, attributes={DENIED: words})


def by_name(documents: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Parameters of RDS by their names."""
    return {document["ParameterName"]: document for document in documents}


def can_be_set(definition: Mapping[str, Any]) -> bool:
    """Whether anybody but RDS can set the parameter."""
    return bool(definition.get("IsModifiable", True))


def is_allowed(definition: Mapping[str, Any], value: str) -> bool:
    """Whether RDS takes the value. Of what it does not say for certain, such as formulas and lists, it is True."""
    allowed, kind = definition.get("AllowedValues") or "", definition.get("DataType")
    if not allowed or "{" in value or "(" in value:
        return True
    if kind in ("integer", "float"):
        return _is_number_in(allowed.split(","), value, whole=kind == "integer")
    choices = allowed.lower().split(",")
    if kind == "boolean":
        return value.lower() in {*choices, *_SWITCHES}
    if kind != "string" or len(choices) < 2 or not all(map(_WORD.fullmatch, choices)):
        return True
    return set(value.lower().split(",")) <= set(choices)


def _is_number_in(ranges: Iterable[str], value: str, whole: bool) -> bool:
    bounds = [_RANGE.fullmatch(each.strip()) for each in ranges]
    if not all(bounds):
        return True
    if not re.fullmatch(_NUMBER, value):
        return not _WITH_UNIT.fullmatch(value)
    if whole and not float(value).is_integer():
        return False
    return any(float(each[1]) <= float(value) <= float(each[2] or each[1]) for each in bounds if each)
