"""Application Auto Scaling. A target's ARN has letters of its own. The caller needs rights on what is scaled, and on
alarms of policies ("Permissions required for Application Auto Scaling API actions" in its guide).
"""

from __future__ import annotations

from ...application_autoscaling import registry
from ..evaluation import Request
from .asked import Asked, Row, by, everything, rows

_ALARMS = ("DescribeAlarms", "PutMetricAlarm", "DeleteAlarms")


def _target(asked: Asked) -> str:
    registered = registry.targets().get(asked["ResourceId"])
    return registered.arn if registered else asked.arn("scalable-target/*")


def _on_target(asked: Asked) -> list[Request]:
    context = {
        "application-autoscaling:service-namespace": asked["ServiceNamespace"],
        "application-autoscaling:scalable-dimension": asked["ScalableDimension"],
    }
    return asked.on(_target(asked), **context)


def _register(asked: Asked) -> list[Request]:
    requests = _on_target(asked)
    if asked.has_tags():
        requests += asked.on(_target(asked), action="TagResource")
    service = asked.arn(asked["ResourceId"], "ecs")
    for action in ("DescribeServices", "UpdateService"):
        requests += asked.without_tags(service, action=f"ecs:{action}")
    return requests


def _policy(asked: Asked) -> list[Request]:
    requests = _on_target(asked)
    if asked.get("PolicyType") != "TargetTrackingScaling":
        return requests
    alarms = asked.arn(f"alarm:TargetTracking-{asked['ResourceId']}-*", "cloudwatch")
    return requests + [each for name in _ALARMS for each in asked.without_tags(alarms, action=f"cloudwatch:{name}")]


ROWS: dict[str, Row] = {
    "RegisterScalableTarget": _register,
    "PutScalingPolicy": _policy,
    **rows("DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget PutScheduledAction", _on_target),
    **rows(
        "DescribeScalableTargets DescribeScalingPolicies DescribeScheduledActions DescribeScalingActivities", everything
    ),
    **rows("TagResource UntagResource ListTagsForResource", by("ResourceARN")),
}
