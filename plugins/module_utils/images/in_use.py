# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which images the task definitions of an account and region name, whoever made them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.parallel import in_parallel
from ..kinds.ecs import task_definition as ecs_task_definitions
from ..kinds.ecs.task_definition import calls
from ..kinds.ecs.task_definition.documents import names_image, names_repository


def in_use(clients: Clients, images: Sequence[Resource]) -> set[str]:
    """The digests of those images that ACTIVE task definitions name. No images, no calls."""
    if not images:
        return set()
    told = _told(clients, {image.attributes["repository"] for image in images})
    return {str(image.id) for image in images if any(names_image(each, image.name, str(image.id)) for each in told)}


def _told(clients: Clients, repositories: Collection[str]) -> set[str]:
    """What ACTIVE revisions say of their images. Tags tell it of farflow's own, whatever their environment; those of
    which they do not are described. An account can have thousands of others, and AWS answers some twenty a second:
    only the newest of each family is described, and the rest where that names an image of the repositories.
    """
    index = ecs_task_definitions.read_all(clients)
    tagged = {family for family, arns in index.arns.items() if any(arn in index.tags for arn in arns)}
    ours = {arn: index.images(arn) for family in tagged for arn in index.arns[family]}
    others = {arns[-1]: arns[:-1] for family, arns in index.arns.items() if family not in tagged}
    found = _described(clients, [*(arn for arn, told in ours.items() if not told), *others])
    naming = [newest for newest in others if any(names_repository(each, repositories) for each in found[newest])]
    found |= _described(clients, [arn for newest in naming for arn in others[newest]])
    return {*ours.values(), *(image for images in found.values() for image in images)} - {""}


def _described(clients: Clients, arns: Iterable[str]) -> dict[str, list[str]]:
    asked = list(arns)
    return dict(zip(asked, in_parallel(lambda arn: calls.images(clients, arn), asked), strict=True))
