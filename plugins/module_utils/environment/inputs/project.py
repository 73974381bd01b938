# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The user's project folder: its DAG tasks, and what the images are built from."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...dags import folder as dag_folder
from ...engine.parallel import in_parallel
from ...images import build_context, context_checks, dockerfiles
from ...images import contract as image_contract
from ...images import documents as ecr_images
from ...images.build_context import BASE_IMAGE, DOCKERFILE, BuildContext
from ...kinds.rds import authorities as rds_authorities
from ...project import task_folders as dag_tasks_folder
from ...project.task_folders import DagTask
from ...validation import text_files
from ...validation.value_checks import nearest, printable
from .. import dags, images, names, pools
from ..images import Image, Prebuilt
from . import dag_checks

Inputs = Mapping[str, Any]

#: Only these are made from what lies in the folder.
LAYERS = {"dag_tasks", "airflow_service", "worker_pool"}

#: What stands for the folder where nobody reads it.
UNREAD: Inputs = {
    "dag_tasks": [],
    "task_images": {},
    "airflow_images": images.UNREAD,
    "dags": None,
}

#: Airflow's image, and all images, among those that ``farflow_rebuild`` names.
AIRFLOW, EVERYTHING = "airflow", "all"

_WITH_GIT = "WITH_GIT"

_PROCESSORS = os.cpu_count() or 1
_TASK_DEFAULTS = ("cpu", "memory", "architecture")
_REQUIREMENTS = "requirements.txt"
_AUTHORITIES = "certificates/rds-global-bundle.pem"


def explore(inputs: Inputs) -> tuple[list[DagTask], list[str], list[str]]:
    """The DAG tasks, the problems of everything that lies in the folder, and warnings. Opens no file that is large.

    ``inputs`` are those that are right: what hangs on another one is not judged.
    """
    tasks: list[DagTask] = []
    problems: list[str] = []
    warnings: list[str] = []
    if "dag_tasks_path" in inputs:
        tasks, problems = _tasks(inputs)
        warnings = dag_tasks_folder.warnings(tasks)
        problems += [] if problems else _rebuild_problems(inputs, tasks)
    if "airflow_service_path" in inputs and not inputs.get("airflow_service_image"):
        folder = _absolute(inputs["airflow_service_path"])
        found, size = _airflow_problems(folder)
        problems += found + _authority_problems(folder / _AUTHORITIES, inputs)
        warnings += context_checks.warning(str(folder), size)
    if bundle := inputs.get("farflow_build_ca_bundle"):
        problems += _bundle_problems(bundle)
    return tasks, problems, warnings


def read(inputs: Inputs, tasks: list[DagTask]) -> dict[str, Any]:
    """``dag_tasks``, ``task_images`` (by task), and ``airflow_images`` (by architecture), as the layers take them
    beside the inputs. Reads every file that an image is built from.

    Raises: FarflowError for what can't be read.
    """
    # No task is called as Airflow's images are.
    others = {f"{AIRFLOW}/{each}": each for each in _other_architectures(inputs)}
    arguments = {
        AIRFLOW: _airflow(inputs),
        **{name: {**_airflow(inputs), "architecture": each} for name, each in others.items()},
        **{task.name: _task(inputs, task) for task in tasks},
    }
    given = {
        **dict.fromkeys((AIRFLOW, *others), inputs["airflow_service_image"]),
        **inputs["dag_tasks_images"],
    }
    built = [name for name in arguments if not given.get(name)]
    names = dict(zip(built, in_parallel(_name, (arguments[name] for name in built), _PROCESSORS), strict=True))
    again = set(arguments if EVERYTHING in inputs["farflow_rebuild"] else inputs["farflow_rebuild"])
    again |= set(others) if AIRFLOW in again else set()
    # Airflow's is one image for all architectures where it is given, and is refused once.
    runs_on = {
        AIRFLOW: [inputs["airflow_service_architecture"], *_other_architectures(inputs)],
        **dict.fromkeys(others, []),
        **{task.name: [task.architecture] for task in tasks},
    }
    made: dict[str, Image | Prebuilt] = {}
    for name, base in [
        *((name, None) for name in (AIRFLOW, *others)),
        *((task.name, task.base) for task in dag_tasks_folder.bases_first(tasks)),
    ]:
        variable = "airflow_service_image" if name in (AIRFLOW, *others) else f"dag_tasks_images.{name}"
        if reference := given.get(name):
            made[name] = images.given(inputs, variable, reference, runs_on[name])
            continue
        expected_by = variable if inputs["farflow_image_builder"] == images.PREBUILT else ""
        made[name] = Image(names[name], arguments[name], made.get(base or ""), name in again, expected_by)
    task_images = {task.name: made[task.name] for task in tasks}
    by_architecture = {inputs["airflow_service_architecture"]: AIRFLOW, **{each: name for name, each in others.items()}}
    return {
        "dag_tasks": tasks,
        "task_images": task_images,
        "airflow_images": {architecture: made[name] for architecture, name in by_architecture.items()},
    }


