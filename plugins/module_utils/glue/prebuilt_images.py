# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR that others have built, found by their references."""

from __future__ import annotations

from collections.abc import Iterable

from ..aws import ecr_images as api
from ..aws.calls import Clients
from ..core.actions import Resource
from ..pure import image_references as pure
from ..pure.image_references import Ecr, Reference
from .parallel import in_parallel


def find(clients: Clients, references: Iterable[Reference], ecr: Ecr) -> list[Resource]:
    """Those that exist, of the references that this ECR can be asked about. A call a repository, and one for the
    addresses of those whose registry is not named.
    """
    asked = {each: account for each in references if (account := each.account(ecr)) is not None}
    if not asked:
        return []
    nameless = [] if ecr.emulated else sorted({each.repository for each in asked if not each.registry})
    addresses = api.addresses(clients, nameless)

    def address(reference: Reference) -> str:
        if reference.registry:
            return reference.address
        return addresses.get(reference.repository) or f"{ecr.emulated}/{reference.repository}"

    def those_of(place: tuple[str, str]) -> list[Resource]:
        account, repository = place
        some = [each for each, its in asked.items() if (its, each.repository) == place]
        images = [image["imageId"] for image in api.get(clients, account, repository, [each.image_id for each in some])]
        found = [(each, image) for each in some for image in images if each.image_id.items() <= image.items()]
        return [pure.canonical(each, address(each), {"imageId": image}) for each, image in found]

    places = dict.fromkeys((account, each.repository) for each, account in asked.items())
    return [image for some in in_parallel(those_of, places) for image in some]
