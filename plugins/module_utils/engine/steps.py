# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reconciliation of what consists of several types of resources, one type after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .actions import Resource
from .reconcile import Operations, Outcome, reconcile


def of_type(type_: str, resources: Iterable[Resource]) -> list[Resource]:
    """Those of one type, in their order."""
    return [resource for resource in resources if resource.type == type_]


class Steps:
    """Reconciliations that are done in the order in which they are asked for, and what became of all of them."""

    def __init__(self, check_mode: bool) -> None:
        self.check_mode = check_mode
        self.outcomes: list[tuple[str, Outcome]] = []

    def reconcile(
        self, type_: str, desired: Sequence[Resource], actual: Sequence[Resource], operations: Operations
    ) -> dict[str, str]:
        """Brings resources of one type to what is desired; the ids by name."""
        done = reconcile(desired, actual, operations, self.check_mode)
        self.outcomes += [(type_, outcome) for outcome in done]
        return {outcome.name: str(outcome.id) for outcome in done}

    @property
    def changed(self) -> bool:
        """Whether anything was, or in check mode would be, done."""
        return any(outcome.changed for _unused, outcome in self.outcomes)

    def as_result(self) -> dict[str, Any]:
        """``changed``, ``reasons`` that each name their resource, and a ``diff`` of the same lines."""
        reasons = [
            f"{type_.replace('_', ' ')} {outcome.name} {reason}"
            for type_, outcome in self.outcomes
            for reason in outcome.reasons
        ]
        diff = {"prepared": "".join(f"{reason}\n" for reason in reasons)}
        return {"changed": self.changed, "reasons": reasons, "diff": diff}
