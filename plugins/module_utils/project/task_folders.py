# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DAG tasks of a project: every folder under ``tasks/`` with a Dockerfile, and what its task.yml asks for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import naming
from ..engine.errors import FarflowError
from ..images import build_context, context_checks, dockerfiles
from ..images.build_context import BASE_IMAGE, BuildContext
from ..validation.fargate import cpu_memory_problem
from ..validation.lined_yaml import LinedYaml
from ..validation.value_checks import Problem, dotted, nearest, printable
from . import task_contexts, task_yml
from .task_contexts import TASK_YML

DEFAULTS: dict[str, Any] = {"cpu": 256, "memory": 512, "architecture": "X86_64"}

_MISSPELT = ("task.yaml", "Task.yml", "Task.yaml", "tasks.yml", "tasks.yaml")
_LOG_STREAM_LIMIT = 512  # CreateLogStream
_ECS_TASK_ID = 32


@dataclass(frozen=True)
class DagTask:
    """A DAG task. ``cpu`` is in CPU units, ``memory`` in MiB, ``ephemeral_storage`` in GiB, ``stop_timeout`` in seconds
    (None is AWS's default); ``capacity`` is one of `naming.CAPACITIES`, or None; ``secrets`` maps environment variables
    to ARNs or names of secrets; ``policy`` holds IAM statements, their actions and resources as sorted lists. Its image
    is built from the folder ``context_path`` by ``dockerfile``, which is relative to that, without what ``exclude`` has
    as further lines of .dockerignore, and from the image of the task ``base``, if there is one; ``context_size`` is in
    bytes.
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
    capacity: str | None = None
    context_path: str = ""
    dockerfile: str = build_context.DOCKERFILE
    exclude: tuple[str, ...] = task_contexts.EXCLUDED
    base: str | None = None
    context_size: int = 0

    @property
    def image(self) -> dict[str, Any]:
        """Its image as the module ecr_images takes it, but for the repository and what it is built from."""
        return {
            "name": self.name,
            "context": self.context_path or self.path,
            "dockerfile": self.dockerfile,
            "architecture": self.architecture,
            "exclude": list(self.exclude),
        }

    @property
    def context(self) -> BuildContext:
        """What its image is built from."""
        return BuildContext(
            Path(self.context_path or self.path),
            dockerfile=self.dockerfile,
            platform=build_context.PLATFORMS[self.architecture],
            exclude=self.exclude,
        )


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
    problems += _base_problems(tasks, {folder.name for folder in folders}, with_image)
    # What is wrong with a context of several tasks is found with each of them.
    return tasks, [*dict.fromkeys(problems + _same_family(environment, folders))]


def warnings(tasks: list[DagTask]) -> list[str]:
    """What is allowed and probably not meant."""
    sizes = {task.context_path or task.path: task.context_size for task in tasks}
    return [each for path, size in sizes.items() for each in context_checks.warning(path, size)]


def place_of_secret(task: DagTask, variable: str) -> str:
    """Where a task's task.yml names the secret of a variable: ``<file>:<line>: secrets.<variable>``."""
    return _place(task, "secrets", variable)


def bases_first(tasks: Iterable[DagTask]) -> list[DagTask]:
    """The tasks, each after the one that it is based on, if that is among them."""
    named = {task.name: task for task in tasks}
    ordered: dict[str, DagTask] = {}
    for task in named.values():
        for name in reversed(_bases(task, named)):
            ordered.setdefault(name, named[name])
    return list(ordered.values())


def _bases(task: DagTask, named: Mapping[str, DagTask]) -> list[str]:
    """The task, its base, that one's base and so on; a name that comes again ends it."""
    names = [task.name]
    while (base := named[names[-1]].base) in named and base not in names:
        names.append(str(base))
    return names


def _place(task: DagTask, *place: str) -> str:
    path = Path(task.path) / TASK_YML
    _unused, text = context_checks.read_text(path)
    return f"{printable(path)}:{LinedYaml(text).line(place)}: {dotted(place)}"


def _base_problems(tasks: list[DagTask], folders: Collection[str], with_image: Collection[str]) -> Iterator[str]:
    """What is wrong with the tasks that ``base`` names. Those of the ``folders`` with other faults are not judged."""
    named = {task.name: task for task in tasks}
    for task in tasks:
        if task.base is None or task.name in with_image:
            continue
        if task.base not in folders:
            yield (
                f"{_place(task, 'base')} is {task.base!r}, allowed: the name of another DAG task"
                f"{nearest(task.base, folders)}"
            )
            continue
        if (names := _bases(task, named)) and named[names[-1]].base == task.name:
            yield f"{_place(task, 'base')} leads back to the task: {' -> '.join([*names, task.name])}"
        base = named.get(task.base)
        if base and base.architecture != task.architecture:
            yield (
                f"{_place(task, 'base')} is {task.base!r}, which is for {base.architecture}, allowed: one for "
                f"{task.architecture}, as this task is"
            )
        dockerfile = build_context.located(task.context, task.dockerfile)
        if not dockerfiles.has_argument(context_checks.read_dockerfile(dockerfile)[1], BASE_IMAGE):
            yield (
                f"{_place(task, 'base')} is given, and {printable(dockerfile)} has no line ARG "
                f"{BASE_IMAGE}, allowed: one before FROM ${{{BASE_IMAGE}}}, which is how the base's image is told"
            )


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
    found, document = _task_yml(folder, defaults, is_built)
    built_from = task_contexts.of_task(folder, {} if found or not is_built else document)
    is_judged = is_built and not (found and {"context", "dockerfile"} & set(document))
    survey = context_checks.survey(built_from) if is_judged else context_checks.Survey([])
    problems += survey.problems + found
    problems += [f"{shown}/{other}: is not read, call it {TASK_YML}" for other in _misspelt(folder)]
    given = {**defaults, **document, "context_size": survey.size}
    if problems or not set(DEFAULTS) <= set(given):
        return problems, None
    return [], _normalised(folder, environment, given, built_from)


def _name_problems(name: str, environment: str) -> Iterator[str]:
    if name == "airflow":
        yield "the name is taken by Airflow itself, allowed: any other, such as airflow-report"
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


def _task_yml(folder: Path, defaults: Mapping[str, Any], is_built: bool) -> tuple[list[str], Mapping[str, Any]]:
    path = folder / TASK_YML
    if not os.path.lexists(path):
        return [], {}
    problems, text = context_checks.read_text(path)
    if problems:
        return problems, {}
    document = LinedYaml(text)
    wrong = list(_document_problems(document, defaults))
    if is_built and not wrong:
        wrong = list(task_contexts.problems(folder, document.data))
    found = document.problems or [(document.line(place), text) for place, text in wrong]
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


def _normalised(folder: Path, environment: str, given: Mapping[str, Any], built_from: BuildContext) -> DagTask:
    path = str(folder.absolute())
    values = {
        **{key: value for key, value in given.items() if key != "context"},
        "policy": [_statement(statement) for statement in given.get("policy") or []],
        "context_path": str(built_from.path.absolute()),
        "dockerfile": built_from.dockerfile,
        "exclude": built_from.exclude,
    }
    return DagTask(name=folder.name, path=path, family=naming.task_family(environment, folder.name), **values)


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    lists = {key: statement[key] for key in ("Action", "Resource")}
    return {
        **statement,
        **{key: sorted({value} if isinstance(value, str) else set(value)) for key, value in lists.items()},
    }
