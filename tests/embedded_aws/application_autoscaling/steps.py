"""How a policy makes a new capacity of the present one: pure functions. "Step scaling policies" and "Target tracking
scaling policies" in the guide of Application Auto Scaling are the source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_AGGREGATIONS = {"Minimum": min, "Maximum": max, "Average": lambda values: sum(values) / len(values)}


def aggregated(configuration: Mapping[str, Any], values: Sequence[float]) -> float:
    """The value of the metric that steps are chosen by."""
    return float(_AGGREGATIONS[configuration.get("MetricAggregationType") or "Average"](values))


def adjustment(configuration: Mapping[str, Any], difference: float, rises: bool) -> int | None:
    """That of the step for a metric that differs so much from the alarm's threshold, or None where there is none.

    ``rises``: whether the alarm is for values above its threshold. The bound that is nearer to it is then inclusive.
    """
    for step in configuration["StepAdjustments"]:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        above = difference > 0 or (difference == 0 and rises)
        if lower <= difference < upper if above else lower < difference <= upper:
            return int(step["ScalingAdjustment"])
    return None


def adjusted(configuration: Mapping[str, Any], capacity: int, amount: int) -> int:
    """The capacity after an adjustment, within no bounds but 0."""
    kind = configuration["AdjustmentType"]
    if kind == "ExactCapacity":
        return amount
    change = amount if kind == "ChangeInCapacity" else _percent(configuration, capacity, amount)
    return max(0, capacity + change)


def tracked(capacity: int, value: float, target: float) -> int:
    """The capacity at which a metric that is shared out among it would be at the target."""
    if capacity == 0:
        return 1 if value > 0 else 0
    return math.ceil(capacity * value / target)


def _percent(configuration: Mapping[str, Any], capacity: int, amount: int) -> int:
    share = capacity * amount / 100
    change = math.trunc(share) or int(math.copysign(1, share) if share else 0)
    least = int(configuration.get("MinAdjustmentMagnitude") or 0)
    return int(math.copysign(max(abs(change), least), amount)) if amount else 0
