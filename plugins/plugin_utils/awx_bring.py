# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Walks over what AWX shall have: says what differs and why it can't be, or makes it so.

The same walk does both, so that what is said is what is done. Only fields of ours are written, each by a PATCH.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..module_utils.core.errors import FarflowError
from ..module_utils.pure.awx_assets import CREDENTIAL_TYPE, NIGHTLY, Asset, Assets
from ..module_utils.pure.awx_differences import differing, same
from ..module_utils.pure.awx_marks import owner
from .awx import Object
from .awx_look import LISTS, OLD_HOOK, Look, identity

_HELPS = "rename or remove it, or give farflow_awx_name_prefix another value"
_NOT_FIELDS = ("natural_key", "initial", "related")
#: AWX says of these only beside what they belong to whether the user may make one, which is made by then.
_SAID_LATER = ("credentials", "inventory_sources", "job_templates")


class Walk:
    """One walk. ``reasons`` has a line for each object that is to be, or with ``perform`` was, made or mended;
    ``problems`` one for each that can't be; ``unwanted`` what of ours is attached to our objects and is not wanted.
    """

    def __init__(self, look: Look, exact: bool, perform: bool, after_project: Callable[[Object, bool], str]) -> None:
        """``after_project`` is called with the project and whether AWX has begun to update it; it answers a reason."""
        self.reasons: list[str] = []
        self.problems: list[str] = []
        self.unwanted: list[str] = []
        self._look, self._exact, self._perform = look, exact, perform
        self._after_project = after_project

    def all(self, wanted: Assets) -> None:
        """Raises FarflowError with the object's name when AWX refuses one."""
        for resource, assets in wanted.items():
            for asset in assets:
                try:
                    self._one(resource, asset)
                except FarflowError as error:
                    raise FarflowError(f"{resource} {_called(asset)}: {error}") from error

    def remove(self, unwanted: list[tuple[str, Object]]) -> None:
        """Removes objects that are no longer wanted."""
        for resource, one in unwanted:
            self._may_edit(resource, one, one["name"])
            self.reasons.append(f"{resource} {one['name']}: removed")
            if self._perform:
                self._look.client.delete(one["url"])

    def _one(self, resource: str, asset: Asset) -> None:
        existing = self._look.find(asset["natural_key"])
        fields = {name: self._look.identify(value) for name, value in asset.items() if name not in _NOT_FIELDS}
        if existing is None:
            self._make(resource, asset, fields)
            return
        if resource == "credentials":  # its keys are a person's
            return
        if not self._look.ours(resource, asset, existing):
            whose = self._look.described(resource, existing)
            self.problems.append(f"{resource} {_called(asset)} exists and is not ours: {whose}; {_HELPS}")
            return
        found = differing(fields, existing, asset.get("initial", ()))
        told = [*found, *self._related(asset, existing)]
        if found and self._perform:
            self._look.client.patch(existing["url"], found)
        if resource == "projects":
            told += filter(None, [self._after_project(existing, bool(found.keys() & {"scm_url", "scm_branch"}))])
        if told:
            self._may_edit(resource, existing, _called(asset))
            self.reasons.append(f"{resource} {_called(asset)}: {', '.join(told)}")

    def _make(self, resource: str, asset: Asset, fields: dict[str, Any]) -> None:
        path = LISTS.get(resource, resource)
        self.reasons.append(f"{resource} {_called(asset)}: created")
        if resource not in _SAID_LATER and not self._look.client.may_post(path):
            self.problems.append(f"{resource} {_called(asset)}: {self._look.user} may not create {resource} in AWX")
        if self._perform:
            made = self._look.client.post(path, fields)
            self._look.add(asset["natural_key"], made)
            if resource == "projects":
                self._after_project(made, True)
            for _word in self._related(asset, made):
                pass

    def _may_edit(self, resource: str, one: Object, name: str) -> None:
        if not one.get("summary_fields", {}).get("user_capabilities", {}).get("edit", True):
            self.problems.append(f"{resource} {name}: {self._look.user} may not change it in AWX")

    def _related(self, asset: Asset, one: Object) -> Iterator[str]:
        """Mends what is attached to an object, and yields a word for each relation that differs."""
        for relation, wanted in asset.get("related", {}).items():
            path = f"{one['url']}{relation}/"
            if relation == "survey_spec":
                yield from self._survey(path, wanted)
            elif relation == "workflow_nodes":
                yield from self._nodes(path, wanted)
            elif relation == "schedules":
                yield from self._schedules(path, wanted)
            elif relation == "team_roles":
                yield from self._roles(one, wanted)
            elif relation == "labels":
                yield from self._labels(path, wanted)
            elif relation == "credentials":
                yield from self._credentials(path, wanted)
            else:
                yield from self._attached(relation, path, wanted)
        if "survey_spec" in asset.get("related", {}) or "workflow_nodes" in asset.get("related", {}):
            yield from self._left_over(asset, one)

    def _survey(self, path: str, wanted: Asset) -> Iterator[str]:
        if not same(wanted, self._look.client.get(path)):
            yield "survey_spec"
            if self._perform:
                self._look.client.post(path, wanted)

    def _attached(self, relation: str, path: str, wanted: list[Asset]) -> Iterator[str]:
        there = {one["id"] for one in self._look.client.all(path)} if wanted else set()
        lacking = [key for key in wanted if self._look.identify(key) not in there]
        if lacking:
            yield relation
        for key in lacking if self._perform else ():
            self._look.client.post(path, {"id": self._look.identify(key)})

    def _credentials(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        """A template can have one credential of a type, so a wrong one is taken off first."""
        there = self._look.client.all(path)
        found = {key["name"]: self._look.credential(key) for key in wanted}
        kinds = {one["credential_type"] for one in found.values() if one} | {self._look.identify(CREDENTIAL_TYPE)}
        names = set(found)
        wrong = [one for one in there if one["credential_type"] in kinds and one["name"] not in names]
        lacking = [name for name in found if name not in {one["name"] for one in there}]
        words = [*(f"{one['name']!r} taken off" for one in wrong), *(f"{name!r} attached" for name in lacking)]
        if words:
            yield f"credentials ({', '.join(words)})"
        if self._perform:
            for one in wrong:
                self._look.client.post(path, {"id": one["id"], "disassociate": True})
            for name in lacking:
                self._look.client.post(path, {"id": (found[name] or {})["id"]})

    def _labels(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        there = {one["name"] for one in self._look.client.all(path)} if wanted else set()
        lacking = [label for label in wanted if label["name"] not in there]
        if lacking:
            yield "labels"
        for label in lacking if self._perform else ():
            self._look.client.post(path, {"name": label["name"], "organization": self._look.organization})

    def _schedules(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        there = {one["name"]: one for one in self._look.client.all(path)}
        for asset in wanted:
            fields = {name: asset[name] for name in ("name", "description", "rrule", "enabled")}
            existing = there.get(asset["name"])
            found = differing(fields, existing, asset["initial"]) if existing else fields
            if found:
                yield "schedules" if existing is None else f"schedules ({', '.join(found)})"
            if found and self._perform:
                self._look.client.patch(existing["url"], found) if existing else self._look.client.post(path, found)

    def _nodes(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        nodes = {one["identifier"]: one for one in self._look.client.all(path)}
        words = set()
        for asset in wanted:
            words |= set(self._node(path, asset, nodes))
        for asset in wanted:
            words |= set(self._following(asset, nodes))
        yield from sorted(words)

    def _node(self, path: str, asset: Asset, nodes: dict[str, Object]) -> Iterator[str]:
        """Makes or mends a node; ``nodes`` gets it."""
        name, approval = asset["identifier"], asset["related"].get("create_approval_template")
        fields = {"identifier": name, "extra_data": asset["extra_data"]}
        if not approval:
            fields["unified_job_template"] = self._look.identify(asset["unified_job_template"])
        existing = nodes.get(name)
        found = differing(fields, existing) if existing else fields
        if found:
            yield f"node {name}"
        if found and self._perform:
            client = self._look.client
            existing = client.patch(existing["url"], found) if existing else client.post(path, found)
            nodes[name] = existing
        if approval and existing is not None and self._differs(approval, existing):
            yield f"node {name}"
            if self._perform:
                self._approve(approval, existing)

    def _differs(self, approval: Asset, node: Object) -> bool:
        url = node["related"].get("unified_job_template")
        return not url or "workflow_approval_templates" not in url or not same(approval, self._look.client.get(url))

    def _approve(self, approval: Asset, node: Object) -> None:
        url = node["related"].get("unified_job_template")
        if url and "workflow_approval_templates" in url:
            self._look.client.patch(url, approval)
        else:
            self._look.client.post(f"{node['url']}create_approval_template/", {"timeout": 0, **approval})

    def _following(self, asset: Asset, nodes: dict[str, Object]) -> Iterator[str]:
        node = nodes.get(asset["identifier"])
        for key in asset["related"]["success_nodes"]:
            following = nodes.get(key["identifier"])
            if node is None or following is None:
                continue  # the walk that makes them comes here again
            if following["id"] not in node["success_nodes"]:
                yield f"node {asset['identifier']}"
                if self._perform:
                    self._look.client.post(f"{node['url']}success_nodes/", {"id": following["id"]})

    def _roles(self, one: Object, wanted: list[Asset]) -> Iterator[str]:
        if not wanted:
            return
        roles = {role["name"]: role["id"] for role in self._look.client.all(f"{one['url']}object_roles/")}
        for each in wanted:
            team = self._look.find(each["team"])
            path = f"roles/{roles[each['role']]}/teams"
            if team is None or team["id"] in {other["id"] for other in self._look.client.all(path)}:
                continue
            yield f"{each['role']} for the team {team['name']!r}"
            if self._perform:
                self._look.client.post(path, {"id": team["id"]})

    def _left_over(self, asset: Asset, one: Object) -> Iterator[str]:
        """Hooks and schedules of ours that the object has and shall not have."""
        related = asset["related"]
        for relation in [name for name in one["related"] if name.startswith("notification_templates_")]:
            wanted = {key["name"] for key in related.get(relation, ())}
            for other in self._look.client.all(one["related"][relation]):
                if self._is_ours(other, asset) and other["name"] not in wanted:
                    body = {"id": other["id"], "disassociate": True}
                    yield from self._unwanted(asset, f"{relation} {other['name']}", one["related"][relation], body)
        if "schedules" in one["related"]:
            wanted = {each["name"] for each in related.get("schedules", ())}
            for other in self._look.client.all(one["related"]["schedules"]):
                ours = self._is_ours(other, asset) or other["name"] == NIGHTLY
                if ours and other["name"] not in wanted:
                    yield from self._unwanted(asset, f"schedules {other['name']}", other["url"], None)

    def _is_ours(self, other: Object, asset: Asset) -> bool:
        project = owner(asset["description"])
        return owner(other.get("description")) == project or other.get("description") == OLD_HOOK

    def _unwanted(self, asset: Asset, what: str, path: str, body: Any) -> Iterator[str]:
        if not self._exact:
            self.unwanted.append(f"{_called(asset)}: {what}")
            return
        yield f"{what} removed"
        if self._perform:
            self._look.client.post(path, body) if body else self._look.client.delete(path)


def lacking(look: Look, wanted: Assets) -> list[str]:
    """A sentence for each object that others have to have made, and that is not there."""
    made = {identity(asset["natural_key"]) for some in wanted.values() for asset in some}
    found = []
    for key in _others(asset for some in wanted.values() for asset in some):
        there = look.credential(key) if key["type"] == "credential" else look.find(key)
        if there is None and identity(key) not in made:
            kind = key["type"].replace("_", " ")
            found.append(
                f"AWX shows {look.user} no {kind} {key['name']!r}; its name is wrong, or it has to be made first"
            )
    return list(dict.fromkeys(found))


def _others(assets: Iterable[Asset]) -> Iterator[Asset]:
    """The natural keys of what assets need and a person makes."""
    for asset in assets:
        related = asset.get("related", {})
        yield from [asset["credential"]] if "credential" in asset else []
        yield from related.get("credentials", ())
        yield from related.get("instance_groups", ())
        yield from (each["team"] for each in related.get("team_roles", ()))


def _called(asset: Asset) -> str:
    """The name of an asset, and of what it belongs to where several have the same."""
    beside = asset["natural_key"].get("inventory")
    return f"{asset['name']} of {beside['name']}" if beside else str(asset["name"])
