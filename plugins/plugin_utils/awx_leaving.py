# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of ours is no longer wanted in AWX, and what of that has to stay, since others use, fill or have copied it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..module_utils.awx.assets import NODES, Assets
from ..module_utils.awx.marks import owner
from ..module_utils.awx.names import environment_of, prefix_of
from ..module_utils.awx.settings import Settings
from .awx import Object
from .awx_look import KINDS, LISTS, Look, identity

One = tuple[str, Object]

_HOOKS = [f"notification_templates_{end}" for end in ("started", "success", "error")]
_APPROVALS = "notification_templates_approvals"
_NODES = "workflow_job_template_nodes"
#: By resource the lists, and the fields there, of what uses an object.
_USERS = {
    "projects": [
        ("job_templates", ["project"]),
        ("inventory_sources", ["source_project"]),
        (_NODES, ["unified_job_template"]),
    ],
    "inventory": [
        ("job_templates", ["inventory"]),
        ("workflow_job_templates", ["inventory"]),
        ("inventory", ["input_inventories"]),
        (_NODES, ["inventory"]),
        ("schedules", ["inventory"]),
    ],
    "inventory_sources": [(_NODES, ["unified_job_template"])],
    "notification_templates": [
        ("unified_job_templates", _HOOKS),
        ("workflow_job_templates", [_APPROVALS]),
        ("organizations", [*_HOOKS, _APPROVALS]),
    ],
    "execution_environments": [
        ("organizations", ["default_environment"]),
        ("projects", ["default_environment"]),
        ("unified_job_templates", ["execution_environment"]),
        (_NODES, ["execution_environment"]),
        ("schedules", ["execution_environment"]),
    ],
    "job_templates": [(_NODES, ["unified_job_template"])],
    "workflow_job_templates": [(_NODES, ["unified_job_template"])],
}
#: By type of a part the relation to the whole that it goes with, and which is told in its place.
_WHOLES = {
    "inventory_source": "inventory",
    "workflow_job_template_node": "workflow_job_template",
    "schedule": "unified_job_template",
}
#: By resource what people add to an object and AWX removes with it. Only with an inventory is it of use without ours.
_PARTS = {
    "projects": [("schedules", "unified_job_template")],
    "job_templates": [("schedules", "unified_job_template")],
    "workflow_job_templates": [("schedules", "unified_job_template"), (_NODES, "workflow_job_template")],
    "inventory": [("hosts", "inventory"), ("groups", "inventory"), ("inventory_sources", "inventory")],
}
_MOST_NAMES = 5
_KEYS = "stays, since its keys are yours; remove it in AWX when nothing needs it any more"
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
        if settings.state == "absent" and all(resource == "credentials" for resource, _one in self._marked()):
            self.notices.append(self._nothing_marked())

    def losses(self, resource: str, one: Object) -> str:
        """What people have added to an object, and goes with it."""
        return _listed(self._parts(resource, one)) if resource != "inventory" else ""

    def _ours(self) -> Iterator[One]:
        others: Counter[str] = Counter()
        for resource, one in self._marked():
            called = f"{resource} {one['name']}"
            prefix = self._other_prefix(resource, one)
            if resource == "inventory_sources":
                yield from self._source(one)
                continue
            if self._wanted(resource, one):
                continue
            if resource == "credentials":
                if self._has_our_name(resource, one, self._settings):
                    self.notices.append(f"{called} {_KEYS}")
                continue
            if one.get("organization") not in (None, self._look.organization):
                if environment_of(resource, one["name"], self._settings, self.templates) is not None:
                    self.notices.append(f"{called} stays, it is of another organization")
            elif prefix is not None:
                others[prefix] += 1
            elif not self._has_our_name(resource, one, self._settings):
                self.notices.append(
                    f"{called} stays, it has the mark of the project and none of its names, as a copy has"
                )
            else:
                yield resource, one
        for prefix, count in others.items():
            self.notices.append(
                f"{count} inventories and templates of farflow_awx_name_prefix {prefix!r} stay; "
                "farflow_awx_state=absent with that prefix removes them"
            )

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
            if owner(one.get("description")) == project and not one.get("pending_deletion")
        ]

    def _wanted(self, resource: str, one: Object) -> bool:
        return resource in self._look.objects and identity(self._look.key(resource, one)) in self._keys

    def _other_prefix(self, resource: str, one: Object) -> str | None:
        """The prefix of an object that was made with another one."""
        if resource not in ("inventory", "job_templates", "workflow_job_templates"):
            return None
        prefix = prefix_of(resource, one["name"], self.templates)
        if prefix in (None, self._settings.name_prefix):
            return None
        return prefix if self._has_our_name(resource, one, replace(self._settings, name_prefix=prefix)) else None

    def _has_our_name(self, resource: str, one: Object, settings: Settings) -> bool:
        """Whether a name is one of ours, and what it is made with is what the object has."""
        environment = environment_of(resource, one["name"], settings, self.templates)
        if environment is None:
            return False
        if resource in ("inventory", "workflow_job_templates"):
            return f"inventories/{environment} " in str(one["description"])
        inventory = one.get("summary_fields", {}).get("inventory")
        if resource == "job_templates" and inventory:
            return bool(inventory["name"] == f"{settings.name_prefix} {environment}")
        return True

    def _without_used(self, going: list[One]) -> list[One]:
        """Those that nothing uses but what goes, too, and that have nothing of others in them."""
        users = {(resource, one["id"]): list(self._users(resource, one)) for resource, one in going}
        filled = {(resource, one["id"]): self._fill(resource, one) for resource, one in going}
        while True:
            ids = {(resource, one["id"]) for resource, one in going}
            staying = {}
            for key in ids:
                used = [f"{kind} {name}" for kind, user, name in users[key] if (kind, user) not in ids]
                why = [f"used by {', '.join(dict.fromkeys(used))}"] if used else []
                why += [f"others have put {filled[key]} into it"] if filled[key] else []
                if why:
                    staying[key] = "; ".join(why)
            if not staying:
                return going
            for resource, one in going:
                if (resource, one["id"]) in staying:
                    self.notices.append(f"{resource} {one['name']} stays, {staying[resource, one['id']]}")
            going = [(resource, one) for resource, one in going if (resource, one["id"]) not in staying]

    def _fill(self, resource: str, one: Object) -> str:
        """What of others is of use without ours, and would be removed with it."""
        return _listed(self._parts(resource, one)) if resource == "inventory" else ""

    def _parts(self, resource: str, one: Object) -> Iterator[str]:
        """What people have added to an object, by list and name."""
        for kind, field in _PARTS.get(resource, ()):
            brought = {} if kind not in ("hosts", "groups") else {"inventory_sources__isnull": "true"}
            for part in self._look.client.all(kind, **{field: one["id"]}, **brought):
                if not self._is_our_part(part):
                    yield f"{kind} {part['identifier'] if kind == _NODES else part['name']}"

    def _is_our_part(self, part: Object) -> bool:
        return owner(part.get("description")) == self._settings.project or part.get("identifier") in NODES

    def _users(self, resource: str, one: Object) -> Iterator[tuple[str, int, str]]:
        """Resource, id and name of what uses an object and is not wanted itself; the whole for a part of others."""
        for user in self._using(resource, one):
            whole = user["related"].get(_WHOLES.get(user["type"], ""))
            theirs = whole and not self._is_our_part(user)
            user = self._look.client.get(whole) if whole else user
            kind = _RESOURCES.get(user["type"], str(user["type"]))
            if (theirs or not self._wanted(kind, user)) and not user.get("pending_deletion"):
                yield kind, user["id"], user["name"]

    def _using(self, resource: str, one: Object) -> Iterator[Object]:
        for kind, fields in _USERS.get(resource, ()):
            query = {f"or__{field}": one["id"] for field in fields} if len(fields) > 1 else {fields[0]: one["id"]}
            yield from self._look.client.all(LISTS.get(kind, kind), **query)
        if resource == "inventory":
            for source in self._look.objects["inventory_sources"]:
                yield from self._using("inventory_sources", source) if source["inventory"] == one["id"] else ()

    def _in_order(self, found: list[One]) -> list[One]:
        order = [*KINDS]
        return sorted(found, key=lambda each: (-order.index(each[0]), each[1]["name"]))

    def _nothing_marked(self) -> str:
        marks = {owner(one.get("description")) for some in self._look.objects.values() for one in some} - {None}
        others = ", ".join(sorted(repr(mark) for mark in marks if mark != self._settings.project))
        there = f"; there are marks of {others}" if others else ""
        but = " but credentials" if self._settings.project in marks else ""
        return f"nothing in the organization{but} carries the mark of the project {self._settings.project!r}{there}"


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return ", ".join(found[:_MOST_NAMES]) + more
