# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a .dockerignore file leaves out of a build context, as Docker's own command line decides it.

The Docker SDK for Python has a matcher too, but it ignores letter case, and a case-insensitive digest would not
notice what a build does.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ..core.errors import FarflowError

#: Which patterns have matched a folder or one of its parents; a folder hands it down to what lies in it.
Matched = tuple[bool, ...]

# A pattern as Go's filepath.Match takes it: anything else is an error there, so it is one here.
_CLASS_MEMBER = r"(?:\\.|[^\\\]-])"
_CLASS = rf"\[\^?(?:{_CLASS_MEMBER}(?:-{_CLASS_MEMBER})?)+\]"
_VALID = re.compile(rf"(?:\\.|{_CLASS}|[^\\\[])*", re.DOTALL)
_TOKEN = re.compile(rf"\*\*/?|\\.|{_CLASS}|.", re.DOTALL)
_WILDCARD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True)
class Pattern:
    """One line: ``keeps`` says whether it began with an exclamation mark, ``text`` is the rest, cleaned."""

    text: str
    keeps: bool
    matches: re.Pattern[str]


@dataclass(frozen=True)
class Dockerignore:
    """The patterns of a build context, first to last; the last one that matches a path decides."""

    patterns: tuple[Pattern, ...] = ()

    def ignored(self, path: str, parent: Matched = ()) -> tuple[bool, Matched]:
        """Whether the path, relative and with slashes, is left out; and what its children need as ``parent``."""
        ignored = False
        matched = []
        for index, pattern in enumerate(self.patterns):
            match = bool(parent) and parent[index]
            if not match and pattern.keeps == ignored:
                match = bool(pattern.matches.fullmatch(path))
            matched.append(match)
            if match:
                ignored = not pattern.keeps
        return ignored, tuple(matched)

    def may_keep_below(self, folder: str) -> bool:
        """Whether something in an ignored folder may be kept by a later exclamation mark."""
        return any(
            pattern.keeps and (bool(_WILDCARD.search(pattern.text)) or f"{pattern.text}/".startswith(f"{folder}/"))
            for pattern in self.patterns
        )


def parse(text: str, name: str = ".dockerignore") -> Dockerignore:
    """Reads the text of a .dockerignore file called ``name``.

    Raises: FarflowError naming each line that Docker would refuse.
    """
    patterns: list[Pattern] = []
    problems = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        pattern = _pattern(line.strip())
        if pattern:
            patterns.append(pattern)
        else:
            problems.append(f"{name}:{number}: {line.strip()!r} is not a pattern that Docker understands")
    if problems:
        raise FarflowError("\n".join(problems))
    return Dockerignore(tuple(patterns))


def also(dockerignore: Dockerignore, lines: Iterable[str]) -> Dockerignore:
    """The same with more lines at its end."""
    return Dockerignore(dockerignore.patterns + parse("\n".join(lines), "exclude").patterns)


@cache  # the folders of many tasks leave out the same
def _pattern(line: str) -> Pattern | None:
    keeps = line.startswith("!")
    text = line[1:].strip() if keeps else line
    if not text:
        return None
    text = posixpath.normpath(text).lstrip("/")
    return Pattern(text, keeps, re.compile(_expression(text), re.DOTALL)) if _VALID.fullmatch(text) else None


def _expression(text: str) -> str:
    """The pattern as a regular expression for whole paths."""
    if text.startswith("**") and not text.startswith("**/") and not _WILDCARD.search(text[2:]):
        return ".*" + re.escape(text[2:])  # Docker compares only the end of the path: **foo matches dir/xfoo
    expression = ""
    for token in _TOKEN.finditer(text):
        part = token.group()
        if part.startswith("**"):
            expression += ".*" if token.end() == len(text) else "(?:.*/)?"
        elif part == "*":
            expression += "[^/]*"
        elif part == "?":
            expression += "[^/]"
        elif len(part) > 1 and part.startswith("["):
            expression += "[" + re.sub(r"(?<!\\)([\[&|~])", r"\\\1", part[1:-1]) + "]"
        else:
            expression += re.escape(part[-1])
    return expression
