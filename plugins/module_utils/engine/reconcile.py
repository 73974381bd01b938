# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plan, then do: the one way in which a batch module changes AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .actions import CHANGE, CREATE, DELETE, Action, Resource, plan
from .parallel import in_parallel


@dataclass(frozen=True)
class Operations:
    """What does an action of each kind, each safe to repeat. ``create(wanted)`` returns the new id,
    ``change(wanted, found)`` has the existing one's id in both, ``delete(found)`` is content when it is gone.
    """

    create: Callable[[Resource], str | None]
    change: Callable[[Resource, Resource], Any]
    delete: Callable[[Resource], Any]

    def do(self, action: Action) -> str | None:
        """Carries out one action; the id of what it made."""
        if action.kind == CREATE:
            return self.create(action.resource)
        if action.kind == CHANGE and action.before:
            self.change(action.resource, action.before)
        else:
            self.delete(action.resource)
        return None


@dataclass(frozen=True)
class Outcome:
    """What became of one resource."""

    name: str
    id: str | None
    changed: bool
    reasons: list[str]


def reconcile(
    desired: Sequence[Resource], actual: Sequence[Resource], operations: Operations, check_mode: bool, workers: int = 8
) -> list[Outcome]:
    """One outcome a desired resource, in their order, then one for each deletion. In check mode nothing is done and
    the outcomes are the same, but for the ids that only AWS can give.
    """
    actions = plan(desired, actual)
    made = [None] * len(actions) if check_mode else in_parallel(operations.do, actions, workers)
    existing = {(resource.type, resource.name): resource.id for resource in actual}
    touched = {}
    deleted = []
    for action, new_id in zip(actions, made, strict=True):
        resource = action.resource
        if action.kind == DELETE:
            deleted.append(Outcome(resource.name, resource.id, True, ["deleted"]))
        else:
            reasons = list(action.reasons) or ["created"]
            touched[resource.type, resource.name] = Outcome(resource.name, new_id or resource.id, True, reasons)
    kept = []
    for wanted in desired:
        key = wanted.type, wanted.name
        kept.append(touched.get(key) or Outcome(wanted.name, existing.get(key), False, []))
    return kept + deleted
