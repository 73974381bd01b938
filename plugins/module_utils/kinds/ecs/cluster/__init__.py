# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS clusters, read as resources and brought to what is desired."""

from __future__ import annotations

from ....engine.actions import Resource
from ....engine.clients import Clients
from ....engine.reconcile import Hands
from ....engine.tags import ENVIRONMENT
from ..patience import patiently
from . import calls as api
from . import documents as pure

_LIMIT = 300.0
_CAPACITY = ("capacity_providers", "default_capacity_provider_strategy")


def find(clients: Clients, environment: str) -> list[Resource]:
    """Every cluster of an environment, by its name or by its tag."""
    names = [arn.rsplit("/", 1)[1] for arn in api.arns(clients)]
    ours = [name for name in names if name == environment or name.startswith(f"{environment}-")]
    found = read(clients, ours)
    return [each for each in found if each.name == environment or _owner(each, environment) == environment]


def _owner(cluster: Resource, environment: str) -> str:
    return str((cluster.properties.get("tags") or {}).get(ENVIRONMENT, environment))


def read(clients: Clients, names: list[str], wanted: Resource | None = None) -> list[Resource]:
    """The named clusters that exist, as one who wants that one sees them."""
    return [pure.canonical(each, wanted) for each in api.describe(clients, names) if each["status"] != "INACTIVE"]


def hands(clients: Clients) -> Hands:
    """What creates, changes and deletes a cluster."""

    def create(wanted: Resource) -> str:
        request = pure.create_request(wanted)
        return patiently(lambda: api.create(clients, request), _LIMIT, f"the creation of cluster {wanted.name}")

    def change(wanted: Resource, found: Resource) -> None:
        sides = wanted.properties, found.properties
        request = pure.update_request(wanted, found)
        if request:
            api.update(clients, wanted.name, request)
        if any(sides[0].get(key) != sides[1].get(key) for key in _CAPACITY):
            providers = list(wanted.properties["capacity_providers"])
            strategy = pure.strategy(wanted)
            what = f"the capacity providers of cluster {wanted.name}"
            patiently(lambda: api.set_capacity(clients, wanted.name, providers, strategy), _LIMIT, what)
        tags, existing = (side.get("tags") or {} for side in sides)
        if tags != existing:
            missing = {key: value for key, value in tags.items() if existing.get(key) != value}
            api.tag(clients, str(found.id), missing, sorted(set(existing) - set(tags)))

    def delete(found: Resource) -> None:
        # tasks that are stopping hold a cluster for a moment longer
        what = f"the end of what runs in cluster {found.name}"
        patiently(lambda: api.delete(clients, found.name), _LIMIT, what)

    return Hands(create, change, delete)
