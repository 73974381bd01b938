# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Walks over what AWX shall have: says what differs and why it can't be, or makes it so.

The same walk does both, so that what is said is what is done. Only fields of ours are written, each by a PATCH.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..module_utils.awx.assets import Asset, Assets
from ..module_utils.awx.differences import differing
from ..module_utils.engine.errors import FarflowError
from .awx import Object
from .awx_answers import Refused
from .awx_attachments import Attachments, called
from .awx_look import LISTS, Look, identity
from .awx_ours import Ours
from .awx_rights import Rights
from .awx_taken_back import TakenBack

_GONE = "What was removed before it stays removed, and a further run goes on with the others"
_ONCE = (
    "AWX has a name of theirs once in all organizations, so another may have it: "
    "give farflow_awx_execution_environment another one"
)
_HAVE_SETTINGS = ("projects", "job_templates", "workflow_job_templates")
_NOT_FIELDS = ("natural_key", "initial", "related")


class Walk:
    """One walk. ``reasons`` has a line for each object that is to be, or with ``perform`` was, made or mended;
    ``problems`` one for each that can't be; ``unwanted`` what of ours is attached to our objects and is not wanted;
    ``notices`` what stays for another reason.
    """

    def __init__(
        self,
        look: Look,
        ours: Ours,
        rights: Rights,
        exact: bool,
        perform: bool,
        after_project: Callable[[Object, bool], str],
    ) -> None:
        """``after_project`` is called with the project and whether AWX has begun to update it; it answers a reason."""
        self.reasons: list[str] = []
        self.problems: list[str] = []
        self.notices: list[str] = []
        self._without_branches: set[int] = set()  # templates that are removed, or ask for no branch any more
        self._attachments = Attachments(look, rights, exact, perform)
        self._taken_back = TakenBack(look, exact, perform)
        self.unwanted = self._attachments.unwanted = self._taken_back.unwanted
        self._look, self._ours, self._rights, self._perform = look, ours, rights, perform
        self._after_project = after_project

    def all(self, wanted: Assets) -> None:
        """Raises FarflowError with the object's name when AWX refuses one."""
        for resource, assets in wanted.items():
            for asset in assets:
                try:
                    self._one(resource, asset)
                except FarflowError as error:
                    raise FarflowError(f"{resource} {called(asset)}: {error}") from error

    def remove(self, unwanted: list[tuple[str, Object]], losses: Callable[[str, Object], str]) -> None:
        """Removes objects that are no longer wanted. ``losses`` says what of others goes with one."""
        for resource, one in unwanted:
            name, lost = self._look.called(resource, one), losses(resource, one)
            self._may_edit(resource, one, name)
            self._without_branches.add(one["id"])
            self.reasons.append(f"{resource} {name}: removed{f', and with it {lost}' if lost else ''}")
            if self._perform:
                self._delete(f"{resource} {name}", one)

    def finish(self) -> None:
        """Takes back of projects what AWX lets go only after the templates."""
        for asset, one, fields in self._taken_back.later:
            name, mine = f"projects {called(asset)}", self._ours.on(one)
            open_for = [each for each in mine if each["ask_scm_branch_on_launch"] or each["scm_branch"]]
            names = sorted(each["name"] for each in open_for if each["id"] not in self._without_branches)
            if names:
                takes = f"job_templates {', '.join(names)} {'take' if len(names) > 1 else 'takes'} another branch"
                self.notices.append(f"{name}: allow_override stays on, {takes}")
                continue
            self._may_edit("projects", one, called(asset))
            self.reasons.append(f"{name}: {', '.join(fields)}")
            if self._perform:
                self._look.client.patch(one["url"], fields)

    def _delete(self, name: str, one: Object) -> None:
        try:
            self._look.client.delete(one["url"])
        except FarflowError as error:
            raise FarflowError(f"{name}: can't be removed: {error}. {_GONE}") from error

    def _one(self, resource: str, asset: Asset) -> None:
        existing = self._look.find(asset["natural_key"])
        fields = {name: self._look.identify(value) for name, value in asset.items() if name not in _NOT_FIELDS}
        if existing is None:
            self._make(resource, asset, fields)
            return
        if resource == "credentials":  # its keys are a person's
            refusal = self._ours.refusal(resource, asset, existing, {})
            self.problems += [f"{resource} {called(asset)} {refusal}"] if refusal else []
            return
        owned = self._ours.owns(resource, asset, existing)
        detached = list(self._taken_back.mend(asset, existing, fields)) if owned and resource in _HAVE_SETTINGS else []
        found = differing(fields, existing, asset.get("initial", ()))
        refusal = self._ours.refusal(resource, asset, existing, found)
        if refusal:
            self.problems.append(f"{resource} {called(asset)} {refusal}")
        if not owned:
            return
        told = [*found, *detached, *self._attachments.mend(asset, existing)]
        self._tell_problems(f"{resource} {called(asset)}")
        if found:
            lacks = self._rights.to_set(resource, {**existing, **found})
            self.problems += [f"{resource} {called(asset)}: {lack}" for lack in lacks]
        if found.get("ask_scm_branch_on_launch") is False and not existing["scm_branch"]:
            self._without_branches.add(existing["id"])
        if found and self._perform:
            self._look.client.patch(existing["url"], found)
        if resource == "projects":
            told += filter(None, [self._after_project(existing, bool(found.keys() & {"scm_url", "scm_branch"}))])
        if told:
            self._may_edit(resource, existing, called(asset))
            self.reasons.append(f"{resource} {called(asset)}: {', '.join(told)}")

    def _make(self, resource: str, asset: Asset, fields: dict[str, Any]) -> None:
        path, name = LISTS.get(resource, resource), f"{resource} {called(asset)}"
        self.reasons.append(f"{name}: created")
        lacks = [*self._rights.to_make(resource), *self._rights.to_set(resource, fields)]
        lacks += filter(None, [self._ours.renamed(asset)] if resource == "credentials" else [])
        self.problems += [f"{name}: {lack}" for lack in lacks]
        if resource == "inventory_sources":
            inventory = self._look.find(asset["inventory"])
            self._may_edit("inventory", inventory or {}, asset["inventory"]["name"])
        if self._perform:
            try:
                made = self._look.client.make(path, fields)
            except Refused as error:
                if resource != "execution_environments" or error.status != 400:
                    raise
                raise FarflowError(f"{error}. {_ONCE}") from error
            self._look.add(asset["natural_key"], made)
            if resource == "projects":
                self._after_project(made, True)
            for _word in self._attachments.mend(asset, made):
                pass
        else:
            self._attachments.would_use(asset)
            self._tell_problems(name)

    def _tell_problems(self, name: str) -> None:
        self.problems += [f"{name}: {problem}" for problem in self._attachments.problems]
        self._attachments.problems.clear()

    def _may_edit(self, resource: str, one: Object, name: str) -> None:
        if not one.get("summary_fields", {}).get("user_capabilities", {}).get("edit", True):
            self.problems.append(f"{resource} {name}: {self._look.user} may not change it in AWX")


def lacking(look: Look, wanted: Assets) -> list[str]:
    """A sentence for each object that others have to have made, and that is not there."""
    made = {identity(asset["natural_key"]) for some in wanted.values() for asset in some}
    found = []
    for key in _others(asset for some in wanted.values() for asset in some):
        there = look.credential(key) if key["type"] == "credential" else look.find(key)
        if there is None and identity(key) not in made:
            kind = key["type"].replace("_", " ")
            of = " of the organization or of none" if key["type"] == "credential" else ""
            helps = "its name is wrong, or it has to be made first"
            found.append(f"AWX shows {look.user} no {kind} {key['name']!r}{of}; {helps}")
    return list(dict.fromkeys(found))


def _others(assets: Iterable[Asset]) -> Iterator[Asset]:
    """The natural keys of what assets need and a person makes."""
    for asset in assets:
        related = asset.get("related", {})
        yield from [asset["credential"]] if "credential" in asset else []
        yield from related.get("credentials", ())
        yield from related.get("instance_groups", ())
        yield from (each["team"] for each in related.get("team_roles", ()))
