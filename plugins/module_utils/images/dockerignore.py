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

from ..engine.errors import FarflowError
from . import docker_patterns

#: Which patterns have matched a folder or one of its parents; a folder hands it down to what lies in it.
Matched = tuple[bool, ...]

_WILDCARD = re.compile(r"[*?\[\\]")

# What Go's strings.TrimSpace takes away; Python's strip() would take more.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_TOO_LONG = 64 * 1024  # bytes: bufio.MaxScanTokenSize of Go
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Pattern:
    """One line: ``keeps`` says whether it began with an exclamation mark, ``text`` is the rest, cleaned."""

    text: str
    keeps: bool
    matches: docker_patterns.Matches


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
                match = pattern.matches(path)
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
    """Reads the text of a .dockerignore file called ``name``. Bytes in it that are no UTF-8 are surrogates.

    Raises: FarflowError naming each line that Docker would refuse.
    """
    patterns: list[Pattern] = []
    problems = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        try:
            patterns += _patterns(line)
        except docker_patterns.BadPatternError:
            written = line.strip(_SPACES)[:_LONGEST_SHOWN]
            problems.append(f"{name}:{number}: {written!r} is not a pattern that Docker understands")
    if problems:
        raise FarflowError("\n".join(problems))
    return Dockerignore(tuple(patterns))


def escaped(path: str) -> str:
    """A pattern that matches that path alone."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", path)


def also(dockerignore: Dockerignore, lines: Iterable[str]) -> Dockerignore:
    """The same with more lines at its end."""
    return Dockerignore(dockerignore.patterns + parse("\n".join(lines), "exclude").patterns)


@cache  # the folders of many tasks leave out the same
def _patterns(line: str) -> list[Pattern]:
    """The pattern of a line, if it has one; in Docker two functions clean it, one after the other."""
    text = line.strip(_SPACES)
    if not text or line.startswith("#"):
        return []
    if len(line.encode(errors="surrogateescape")) >= _TOO_LONG:
        raise docker_patterns.BadPatternError(line)
    mark, text = ("!", text[1:].strip(_SPACES)) if text.startswith("!") else ("", text)
    cleaned = _cleaned(text) if text else ""
    text = _cleaned(f"{mark}{cleaned[1:] if cleaned[:1] == '/' != cleaned else cleaned}".strip(_SPACES))
    if text == "!":
        raise docker_patterns.BadPatternError(line)
    keeps = text.startswith("!")
    text = text.removeprefix("!")
    return [Pattern(text, keeps, docker_patterns.compiled(text))]


def _cleaned(path: str) -> str:
    """As Go's filepath.Clean does it: two slashes at the beginning mean nothing to it."""
    return re.sub("^//", "/", posixpath.normpath(path))
