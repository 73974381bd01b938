# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of an environment, named by what they are built from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...core.actions import AFTER, ARGUMENTS, Resource
from ...core.known import Known
from .. import ecr_repositories
from ..ecr_images import TYPE


@dataclass(frozen=True)
class Image:
    """An image that is wanted: its name as a resource, ``<repository>:<tag>``, and what the module ecr_images is given
    to build it.
    """

    name: str
    arguments: dict[str, Any]

    def uri(self, known: Known) -> str:
        """Its reference, pinned by its digest, as a task definition carries it."""
        return str(known.attribute(TYPE, self.name, "uri"))


def desired(images: Iterable[Image], known: Known) -> list[Resource]:
    """Images that shall be in the registry. Those that are built from the same under one name are one."""
    return [
        Resource(TYPE, image.name, attributes={ARGUMENTS: image.arguments, AFTER: [_repository(known, image)]})
        for image in {image.name: image for image in images}.values()
    ]


def _repository(known: Known, image: Image) -> str:
    return known.id(ecr_repositories.TYPE, image.arguments["repository"])
