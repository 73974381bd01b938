# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plan, do, and wait until AWS shows it: for services whose answers lag behind what they were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .actions import Resource, plan
from .reconcile import Operations, Outcome, reconcile
from .waiting import NotYet, wait_for

_SHOWN_AFTER = 120


def converge(
    desired: Sequence[Resource],
    read: Callable[[], Sequence[Resource]],
    operations: Operations,
    check_mode: bool,
) -> list[Outcome]:
    """Reconciles what ``read`` finds with what is desired. After a change it returns when ``read`` finds what is
    desired; raises FarflowError when it does not within two minutes.
    """
    outcomes = reconcile(desired, read(), operations, check_mode)
    if not check_mode and any(outcome.changed for outcome in outcomes):
        wait_for(lambda: _shown(desired, read()), _SHOWN_AFTER, "AWS to show what was asked for", interval=0.5)
    return outcomes


def _shown(desired: Sequence[Resource], actual: Sequence[Resource]) -> bool | NotYet:
    left = [
        f"{action.kind} {action.resource.type.replace('_', ' ')} {action.resource.name} {'; '.join(action.reasons)}"
        for action in plan(desired, actual)
    ]
    return NotYet("it still shows something to do: " + ", ".join(map(str.rstrip, left))) if left else True