def _other_architectures(inputs: Inputs) -> list[str]:
    """Those of pools of workers that are not that of the other components."""
    found = {pool.architecture for pool in pools.pools(inputs)}
    return sorted(found - {inputs["airflow_service_architecture"]})


def dag_problems(inputs: Inputs, told: Iterable[str] = ()) -> list[str]:
    """What is wrong with the DAG folder, where Airflow reads it from the bucket, and with .airflowignore anywhere. Of
    what is ``told`` already, as part of the image, it is not said again.
    """
    if "airflow_service_path" not in inputs or "airflow_service_dags" not in inputs:
        return []
    airflow = _absolute(inputs["airflow_service_path"])
    if inputs["airflow_service_dags"] != dags.BUNDLE:
        return [] if inputs.get("airflow_service_image") else dag_folder.ignore_file_problems(airflow)
    if inputs.get("dags_version"):
        return []
    places = {line.partition(": ")[0] for line in told}
    return [line for line in dag_folder.problems(airflow) if line.partition(": ")[0] not in places]


def read_dags(inputs: Inputs) -> Inputs:
    """``dags``, as the layer of that name takes it beside the inputs. Reads every file of the folder, unless an earlier
    version is wanted.
    """
    if not dags.are_versions(inputs):
        return {"dags": None}
    airflow = _absolute(inputs["airflow_service_path"])
    if inputs["dags_version"]:
        return {"dags": dag_folder.DagFolder(airflow / dag_folder.NAME)}
    return {"dags": dag_folder.read(airflow)}


def dag_check(inputs: Inputs) -> dict[str, Any]:
    """The options of the module dag_check, but for where it parses."""
    folder = Path(inputs["dag_tasks_path"])
    tasks = [each.name for each in folder.iterdir() if (each / DOCKERFILE).is_file()] if folder.is_dir() else []
    airflow = str(_absolute(inputs["airflow_service_path"]))
    return dag_checks.arguments(inputs, airflow, {*tasks, *inputs["dag_tasks_images"]}, _airflow(inputs))


def dag_tests(inputs: Inputs) -> list[dict[str, Any]]:
    """The DAG tasks as the module dag_tests takes them, each after the one that it is based on."""
    repository = names.task_repository(inputs)
    return [
        {
            "name": task.name,
            "image": f"farflow/{repository}:{task.name}",
            "build": _task(inputs, task),
            "base": f"farflow/{repository}:{task.base}" if task.base else "",
            "command": list(task.command) if task.command else None,
            "environment": dict(task.environment),
            "secrets": sorted(task.secrets),
        }
        for task in dag_tasks_folder.bases_first(inputs["dag_tasks"])
    ]


def _rebuild_problems(inputs: Inputs, tasks: list[DagTask]) -> list[str]:
    """What can't be built again: what does not exist, and what is not built here."""
    names = [AIRFLOW, *(task.name for task in tasks)]
    given = set(inputs.get("dag_tasks_images") or {})
    given |= {AIRFLOW} if inputs.get("airflow_service_image") else set()
    asked = inputs.get("farflow_rebuild") or []
    if asked and inputs.get("farflow_image_builder") == images.PREBUILT:
        return [
            "farflow_rebuild: is given while farflow_image_builder is prebuilt, which builds nothing, allowed: with "
            "docker or codebuild"
        ]
    if EVERYTHING in asked and given.issuperset(names):
        return [f"farflow_rebuild: is {EVERYTHING!r}, while every image is given; allowed: what is built here"]
    problems = []
    for index, name in enumerate(asked):
        if name == EVERYTHING:
            continue
        if name not in names:
            problems.append(
                f"farflow_rebuild.{index}: is {name!r}{nearest(name, names)}; allowed: names of DAG tasks, {AIRFLOW}, "
                f"or {EVERYTHING}"
            )
        elif name in given:
            problems.append(f"farflow_rebuild.{index}: is {name!r}, whose image is given; allowed: what is built here")
    return problems


def _tasks(inputs: Inputs) -> tuple[list[DagTask], list[str]]:
    defaults = {key: inputs[f"dag_tasks_{key}"] for key in _TASK_DEFAULTS if f"dag_tasks_{key}" in inputs}
    # The environment is the beginning of names; without it, only the part that is the folder's is judged.
    environment = inputs.get("farflow_environment", "any")
    given = inputs.get("dag_tasks_images") or {}
    tasks, problems = dag_tasks_folder.explore(inputs["dag_tasks_path"], environment, defaults, given)
    told = [_of_variable("dag_tasks_path", inputs["dag_tasks_path"], problem) for problem in problems]
    return tasks, told + ([] if problems else _without_folder(given, [task.name for task in tasks]))


def _without_folder(given: Mapping[str, str], tasks: list[str]) -> list[str]:
    return [
        f"dag_tasks_images.{name}: is an image for no task{nearest(name, tasks)}; allowed: the names of folders in "
        "dag_tasks_path"
        for name in given
        if name not in tasks
    ]


def _of_variable(name: str, path: str, problem: str) -> str:
    """A problem of the folder itself is one of the variable that names it."""
    return f"{name}: {problem}" if problem.startswith(f"{printable(Path(path))}: ") else problem


