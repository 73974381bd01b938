# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of ours is no longer wanted in AWX, and what of that has to stay, since others use it or have copied it."""

from __future__ import annotations

from collections.abc import Iterator

from ..module_utils.pure.awx_assets import Assets
from ..module_utils.pure.awx_marks import owner
from ..module_utils.pure.awx_names import environment_of
from ..module_utils.pure.awx_settings import Settings
from .awx import Object
from .awx_look import KINDS, LISTS, Look, identity

One = tuple[str, Object]

#: By resource the lists, and the fields there, of what uses an object.
_USERS = {
    "projects": [("job_templates", ["project"]), ("inventory_sources", ["source_project"])],
    "inventory": [("job_templates", ["inventory"]), ("workflow_job_templates", ["inventory"])],
    "notification_templates": [
        (resource, [f"notification_templates_{end}" for end in ("started", "success", "error")])
        for resource in ("job_templates", "workflow_job_templates")
    ],
    "execution_environments": [("organizations", ["default_environment"]), ("projects", ["default_environment"])],
    "job_templates": [("workflow_job_template_nodes", ["unified_job_template"])],
    "workflow_job_templates": [("workflow_job_template_nodes", ["unified_job_template"])],
}
_RESOURCES = {kind: resource for resource, kind in KINDS.items()}


class Leaving:
    """``unwanted`` has what of ours is not wanted and can go, in the order in which it can be removed, ``notices`` a
    sentence for each that stays though it has our mark.
    """

    def __init__(self, look: Look, settings: Settings, wanted: Assets, templates: set[str]) -> None:
        """``wanted`` is what stays. ``templates`` are the names of templates without prefix and environment."""
        self.notices: list[str] = []
        self._look, self._settings, self.templates = look, settings, templates
        self._keys = {identity(asset["natural_key"]) for some in wanted.values() for asset in some}
        self.unwanted = self._in_order(self._without_used(list(self._ours())))
        if settings.state == "absent" and not self._marked():
            self.notices.append(self._nothing_marked())

    def _ours(self) -> Iterator[One]:
        for resource, one in self._marked():
            called = f"{resource} {one['name']}"
            if resource == "inventory_sources":
                yield from self._source(one)
                continue
            if self._wanted(resource, one):
                continue
            if one.get("organization") not in (None, self._look.organization):
                if environment_of(resource, one["name"], self._settings, self.templates) is not None:
                    self.notices.append(f"{called} stays, it is of another organization")
            elif not self._has_our_name(resource, one):
                self.notices.append(
                    f"{called} stays, it has the mark of the project and none of its names, as a copy has"
                )
            else:
                yield resource, one

    def _source(self, one: Object) -> Iterator[One]:
        """A source that is not wanted, of an inventory that is; others go with their inventories.

        AWX can't copy one, so under another name it was renamed.
        """
        inventory = self._look.key("inventory_sources", one)["inventory"]["name"]
        if inventory is None and self._settings.state != "absent":
            name = one["summary_fields"]["inventory"]["name"]
            self.notices.append(
                f"inventory {name} with a source from this project stays, it is of another organization"
            )
        elif ("inventory", inventory, None) in self._keys and not self._wanted("inventory_sources", one):
            yield "inventory_sources", one

    def _marked(self) -> list[One]:
        project = self._settings.project
        every = ((resource, one) for resource, some in self._look.objects.items() for one in some)
        return [
            (resource, one)
            for resource, one in every
            if resource != "credentials"
            and owner(one.get("description")) == project
            and not one.get("pending_deletion")
        ]

    def _wanted(self, resource: str, one: Object) -> bool:
        return resource in self._look.objects and identity(self._look.key(resource, one)) in self._keys

    def _has_our_name(self, resource: str, one: Object) -> bool:
        """Whether a name is one of ours, and what it is made with is what the object has."""
        environment = environment_of(resource, one["name"], self._settings, self.templates)
        if environment is None:
            return False
        if resource == "inventory":
            return f"inventories/{environment} " in str(one["description"])
        inventory = one.get("summary_fields", {}).get("inventory")
        if resource == "job_templates" and inventory:
            return bool(inventory["name"] == f"{self._settings.name_prefix} {environment}")
        return True

    def _without_used(self, going: list[One]) -> list[One]:
        """Those that nothing uses but what goes, too."""
        users = {(resource, one["id"]): list(self._users(resource, one)) for resource, one in going}
        while True:
            ids = {(resource, one["id"]) for resource, one in going}
            staying = {
                (resource, one["id"]): names
                for resource, one in going
                if (
                    names := [
                        f"{kind} {name}" for kind, user, name in users[resource, one["id"]] if (kind, user) not in ids
                    ]
                )
            }
            if not staying:
                return going
            for resource, one in going:
                if (resource, one["id"]) in staying:
                    by = ", ".join(dict.fromkeys(staying[resource, one["id"]]))
                    self.notices.append(f"{resource} {one['name']} stays, used by {by}")
            going = [(resource, one) for resource, one in going if (resource, one["id"]) not in staying]

    def _users(self, resource: str, one: Object) -> Iterator[tuple[str, int, str]]:
        """Resource, id and name of what uses an object and is not wanted itself."""
        for kind, user in self._using(resource, one):
            if kind == "inventory_sources":  # it stays as long as its inventory
                kind, user = "inventory", self._look.client.get(user["related"]["inventory"])
            elif kind == "workflow_job_template_nodes":
                kind, user = "workflow_job_templates", self._look.client.get(user["related"]["workflow_job_template"])
            if not self._wanted(kind, user) and not user.get("pending_deletion"):
                yield kind, user["id"], user["name"]

    def _using(self, resource: str, one: Object) -> Iterator[One]:
        client = self._look.client
        for kind, fields in _USERS.get(resource, ()):
            query = {f"or__{field}": one["id"] for field in fields} if len(fields) > 1 else {fields[0]: one["id"]}
            yield from ((kind, user) for user in client.all(LISTS.get(kind, kind), **query))
        if resource == "execution_environments":
            for user in client.all(one["related"]["unified_job_templates"]):
                yield _RESOURCES.get(user["type"], str(user["type"])), user

    def _in_order(self, found: list[One]) -> list[One]:
        order = [*KINDS]
        return sorted(found, key=lambda each: (-order.index(each[0]), each[1]["name"]))

    def _nothing_marked(self) -> str:
        others = {owner(one.get("description")) for some in self._look.objects.values() for one in some} - {None}
        there = f"; there are marks of {', '.join(sorted(map(repr, others)))}" if others else ""
        return f"nothing in the organization carries the mark of the project {self._settings.project!r}{there}"
