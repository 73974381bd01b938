# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Images in ECR that others have built, found by their references."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.actions import Resource
from ..engine.clients import ACCESS_DENIED, Clients, caused_by
from ..engine.errors import FarflowError
from ..engine.parallel import in_parallel
from . import calls
from . import references as images_references
from .references import Ecr, Reference


def find(clients: Clients, references: Iterable[Reference], ecr: Ecr) -> list[Resource]:
    """Of the references that this ECR can be asked about those that exist, or that it does not let us see. A call a
    repository, and one for the addresses of those whose registry is not named.
    """
    asked = {each: account for each in references if (account := each.account(ecr)) is not None}
    if not asked:
        return []
    nameless = [] if ecr.emulated else sorted({each.repository for each in asked if not each.registry})
    addresses = calls.addresses(clients, nameless)

    def address(reference: Reference) -> str:
        if reference.registry:
            return reference.address
        return addresses.get(reference.repository) or f"{ecr.emulated}/{reference.repository}"

    def those_of(place: tuple[str, str]) -> list[Resource]:
        account, repository = place
        some = [each for each, its in asked.items() if (its, each.repository) == place]
        try:
            documents = calls.get(clients, account, repository, [each.image_id for each in some])
        except FarflowError as error:
            if not caused_by(error, ACCESS_DENIED):
                raise
            return [images_references.denied(each, address(each), str(error)) for each in some]
        return [
            images_references.canonical(each, address(each), document)
            for each in some
            for document in documents
            if each.image_id.items() <= document["imageId"].items()
        ]

    places = dict.fromkeys((account, each.repository) for each, account in asked.items())
    return [image for some in in_parallel(those_of, places) for image in some]
