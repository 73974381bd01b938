# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources as values, and the actions that lead from what is to what shall be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .compare import contains_unknown, differences

CREATE = "create"
CHANGE = "change"
DELETE = "delete"

ARGUMENTS = "arguments"
AFTER = "after"
PART_OF = "part_of"
REASON = "reason"


@dataclass(frozen=True)
class Resource:
    """A resource in canonical form.

    ``type`` is one of our words for a kind of resource ("subnet"), ``name`` is unique within the type and the
    environment, ``properties`` holds every field that is compared. ``id`` is what AWS calls an existing one;
    ``attributes`` is what else there is to know of it and is never compared: of an existing one an address or a
    status, and under ``PART_OF`` the type and name of what it belongs to; of a desired one under ``ARGUMENTS`` what
    the module that makes it is given, under ``AFTER`` the ids of what has to exist before, and under ``REASON`` why it
    is made where that is not plain.
    """

    type: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def failed(type_: str) -> str:
    """The type of what AWS began to make, and could not: nobody's, not to be deleted, and with a ``REASON`` as its
    attribute.
    """
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
        if self.kind == DELETE and not self.owner:
            return False
        made = self.owner or self.resource
        return contains_unknown((made.properties, made.attributes.get(ARGUMENTS), made.attributes.get(AFTER)))

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
            reasons = [wanted.attributes[REASON]] if REASON in wanted.attributes else []
            actions.append(Action(CREATE, wanted, tuple(reasons)))
            continue
        best = min(candidates, key=lambda candidate: len(differences(wanted.properties, candidate.properties)))
        found_differences = differences(wanted.properties, best.properties)
        if found_differences:
            attributes = {**best.attributes, **wanted.attributes}
            changed = Resource(wanted.type, wanted.name, wanted.properties, best.id, attributes)
            actions.append(Action(CHANGE, changed, tuple(map(str, found_differences)), best))
        doubles = [candidate for candidate in candidates if candidate is not best]
        if doubles:
            found[(wanted.type, wanted.name)] = doubles
    extra = [resource for resources in found.values() for resource in resources]
    return actions + [Action(DELETE, resource, owner=_owner(resource, desired)) for resource in reversed(extra)]


def _owner(part: Resource, desired: Iterable[Resource]) -> Resource | None:
    whole = part.attributes.get(PART_OF)
    return next((one for one in desired if (one.type, one.name) == whole), None)
