# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DAG tasks of a project: every folder under ``tasks/`` with a Dockerfile, and what its task.yml asks for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import naming
from ..core.errors import FarflowError
from . import build_context, context_checks, task_yml
from .build_context import BuildContext
from .fargate import cpu_memory_problem
from .lined_yaml import LinedYaml
from .value_checks import Problem, dotted, printable

TASK_YML = "task.yml"

#: Not part of an image: neither a task that asks for more memory nor one that was tried out is built anew.
EXCLUDED = (TASK_YML, "**/__pycache__")

DEFAULTS: dict[str, Any] = {"cpu": 256, "memory": 512, "architecture": "X86_64"}

_MISSPELT = ("task.yaml", "Task.yml", "Task.yaml", "tasks.yml", "tasks.yaml")
_LOG_STREAM_LIMIT = 512  # CreateLogStream
_ECS_TASK_ID = 32


@dataclass(frozen=True)
class DagTask:
    """A DAG task. ``cpu`` is in CPU units, ``memory`` in MiB, ``ephemeral_storage`` in GiB, ``stop_timeout`` in seconds
    (None is AWS's default); ``secrets`` maps environment variables to ARNs or names of secrets; ``policy`` holds IAM
    statements, their actions and resources as sorted lists; ``context_size`` is that of its build context in bytes.
    """

    name: str
    path: str
    family: str
    cpu: int
    memory: int
    architecture: str
    ephemeral_storage: int | None = None
    command: list[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    policy: list[dict[str, Any]] = field(default_factory=list)
    readonly_root_filesystem: bool = False
    shared_volume: bool = False
    stop_timeout: int | None = None
    context_size: int = 0

    @property
    def image(self) -> dict[str, Any]:
        """Its image as the module ecr_images takes it, but for the repository."""
        return {
            "name": self.name,
            "context": self.path,
            "architecture": self.architecture,
            "exclude": list(EXCLUDED),
        }

    @property
    def context(self) -> BuildContext:
        """What its image is built from."""
        return BuildContext(Path(self.path), platform=build_context.PLATFORMS[self.architecture], exclude=EXCLUDED)


def discover(path: str | Path, environment: str, defaults: Mapping[str, Any] | None = None) -> list[DagTask]:
    """The DAG tasks in a folder, sorted by name. ``defaults`` are keys of task.yml for the tasks that leave them out.

    Raises: FarflowError with everything that is wrong in any of them, a line each.
    """
    known = {**DEFAULTS, **{key: value for key, value in (defaults or {}).items() if value is not None}}
    problems = _default_problems(environment, known)
    if problems:
        raise FarflowError("\n".join(problems))
    tasks, problems = explore(path, environment, known)
    if problems:
        raise FarflowError("\n".join(problems))
    return tasks


def explore(
    path: str | Path, environment: str, defaults: Mapping[str, Any], with_image: Collection[str] = ()
) -> tuple[list[DagTask], list[str]]:
    """The DAG tasks in which nothing is wrong, and what is wrong in the others. ``defaults`` that are right; what
    hangs on one that is missing is not judged. The tasks ``with_image`` are not built from what lies in their folders.
    """
    folders, problems = _folders(Path(path))
    tasks = []
    for folder in folders:
        found, task = _task(folder, environment, defaults, folder.name not in with_image)
        problems += found
        tasks += [task] if task else []
    return tasks, problems + _same_family(environment, folders)


def warnings(tasks: list[DagTask]) -> list[str]:
    """What is allowed and probably not meant."""
    return [each for task in tasks for each in context_checks.warning(task.path, task.context_size)]


def place_of_secret(task: DagTask, variable: str) -> str:
    """Where a task's task.yml names the secret of a variable: ``<file>:<line>: secrets.<variable>``."""
    path = Path(task.path) / TASK_YML
    _unused, text = context_checks.read_text(path)
    return f"{printable(path)}:{LinedYaml(text).line(('secrets', variable))}: {dotted(('secrets', variable))}"


def _folders(root: Path) -> tuple[list[Path], list[str]]:
    """The folders that are meant as tasks: not the hidden ones, nor what Python leaves behind. And what is wrong."""
    try:
        found = sorted(root.iterdir())
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no path at all
        return [], [f"{printable(root)}: no such folder, allowed: the folder that holds one folder a DAG task"]
    except OSError as error:
        return [], [f"{printable(root)}: cannot be read: {error.strerror}"]
    meant = [item for item in found if not item.name.startswith(".") and item.name != "__pycache__"]
    nowhere = [item for item in meant if item.is_symlink() and not item.exists()]
    return [item for item in meant if item.is_dir()], [
        f"{printable(item)}: is a link to {printable(item.readlink())}, where there is nothing; remove it, if the task "
        "is not wanted any more"
        for item in nowhere
    ]


def _default_problems(environment: str, defaults: Mapping[str, Any]) -> list[str]:
    try:
        naming.validate_environment(environment)
    except ValueError as error:
        return [str(error)]
    problems = [f"defaults: {dotted(place)} {text}" for place, text in task_yml.problems(defaults)]
    if not problems and (wrong := cpu_memory_problem(defaults["cpu"], defaults["memory"])):
        problems.append(f"defaults: {wrong}")
    return problems


def _task(
    folder: Path, environment: str, defaults: Mapping[str, Any], is_built: bool
) -> tuple[list[str], DagTask | None]:
    shown = printable(folder)
    problems = [f"{shown}: {text}" for text in _name_problems(folder.name, environment)]
    if not os.access(folder, os.R_OK | os.X_OK):
        return [*problems, f"{shown}: cannot be read: check its permissions"], None
    context = context_checks.survey(BuildContext(folder, exclude=EXCLUDED)) if is_built else context_checks.Survey([])
    found, document = _task_yml(folder / TASK_YML, defaults)
    problems += context.problems + found
    problems += [f"{shown}/{other}: is not read, call it {TASK_YML}" for other in _misspelt(folder)]
    given = {**defaults, **document, "context_size": context.size}
    if problems or not set(DEFAULTS) <= set(given):
        return problems, None
    return [], _normalised(folder, environment, given)


def _name_problems(name: str, environment: str) -> Iterator[str]:
    if name == "airflow" or name.startswith("airflow-"):
        yield "the name is taken by Airflow itself, allowed: any but airflow and airflow-..."
    try:
        family = naming.task_family(environment, name)
    except ValueError as error:
        yield str(error)
        return
    if name.startswith("-"):
        yield "the name begins with a hyphen, allowed: a letter, a digit or an underscore first"
    stream = len(f"{naming.task_log_stream_prefix(name)}/{family}/") + _ECS_TASK_ID
    if stream > _LOG_STREAM_LIMIT:
        yield f"the name is too long: its log streams would have {stream} characters, allowed: {_LOG_STREAM_LIMIT}"


def _misspelt(folder: Path) -> list[str]:
    there = {item.name for item in folder.iterdir()}
    return [name for name in _MISSPELT if name in there]


def _task_yml(path: Path, defaults: Mapping[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    if not os.path.lexists(path):
        return [], {}
    problems, text = context_checks.read_text(path)
    if problems:
        return problems, {}
    document = LinedYaml(text)
    found = document.problems or [
        (document.line(place), text) for place, text in _document_problems(document, defaults)
    ]
    return [f"{printable(path)}:{line}: {text}" for line, text in sorted(found)], document.data


def _document_problems(document: LinedYaml, defaults: Mapping[str, Any]) -> Iterator[Problem]:
    data = document.data
    wrong = list(task_yml.problems(data))
    yield from ((place, f"{dotted(place)} {text}") for place, text in wrong)
    merged = {**defaults, **data}
    sizes = {"cpu", "memory"}
    if not sizes & {place[0] for place, _unused in wrong} and sizes & set(data) and sizes <= set(merged):
        pair = cpu_memory_problem(merged["cpu"], merged["memory"])
        if pair:
            yield ("memory",) if "memory" in data else ("cpu",), pair


def _same_family(environment: str, folders: list[Path]) -> list[str]:
    """IAM roles, and some file systems, do not tell letter case apart."""
    seen: dict[str, Path] = {}
    problems = []
    for folder in folders:
        try:
            family = naming.task_family(environment, folder.name).lower()
        except ValueError:
            continue  # told already, as a name
        if family in seen:
            other = printable(seen[family])
            problems.append(f"{printable(folder)}: becomes the same task as {other}: give one of them another name")
        seen.setdefault(family, folder)
    return problems


def _normalised(folder: Path, environment: str, given: Mapping[str, Any]) -> DagTask:
    path = str(folder.absolute())
    values = {**given, "policy": [_statement(statement) for statement in given.get("policy") or []]}
    return DagTask(name=folder.name, path=path, family=naming.task_family(environment, folder.name), **values)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    lists = {key: statement[key] for key in ("Action", "Resource")}
    return {
        **statement,
        **{key: sorted({value} if isinstance(value, str) else set(value)) for key, value in lists.items()},
    }
