# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A user's project folder: what of the collection goes where in it, and what may be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from ..engine.errors import FarflowError

#: Folders and files of the collection, and where they go. The project is the collection's own `airflow/` and `tasks/`.
PARTS = (
    ("playbooks/project", "."),
    ("airflow", "airflow"),
    ("tasks", "tasks"),
    ("vars/dev.yml", "vars/dev.yml"),
    ("vars/prod.yml", "vars/prod.yml"),
    ("inventories/dev/hosts.yml", "inventories/dev/hosts.yml"),
    ("inventories/prod/hosts.yml", "inventories/prod/hosts.yml"),
    ("awx/settings.yml", "awx/settings.yml"),
    ("awx/execution-environment.yml", "awx/execution-environment.yml"),
)

#: An inventory and a file of variables that say the same are one file.
LINKS = {f"inventories/{name}/group_vars/all/stack.yml": f"../../../../vars/{name}.yml" for name in ("dev", "prod")}

_PASSED_OVER = ("__pycache__", "*.pyc", ".*_cache", ".build-ca.pem")

FILE, EXECUTABLE, LINK, OTHER = "file", "executable", "link", "other"


@dataclass(frozen=True)
class Item:
    """What lies, or shall lie, at a path: ``content`` is a file's, or a symbolic link's target.

    ``OTHER`` is what no project has at a file's place, such as a folder.
    """

    kind: str
    content: bytes = b""


@dataclass(frozen=True)
class Plan:
    """Paths below the project's folder, sorted. ``kept`` are those whose files differ and may not be overwritten."""

    created: list[str]
    overwritten: list[str]
    kept: list[str]


def passed_over(name: str) -> bool:
    """Whether a file or folder of the collection is no part of a project, by its name."""
    return any(fnmatch(name, pattern) for pattern in _PASSED_OVER)


def links() -> dict[str, Item]:
    """The symbolic links of a project."""
    return {path: Item(LINK, target.encode()) for path, target in LINKS.items()}


def plan(wanted: Mapping[str, Item], present: Mapping[str, Item], overwrite: Iterable[str]) -> Plan:
    """What is to be written. ``present`` has what lies at the wanted paths; ``overwrite`` names files and folders.

    Raises: FarflowError when ``overwrite`` names what no project has, or what can't be overwritten.
    """
    chosen = _below(wanted, overwrite)
    differing = [path for path in sorted(wanted) if path in present and present[path] != wanted[path]]
    overwritten = [path for path in differing if path in chosen]
    in_the_way = [path for path in overwritten if present[path].kind == OTHER]
    if in_the_way:
        raise FarflowError(f"{', '.join(in_the_way)}: is not a file, move it away")
    return Plan(
        created=[path for path in sorted(wanted) if path not in present],
        overwritten=overwritten,
        kept=[path for path in differing if path not in chosen],
    )


def overwritten_folders(wanted: Iterable[str], overwrite: Iterable[str]) -> set[str]:
    """The folders that the names of ``overwrite`` stand for, in which a user may have files beside the collection's."""
    parents = {parent.as_posix() for path in wanted for parent in PurePosixPath(path).parents}
    named = {PurePosixPath(name).as_posix() for name in overwrite} & parents
    # The project's own folder holds what is nobody's business here, such as .git and .venv.
    top = {path.partition("/")[0] for path in parents - {"."}} if "." in named else set()
    return named - {"."} | top


def _below(wanted: Iterable[str], names: Iterable[str]) -> set[str]:
    """The paths that the names stand for; ``.`` stands for all."""
    chosen: set[str] = set()
    for name in names:
        found = {path for path in wanted if PurePosixPath(path).is_relative_to(PurePosixPath(name))}
        if not found:
            raise FarflowError(f"overwrite: a project has no {name}")
        chosen |= found
    return chosen
