# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an organization of AWX has: objects by natural keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..module_utils.awx.assets import Asset, Assets
from ..module_utils.engine.errors import FarflowError
from .awx import Client, Object

#: Where AWX lists the objects of a kind.
LISTS = {"inventory": "inventories"}
#: The kind in natural keys, of a resource.
KINDS = {
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "notification_templates": "notification_template",
    "projects": "project",
    "inventory": "inventory",
    "inventory_sources": "inventory_source",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "teams": "team",
    "instance_groups": "instance_group",
    "credential_types": "credential_type",
}
#: Those that no organization has.
_OF_ALL = ("execution_environments", "instance_groups", "credential_types")
#: Stands for the id of what is not made yet.
COMING = "(not made yet)"

Identity = tuple[str, str, Any]


def identity(key: Asset) -> Identity:
    """What of a natural key tells objects of one organization apart."""
    beside = key.get("inventory") or key.get("credential_type")
    return key["type"], key["name"], beside and beside["name"]


class Look:
    """Everything of the organization, read at once."""

    def __init__(self, client: Client, organization: str) -> None:
        """Raises FarflowError when AWX does not know who asks, or has no such organization that the user can see."""
        self.client = client
        me = next(iter(client.all("me")), {})
        self.user, self.is_superuser = str(me.get("username", "somebody")), bool(me.get("is_superuser"))
        found = client.all("organizations", name=organization)
        if not found:
            raise FarflowError(f"farflow_awx_organization: AWX shows {self.user} no organization {organization!r}")
        self.organization = int(found[0]["id"])
        self.objects: dict[str, list[Object]] = {resource: self._all(resource) for resource in KINDS}
        self._names = {
            resource: {one["id"]: one["name"] for one in self.objects[resource]}
            for resource in ("inventory", "credential_types")
        }
        #: Those of no organization, which anybody may name who sees them.
        self._common_credentials = client.all("credentials", organization__isnull="true")
        self._coming: set[Identity] = set()
        self._known = {identity(self.key(resource, one)): one for resource, one in self._each()}

    def find(self, key: Asset) -> Object | None:
        """The object of that natural key."""
        return self._known.get(identity(key))

    def expect(self, wanted: Assets) -> None:
        """What is made when it is not there; nothing else of its name stands in for it."""
        self._coming = {identity(asset["natural_key"]) for some in wanted.values() for asset in some}

    def add(self, key: Asset, one: Object) -> None:
        """What was just made."""
        self._known[identity(key)] = one

    def identify(self, value: Any) -> Any:
        """A value with ids in place of natural keys; ``COMING`` for what is not there yet."""
        if not isinstance(value, dict) or "type" not in value:
            return value
        if value["type"] == "organization":
            return self.organization
        found = self.find(value) if value["type"] != "credential" else self.credential(value)
        return found["id"] if found else COMING

    def credential(self, key: Asset) -> Object | None:
        """The credential of that natural key, or else the one of that name, whatever its type.

        Those of the organization come first.
        """
        found = self.find(key)
        if found or identity(key) in self._coming:
            return found
        for some in (self.objects["credentials"], self._common_credentials):
            named = [one for one in some if one["name"] == key["name"]]
            typed = [one for one in named if self.key("credentials", one)["credential_type"] == _name_of(key)]
            if typed or len(named) == 1:
                return (typed or named)[0]
        return None

    def _all(self, resource: str) -> list[Object]:
        path = LISTS.get(resource, resource)
        if resource in _OF_ALL:
            return self.client.all(path)
        if resource == "inventory_sources":  # its inventory may have been moved to another organization
            fields = ("or__inventory__organization", "or__source_project__organization")
            return self.client.all(path, **dict.fromkeys(fields, self.organization))
        return self.client.all(path, organization=self.organization)

    def _each(self) -> Iterator[tuple[str, Object]]:
        for resource, some in self.objects.items():
            for one in some:
                yield resource, one

    def called(self, resource: str, one: Object) -> str:
        """The name of an object, and of what it belongs to where several have the same."""
        beside = self.key(resource, one).get("inventory")
        return f"{one['name']} of {beside['name']}" if beside else str(one["name"])

    def key(self, resource: str, one: Object) -> Asset:
        """What of an object's natural key tells it apart, as ``identity`` takes it."""
        key: Asset = {"type": KINDS[resource], "name": one["name"]}
        if resource == "inventory_sources":
            key["inventory"] = {"name": self._names["inventory"].get(one["inventory"])}
        if resource == "credentials":
            key["credential_type"] = {"name": self._names["credential_types"].get(one["credential_type"])}
        return key


def _name_of(credential: Asset) -> Asset:
    return {"name": credential["credential_type"]["name"]}
