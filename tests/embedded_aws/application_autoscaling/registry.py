"""What is registered: scalable targets with their policies, scheduled actions and activities, by account and region."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region

from .documents import DIMENSION, SUSPENSIONS, TRACKING, RefusedError

_MOST_ACTIVITIES = 1000
_ROLE = "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"


@dataclass
class Policy:
    """`alarms`: names of the alarms that were made for it. `suffix` is what their actions add to its ARN."""

    name: str
    resource: str
    kind: str
    configuration: dict[str, Any]
    created: float = field(default_factory=time.time)
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    suffix: str = field(default_factory=lambda: f":createdBy/{uuid.uuid4()}")
    alarms: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return (
            f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:scalingPolicy:{self.identifier}:resource/ecs/"
            f"{self.resource}:policyName/{self.name}"
        )

    @property
    def tracks(self) -> bool:
        return self.kind == TRACKING


@dataclass
class Activity:
    """A change of the desired count to `capacity`, or what kept one from being made: `not_scaled`."""

    resource: str
    cause: str
    capacity: int | None = None
    by_policy: bool = False
    not_scaled: dict[str, Any] | None = None
    status: str = "InProgress"
    began: float = field(default_factory=time.time)
    ended: float | None = None
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))

    def document(self) -> dict[str, Any]:
        """As DescribeScalingActivities tells it."""
        told = {
            "ActivityId": self.identifier,
            "ServiceNamespace": "ecs",
            "ResourceId": self.resource,
            "ScalableDimension": DIMENSION,
            "Cause": self.cause,
            "StartTime": self.began,
            "StatusCode": self.status,
        }
        if self.not_scaled:
            return {
                **told,
                "Description": "Attempting to scale due to alarm triggered",
                "NotScaledReasons": [self.not_scaled],
            }
        told["Description"] = f"Setting desired count to {self.capacity}."
        told["StatusMessage"] = f"Successfully set desired count to {self.capacity}. {_MESSAGES[self.status]}"
        return {**told, "EndTime": self.ended} if self.ended else told


_MESSAGES = {
    "InProgress": "Waiting for change to be fulfilled by ecs.",
    "Successful": "Change successfully fulfilled by ecs.",
    "Overridden": "A newer scaling activity has changed it.",
    "Unfulfilled": "Change has not been fulfilled by ecs.",
}


@dataclass
class Target:
    """`latest` is its newest activity. Of the newest by a policy, `scaled_out` says whether it added something, and
    `base` what ran before, and before those in whose cooldown it was.
    """

    resource: str
    least: int
    most: int
    suspended: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(SUSPENSIONS, False))
    tags: dict[str, str] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    identifier: str = field(default_factory=lambda: (uuid.uuid4().hex + uuid.uuid4().hex)[:36])
    policies: dict[str, Policy] = field(default_factory=dict)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    latest: Activity | None = None
    base: int = 0
    scaled_out: bool = False

    @property
    def arn(self) -> str:
        place = f"{get_region()}:{get_account_id()}"
        return f"arn:aws:application-autoscaling:{place}:scalable-target/{self.identifier}"

    def document(self) -> dict[str, Any]:
        """As DescribeScalableTargets tells it."""
        return {
            "ServiceNamespace": "ecs",
            "ResourceId": self.resource,
            "ScalableDimension": DIMENSION,
            "MinCapacity": self.least,
            "MaxCapacity": self.most,
            "RoleARN": f"arn:aws:iam::{get_account_id()}:role/{_ROLE}",
            "CreationTime": self.created,
            "SuspendedState": self.suspended,
            "ScalableTargetARN": self.arn,
        }


#: Held by whoever reads or changes what is registered.
lock = threading.RLock()
_targets: dict[tuple[str, str], dict[str, Target]] = {}
_activities: dict[tuple[str, str], list[Activity]] = {}


def forget() -> None:
    """Nothing is registered."""
    with lock:
        _targets.clear()
        _activities.clear()


def targets() -> dict[str, Target]:
    """Those of the account and region, by resource."""
    return _targets.setdefault((get_account_id(), get_region()), {})


def activities() -> list[Activity]:
    """Those of the account and region, the newest first."""
    return _activities.setdefault((get_account_id(), get_region()), [])


def add_activity(activity: Activity) -> None:
    """One that says the same as the newest is not added again."""
    newest = next((one for one in activities() if one.resource == activity.resource), None)
    if activity.not_scaled and newest and (newest.cause, newest.not_scaled) == (activity.cause, activity.not_scaled):
        return
    activities().insert(0, activity)
    del activities()[_MOST_ACTIVITIES:]


def target_of(resource: str, words: str = "found") -> Target:
    """Raises RefusedError where it is not registered."""
    if resource in targets():
        return targets()[resource]
    raise RefusedError(
        "ObjectNotFoundException",
        f"No scalable target {words} for service namespace: ecs, resource ID: {resource}, scalable dimension: "
        f"{DIMENSION}",
    )


def find_policy(identifier: str) -> tuple[Target, Policy] | None:
    """The policy of an identifier, and its target."""
    for target in targets().values():
        for policy in target.policies.values():
            if policy.identifier == identifier:
                return target, policy
    return None
