# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Has DAG files parsed by Airflow's image: in a container of a Docker engine, or by a one-off task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..images import builders as image_builders
from ..images import contract as image_contract
from ..images import documents as ecr_images
from ..images.build_context import digest
from ..images.builders.builder import CONTEXT_LABEL, Build
from ..runs import run_task as ecs_run_task
from ..runs.docker_containers import Run, run_to_end
from . import bundles as dag_bundles
from . import folder as dag_folder
from .folder import DagFolder

_COMMAND = "check-dags"
_IN_CONTAINER = "/opt/airflow"
_BELOW = "checked"
_LIMIT = 1800.0  # seconds, of a one-off task


class NoEngine(FarflowError):
    """No Docker engine answers, or none that has the image."""


def by_engine(
    folder: DagFolder,
    image: str,
    seconds: int,
    environment: Mapping[str, str],
    build: Mapping[str, Any] | None = None,
    build_ca_bundle: str | None = None,
    may_build: bool = True,
) -> list[str]:
    """What the check prints in a container of the image. ``build`` is an element of ecr_images' ``images`` where the
    image is built here: one that the engine has not is then built, if that ``may_build``.

    Raises NoEngine when there is none, or it has no such image; and FarflowError when that can't be built.
    """
    try:
        engine, builder = image_builders.on_engine(lambda line: None)
        engine.ping()
    except Exception as error:  # the SDK's own, and requests' below it
        raise NoEngine(f"no Docker engine answers here: {error}") from error
    if build and may_build:
        image = builder.build(_build(build, image, build_ca_bundle))
    else:
        image = _found(engine, image, build)
    return _checked(engine, image, folder, seconds, environment)


def by_task(clients: Clients, airflow: Path, bucket: str, run_task: Mapping[str, Any], seconds: int) -> list[str]:
    """What the check prints as a one-off task, which reads the version from the bucket: it is put there for that."""
    version = dag_bundles.upload(clients, {"bucket": bucket, "path": airflow}, False).id
    command = [_COMMAND, "--version", str(version), "--seconds", str(seconds)]
    task = {**run_task, "command": command, "propagate_tags": "TASK_DEFINITION"}
    return ecs_run_task.run_to_end(clients, task, _LIMIT, None).log_lines


def read(airflow: Path) -> DagFolder:
    """The folder, with all files read."""
    return dag_folder.read(airflow)


def _checked(engine: Any, image: str, folder: DagFolder, seconds: int, environment: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    run = Run(
        image,
        [_COMMAND, f"{_IN_CONTAINER}/{_BELOW}", "--seconds", str(seconds)],
        {**environment, image_contract.VARIABLE: str(image_contract.NEEDED)},
        "check the DAGs",
        "dag-check",
        [(_IN_CONTAINER, dag_folder.packed(folder, f"{_BELOW}/"))],
    )
    run_to_end(engine, run, lines.append)
    return lines


def _found(engine: Any, image: str, build: Mapping[str, Any] | None) -> str:
    """The image that the engine has. One that is built here is known by what it was built from: its name is for the
    engine's cache, and that of another account's environment may be the same.
    """
    from docker.errors import ImageNotFound

    if build:
        label = f"{CONTEXT_LABEL}={digest(ecr_images.build_context(build))}"
        ids = engine.images(filters={"label": label}, quiet=True)
        if not ids:
            raise NoEngine(f"the Docker engine here has no image {image} that was built from this folder")
        return str(ids[0])
    try:
        engine.inspect_image(image)
    except ImageNotFound:
        raise NoEngine(f"the Docker engine here has no image {image}") from None
    return image


def _build(build: Mapping[str, Any], image: str, build_ca_bundle: str | None) -> Build:
    address, _unused, tag = image.rpartition(":")
    bundle = Path(build_ca_bundle) if build_ca_bundle else None
    return Build(ecr_images.build_context(build), address, (tag,), cache=image, build_ca_bundle=bundle)
