# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an organization of AWX has: objects by natural keys, and which of them are ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..module_utils.core.errors import FarflowError
from ..module_utils.pure.awx_assets import Asset, Assets
from ..module_utils.pure.awx_marks import owner
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
#: By this description the hook that was made before there were marks is known.
OLD_HOOK = "Hears how jobs end"

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
        self.user = str(client.get("me")["results"][0]["username"])
        found = client.all("organizations", name=organization)
        if not found:
            raise FarflowError(f"farflow_awx_organization: AWX shows {self.user} no organization {organization!r}")
        self.organization = int(found[0]["id"])
        self.objects: dict[str, list[Object]] = {resource: self._all(resource) for resource in KINDS}
        self._names = {
            resource: {one["id"]: one["name"] for one in self.objects[resource]}
            for resource in ("inventory", "credential_types")
        }
        self._known = {identity(self._key(resource, one)): one for resource, one in self._each()}

    def find(self, key: Asset) -> Object | None:
        """The object of that natural key."""
        return self._known.get(identity(key))

    def named(self, kind: str, name: str) -> list[Object]:
        """The objects of that kind and name."""
        return [one for (of, called, _unused), one in self._known.items() if (of, called) == (kind, name)]

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
        """The credential of that natural key, or else the one of that name, whatever its type."""
        named = self.named("credential", key["name"])
        return self.find(key) or (named[0] if len(named) == 1 else None)

    def ours(self, resource: str, asset: Asset, one: Object) -> bool:
        """Whether an object of a wanted name is ours: by its mark, or as one that was made before there were marks."""
        project = asset_project(asset)
        marked = owner(one.get("description"))
        if resource == "execution_environments":
            return marked is not None or _repository(one["image"]) == _repository(asset["image"])
        if marked is not None:
            return marked == project
        if resource == "job_templates":
            return self._project_of(one) == project and one["playbook"] == asset["playbook"]
        if resource == "inventory":
            sources = [each for each in self.objects["inventory_sources"] if each["inventory"] == one["id"]]
            return any(self._project_of(each, "source_project") == project for each in sources)
        if resource == "inventory_sources":
            return self._project_of(one, "source_project") == project
        if resource == "projects":
            return bool(one["scm_url"] == asset["scm_url"])
        if resource == "notification_templates":
            return one.get("description") == OLD_HOOK
        if resource == "workflow_job_templates":
            nodes = {
                each["identifier"] for each in self.client.all(f"workflow_job_templates/{one['id']}/workflow_nodes")
            }
            return {each["identifier"] for each in asset["related"]["workflow_nodes"]} <= nodes
        return False

    def described(self, resource: str, one: Object) -> str:
        """Whose an object is, in words."""
        marked = owner(one.get("description"))
        if marked is not None:
            return f"it belongs to the project {marked!r} of farflow.airflow"
        user = (one.get("summary_fields", {}).get("created_by") or {}).get("username", "somebody")
        runs = f" and runs {one['playbook']} of the project {self._project_of(one)!r}" if one.get("playbook") else ""
        return f"{user} made it{runs}"

    def unwanted(self, wanted: Assets, project: str) -> list[tuple[str, Object]]:
        """What carries our mark and is not wanted, in the order in which it can be removed."""
        keys = {identity(asset["natural_key"]) for some in wanted.values() for asset in some}
        found = [
            (resource, one)
            for resource, one in self._each()
            if owner(one.get("description")) == project and identity(self._key(resource, one)) not in keys
        ]
        order = [*KINDS]
        return sorted(
            (each for each in found if each[0] not in ("credentials", "inventory_sources")),
            key=lambda each: (-order.index(each[0]), each[1]["name"]),
        )

    def _project_of(self, one: Object, field: str = "project") -> str | None:
        found = one.get("summary_fields", {}).get(field)
        return str(found["name"]) if found else None

    def _all(self, resource: str) -> list[Object]:
        path = LISTS.get(resource, resource)
        if resource in _OF_ALL:
            return self.client.all(path)
        field = "inventory__organization" if resource == "inventory_sources" else "organization"
        return self.client.all(path, **{field: self.organization})

    def _each(self) -> Iterator[tuple[str, Object]]:
        for resource, some in self.objects.items():
            for one in some:
                yield resource, one

    def _key(self, resource: str, one: Object) -> Asset:
        key: Asset = {"type": KINDS[resource], "name": one["name"]}
        if resource == "inventory_sources":
            key["inventory"] = {"name": self._names["inventory"].get(one["inventory"])}
        if resource == "credentials":
            key["credential_type"] = {"name": self._names["credential_types"].get(one["credential_type"])}
        return key


def asset_project(asset: Asset) -> str | None:
    """The project whose mark an asset brings."""
    return owner(asset["description"])


def _repository(image: str) -> str:
    """An image without tag and digest."""
    path, slash, name = image.partition("@")[0].rpartition("/")
    return f"{path}{slash}{name.partition(':')[0]}"
