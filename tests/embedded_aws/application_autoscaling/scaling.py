"""What a policy does when an alarm calls it: it sets the desired count of its service, or says why it does not.

"Service auto scaling" in the developer guide of Amazon ECS: what runs is the starting point, not what is desired; and
nothing is taken away while a deployment is in progress.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch, ecs

from .. import clock
from . import registry, steps
from .documents import TRACKING
from .registry import Activity, Policy, Target

_POLICY = re.compile(r"arn:aws:autoscaling:[^:]+:\d+:scalingPolicy:([0-9a-f-]{36}):resource/ecs/")
_DEFAULT_COOLDOWN = 300
#: How often it is looked whether ECS has done what it was told, in real seconds, and for how many of AWS's.
_OFTEN = 0.2
_PATIENCE = 600


@dataclass(frozen=True)
class Call:
    """An alarm that calls a policy: its name and state, threshold and comparison, and what it was evaluated by."""

    alarm: str
    state: str
    threshold: float
    comparison: str
    values: Sequence[float]

    @property
    def rises(self) -> bool:
        return self.comparison.startswith("Greater")


def is_policy(arn: str) -> bool:
    """Whether the action of an alarm is a policy of a service."""
    return bool(_POLICY.match(arn))


def perform(arn: str, call: Call) -> str:
    """Lets the policy of the ARN scale; why it cannot, or nothing."""
    with registry.lock:
        found = registry.find_policy(_POLICY.match(arn)[1])
        if found is None:
            return "The scaling policy does not exist."
        target, policy = found
        service = service_of(target)
        if service is None:
            return "The service does not exist."
        if not call.values:
            return "There are no data points to scale by."
        _Scaling(target, policy, service, call).scale()
    return ""


def bring_into_bounds(target: Target) -> None:
    """What a registration does: a service that has less or more than may be is brought to what may be."""
    service = service_of(target)
    if service is None:
        return
    desired = int(service["desiredCount"])
    wanted = min(max(desired, target.least), target.most)
    if wanted != desired:
        bound = "minimum" if wanted > desired else "maximum"
        _set_desired_count(target, wanted, f"{bound} capacity was set to {wanted}", by_policy=False)


def service_of(target: Target) -> dict[str, Any] | None:
    """The service that is scaled, while it is there."""
    service = ecs._services.get(target.resource.removeprefix("service/"))
    return service if service and service["status"] == "ACTIVE" else None


def _set_desired_count(target: Target, capacity: int, cause: str, by_policy: bool) -> None:
    """Begins an activity; it ends when so many tasks run."""
    if target.latest and target.latest.status == "InProgress":
        target.latest.status, target.latest.ended = "Overridden", time.time()
    target.latest = Activity(target.resource, cause, capacity, by_policy)
    registry.add_activity(target.latest)
    cluster, service = target.resource.split("/")[1:]
    ecs._ACTION_MAP["UpdateService"]({"cluster": cluster, "service": service, "desiredCount": capacity})
    _follow(target, target.latest)


def _follow(target: Target, activity: Activity) -> None:
    with registry.lock:
        service = service_of(target)
        if service is None or activity.status != "InProgress":
            return
        if service["runningCount"] == activity.capacity:
            activity.status, activity.ended = "Successful", time.time()
        elif time.time() > activity.began + clock.real(_PATIENCE):
            activity.status, activity.ended = "Unfulfilled", time.time()
        else:
            clock.later(_OFTEN, _follow, target, activity)


class _Scaling:
    """One call of a policy."""

    def __init__(self, target: Target, policy: Policy, service: dict[str, Any], call: Call) -> None:
        self._target = target
        self._policy = policy
        self._service = service
        self._call = call
        self._configuration = policy.configuration
        self._cause = f"monitor alarm {call.alarm} in state {call.state} triggered policy {policy.name}"

    def scale(self) -> None:
        running = int(self._service["runningCount"])
        cooling = self._is_cooling_down()
        begun = self._target.latest.capacity if cooling and self._target.latest else None
        capacity = max(running, begun) if begun is not None and self._target.scaled_out else running
        wanted = self._wanted(self._target.base if cooling and self._target.scaled_out else running)
        if wanted is None:
            return
        if wanted > capacity:
            self._scale_out(running, capacity, wanted)
        elif wanted < capacity:
            self._scale_in(capacity, wanted)
        else:
            self._do_not("AlreadyAtDesiredCapacity", CurrentCapacity=capacity)

    def _wanted(self, capacity: int) -> int | None:
        """The capacity by the policy alone, or None where it says nothing."""
        values = self._call.values
        if self._policy.tracks:
            return self._tracked(capacity, values[-1])
        value = steps.aggregated(self._configuration, values)
        amount = steps.adjustment(self._configuration, value - self._call.threshold, self._call.rises)
        return None if amount is None else steps.adjusted(self._configuration, capacity, amount)

    def _tracked(self, capacity: int, value: float) -> int | None:
        wanted = steps.tracked(capacity, value, float(self._configuration["TargetValue"]))
        if self._call.rises:
            return max(wanted, capacity)
        return min(wanted, capacity) if self._all_track_down() else None

    def _all_track_down(self) -> bool:
        """Whether all policies of the target that follow a metric, and may take away, are ready to."""
        others = [one for one in self._target.policies.values() if one.kind == TRACKING and "AlarmLow" in one.alarms]
        alarms = [cloudwatch._alarms.get(one.alarms["AlarmLow"]) or {} for one in others]
        return all(alarm.get("StateValue") == "ALARM" for alarm in alarms)

    def _scale_out(self, running: int, capacity: int, wanted: int) -> None:
        target = self._target
        if target.suspended["DynamicScalingOutSuspended"]:
            return
        if capacity >= target.most:
            self._do_not("AlreadyAtMaxCapacity", MaxCapacity=target.most)
            return
        if not (self._is_cooling_down() and target.scaled_out):
            target.base = running
        target.scaled_out = True
        _set_desired_count(target, max(target.least, min(wanted, target.most)), self._cause, by_policy=True)

    def _scale_in(self, capacity: int, wanted: int) -> None:
        target = self._target
        if target.suspended["DynamicScalingInSuspended"]:
            return
        if capacity <= target.least:
            self._do_not("AlreadyAtMinCapacity", MinCapacity=target.least)
            return
        if (ecs._primary_deployment(self._service) or {}).get("rolloutState") == "IN_PROGRESS":
            self._do_not("TargetServicePutResourceAsUnscalable")
            return
        # Target tracking waits for what it took away to take effect, step scaling for whatever it did.
        if self._is_cooling_down() and not (self._policy.tracks and target.scaled_out):
            return
        target.scaled_out = False
        _set_desired_count(target, min(target.most, max(wanted, target.least)), self._cause, by_policy=True)

    def _is_cooling_down(self) -> bool:
        """Whether the latest activity of a policy is to take effect still."""
        latest = self._target.latest
        if latest is None or not latest.by_policy:
            return False
        of_tracking = "ScaleOutCooldown" if self._target.scaled_out else "ScaleInCooldown"
        seconds = self._configuration.get(of_tracking if self._policy.tracks else "Cooldown")
        seconds = _DEFAULT_COOLDOWN if seconds is None else float(seconds)
        return time.time() < (latest.ended or latest.began) + clock.real(seconds)

    def _do_not(self, code: str, **numbers: int) -> None:
        reason = {"Code": code, **numbers}
        registry.add_activity(
            Activity(self._target.resource, self._cause, not_scaled=reason, status="Failed", ended=None)
        )
