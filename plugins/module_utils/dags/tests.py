# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs the tests of DAGs in a container of Airflow's image, each FargateTask as a container beside it. No AWS."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engine.errors import FarflowError
from ..images import builders as image_builders
from ..images import contract as image_contract
from ..images import documents as ecr_images
from ..images.build_context import with_base
from ..images.builders.builder import Build
from ..runs.docker_containers import Run, Show, run_to_end
from . import folder as dag_folder

try:
    import yaml
except ImportError:  # Ansible itself needs it, so this is where Ansible is not
    yaml = None  # type: ignore[assignment]

_SOCKET = "/var/run/docker.sock"
_HOME = "/opt/airflow"
_BELOW = "tested"
_PLACE = f"{_HOME}/{_BELOW}"
_AIRFLOW_USER = 50000
_IN_TESTS = {
    "PYTHONPATH": f"{_HOME}/plugins",
    "PYTHONDONTWRITEBYTECODE": "1",
    "FARFLOW_LOCAL_TASKS": f"{_PLACE}/tasks.json",
    "AIRFLOW__CORE__DAGS_FOLDER": f"{_PLACE}/dags",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////tmp/airflow.db",
    image_contract.VARIABLE: str(image_contract.NEEDED),
}
#: Airflow says much while it runs a DAG, and shows stack traces of what fails, which farflow.local_tasks tells in its
#: place. What the environment sets goes before.
_QUIET = {
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "task=CRITICAL",
    "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
}


def run(parameters: Mapping[str, Any], show: Show) -> int:
    """Builds what is not built, runs the tests, shows their output line by line, and gives pytest's exit code.

    Raises FarflowError without a Docker engine, for a file of secrets that is wrong, and for what can't be built.
    """
    airflow = Path(parameters["path"])
    tests = airflow / "tests"
    if not tests.is_dir():
        raise FarflowError(f"{tests}: is no folder, allowed: a folder with the tests of the DAGs, test_<name>.py")
    secrets = read_secrets(parameters["secrets_file"], parameters["tasks"])
    engine, builder = image_builders.on_engine(show)
    bundle = Path(parameters["build_ca_bundle"]) if parameters["build_ca_bundle"] else None
    image = _built(builder, parameters["image"], parameters["build"], bundle, "")
    tasks = {task["name"]: _task(builder, task, secrets.get(task["name"], {}), bundle) for task in parameters["tasks"]}
    files = [(_HOME, archive) for archive in _archives(dag_folder.read(airflow), tests, tasks)]
    environment = {**_QUIET, **parameters["environment"], **_IN_TESTS}
    return run_to_end(engine, _pytest(image, parameters["arguments"], environment, files), show)


def read_secrets(file: str | None, tasks: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """``{task: {variable: value}}``, of those variables alone that task.yml files name as secrets.

    Raises FarflowError that names file and key, and no value.
    """
    if not file or not Path(file).exists():
        return {}
    try:
        content = yaml.safe_load(Path(file).read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        where = f"{file}:{place.line + 1}" if place else file
        raise FarflowError(
            f"{where}: is no YAML, allowed: DAG tasks, each with its variables and their values"
        ) from None
    wanted = {task["name"]: set(task["secrets"]) for task in tasks}
    problems = []
    if not isinstance(content, dict):
        raise FarflowError(f"{file}: is no mapping, allowed: DAG tasks, each with its variables and their values")
    for name, values in content.items():
        if name not in wanted:
            problems.append(f"{file}: {name}: is no DAG task, allowed: {', '.join(sorted(wanted)) or 'none'}")
        elif not isinstance(values, dict):
            problems.append(f"{file}: {name}: is no mapping, allowed: variables and their values")
        else:
            problems += [
                f"{file}: {name}.{variable}: is no secret of tasks/{name}/task.yml, allowed: "
                f"{', '.join(sorted(wanted[name])) or 'none'}"
                for variable in values
                if variable not in wanted[name]
            ]
            problems += [
                f"{file}: {name}.{variable}: is no text, allowed: a text; write it in quotes"
                for variable, value in values.items()
                if not isinstance(value, str)
            ]
    if problems:
        raise FarflowError("\n".join(problems))
    return content


def lacking(file: str | None, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each DAG task that wants secrets which the file does not give."""
    given = read_secrets(file, tasks)
    told = []
    for task in tasks:
        missing = sorted(set(task["secrets"]) - set(given.get(task["name"], {})))
        if missing:
            told.append(
                f"DAG task {task['name']} runs without its secrets {', '.join(missing)}: give them in {file}, a file "
                "that git does not see"
            )
    return told


def _task(builder: Any, task: Mapping[str, Any], secrets: Mapping[str, str], bundle: Path | None) -> dict[str, Any]:
    image = _built(builder, task["image"], task["build"], bundle, task["base"])
    return {"image": image, "command": task["command"], "environment": {**task["environment"], **secrets}}


def _built(builder: Any, name: str, arguments: Mapping[str, Any], bundle: Path | None, base: str) -> str:
    context = ecr_images.build_context(arguments)
    address, _unused, tag = name.rpartition(":")
    context = with_base(context, base) if base else context
    return str(builder.build(Build(context, address, (tag,), cache=name, build_ca_bundle=bundle)))


def _archives(dags: dag_folder.DagFolder, tests: Path, tasks: Mapping[str, Any]) -> list[bytes]:
    """What is copied into the container. The secrets are in a file that its user alone can read."""
    others = io.BytesIO()
    with tarfile.open(fileobj=others, mode="w") as tar:
        tar.add(tests, f"{_BELOW}/tests", filter=_without_caches)
        content = json.dumps(tasks).encode()
        header = tarfile.TarInfo(f"{_BELOW}/tasks.json")
        header.size, header.mode, header.uid = len(content), 0o400, _AIRFLOW_USER
        tar.addfile(header, io.BytesIO(content))
    return [dag_folder.packed(dags, f"{_BELOW}/dags/"), others.getvalue()]


def _without_caches(header: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in header.name:
        return None
    header.uid = header.gid = 0
    header.mode = 0o755 if header.isdir() else 0o644
    return header


def _pytest(
    image: str, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[tuple[str, bytes]]
) -> Run:
    command = ["python", "-m", "pytest", "-p", "farflow.local_tasks", "-p", "no:cacheprovider", *arguments]
    host = {"binds": [f"{_SOCKET}:{_SOCKET}"], "group_add": [_group()]}
    return Run(image, [*command, f"{_PLACE}/tests"], environment, "test the DAGs", "dags-test", files, host)


def _group() -> str:
    """The group that may use the engine's socket, where that is this machine's."""
    try:
        return str(Path(_SOCKET).stat().st_gid)
    except OSError:
        return "0"
