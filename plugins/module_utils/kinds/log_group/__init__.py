# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch log groups, read as resources and brought to what is desired."""

from __future__ import annotations

from ...engine.actions import Resource
from ...engine.clients import Clients, caused_by
from ...engine.parallel import in_parallel
from ...engine.patience import patient
from ...engine.reconcile import Hands
from ...engine.tags import NOTHING, Told
from . import calls as api
from . import documents as pure

_FREE_AFTER = 120


def find(clients: Clients, environment: str, told: Told = NOTHING) -> list[Resource]:
    """Every log group of an environment, whoever made it."""
    return [pure.canonical(group) for group in api.describe(clients, f"/farflow/{environment}/", told)]


def read(clients: Clients, names: list[str]) -> list[Resource]:
    """The named log groups that exist."""
    found = in_parallel(lambda name: api.describe(clients, name, NOTHING), names)
    groups = {group["logGroupName"]: group for groups in found for group in groups}
    return [pure.canonical(groups[name]) for name in names if name in groups]


def hands(clients: Clients) -> Hands:
    """What creates, changes and deletes a log group."""

    def create(wanted: Resource) -> str | None:
        properties = wanted.properties
        api.create(clients, wanted.name, properties["kms_key_id"], properties["tags"])
        if properties["retention_in_days"]:
            api.set_retention(clients, wanted.name, properties["retention_in_days"])
        return next((made.id for made in read(clients, [wanted.name])), None)

    def change(wanted: Resource, found: Resource) -> None:
        differs = {key for key, value in wanted.properties.items() if value != found.properties[key]}
        if "retention_in_days" in differs:
            api.set_retention(clients, wanted.name, wanted.properties["retention_in_days"])
        if "kms_key_id" in differs:
            api.set_kms_key(clients, wanted.name, wanted.properties["kms_key_id"])
        if "tags" in differs:
            tags = wanted.properties["tags"]
            api.set_tags(clients, str(wanted.id), tags, sorted(set(found.properties["tags"]) - set(tags)))

    hands = Hands(create, change, lambda found: api.delete(clients, found.name))
    return patient(hands, "log group", _FREE_AFTER, lambda error: caused_by(error, api.BUSY))
