# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is attached to an object of AWX: its survey, credentials, hooks, nodes, schedules, and the roles of teams."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..module_utils.awx.assets import CREDENTIAL_TYPE, NIGHTLY, Asset
from ..module_utils.awx.differences import differing, same
from ..module_utils.awx.marks import owner
from .awx import Object
from .awx_credentials import exclusive
from .awx_look import Look
from .awx_nodes import Nodes
from .awx_ours import OLD_HOOK
from .awx_rights import Rights


class Attachments:
    """Says what differs, and with ``perform`` mends it. ``unwanted`` has what of ours is attached to objects of ours
    and is not wanted; with ``exact`` that differs, too. ``problems`` has what a person has to mend.
    """

    def __init__(self, look: Look, rights: Rights, exact: bool, perform: bool) -> None:
        self.unwanted: list[str] = []
        self._look, self._rights, self._exact, self._perform = look, rights, exact, perform
        self._nodes = Nodes(look, perform)
        self.problems = self._nodes.problems

    def mend(self, asset: Asset, one: Object) -> Iterator[str]:
        """Mends what is attached to an object, and yields a word for each relation that differs."""
        for relation, wanted in asset.get("related", {}).items():
            path = f"{one['url']}{relation}/"
            if relation == "survey_spec":
                yield from self._survey(path, wanted)
            elif relation == "workflow_nodes":
                yield from self._nodes.mend(path, wanted)
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

    def would_use(self, asset: Asset) -> None:
        """Adds to ``problems`` what an object that is not made yet would have attached, and the user may not use."""
        related = asset.get("related", {})
        for key in related.get("credentials", ()):
            found = self._look.credential(key)
            self.problems += self._rights.to_use("credentials", found) if found else ()
        for key in related.get("instance_groups", ()):
            found = self._look.find(key)
            self.problems += self._rights.to_use("instance_groups", found) if found else ()

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
        for key in lacking:
            found = self._look.find(key)
            if found and relation == "instance_groups":
                self.problems += self._rights.to_use(relation, found)
            if self._perform:
                self._look.client.post(path, {"id": self._look.identify(key)})

    def _credentials(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        """A template can have one credential of a type, so a wrong one is taken off first."""
        there = self._look.client.all(path)
        found = {key["name"]: self._look.credential(key) for key in wanted}
        kinds = {exclusive(one) for one in found.values() if one} | {(self._look.identify(CREDENTIAL_TYPE), "")}
        ids = {one["id"] for one in found.values() if one}
        wrong = [one for one in there if exclusive(one) in kinds and one["id"] not in ids]
        lacking = {
            name: one for name, one in found.items() if one is None or one["id"] not in [each["id"] for each in there]
        }
        both = {one["name"] for one in wrong} & lacking.keys()
        words = [f"{_told(one['name'], one, both)} taken off" for one in wrong]
        words += [f"{_told(name, one, both)} attached" for name, one in lacking.items()]
        if words:
            yield f"credentials ({', '.join(words)})"
        for one in lacking.values():
            self.problems += self._rights.to_use("credentials", one) if one else ()
        if self._perform:
            for one in wrong:
                self._look.client.post(path, {"id": one["id"], "disassociate": True})
            for one in lacking.values():
                self._look.client.post(path, {"id": (one or {})["id"]})

    def _labels(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        there = {one["name"] for one in self._look.client.all(path)} if wanted else set()
        lacking = [label for label in wanted if label["name"] not in there]
        if lacking:
            yield "labels"
        for label in lacking if self._perform else ():
            self._look.client.post(path, {"name": label["name"], "organization": self._look.organization})

    def _schedules(self, path: str, wanted: list[Asset]) -> Iterator[str]:
        for asset in wanted:
            fields = {name: asset[name] for name in ("name", "description", "rrule", "enabled")}
            existing = self._schedule(path, asset)
            found = differing(fields, existing, asset["initial"]) if existing else fields
            if found:
                yield "schedules" if existing is None else f"schedules ({', '.join(found)})"
            if found and self._perform:
                self._look.client.patch(existing["url"], found) if existing else self._look.client.post(path, found)

    def _schedule(self, path: str, asset: Asset) -> Object | None:
        """The schedule of that name, or else the one that a person has given another."""
        there = self._look.client.all(path)
        named = [one for one in there if one["name"] == asset["name"]]
        return next(iter(named + [one for one in there if self._is_ours(one, asset)]), None)

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
                ours = self._is_ours(other, asset) and other["name"] == owner(asset["description"])  # and no copy
                if ours and other["name"] not in wanted:
                    body = {"id": other["id"], "disassociate": True}
                    yield from self._unwanted(asset, f"{relation} {other['name']}", one["related"][relation], body)
        if "schedules" in one["related"]:
            path = one["related"]["schedules"]
            kept = [self._schedule(path, each) for each in related.get("schedules", ())]
            for other in self._look.client.all(path):
                ours = self._is_ours(other, asset) or _is_of_the_first_version(other, asset)
                if ours and other not in kept:
                    yield from self._unwanted(asset, f"schedules {other['name']}", other["url"], None)

    def _is_ours(self, other: Object, asset: Asset) -> bool:
        project = owner(asset["description"])
        return owner(other.get("description")) == project or other.get("description") == OLD_HOOK

    def _unwanted(self, asset: Asset, what: str, path: str, body: Any) -> Iterator[str]:
        if not self._exact:
            self.unwanted.append(f"{called(asset)}: {what}")
            return
        yield f"{what} removed"
        if self._perform:
            self._look.client.post(path, body) if body else self._look.client.delete(path)


def _is_of_the_first_version(schedule: Object, asset: Asset) -> bool:
    """That had one on Plan, when there were no marks."""
    on_plan = asset.get("playbook") == "playbooks/plan.yml"
    return bool(on_plan and schedule["name"] == NIGHTLY and not schedule["description"])


def _told(name: str, one: Object | None, both: Collection[str]) -> str:
    """A name, and the id where two have the same."""
    return f"{name!r} of the id {one['id']}" if one and name in both else repr(name)


def called(asset: Asset) -> str:
    """The name of an asset, and of what it belongs to where several have the same."""
    beside = asset["natural_key"].get("inventory")
    return f"{asset['name']} of {beside['name']}" if beside else str(asset["name"])
