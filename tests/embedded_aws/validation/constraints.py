"""Which constraints of botocore's model a value does not satisfy: pure functions over a shape and a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from .java_patterns import compiled

Path = tuple[str | int, ...]

REQUIRED, TYPE, ENUM, PATTERN, LENGTH, BOUND = "required", "type", "enum", "pattern", "length", "bound"

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes, str),
    "timestamp": (datetime,),
}
_NUMBERS = ("integer", "long", "float", "double")
_MEASURED = ("string", "blob", "list", "map")


class Complaint(NamedTuple):
    """One constraint that is not satisfied: where (lists count from 1), by which value, and what it demands."""

    path: Path
    kind: str
    value: Any
    demand: str
    sensitive: bool = False


def complaints(shape: Any, value: Any, path: Path = ()) -> Iterator[Complaint]:
    """All that a value of this shape does not satisfy."""
    if value is None:
        yield Complaint(path, REQUIRED, None, "Member must not be null")
    elif not _is_of_type(shape.type_name, value):
        yield Complaint(path, TYPE, value, f"Member must be of type {shape.type_name}")
    else:
        for kind, demand in _unsatisfied(shape, value):
            yield Complaint(path, kind, value, demand, bool(shape.metadata.get("sensitive")))
        yield from _within(shape, value, path)


def _is_of_type(name: str, value: Any) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _unsatisfied(shape: Any, value: Any) -> Iterator[tuple[str, str]]:
    limits = shape.metadata
    if shape.type_name == "string":
        if limits.get("enum") and value not in limits["enum"]:
            yield ENUM, f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
        if "pattern" in limits and not compiled(limits["pattern"]).fullmatch(value):
            yield PATTERN, f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if shape.type_name in _MEASURED:
        yield from _beyond(limits, len(value), LENGTH, "length")
    elif shape.type_name in _NUMBERS:
        yield from _beyond(limits, value, BOUND, "value")


def _beyond(limits: dict[str, Any], size: float, kind: str, noun: str) -> Iterator[tuple[str, str]]:
    if size < limits.get("min", size):
        yield kind, f"Member must have {noun} greater than or equal to {limits['min']}"
    if size > limits.get("max", size):
        yield kind, f"Member must have {noun} less than or equal to {limits['max']}"


def _within(shape: Any, value: Any, path: Path) -> Iterator[Complaint]:
    if shape.type_name == "structure" and not shape.is_document_type:
        for name in shape.required_members:
            if value.get(name) is None:
                yield from complaints(shape.members[name], None, (*path, name))
        for name, each in value.items():
            if each is not None:
                yield from complaints(shape.members[name], each, (*path, name))
    elif shape.type_name == "list":
        for number, each in enumerate(value, 1):
            yield from complaints(shape.member, each, (*path, number))
    elif shape.type_name == "map":
        for key, each in value.items():
            yield from complaints(shape.key, key, (*path, key))
            yield from complaints(shape.value, each, (*path, key))
