"""What is taken, and what is refused: pure functions over the arguments of calls."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

DIMENSION = "ecs:service:DesiredCount"
STEP = "StepScaling"
TRACKING = "TargetTrackingScaling"
CONFIGURATIONS = {STEP: "StepScalingPolicyConfiguration", TRACKING: "TargetTrackingScalingPolicyConfiguration"}
SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
MOST_STEPS = 20

_RESOURCE = re.compile(r"service/[^/]+/[^/]+")
_ADJUSTMENTS = ("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")
_AGGREGATIONS = ("Average", "Minimum", "Maximum")
#: Predefined metrics of services, and the metric of AWS/ECS that each stands for.
METRICS = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}
_OF_LOAD_BALANCERS = "ALBRequestCountPerTarget"


class RefusedError(Exception):
    """The call is refused with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid(message: str) -> RefusedError:
    return RefusedError("ValidationException", message)


def place_of(asked: Document) -> str:
    """The resource of a scalable target. Raises RefusedError for any but a service of ECS."""
    resource = str(asked.get("ResourceId", ""))
    fits = asked.get("ServiceNamespace") == "ecs" and asked.get("ScalableDimension") == DIMENSION
    if not (fits and _RESOURCE.fullmatch(resource)):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
    return resource


def check_capacities(least: int | None, most: int | None) -> None:
    """Raises RefusedError for capacities that a target cannot have."""
    if least is None or most is None:
        raise invalid("MinCapacity and MaxCapacity are required when registering a new scalable target.")
    if least < 0:
        raise invalid(f"1 validation error detected: Value '{least}' at 'minCapacity' is below the minimum of 0")
    if most < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


def check_policy(kind: str | None, configuration: Document | None) -> None:
    """Raises RefusedError for a policy that AWS does not take."""
    if kind not in CONFIGURATIONS:
        raise invalid(
            f"1 validation error detected: Value '{kind}' at 'policyType' failed to satisfy constraint: Member must "
            "satisfy enum value set: [StepScaling, TargetTrackingScaling, PredictiveScaling]"
        )
    if configuration is None:
        raise invalid(f"{CONFIGURATIONS[kind]} is required for policy type {kind}.")
    (_check_steps if kind == STEP else _check_tracking)(configuration)


def _check_steps(configuration: Document) -> None:
    kind, steps = configuration.get("AdjustmentType"), configuration.get("StepAdjustments")
    if kind not in _ADJUSTMENTS:
        raise invalid("AdjustmentType is required: ChangeInCapacity, PercentChangeInCapacity or ExactCapacity.")
    if not steps:
        raise invalid("At least one StepAdjustment must be specified.")
    if len(steps) > MOST_STEPS:
        raise RefusedError("LimitExceededException", f"A policy can have at most {MOST_STEPS} step adjustments.")
    if configuration.get("MetricAggregationType") not in (None, *_AGGREGATIONS):
        raise invalid("MetricAggregationType must be Average, Minimum or Maximum.")
    if int(configuration.get("Cooldown") or 0) < 0:
        raise invalid("Cooldown must not be negative.")
    if kind == "ExactCapacity" and any(step["ScalingAdjustment"] < 0 for step in steps):
        raise invalid("ScalingAdjustment must not be negative for ExactCapacity.")
    _check_bounds([(_bound(step, "Lower", -math.inf), _bound(step, "Upper", math.inf)) for step in steps])


def _check_bounds(intervals: list[tuple[float, float]]) -> None:
    intervals.sort()
    if any(lower == -math.inf and upper == math.inf for lower, upper in intervals):
        raise invalid("At least one of MetricIntervalLowerBound and MetricIntervalUpperBound must be specified.")
    if any(lower >= upper for lower, upper in intervals):
        raise invalid("MetricIntervalLowerBound must be less than MetricIntervalUpperBound.")
    for (_lower, upper), (following, _upper) in itertools.pairwise(intervals):
        if upper != following:
            raise invalid("StepAdjustment intervals can't overlap or have gaps between them.")
    (lowest, _unused), (_unused, highest) = intervals[0], intervals[-1]
    if -math.inf < lowest < 0:
        raise invalid("There must be a StepAdjustment with an unspecified lower bound when one is negative.")
    if 0 < highest < math.inf:
        raise invalid("There must be a StepAdjustment with an unspecified upper bound when one is positive.")


def _bound(step: Document, which: str, unspecified: float) -> float:
    value = step.get(f"MetricInterval{which}Bound")
    return unspecified if value is None else float(value)


def _check_tracking(configuration: Document) -> None:
    if configuration.get("TargetValue") is None:
        raise invalid("TargetValue is required.")
    predefined = configuration.get("PredefinedMetricSpecification")
    if bool(predefined) == bool(configuration.get("CustomizedMetricSpecification")):
        raise invalid("Either PredefinedMetricSpecification or CustomizedMetricSpecification must be specified.")
    if predefined:
        metric = predefined.get("PredefinedMetricType")
        if metric not in (*METRICS, _OF_LOAD_BALANCERS):
            raise invalid(f"{metric} is not a predefined metric of ecs.")
        if bool(predefined.get("ResourceLabel")) != (metric == _OF_LOAD_BALANCERS):
            raise invalid(f"ResourceLabel must be specified for {_OF_LOAD_BALANCERS}, and for it only.")
    for cooldown in ("ScaleInCooldown", "ScaleOutCooldown"):
        if int(configuration.get(cooldown) or 0) < 0:
            raise invalid(f"{cooldown} must not be negative.")


def metric_of(configuration: Document) -> Document:
    """What a target tracking policy follows."""
    return configuration.get("PredefinedMetricSpecification") or configuration["CustomizedMetricSpecification"]
