# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The shapes of ECS's documents, as the service model of botocore's clients has them, and how a user's document takes
them.

A user writes snake_case; AWS's own spelling is understood, too. Keys that are the user's own (tags, log options,
labels) keep their letter case.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ....engine.compare import UNKNOWN
from . import rules

Shape = Any


@cache
def _service_model() -> Any:
    # imported late: where botocore is missing, the module says so when it makes its first client
    from botocore.session import get_session

    return get_session().get_service_model("ecs")


@cache
def input_shape(operation: str) -> Shape:
    """The input of an operation of ECS, such as ``RegisterTaskDefinition``, as a botocore Shape."""
    return _service_model().operation_model(operation).input_shape


@cache
def snake(name: str) -> str:
    """A member's name as a user writes it: ``enableECSManagedTags`` is ``enable_ecs_managed_tags``, ``sizeInGiB``
    is ``size_in_gib``.
    """
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name.replace("GiB", "Gib"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


@cache
def members(shape: Shape) -> dict[str, str]:
    """The members of a structure, by their name without underscores and letter case."""
    return {_squashed(name): name for name in shape.members}


def _squashed(key: str) -> str:
    return key.replace("_", "").lower()


class Reading:
    """Turns a user's document into one of the AWS API. ``problems`` collects everything that is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def _problem(self, path: tuple[str, ...], words: str) -> None:
        self.problems.append(f"{' '.join(path)} {words}".strip())

    def read(self, shape: Shape, value: Any, path: tuple[str, ...] = ()) -> Any:
        """The value in the form of the shape; null members are left out, values not known yet stay as they are."""
        if value is None or (isinstance(value, str) and value.startswith(UNKNOWN)):
            return value
        if getattr(shape, "is_document_type", False):
            return value
        if shape.type_name == "structure":
            return self._structure(shape, value, path)
        if shape.type_name == "list":
            return self._list(shape, value, path)
        if shape.type_name == "map":
            return self._map(shape, value, path)
        return self._scalar(shape, value, path)

    def _structure(self, shape: Shape, value: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(value, Mapping):
            self._problem(path, f"must be a dictionary, not {value!r}")
            return {}
        found: dict[str, Any] = {}
        given = set()
        for key, item in value.items():
            name = members(shape).get(_squashed(str(key)))
            if item is not None:
                given.add(name)
            if name is None:
                self._problem((*path, str(key)), "is not known" + self._nearest(shape, str(key)))
            elif self._accepted(shape, name, item, (*path, snake(name))):
                if name in found:
                    self._problem((*path, snake(name)), "is given twice")
                read = self.read(shape.members[name], item, (*path, snake(name)))
                if read is not None:
                    found[name] = read
                    self._unique(shape, name, read, (*path, snake(name)))
        for name in shape.required_members:
            if name not in given:
                self._problem((*path, snake(name)), "is required")
        return found

    def _unique(self, shape: Shape, name: str, items: Any, path: tuple[str, ...]) -> None:
        key = rules.KEYED.get((shape.name, name))
        if key is None or not isinstance(items, list):
            return
        seen = []
        for item in items:
            identity = [item.get(each) for each in key.names if isinstance(item, Mapping)]
            if identity in seen:
                self._problem(path, f"has {'/'.join(str(part) for part in identity if part is not None)} twice")
            seen.append(identity)

    @staticmethod
    def _nearest(shape: Shape, key: str) -> str:
        known = {_squashed(name): snake(name) for name in shape.members}
        near = difflib.get_close_matches(_squashed(key), known, n=1)
        return f", did you mean {known[near[0]]}?" if near else f"; known are {', '.join(sorted(known.values()))}"

    def _accepted(self, shape: Shape, name: str, value: Any, path: tuple[str, ...]) -> bool:
        reason = rules.REFUSED.get((shape.name, name))
        if reason and value not in (None, False, "", [], {}):
            self._problem(path, f"is refused: {reason}")
        choices, why = rules.ONLY.get((shape.name, name), (None, ""))
        given = value if isinstance(value, list) else [value]
        if choices and any(each not in (None, UNKNOWN, *choices) for each in given):
            self._problem(path, f"can only be {' or '.join(choices)}, not {value}: {why}")
            return False
        return not reason

    def _list(self, shape: Shape, value: Any, path: tuple[str, ...]) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            self._problem(path, f"must be a list, not {value!r}")
            return []
        return [self.read(shape.member, item, (*path, _label(item, index))) for index, item in enumerate(value)]

    def _map(self, shape: Shape, value: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._problem(path, f"must be a dictionary, not {value!r}")
            return {}
        return {str(key): self.read(shape.value, item, (*path, str(key))) for key, item in value.items()}

    def _scalar(self, shape: Shape, value: Any, path: tuple[str, ...]) -> Any:
        convert = {"string": _text, "boolean": _boolean, "double": _number}.get(shape.type_name, _whole)
        try:
            read = convert(value)
        except ValueError as error:
            self._problem(path, str(error))
            return None
        if shape.type_name == "string" and shape.enum and read not in (*shape.enum, ""):
            self._problem(path, f"can't be {read}; choose from {', '.join(shape.enum)}")
        return read


def _label(item: Any, index: int) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) and name else str(index)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError(f"must be a string, not {str(value).lower()}: quote it")
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError(f"must be a string, not {value!r}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"must be true or false, not {value!r}")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+\s*", value):
        return int(value)
    raise ValueError(f"must be a whole number, not {value!r}")


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(f"must be a number, not {str(value).lower()}")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"must be a number, not {value!r}") from None
