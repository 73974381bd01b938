# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions of the DAGs in the environment's bucket: the contract between the deploy, which puts them there, and the DAG
bundle in Airflow's image, which reads them.

A version is named by what its files hold. Its objects never change. What changes is one small object, the pointer, that
says which version is the current one.

The same file lies in the collection (plugins/module_utils/dag_versions.py) and in the Airflow image
(plugins/farflow/dag_versions.py), byte for byte. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: The DAG bundle's name in Airflow, which is the one that Airflow gives its own DAG folder: DAGs belong to a bundle by
#: its name, so no DAG notices where its files come from.
BUNDLE = "dags-folder"

#: How the keys of all objects begin.
PREFIX = "dags/"
POINTER = f"{PREFIX}current.json"

VERSION = re.compile("[0-9a-f]{16}")

_DIGITS = 16
_FORMAT = 1
_CHUNK = 1 << 20

# What a pointer holds, and of which type that is.
_MEMBERS: dict[str, tuple[type, ...]] = {
    "format": (int,),
    "number": (int,),  # of moves of the pointer, this one included
    "version": (str,),
    "previous": (str, type(None)),  # the version before
    "when": (str,),  # UTC, as ISO 8601
    "by": (str,),  # the ARN of whoever moved it
    "commit": (str, type(None)),  # of git, with "+" behind it where the folder differed from that
    "files": (int,),
    "size": (int,),  # bytes of the archive
    "sha256": (str,),  # of the archive, in hexadecimal digits
    "etag": (str,),  # S3's of the archive, which another content would not have
}


def archive(version: str) -> str:
    """The key of a version's files, a tar archive compressed by gzip."""
    return f"{PREFIX}versions/{version}.tar.gz"


def listing(version: str) -> str:
    """The key of what a version's files hold, as ``version_of`` takes it, in JSON."""
    return f"{PREFIX}versions/{version}.json"


def history(number: int) -> str:
    """The key of a copy of the pointer as it was at its ``number``-th move."""
    return f"{PREFIX}history/{number:08}.json"


def version_of(files: Mapping[str, str]) -> str:
    """The name of the version of these files: by their paths what they hold, as ``held`` and ``linked`` say it."""
    listed = json.dumps([_FORMAT, sorted(files.items())], separators=(",", ":"))
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def held(chunks: Iterable[bytes], executable: bool) -> str:
    """What a file holds."""
    content = hashlib.sha256()
    for chunk in chunks:
        content.update(chunk)
    return f"{'x ' if executable else ''}{content.hexdigest()}"


def linked(target: str) -> str:
    """The same of a symbolic link."""
    return f"-> {target}"


def files_in(folder: Path) -> dict[str, str]:
    """What a folder holds, as ``version_of`` takes it. Raises OSError."""
    found = {}
    for parent, folders, names in os.walk(folder):
        for name in (*names, *(each for each in folders if (Path(parent) / each).is_symlink())):
            path = Path(parent) / name
            found[path.relative_to(folder).as_posix()] = _content(path)
    return found


def _content(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return linked(str(path.readlink()))
    with path.open("rb") as opened:
        return held(iter(lambda: opened.read(_CHUNK), b""), bool(status.st_mode & stat.S_IXUSR))


def written(pointer: Mapping[str, Any]) -> bytes:
    """A pointer's object. It is sealed, so that one that somebody has edited by hand is told from one that a deploy has
    written.
    """
    whole = {"format": _FORMAT, **pointer}
    return json.dumps({**whole, "seal": _seal(whole)}, indent=1).encode() + b"\n"


def read(content: bytes) -> dict[str, Any]:
    """The pointer that ``written`` has made an object of. Raises ValueError, which says what is wrong with it."""
    try:
        whole = json.loads(content)
    except ValueError:
        raise ValueError("it is no JSON") from None
    if not isinstance(whole, dict):
        raise ValueError("it is no JSON object")
    seal = whole.pop("seal", None)
    for name, types in _MEMBERS.items():
        if name not in whole:
            raise ValueError(f"it has no {name}")
        if not isinstance(whole[name], types) or isinstance(whole[name], bool):
            raise ValueError(f"its {name} is {whole[name]!r}")
    if whole["format"] != _FORMAT:
        raise ValueError(f"its format is {whole['format']}, and this image knows {_FORMAT}: build a newer one")
    if seal != _seal(whole):
        raise ValueError("it was edited by hand: its seal is not that of its content")
    if not VERSION.fullmatch(whole["version"]):
        raise ValueError(f"its version is {whole['version']!r}")
    return {name: value for name, value in whole.items() if name in _MEMBERS and name != "format"}


def _seal(whole: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:_DIGITS]
