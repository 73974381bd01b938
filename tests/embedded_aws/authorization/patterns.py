"""Texts of IAM's policies, with their wildcards and variables.

Source: "IAM policy elements: Variables and tags" and "IAM JSON policy elements: Resource" in the guide of IAM.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WITH_DEFAULT = re.compile(r"([^,]+?)\s*,\s*'([^']*)'")
#: Variables that stand for the sign itself, so that it is no wildcard.
_SIGNS = {"*", "?", "$"}
_WILD = {"*": ".*", "?": "."}


@dataclass(frozen=True)
class Text:
    """A text of a policy in pieces, each with whether it is the value of a variable, in which `*` and `?` are letters
    as others. None where a variable has no value: such a text is like nothing.
    """

    parts: tuple[tuple[str, bool], ...] | None

    @property
    def literal(self) -> str | None:
        """Where the operator has no wildcards."""
        return None if self.parts is None else "".join(part for part, _unused in self.parts)

    def is_like(self, found: str, *, ignores_case: bool = False) -> bool:
        """Whether it is that text, with `*` for any letters and `?` for one."""
        if self.parts is None:
            return False
        pattern = "".join(re.escape(part) if is_value else _regular(part) for part, is_value in self.parts)
        return _compiled(pattern, ignores_case).fullmatch(found) is not None

    def split(self, separator: str, times: int) -> list[Text]:
        """What is between the first separators. Those within a variable's value do not count."""
        pieces: list[list[tuple[str, bool]]] = [[]]
        for part, is_value in self.parts or ():
            first, *others = [part] if is_value else part.split(separator, times - len(pieces) + 1)
            pieces[-1].append((first, is_value))
            pieces += [[(other, False)] for other in others]
        return [Text(tuple(piece)) for piece in pieces]


def plain(text: str) -> Text:
    """A text without variables, as those of a policy of the version 2008-10-17, and names of actions."""
    return Text(((text, False),))


def with_variables(text: str, context: Mapping[str, Any]) -> Text:
    """The same, with variables replaced by values of the request's context, whose names are in lower case."""
    parts, end = [], 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1].strip(), context)
        if value is None:
            return Text(None)
        parts += [(text[end : found.start()], False), (value, True)]
        end = found.end()
    return Text((*parts, (text[end:], False)))


def is_like(wanted: Text, found: str) -> bool:
    return wanted.is_like(found)


def _value(variable: str, context: Mapping[str, Any]) -> str | None:
    if variable in _SIGNS:
        return variable
    named = _WITH_DEFAULT.fullmatch(variable)
    value = context.get((named[1] if named else variable).lower())
    if isinstance(value, (list, tuple)):
        raise NotImplementedError(f"a variable of a key with several values: {variable}")
    return str(value) if value is not None else named[2] if named else None


def _regular(text: str) -> str:
    return "".join(_WILD.get(letter, re.escape(letter)) for letter in text)


@cache
def _compiled(pattern: str, ignores_case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL | (re.IGNORECASE if ignores_case else 0))
