# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The capacity of Fargate that a task runs on: on demand, or Spot, which is cheaper, may be lacking, and is taken away
with a warning of two minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.exceptions import EcsOperatorError

from farflow.naming import CAPACITIES, CAPACITY_LABEL

ON_DEMAND, SPOT, SPOT_THEN_ON_DEMAND = CAPACITIES
PROVIDER = "FARGATE_SPOT"

_PLACED_BY = ("capacityProviderStrategy", "launchType")
#: RunTask in its failures or as an error, and the stoppedReason of a task that failed to start.
_UNAVAILABLE = re.compile(r"capacity.*(unavailable|not available|insufficient)|insufficient.*capacity", re.I)
_LACKS = "Fargate Spot has no capacity for it"
_RUNS_ON_DEMAND = f"with capacity {SPOT_THEN_ON_DEMAND!r}"


class NoSpotCapacity(EcsOperatorError):
    """RunTask was refused since there is no Spot capacity. ``reason`` has AWS's words."""

    def __init__(self, failures: list[Any], name: str, reason: str) -> None:
        super().__init__(failures, lacking(name, reason))
        self.reason = reason


def of_definition(definition: Mapping[str, Any]) -> str | None:
    """What task.yml says, by a member of DescribeTaskDefinition's answer; None where it says nothing."""
    labels = [(each.get("dockerLabels") or {}).get(CAPACITY_LABEL) for each in definition["containerDefinitions"]]
    return next((label for label in labels if label in CAPACITIES), None)


def is_first_try(instance: Any, retries: int) -> bool:
    """Whether it is the first try of an Airflow task, or the first one since a user has cleared it."""
    before = max(instance.max_tries - retries, 0)
    return bool(instance.try_number <= before + 1)


def placed(request: Mapping[str, Any], wanted: str | None, may_be_spot: bool) -> dict[str, Any]:
    """RunTask's arguments with the capacity that is wanted; as they are where none is. ``may_be_spot`` says whether
    ``spot_then_on_demand`` means Spot still.
    """
    if wanted is None:
        return dict(request)
    others = {name: value for name, value in request.items() if name not in _PLACED_BY}
    if wanted == SPOT or (wanted == SPOT_THEN_ON_DEMAND and may_be_spot):
        return {**others, "capacityProviderStrategy": [{"capacityProvider": PROVIDER, "weight": 1}]}
    return {**others, "launchType": "FARGATE"}


def is_spot(request: Mapping[str, Any]) -> bool:
    """Whether RunTask is asked for nothing but Spot."""
    return {each.get("capacityProvider") for each in request.get("capacityProviderStrategy") or ()} == {PROVIDER}


def is_unavailable(reason: str) -> bool:
    """Whether these words of AWS say that there is no capacity."""
    return bool(_UNAVAILABLE.search(reason))


def was_lacking(task: Mapping[str, Any]) -> bool:
    """Whether a Fargate task has ended before any of its containers has run, since there is no Spot capacity. RunTask
    takes some of these, and what becomes of them is told later.
    """
    return (
        task.get("stopCode") == "TaskFailedToStart"
        and task.get("capacityProviderName") == PROVIDER
        and not task.get("startedAt")
        and all(each.get("exitCode") is None for each in task["containers"])
        and is_unavailable(str(task.get("stoppedReason") or ""))
    )


def lacking(name: str, reason: str) -> str:
    """The error of a task that there is no Spot capacity for."""
    advice = f"a retry asks for it again; {_RUNS_ON_DEMAND} it runs on demand instead, without a retry"
    return f"{name} was not started: {_LACKS}: {reason}\nadvice: {advice}"


def falls_back(reason: str) -> str:
    """What the log says when it is started again, on demand."""
    return f"{_LACKS}, so it runs on demand: {reason}"


def after_interruption(wanted: str | None) -> str:
    """What follows when AWS has taken Spot capacity back, for the error."""
    if wanted == SPOT_THEN_ON_DEMAND:
        return "AWS took its Spot capacity back; a retry runs on demand"
    return f"AWS took its Spot capacity back; a retry runs on Spot again, and {_RUNS_ON_DEMAND} on demand"
