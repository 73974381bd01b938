# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a DAG task's image is built from: the task's folder, or what ``context`` and ``dockerfile`` of its task.yml
name, relative to that folder. Both have to be in the project, the folder that has ``tasks/``, or in the task's
folder, where that is a symbolic link.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..images import dockerignore
from ..images.build_context import DOCKERFILE, BuildContext
from ..validation.value_checks import Problem, printable

TASK_YML = "task.yml"

_PYTHON = "**/__pycache__"

#: Not part of the build context: more memory in a task.yml, or a run of the code by hand, is no reason to build an
#: image.
EXCLUDED = (TASK_YML, _PYTHON)


def of_task(folder: Path, asked: Mapping[str, Any]) -> BuildContext:
    """The build context of the task in a folder, for linux/amd64."""
    context, dockerfile = _paths(folder, asked)
    return BuildContext(context, dockerfile=os.path.relpath(dockerfile, context), exclude=_excluded(folder, context))


def problems(folder: Path, asked: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with ``context`` and ``dockerfile``, where they are given. They have to be strings."""
    project = _absolute(folder).parent.parent
    context, dockerfile = _paths(folder, asked)
    for key, path, is_there in (
        ("context", context, os.path.isdir),
        ("dockerfile", dockerfile, os.path.isfile),
    ):
        if key not in asked:
            continue
        what = f"{key} is {asked[key]!r}, which is {printable(path)}"
        if not _is_within(project, folder, path):
            yield (key,), f"{what}, outside of the project; allowed: what lies in {printable(project)}"
        elif not is_there(path):
            kind = "folder" if key == "context" else "file"
            there = "something other than a" if os.path.lexists(path) else "no such"
            yield (key,), f"{what}, where there is {there} {kind}; allowed: a {kind}, as seen from {printable(folder)}"


def _paths(folder: Path, asked: Mapping[str, Any]) -> tuple[Path, Path]:
    """The paths of the context and of the Dockerfile."""
    given = asked.get("context", "."), asked.get("dockerfile", DOCKERFILE)
    context, dockerfile = (Path(os.path.normpath(folder / each)) for each in given)
    return context, dockerfile


def _is_within(project: Path, folder: Path, path: Path) -> bool:
    """Whether a path is in the project, also when symbolic links are followed. The task's folder may be such a link:
    what it leads to counts as well.
    """
    resolved = _resolved(path)
    return _absolute(path).is_relative_to(project) and any(
        resolved.is_relative_to(_resolved(each)) for each in (project, folder)
    )


def _resolved(path: Path) -> Path:
    """The path that symbolic links lead to. A link that leads back to itself stays as it is."""
    return Path(os.path.realpath(path))


def _absolute(path: Path) -> Path:
    """The absolute path, with symbolic links as they are."""
    return Path(os.path.normpath(path.absolute()))


def _excluded(folder: Path, context: Path) -> tuple[str, ...]:
    """The patterns of what is not part of the context. Where it has several tasks, none of their task.yml is."""
    tasks, whole = _absolute(folder).parent, _absolute(context)
    if whole.parent == tasks:
        return EXCLUDED
    if not tasks.is_relative_to(whole):
        return (_PYTHON,)
    place = dockerignore.escaped(tasks.relative_to(whole).as_posix())
    return (f"{place}/*/{TASK_YML}", _PYTHON)
