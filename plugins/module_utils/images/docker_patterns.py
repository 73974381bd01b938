# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One pattern of a .dockerignore file: whether Docker takes it, and which paths it matches.

Docker checks a pattern as Go's ``filepath.Match`` does, and makes a regular expression of it for Go, in which more has
a meaning than what Docker documents: ``\\d`` is any digit, ``a|b*`` an alternative. Here the same expression is made,
and turned into one for Python; such as Go refuses are refused. Source: patternmatcher.go of
github.com/moby/patternmatcher, and parse.go of Go's package regexp/syntax.

Bytes that are no UTF-8 are surrogates, as Python has them in the names of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NoReturn

#: Whether a path, relative and with slashes, matches.
Matches = Callable[[str], bool]

#: The characters of a class: the first and last of each of its ranges.
Ranges = list[tuple[int, int]]


class BadPatternError(ValueError):
    """Docker, or Go, does not take it."""


def compiled(pattern: str) -> Matches:
    """How a pattern matches that is cleaned, as ``a/b`` is of ``/a//b/``, and has no exclamation mark before it.

    Raises: BadPatternError.
    """
    _require_valid(pattern)
    if not _WILDCARD.search(pattern):
        return lambda path: path == pattern
    if pattern.startswith("**") and not _WILDCARD.search(end := pattern[2:]):
        return lambda path: path.endswith(end) or path == end.removeprefix("/")
    if pattern.endswith("**") and not _WILDCARD.search(beginning := pattern[:-2]):
        return lambda path: path.startswith(beginning)
    expression = re.compile(_Expression(_in_go(pattern)).in_python())
    return lambda path: bool(expression.search(path))


#: A pattern that has none of these is compared as it is.
_WILDCARD = re.compile(r"[*?\[\]\\]")

# What filepath.Match takes. A class has members, each a character or a range; a hyphen, a bracket or a backslash is one
# only after a backslash, and a byte that is no UTF-8 is none.
_MEMBER = r"(?:\\[^\udc80-\udcff]|[^\\\]\-\udc80-\udcff])"
_UNIT = rf"(?:\\.|\[(?:\^|(?!\^))(?:{_MEMBER}(?:-{_MEMBER})?)+\]|[^\\\[*])"
_CHUNK = re.compile(rf"\**({_UNIT}*)", re.DOTALL)
_ONE_UNIT = re.compile(_UNIT, re.DOTALL)


def _require_valid(pattern: str) -> None:
    """Docker checks a pattern by having Go match it with ``.``, and Go reads no further than it has to: to the second
    asterisk, or the one after that where it may still match.
    """
    end = 0
    for _first_and_second in range(2):
        chunk = _CHUNK.match(pattern, end)
        end = chunk.end() if chunk else end
        if not chunk or pattern[end : end + 1] not in ("", "*"):
            raise BadPatternError(pattern)
        if not _ONE_UNIT.fullmatch(chunk[1]) or not re.search(_Expression(_in_go(chunk[1])).in_python(), "."):
            return


#: As Go sees each byte that is no UTF-8.
_REPLACEMENT = "\ufffd"
_NO_UTF8 = re.compile("[\udc80-\udcff]")


def _in_go(pattern: str) -> str:
    """The regular expression that Docker makes. It does not know what a class is, and escapes some characters only."""
    expression = "^"
    for token in re.finditer(r"\*\*/?|\\.|.", _NO_UTF8.sub(_REPLACEMENT, pattern), re.DOTALL):
        part = token.group()
        if part.startswith("**"):
            expression += ".*" if token.end() == len(pattern) else "(.*/)?"
        else:
            expression += {"*": "[^/]*", "?": "[^/]"}.get(part) or (f"\\{part}" if part in ".+()$" else part)
    return f"{expression}$"


_LAST = 0x10FFFF
_MOST_REPEATS = 1000

_DIGIT, _UPPER, _LOWER = (0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)
_PERL: dict[str, Ranges] = {
    "d": [_DIGIT],
    "s": [(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)],
    "w": [_DIGIT, _UPPER, (0x5F, 0x5F), _LOWER],
}
_POSIX: dict[str, Ranges] = {
    "alnum": [_DIGIT, _UPPER, _LOWER],
    "alpha": [_UPPER, _LOWER],
    "ascii": [(0x00, 0x7F)],
    "blank": [(0x09, 0x09), (0x20, 0x20)],
    "cntrl": [(0x00, 0x1F), (0x7F, 0x7F)],
    "digit": [_DIGIT],
    "graph": [(0x21, 0x7E)],
    "lower": [_LOWER],
    "print": [(0x20, 0x7E)],
    "punct": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
    "space": [(0x09, 0x0D), (0x20, 0x20)],
    "upper": [_UPPER],
    "word": _PERL["w"],
    "xdigit": [_DIGIT, (0x41, 0x46), (0x61, 0x66)],
}
_PERL_CLASS = re.compile(r"\\([dswDSW])")
_POSIX_CLASS = re.compile(r"\[:(\^?)(.*?):\]", re.DOTALL)

