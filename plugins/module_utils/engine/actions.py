# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources as values, and the actions that lead from what is to what shall be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .compare import contains_unknown, differences
from .references import Key, is_unknown_for_good, references

CREATE = "create"
CHANGE = "change"
DELETE = "delete"


@dataclass(frozen=True)
class Resource:
    """A resource in canonical form, an existing one or a desired one.

    ``type`` is one of our words for a kind of resource ("subnet"), ``name`` is unique within the type and the
    environment, ``properties`` holds every field that is compared. Nothing else is ever compared.

    Of an existing one: ``id`` is what AWS calls it, ``attributes`` are an address, a status and the like, ``part_of``
    is the type and name of what it belongs to. Of a desired one: ``after`` are the ids of what has to exist before.
    ``arguments`` are what the module that makes a desired one, or deletes an existing one, is given for it.
    ``reason`` is why it is made, or could not be, where that is not plain.
    """

    type: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    after: Sequence[str] = ()
    part_of: tuple[str, str] | None = None
    reason: str = ""


def failed(type_: str) -> str:
    """The type of what AWS began to make, and could not: nobody's, not to be deleted, and with a ``reason``."""
    return f"failed {type_}"


@dataclass(frozen=True)
class Action:
    """One thing to do. ``resource`` is the desired one, or for a deletion the actual one; ``before`` is what a change
    finds; ``owner`` is the desired resource that stays when a part of it is deleted.
    """

    kind: str
    resource: Resource
    reasons: tuple[str, ...] = ()
    before: Resource | None = None
    owner: Resource | None = None

    @property
    def blocked(self) -> bool:
        """Whether it needs a value that another action, or a wait, has yet to bring about."""
        return contains_unknown(self._document)

    @property
    def needs(self) -> set[Key] | None:
        """The resources whose ids it needs and that have none yet; None where it needs what no id will tell."""
        return None if is_unknown_for_good(self._document) else references(self._document)

    @property
    def _document(self) -> Any:
        """All that it is carried out with."""
        if self.kind == DELETE and not self.owner:
            return None
        made = self.owner or self.resource
        return made.properties, made.arguments, made.after

    def describe(self) -> dict[str, Any]:
        """The action as a module returns it."""
        return {
            "kind": self.kind,
            "type": self.resource.type,
            "name": self.resource.name,
            "reasons": list(self.reasons),
        }


def plan(desired: Iterable[Resource], actual: Iterable[Resource]) -> list[Action]:
    """Actions that make ``actual`` into ``desired``: creations and changes in the order in which they are
    desired, then deletions, last found first. Of two actual resources with one name the one that differs less stays.
    """
    desired = list(desired)
    found: dict[tuple[str, str], list[Resource]] = {}
    for resource in actual:
        found.setdefault((resource.type, resource.name), []).append(resource)
    actions = []
    for wanted in desired:
        candidates = found.pop((wanted.type, wanted.name), [])
        if not candidates:
            actions.append(Action(CREATE, wanted, (wanted.reason,) if wanted.reason else ()))
            continue
        best = min(candidates, key=lambda candidate: len(differences(wanted.properties, candidate.properties)))
        found_differences = differences(wanted.properties, best.properties)
        if found_differences:
            changed = replace(wanted, id=best.id, attributes={**best.attributes, **wanted.attributes})
            actions.append(Action(CHANGE, changed, tuple(map(str, found_differences)), best))
        doubles = [candidate for candidate in candidates if candidate is not best]
        if doubles:
            found[(wanted.type, wanted.name)] = doubles
    extra = [resource for resources in found.values() for resource in resources]
    return actions + [Action(DELETE, resource, owner=_owner(resource, desired)) for resource in reversed(extra)]


def _owner(part: Resource, desired: Iterable[Resource]) -> Resource | None:
    return next((whole for whole in desired if (whole.type, whole.name) == part.part_of), None)
