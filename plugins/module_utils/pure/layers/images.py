# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of an environment: built, and then named by what they are built from, or given by reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.actions import AFTER, ARGUMENTS, Resource
from ...core.known import Known
from .. import ecr_images, ecr_repositories, image_references
from ..image_references import Ecr, Reference
from ..tags import tags
from . import image_builder
from .arns import account
from .desire import made_by

PREBUILT = "prebuilt"

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Image:
    """An image that is wanted: its name as a resource, ``<repository>:<tag>``, and what the module ecr_images is given
    to build it.
    """

    name: str
    arguments: dict[str, Any]

    def uri(self, known: Known) -> str:
        """Its reference, pinned by its digest, as a task definition carries it."""
        return str(known.attribute(ecr_images.TYPE, self.name, "uri"))


@dataclass(frozen=True)
class Prebuilt:
    """An image that others have built. ``given_by`` names the variable, and ``absence`` says what it means when ECR,
    which is ``asked`` for it, has none.
    """

    reference: Reference
    asked: bool
    given_by: str
    absence: str

    def uri(self, known: Known) -> str:
        """Like an Image's."""
        if not self.asked:
            return str(self.reference)
        return str(known.attribute(image_references.TYPE, str(self.reference), "uri"))

    def refusal(self, known: Known) -> list[str]:
        """What is wrong with it, as ECR tells."""
        if not self.asked or known.get(image_references.TYPE, str(self.reference)):
            return []
        return [f"{self.given_by}: {self.absence}"]


def ecr(inputs: Inputs) -> Ecr:
    """The ECR that is asked."""
    return Ecr(inputs["farflow_region"], inputs["farflow_registry"])


def given(inputs: Inputs, variable: str, reference: str) -> Prebuilt:
    """What a user names."""
    parsed = image_references.parse(reference)
    absence = f"is {reference!r}, which does not exist in ECR, allowed: an image that was pushed"
    return Prebuilt(parsed, parsed.account(ecr(inputs)) is not None, variable, absence)


def expected(image: Image, variable: str) -> Prebuilt:
    """What others are expected to have built from a folder of the project."""
    absence = (
        f"is not given, and ECR has no {image.name}, which is what {image.arguments['context']} is built to; build it "
        "with another farflow_image_builder, or give one"
    )
    return Prebuilt(image_references.parse(image.name), True, variable, absence)


def desired(images: Iterable[Image | Prebuilt], inputs: Inputs, known: Known) -> list[Resource]:
    """Images that shall be in the registry. Those that are built from the same under one name are one."""
    built = {image.name: image for image in images if isinstance(image, Image)}
    after = image_builder.needed(inputs, known)
    return [
        Resource(
            ecr_images.TYPE,
            image.name,
            attributes={ARGUMENTS: image.arguments, AFTER: [_repository(known, image), *after]},
        )
        for image in built.values()
    ]


def repository(inputs: Inputs, known: Known, name: str, owner: str) -> Resource:
    """The repository of that name, of the role ``owner``."""
    made = made_by(ecr_repositories.desired, {"name": name, "tags": tags(inputs, owner)})
    return ecr_repositories.as_scanned(made, known.get(ecr_repositories.TYPE, name))


def foreign_repositories(images: Iterable[Image | Prebuilt], inputs: Inputs, known: Known) -> list[str]:
    """The ARNs of the ECR repositories that images are pulled from because they were given by reference."""
    where = account(known, inputs["farflow_region"])
    references = [image.reference for image in images if isinstance(image, Prebuilt)]
    arns = {each.arn(ecr(inputs), where.id, where.partition) for each in references}
    return sorted(arn for arn in arns if arn)


def _repository(known: Known, image: Image) -> str:
    return known.id(ecr_repositories.TYPE, image.arguments["repository"])