# Without a width, and so the same however often it is repeated.
_ASSERTION = re.compile(r"\^|\$|\\[AzbB]")
_ASSERTIONS = {"^": r"\A", "$": r"\Z", r"\A": r"\A", r"\z": r"\Z", r"\b": r"(?a:\b)", r"\B": r"(?a:\B)"}

_REPEAT = re.compile(r"\{(?P<least>0|[1-9][0-9]*)(?P<comma>,?)(?P<most>(?:(?<=,)(?:0|[1-9][0-9]*))?)\}")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_ESCAPED = re.compile(
    r"\\(?:(?P<octal>0[0-7]{0,2}|[1-7][0-7]{1,2})|x(?P<hex>[0-9A-Fa-f]{2})|x\{(?P<long>[0-9A-Fa-f]+)\}"
    r"|(?P<control>[afnrtv])|(?P<itself>[^0-9A-Za-z\x80-\U0010ffff]))",
    re.DOTALL,
)
_CONTROL = {"a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}


class _Expression:
    """A regular expression as ``_in_go`` makes it, read once from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def in_python(self) -> str:
        """Raises: BadPatternError when Go does not take it."""
        alternatives: list[list[str]] = [[]]
        may_repeat = True
        while self._at < len(self._text):
            parts = alternatives[-1]
            if repeat := self._taken(_REPEAT):
                if not (parts and may_repeat):
                    raise BadPatternError(self._text)
                parts.append(_repeated(parts.pop(), repeat))
                may_repeat = False
                continue
            may_repeat = True
            if self._takes("|"):
                alternatives.append([])
            elif self._takes("(.*/)?"):
                parts.append("(?:.*/)?")
                may_repeat = False
            elif quoted := self._taken(_QUOTED):
                parts += map(_literal, quoted[1])
            elif assertion := self._taken(_ASSERTION):
                parts.append(_ASSERTIONS[assertion[0]])
            elif perl := self._taken(_PERL_CLASS):
                parts.append(_one_of(_perl(perl[1])))
            elif self._takes("."):
                parts.append(".")
            elif self._takes("["):
                parts.append(self._class())
            else:
                parts.append(_literal(self._character()))
            if self._takes("*"):
                parts.append(f"{parts.pop()}*")
                may_repeat = False
        return "|".join(map("".join, alternatives))

    def _class(self) -> str:
        """What follows the opening bracket of a class, and that."""
        negated = self._takes("^")
        ranges: Ranges = []
        is_first = True
        while is_first or not self._takes("]"):
            is_first = False
            ranges += self._members()
        return _one_of(ranges, negated)

    def _members(self) -> Ranges:
        if posix := self._taken(_POSIX_CLASS):
            if posix[2] not in _POSIX:
                raise BadPatternError(self._text)
            return _others(_POSIX[posix[2]]) if posix[1] else _POSIX[posix[2]]
        if perl := self._taken(_PERL_CLASS):
            return _perl(perl[1])
        first = last = ord(self._character())
        if self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at):
            self._at += 1
            last = ord(self._character())
        if last < first:
            raise BadPatternError(self._text)
        return [(first, last)]

    def _character(self) -> str:
        if not self._text.startswith("\\", self._at):
            self._at += 1
            return self._text[self._at - 1 : self._at] or self._refuse()
        escaped = self._taken(_ESCAPED)
        if escaped is None:
            raise BadPatternError(self._text)
        if control := escaped["control"]:
            return chr(_CONTROL[control])
        if itself := escaped["itself"]:
            return itself
        number = int(escaped["octal"], 8) if escaped["octal"] else int(escaped["hex"] or escaped["long"], 16)
        return chr(number) if number <= _LAST else self._refuse()

    def _takes(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found

    def _refuse(self) -> NoReturn:
        raise BadPatternError(self._text)


def _repeated(part: str, repeat: re.Match[str]) -> str:
    least = int(repeat["least"])
    most = int(repeat["most"]) if repeat["most"] else None if repeat["comma"] else least
    if max(least, most or 0) > _MOST_REPEATS or (most is not None and most < least):
        raise BadPatternError(repeat[0])
    if part in _ASSERTIONS.values():
        return part if least else ""
    return f"(?:{part}){repeat[0]}"


def _literal(character: str) -> str:
    return _one_of([(ord(character), ord(character))]) if character == _REPLACEMENT else re.escape(character)


def _perl(letter: str) -> Ranges:
    return _PERL[letter] if letter.islower() else _others(_PERL[letter.lower()])


def _others(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All characters that are in none of the ranges."""
    found: Ranges = []
    following = 0
    for first, last in sorted(ranges):
        if first > following:
            found.append((following, first - 1))
        following = max(following, last + 1)
    return [*found, (following, _LAST)] if following <= _LAST else found


def _one_of(ranges: Ranges, negated: bool = False) -> str:
    """A class for Python; with the character that Go sees for a byte that is no UTF-8 come all such bytes."""
    if any(first <= ord(_REPLACEMENT) <= last for first, last in ranges):
        ranges = [*ranges, (0xDC80, 0xDCFF)]
    written = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)
    return f"[{'^' if negated else ''}{written}]" if written else ("[^\\s\\S]" if not negated else "[\\s\\S]")
