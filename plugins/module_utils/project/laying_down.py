# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Lays a project of the user's own into a folder, from what the collection holds."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from ..engine.errors import FarflowError
from .files import EXECUTABLE, FILE, LINK, OTHER, PARTS, Item, Plan, links, overwritten_folders, passed_over, plan

# What lies beside a file until it has its place.
_UNFINISHED = ".unfinished"


def lay(collection: Path, project: Path, overwrite: Collection[str], check_mode: bool) -> tuple[Plan, list[str], str]:
    """Writes what is missing, and what differs below the paths of ``overwrite``; in check mode only says what.

    Returns the plan, the user's own files in the folders of ``overwrite``, which stay, and the plan as text. Raises:
    FarflowError when a file can't be read or written.
    """
    if Path(os.path.realpath(project)).is_relative_to(collection.resolve()):
        raise FarflowError(f"{project} lies in the collection itself, take another folder")
    wanted = {**_items(collection), **links()}
    try:
        present = {path: item for path in wanted if (item := _present(project / path))}
        found = plan(wanted, present, overwrite)
        own = _own(project, wanted, overwrite)
        for path in () if check_mode else [*found.created, *found.overwritten]:
            _put(project / path, wanted[path])
    except OSError as error:
        raise FarflowError(f"lay down the project in {project}: {error.filename}: {error.strerror}") from error
    signs = (("+", found.created), ("~", found.overwritten))
    return found, own, "".join(f"{sign} {path}\n" for sign, paths in signs for path in paths)


def _items(collection: Path) -> dict[str, Item]:
    found = {}
    for source, target in PARTS:
        part = collection / source
        if not part.exists():
            raise FarflowError(f"{part} is missing: the collection in {collection} is not whole, install it again")
        for file in _files(part):
            found[(Path(target) / file.relative_to(part)).as_posix()] = _item(file)
    return found


def _files(part: Path) -> Iterator[Path]:
    if part.is_file():
        yield part
        return
    for each in part.iterdir():
        if not passed_over(each.name):
            yield from _files(each)


def _own(project: Path, wanted: Mapping[str, Item], overwrite: Iterable[str]) -> list[str]:
    found = set()
    for name in overwritten_folders(wanted, overwrite):
        for folder, folders, files in os.walk(project / name):
            folders[:] = [each for each in folders if not passed_over(each)]
            below = Path(folder).relative_to(project)
            found |= {(below / each).as_posix() for each in files if not passed_over(each)}
    return sorted(found - wanted.keys())


def _item(path: Path) -> Item:
    return Item(EXECUTABLE if os.access(path, os.X_OK) else FILE, path.read_bytes())


def _present(path: Path) -> Item | None:
    if path.is_symlink():
        return Item(LINK, os.fsencode(path.readlink()))
    if path.is_file():
        return _item(path)
    return Item(OTHER) if path.exists() else None


def _put(path: Path, item: Item) -> None:
    """Whole or not at all: what a killed run leaves behind must not pass for a file of the user's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + _UNFINISHED)
    unfinished.unlink(missing_ok=True)
    if item.kind == LINK:
        unfinished.symlink_to(os.fsdecode(item.content))
    else:
        unfinished.write_bytes(item.content)
        if item.kind == EXECUTABLE:
            mode = unfinished.stat().st_mode
            unfinished.chmod(mode | (mode & 0o444) >> 2)
    unfinished.replace(path)
