# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DAG tasks of a project: every folder under ``tasks/`` with a Dockerfile, and what its task.yml asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import naming
from ..core.errors import FarflowError
from . import build_context, task_yml
from .build_context import BuildContext
from .fargate import cpu_memory_problem
from .lined_yaml import LinedYaml

TASK_YML = "task.yml"

#: Not part of an image: neither a task that asks for more memory nor one that was tried out is built anew.
EXCLUDED = (TASK_YML, "**/__pycache__")

DEFAULTS: dict[str, Any] = {"cpu": 256, "memory": 512, "architecture": "X86_64"}

_MISSPELT = ("task.yaml", "Task.yml", "Task.yaml", "tasks.yml", "tasks.yaml")
_LARGE_CONTEXT = 1 << 30
_LOG_STREAM_LIMIT = 512  # CreateLogStream
_ECS_TASK_ID = 32


@dataclass(frozen=True)
class DagTask:
    """A DAG task. ``cpu`` is in CPU units, ``memory`` in MiB, ``ephemeral_storage`` in GiB, ``stop_timeout`` in seconds
    (None is AWS's default); ``secrets`` maps environment variables to ARNs or names of secrets; ``policy`` holds IAM
    statements, their actions and resources as sorted lists.
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
    shared_volume: bool = False
    stop_timeout: int | None = None

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
    given = {key: value for key, value in (defaults or {}).items() if value is not None}
    known = {**DEFAULTS, **given}
    root = Path(path)
    folders = _folders(root)
    problems = _default_problems(environment, known)
    tasks = []
    if not problems:
        for folder in folders:
            found, task = _task(folder, environment, known)
            problems += found
            tasks += [task] if task else []
        problems += _same_family(environment, folders)
    if problems:
        raise FarflowError("\n".join(problems))
    return tasks


def warnings(tasks: list[DagTask]) -> list[str]:
    """What is allowed and probably not meant."""
    sizes = {task.path: build_context.size(task.context) for task in tasks}
    advice = "list what the image does not need in .dockerignore"
    return [
        f"{path}: its build context holds {size / (1 << 30):.1f} GiB; {advice}"
        for path, size in sizes.items()
        if size > _LARGE_CONTEXT
    ]


def _folders(root: Path) -> list[Path]:
    """The folders that are meant as tasks: not the hidden ones, nor what Python leaves behind."""
    if not root.is_dir():
        raise FarflowError(f"{root}: no such folder, allowed: the folder that holds one folder a DAG task")
    try:
        found = [item for item in root.iterdir() if item.is_dir()]
    except OSError as error:
        raise FarflowError(f"could not read {root}: {error.strerror}") from error
    return sorted(item for item in found if not item.name.startswith(".") and item.name != "__pycache__")


def _default_problems(environment: str, defaults: Mapping[str, Any]) -> list[str]:
    try:
        naming.validate_environment(environment)
    except ValueError as error:
        return [str(error)]
    problems = [f"defaults: {_dotted(place)} {text}" for place, text in task_yml.problems(defaults)]
    if not problems and (wrong := cpu_memory_problem(defaults["cpu"], defaults["memory"])):
        problems.append(f"defaults: {wrong}")
    return problems


def _task(folder: Path, environment: str, defaults: Mapping[str, Any]) -> tuple[list[str], DagTask | None]:
    problems = [f"{folder}: {text}" for text in _name_problems(folder.name, environment)]
    if not os.access(folder, os.R_OK | os.X_OK):
        return [*problems, f"{folder}: cannot be read: check its permissions"], None
    problems += _dockerfile_problems(folder) + _context_problems(folder)
    found, document = _task_yml(folder / TASK_YML, defaults)
    problems += found
    problems += [f"{folder / other}: is not read, call it {TASK_YML}" for other in _misspelt(folder)]
    if problems:
        return problems, None
    return [], _normalised(folder, environment, {**defaults, **document})


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


def _dockerfile_problems(folder: Path) -> list[str]:
    path = folder / build_context.DOCKERFILE
    if not path.is_file():
        return [f"{folder}: has no Dockerfile, and so is no DAG task: add one, or move the folder elsewhere"]
    return _text(path)[0]


def _context_problems(folder: Path) -> list[str]:
    try:
        links = build_context.links_out(BuildContext(folder, exclude=EXCLUDED))
    except FarflowError as error:
        return str(error).splitlines()
    return [
        f"{folder / link.path}: is a link to {link.target}, out of the build context; copy what it points to, or list "
        f"it in .dockerignore"
        for link in links
    ]


def _misspelt(folder: Path) -> list[str]:
    there = {item.name for item in folder.iterdir()}
    return [name for name in _MISSPELT if name in there]


def _task_yml(path: Path, defaults: Mapping[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    if not os.path.lexists(path):
        return [], {}
    problems, text = _text(path)
    if problems:
        return problems, {}
    document = LinedYaml(text)
    found = document.problems or [
        (document.line(place), text) for place, text in _document_problems(document, defaults)
    ]
    return [f"{path}:{line}: {text}" for line, text in sorted(found)], document.data


def _document_problems(document: LinedYaml, defaults: Mapping[str, Any]) -> Iterator[task_yml.Problem]:
    data = document.data
    wrong = list(task_yml.problems(data))
    yield from ((place, f"{_dotted(place)} {text}") for place, text in wrong)
    if not {"cpu", "memory"} & {place[0] for place, _ in wrong}:
        merged = {**defaults, **data}
        pair = cpu_memory_problem(merged["cpu"], merged["memory"])
        if pair:
            yield ("memory",) if "memory" in data else ("cpu",), pair


def _dotted(place: tuple[Any, ...]) -> str:
    return ".".join(str(key) if str(key).isprintable() else repr(key) for key in place)


def _text(path: Path) -> tuple[list[str], str]:
    try:
        return [], path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return [f"{path}:{line}: is not UTF-8: byte 0x{error.object[error.start]:02x}"], ""
    except OSError as error:
        return [f"{path}: cannot be read: {error.strerror}"], ""


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
            problems.append(f"{folder}: becomes the same task as {seen[family]}: give one of them another name")
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
