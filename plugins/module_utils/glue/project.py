# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The user's project folder: its DAG tasks, and what the images are built from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import FarflowError
from ..pure import ecr_images
from ..pure.build_context import DOCKERFILE
from ..pure.dag_tasks_folder import EXCLUDED, DagTask, discover
from ..pure.layers import names
from ..pure.layers.images import Image
from .parallel import in_parallel

Inputs = Mapping[str, Any]

#: Only these are made from what lies in the folder.
LAYERS = {"dag_tasks", "airflow_service", "worker_pool"}


def read(inputs: Inputs) -> dict[str, Any]:
    """``dag_tasks``, ``task_images`` (by task) and ``airflow_image``, as the layers take them beside the inputs.

    Raises FarflowError with everything that is wrong in the folder.
    """
    problems = _problems(inputs)
    if problems:
        raise FarflowError("\n".join(problems))
    defaults = {key: inputs[f"dag_tasks_{key}"] for key in ("cpu", "memory", "architecture")}
    tasks = discover(inputs["dag_tasks_path"], names.environment(inputs), defaults)
    wanted = [_airflow(inputs), *(_task(inputs, task) for task in tasks)]
    airflow, *images = in_parallel(_image, wanted, os.cpu_count() or 1)
    named = {task.name: image for task, image in zip(tasks, images, strict=True)}
    return {"dag_tasks": tasks, "task_images": named, "airflow_image": airflow}


def _problems(inputs: Inputs) -> list[str]:
    path, bundle = Path(inputs["airflow_service_path"]), inputs["farflow_build_ca_bundle"]
    problems = []
    if not (path / DOCKERFILE).is_file():
        problems.append(f"airflow_service_path: is {str(path)!r}, allowed: a folder with a {DOCKERFILE}")
    if bundle and not Path(bundle).is_file():
        problems.append(f"farflow_build_ca_bundle: is {bundle!r}, allowed: a file of certificates")
    return problems


def _image(arguments: dict[str, Any]) -> Image:
    return Image(ecr_images.desired(arguments).name, arguments)


def _task(inputs: Inputs, task: DagTask) -> dict[str, Any]:
    return {
        "repository": names.task_repository(inputs),
        "name": task.name,
        "context": task.path,
        "architecture": task.architecture,
        "build_args": inputs["dag_tasks_build_args"],
        "exclude": list(EXCLUDED),
    }


def _airflow(inputs: Inputs) -> dict[str, Any]:
    return {
        "repository": names.airflow_repository(inputs),
        "name": "airflow",
        "context": str(Path(inputs["airflow_service_path"]).absolute()),
        "architecture": inputs["airflow_service_architecture"],
        "build_args": inputs["airflow_service_build_args"],
    }
