# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images of an environment: built, and then named by what they are built from, or given by reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import UNKNOWN
from ..engine.known import Existing
from ..engine.tags import tags
from ..images import documents as ecr_images
from ..images import references as image_references
from ..images.build_context import PLATFORMS
from ..images.references import Ecr, Reference
from ..kinds.ecr_repository import documents as ecr_repositories
from . import image_builder
from .arns import account
from .desire import made_by

PREBUILT = "prebuilt"

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Image:
    """An image that is wanted, by what it is built from: ``name`` is ``<repository>:<tag>`` as far as that alone says
    it, and ``arguments`` are what the module ecr_images is given to build it, but for the other two things that it
    hangs on: the ``base`` that it begins with, and which build of the same it is. That is the newest one that ECR has,
    or the one after that when it is to be built ``again``. Where others build it, ``expected_by`` is the variable by
    which another could be named.
    """

    name: str
    arguments: dict[str, Any]
    base: Image | Prebuilt | None = None
    again: bool = False
    expected_by: str = ""

    def pulled_as(self, known: Existing) -> str:
        """``<repository>:<tag>``, which is its name as a resource too."""
        first = self._first(known)
        return ecr_images.numbered(first, self._build(first, known))

    def uri(self, known: Existing) -> str:
        """Its reference, pinned by its digest, as a task definition carries it."""
        return str(known.attribute(ecr_images.TYPE, self.pulled_as(known), "uri"))

    def resource(self, known: Existing, after: list[str]) -> Resource:
        """As it shall be."""
        first = self._first(known)
        build = self._build(first, known)
        more: dict[str, Any] = {"base": self.base.pulled_as(known)} if self.base else {}
        more |= {"build": build} if build > 1 else {}
        return Resource(
            ecr_images.TYPE,
            ecr_images.numbered(first, build),
            arguments={**self.arguments, **more},
            after=(_repository(known, self), *after),
            reason=ecr_images.AGAIN if self.again and build > 1 else "",
        )

    def refusal(self, known: Existing) -> list[str]:
        """That others have not built it."""
        name = self.pulled_as(known)
        if not self.expected_by or known.get(ecr_images.TYPE, name):
            return []
        return [
            f"{self.expected_by}: is not given, and ECR has no {name}, which is what {self.arguments['context']} is "
            "built to; build it with another farflow_image_builder, or give one"
        ]

    def warning(self, known: Existing) -> list[str]:
        """Nothing: whether it is there is always seen."""
        return []

    def _first(self, known: Existing) -> str:
        return ecr_images.based_on(self.name, self.base.pulled_as(known) if self.base else None)

    def _build(self, first: str, known: Existing) -> int:
        found = known.get(ecr_images.BUILDS, first)
        newest: int = found.attributes["build"] if found else 0
        return newest + 1 if self.again else max(newest, 1)


@dataclass(frozen=True)
class Prebuilt:
    """An image that a user names by the variable ``given_by``. Whether there is one is ``asked`` where it is in ECR, of
    another ``account`` if one is given. ``architectures`` are those, in Fargate's words, on which it is to run.
    """

    reference: Reference
    asked: bool
    given_by: str
    account: str = ""
    architectures: tuple[str, ...] = ()

    def pulled_as(self, known: Existing) -> str:
        """As it can be pulled: by its digest, if that is known."""
        found = known.get(image_references.TYPE, str(self.reference))
        return str(found.attributes["uri"]) if found else str(self.reference)

    def uri(self, known: Existing) -> str:
        """Like an Image's."""
        if not self.asked:
            return str(self.reference)
        return str(known.attribute(image_references.TYPE, str(self.reference), "uri"))

    def refusal(self, known: Existing) -> list[str]:
        """What is wrong with it, as ECR tells."""
        if not self.asked:
            return []
        found = known.get(image_references.TYPE, str(self.reference))
        if not found:
            where = f"the ECR of account {self.account}" if self.account else "ECR"
            return [
                f"{self.given_by}: is {str(self.reference)!r}, which does not exist in {where}, allowed: an image "
                "that was pushed"
            ]
        denied = found.attributes.get(image_references.DENIED)
        if not denied:
            return self._other_architecture(found)
        if self.reference.digest:
            return []
        return [
            f"{self.given_by}: is {str(self.reference)!r}, whose digest ECR does not tell: {denied}; allowed: an image "
            "that the credentials may read, or one with its digest"
        ]

    def _other_architecture(self, found: Resource) -> list[str]:
        """That it can't run wherever it is to run. Of an image for one architecture ECR does not tell which that is."""
        there = found.attributes[image_references.ARCHITECTURES]
        needed = {each: PLATFORMS[each].partition("/")[2] for each in self.architectures}
        if {*needed.values()} <= {*there} if there is not None else len(needed) <= 1:
            return []
        has = " and ".join(there) if there else "one architecture"
        return [
            f"{self.given_by}: is {str(self.reference)!r}, which is for {has}, allowed: an image for "
            f"{' and '.join(sorted(needed))}, which is what it is to run on"
        ]

    def warning(self, known: Existing) -> list[str]:
        """That nobody could see whether it exists."""
        denied = known.attribute(image_references.TYPE, str(self.reference), image_references.DENIED)
        if denied == UNKNOWN or not self.reference.digest:
            return []
        return [f"{self.given_by}: whether it exists was not seen: {denied}"]


@dataclass(frozen=True)
class Unread:
    """Airflow's image where nobody has read the project's folder, as a teardown needs nothing of it."""

    def uri(self, known: Existing) -> str:
        """Nothing is made from it."""
        return UNKNOWN


#: By architecture.
UNREAD: Mapping[str, Unread] = defaultdict(Unread)


def airflow(inputs: Inputs) -> Image | Prebuilt | Unread:
    """Airflow's image of the architecture that all components have but, maybe, the workers of some pools."""
    found: Image | Prebuilt | Unread = inputs["airflow_images"][inputs["airflow_service_architecture"]]
    return found


def ecr(inputs: Inputs) -> Ecr:
    """The ECR that is asked."""
    return Ecr(inputs["farflow_region"], inputs["farflow_registry"])


def given(inputs: Inputs, variable: str, reference: str, architectures: Iterable[str] = ()) -> Prebuilt:
    """What a user names, and on which architectures it is to run."""
    parsed = image_references.parse(reference)
    account = parsed.account(ecr(inputs))
    return Prebuilt(parsed, account is not None, variable, account or "", tuple(architectures))


def desired(images: Iterable[Image | Prebuilt], inputs: Inputs, known: Existing) -> list[Resource]:
    """Images that shall be in the registry. Those that are built from the same under one name are one."""
    after = image_builder.needed(inputs, known)
    built = [image for image in images if isinstance(image, Image) and not image.expected_by]
    wanted = {image.name: image for image in (each.resource(known, after) for each in built)}
    return list(wanted.values())


def repository(inputs: Inputs, name: str, owner: str) -> Resource:
    """The repository of that name, of the role ``owner``."""
    return made_by(ecr_repositories.desired, {"name": name, "tags": tags(inputs, owner)})


def foreign_repositories(images: Iterable[Image | Prebuilt], inputs: Inputs, known: Existing) -> list[str]:
    """The ARNs of the ECR repositories that images are pulled from because they were given by reference."""
    where = account(known, inputs["farflow_region"])
    references = [image.reference for image in images if isinstance(image, Prebuilt)]
    arns = {each.arn(ecr(inputs), where.id, where.partition) for each in references}
    return sorted(arn for arn in arns if arn)


def _repository(known: Existing, image: Image) -> str:
    return known.id(ecr_repositories.TYPE, image.arguments["repository"])