def _airflow_problems(folder: Path) -> tuple[list[str], int]:
    """What is wrong with Airflow's folder, and its size as a build context in bytes."""
    if not os.path.lexists(folder / DOCKERFILE):
        return [f"airflow_service_path: is {printable(folder)}, allowed: a folder with a {DOCKERFILE}"], 0
    survey = context_checks.survey(BuildContext(folder))
    problems = [*survey.problems, *_contract_problems(folder, survey.paths), *_text_problems(folder)]
    _unused, dockerfile = context_checks.read_dockerfile(folder / DOCKERFILE)
    requirements = folder / _REQUIREMENTS
    if requirements.is_file() or not (_REQUIREMENTS in dockerfile or os.path.lexists(requirements)):
        return problems, survey.size
    missing = f"{printable(requirements)}: is no file, allowed: the Python packages of Airflow's image, which needs it"
    return [*problems, missing], survey.size


def _text_problems(folder: Path) -> list[str]:
    """Of what else is read by others, minutes later."""
    ignored = folder / "plugins" / dag_folder.AIRFLOWIGNORE
    problems = context_checks.read_text(ignored)[0] if os.path.lexists(ignored) else []
    for path in (folder / _REQUIREMENTS, folder / "requirements.in"):
        content = path.read_bytes() if path.is_file() else b""
        # What has its mark is read by uv and pip, UTF-16 or not.
        if not content.startswith(text_files.UTF_16) and (problem := text_files.problem(content)):
            problems.append(f"{printable(path)}:{problem}")
    return problems


def _contract_problems(folder: Path, sent: Collection[str] | None) -> list[str]:
    """What the deploy needs of the image and is not in the folder, or not ``sent`` as part of the build context."""
    copied = dockerfiles.copied(context_checks.read_dockerfile(folder / DOCKERFILE)[1])
    texts, unreadable = {}, []
    for name in image_contract.expected([item.name for item in folder.iterdir()], copied):
        problems, texts[name] = context_checks.read_text(folder / name) if os.path.lexists(folder / name) else ([], "")
        unreadable += problems
    if unreadable:
        return unreadable
    problems = image_contract.problems(folder, texts)
    if sent is None:
        return problems
    # Behind a link it is sent under another path.
    there = [name for name in texts if (folder / name).exists() and not _is_behind_link(folder, name)]
    ignore_file = folder / build_context.ignore_file(BuildContext(folder))
    return [*problems, *image_contract.left_out(ignore_file, there, sent, copied)]


def _is_behind_link(folder: Path, name: str) -> bool:
    return (folder / name).parent.resolve() != (folder.resolve() / name).parent


def _authority_problems(bundle: Path, inputs: Inputs) -> list[str]:
    """Airflow would find out by itself when the database has been made, which takes ten minutes. An image that has its
    authorities from elsewhere is not judged.
    """
    region, mode = inputs.get("farflow_region"), inputs.get("airflow_service_database_ssl_mode", "")
    if not region or not mode.startswith("verify") or not bundle.is_file():
        return []
    if region in rds_authorities.regions(bundle.read_bytes()):
        return []
    return [
        f"{printable(bundle)}: has no certificate authority of {region}, by which Airflow would verify its database; "
        f"allowed: AWS's own file in its place, as {printable(bundle.with_name('README.md'))} says"
    ]


def _bundle_problems(bundle: str) -> list[str]:
    try:
        content = Path(bundle).read_bytes()
    except (OSError, ValueError):
        content = b""
    if b"-----BEGIN CERTIFICATE-----" in content:
        return []
    return [f"farflow_build_ca_bundle: is {printable(bundle)}, allowed: a file of certificates in PEM format"]


def _name(arguments: Mapping[str, Any]) -> str:
    """The image's name as far as its context says it, for which every file of that is read."""
    return ecr_images.desired(arguments).name


def _task(inputs: Inputs, task: DagTask) -> dict[str, Any]:
    build_args = {name: value for name, value in inputs["dag_tasks_build_args"].items() if not _is_base(task, name)}
    return {**task.image, "repository": names.task_repository(inputs), "build_args": build_args}


def _is_base(task: DagTask, name: str) -> bool:
    """Whether that build argument is told by the task's own base."""
    return task.base is not None and name == BASE_IMAGE


def _git(inputs: Inputs) -> dict[str, str]:
    """The build argument that puts git into the image, where a DAG bundle needs it."""
    classes = [bundle["classpath"].rpartition(".")[2] for bundle in inputs["airflow_service_dag_bundles"]]
    return {_WITH_GIT: "1"} if "GitDagBundle" in classes else {}


def _airflow(inputs: Inputs) -> dict[str, Any]:
    return {
        "repository": names.airflow_repository(inputs),
        "name": AIRFLOW,
        "context": str(_absolute(inputs["airflow_service_path"])),
        "architecture": inputs["airflow_service_architecture"],
        "build_args": {**_git(inputs), **inputs["airflow_service_build_args"]},
        # A run that has no version reads those that the image was built with.
        **({"undigested": [dag_folder.NAME]} if dags.are_versions(inputs) else {}),
    }


def _absolute(path: str) -> Path:
    return Path(path).absolute()
