# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of an environment, named by what they are built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.actions import ARGUMENTS, Resource
from ...core.compare import UNKNOWN
from ...core.known import Known

IMAGE = "image"
REPOSITORY = "ecr_repository"


def name(image: Mapping[str, Any]) -> str:
    """An image's name as a resource: ``prod-tasks:multi_task-0123456789abcdef``."""
    return f"{image['repository']}:{image['tag']}"


def desired(images: Sequence[Mapping[str, Any]], known: Known) -> list[Resource]:
    """Images that shall be in the registry. Those with one tag, thus built from the same, are one."""
    unique = {name(image): image for image in images}
    return [
        Resource(
            IMAGE,
            each,
            {"repository": known.id(REPOSITORY, image["repository"])},
            attributes={ARGUMENTS: image["arguments"]},
        )
        for each, image in unique.items()
    ]


def uri(inputs: Mapping[str, Any], known: Known, image: Mapping[str, Any]) -> str:
    """The reference of an image, pinned by its digest, as a task definition carries it."""
    digest = known.id(IMAGE, name(image))
    if inputs["farflow_registry"]:
        repository = f"{inputs['farflow_registry']}/{image['repository']}"
    else:
        repository = known.attribute(REPOSITORY, image["repository"], "uri")
    return UNKNOWN if UNKNOWN in (digest, repository) else f"{repository}@{digest}"
