# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a folder can be a build context: what Docker would refuse minutes later, or quietly leave out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..engine.errors import FarflowError
from ..validation import text_files
from ..validation.value_checks import printable
from . import build_context
from .build_context import BuildContext

#: Bytes from which on a context is probably not what is meant: it is read, and sent, with every change.
LARGE = 1 << 30

_FROM = re.compile(r"^\s*FROM\s+\S", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Survey:
    """``problems`` name files, ``size`` is that of all files in bytes; ``paths`` are those in the context, None where
    it can't be read.
    """

    problems: list[str]
    size: int = 0
    paths: frozenset[str] | None = field(default=None, compare=False)


def survey(context: BuildContext) -> Survey:
    """Looks at names and sizes alone: but for the Dockerfile and .dockerignore, no file is opened."""
    problems = _dockerfile_problems(build_context.located(context, context.dockerfile))
    try:
        found = build_context.everything(context)
    except FarflowError as error:
        return Survey([*problems, *str(error).splitlines()])
    ignore_file = printable(build_context.ignore_file(context))
    problems += [_leads_out(context.path, link, ignore_file) for link in build_context.leading_out(found)]
    problems += [
        f"{printable(context.path / entry.path)}: is {entry.target}, which no image can hold; remove it, or list it in "
        f"{ignore_file}"
        for entry in found
        if entry.kind == build_context.SPECIAL
    ]
    return Survey(problems, sum(entry.size for entry in found), frozenset(entry.path for entry in found))


def warning(folder: str, size: int) -> Iterator[str]:
    """What to say of a context that is allowed and probably not meant."""
    if size > LARGE:
        yield (
            f"{printable(folder)}: its build context holds {size / (1 << 30):.1f} GiB, all of which is read now; list "
            f"what the image does not need in {build_context.DOCKERIGNORE}"
        )


def read_text(path: Path, errors: str = "strict") -> tuple[list[str], str]:
    """A text file's problems, and its content; ``errors`` is what becomes of bytes that are no UTF-8."""
    shown = printable(path)
    if os.path.lexists(path) and not path.is_file():  # a pipe would be waited for, for ever
        return [f"{shown}: is no file that can be read, allowed: a text file"], ""
    try:
        content = path.read_bytes()
        if problem := text_files.problem(content):
            return [f"{shown}:{problem}"], ""
        return [], content.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return [f"{shown}:{line}: is not UTF-8: byte 0x{error.object[error.start]:02x}"], ""
    except OSError as error:
        return [f"{shown}: cannot be read: {error.strerror}"], ""


def read_dockerfile(path: Path) -> tuple[list[str], str]:
    """The same of a Dockerfile, in which Docker takes any bytes."""
    return read_text(path, "surrogateescape")


def _dockerfile_problems(path: Path) -> list[str]:
    if not os.path.lexists(path):
        return [
            f"{printable(path.parent)}: has no {path.name}, allowed: a folder that an image can be built from; add "
            "one, or move the folder elsewhere"
        ]
    problems, content = read_dockerfile(path)
    if problems or _FROM.search(content):
        return problems
    return [f"{printable(path)}: has no line that begins with FROM, allowed: a Dockerfile with at least one"]


def _leads_out(root: Path, link: build_context.Entry, ignore_file: str) -> str:
    return (
        f"{printable(root / link.path)}: is a link to {printable(link.target)}, out of the build context; copy what it "
        f"points to, or list it in {ignore_file}"
    )
