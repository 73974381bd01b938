# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What differs between a desired and an actual document, and how to say it.

Both sides are canonical: plain dictionaries, lists and scalars in which everything that AWS does not
distinguish (order, letter case, defaults it fills in) is already the same. A list is ordered here; what AWS
treats as a set or as a map is brought into sorted order, or into a dictionary, by the canonical form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Stands for a value that AWS gives out only when an earlier action has been done. Differs from everything. Where it is
#: the id of a resource that the plan names, references.py writes behind it which one.
UNKNOWN = "(known after apply)"

_WHICH = re.compile(re.escape(UNKNOWN) + "<[^<>]*>")

_LONGEST_VALUE = 120


@dataclass(frozen=True)
class Difference:
    """One value that is not as desired. ``path`` names it, for example ``("environment", "LOG_LEVEL")``."""

    path: tuple[str, ...]
    before: Any
    after: Any

    def __str__(self) -> str:
        path = _WHICH.sub(UNKNOWN, " ".join(self.path))
        return f"{path} {_shown(self.before)} -> {_shown(self.after)}".lstrip()


def contains_unknown(value: Any) -> bool:
    """Whether the sentinel stands anywhere in a document, alone or inside a longer string."""
    if isinstance(value, str):
        return UNKNOWN in value
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return False


def differences(desired: Any, actual: Any, path: tuple[str, ...] = ()) -> list[Difference]:
    """Every difference, in the order of the desired document's keys, then of the actual one's."""
    return list(_differences(desired, actual, path))


def _differences(desired: Any, actual: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if isinstance(desired, Mapping) and isinstance(actual, Mapping | None):
        actual = actual or {}
        for key in [*desired, *(key for key in actual if key not in desired)]:
            yield from _differences(desired.get(key), actual.get(key), (*path, str(key)))
    elif isinstance(actual, Mapping) and desired is None:
        for key, value in actual.items():
            yield from _differences(None, value, (*path, str(key)))
    elif _is_list(desired) and _is_list(actual) and len(desired) == len(actual):
        for index, (wanted, found) in enumerate(zip(desired, actual, strict=True)):
            nested = isinstance(wanted, (Mapping, list, tuple))
            if nested:
                yield from _differences(wanted, found, (*path, str(index)))
            elif not _same(wanted, found):
                yield Difference(path, list(actual), list(desired))
                return
    elif not _same(desired, actual):
        yield Difference(path, actual, desired)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _same(desired: Any, actual: Any) -> bool:
    if contains_unknown(desired) or contains_unknown(actual):
        return False
    if _is_empty(desired) and _is_empty(actual):
        return True
    return desired == actual and isinstance(desired, bool) == isinstance(actual, bool)


def _is_empty(value: Any) -> bool:
    """Absent, null and an empty collection are one to AWS; False, 0 and "" are values."""
    return value is None or (isinstance(value, (Mapping, list, tuple)) and not value)


def _shown(value: Any) -> str:
    if _is_empty(value):
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    text = _WHICH.sub(UNKNOWN, value if isinstance(value, str) else str(value).replace("'", ""))
    if text == "":
        return '""'
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
