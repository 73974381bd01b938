"""How CloudWatch evaluates an alarm: pure functions over its data points. "Using Amazon CloudWatch alarms" in the guide
of Amazon CloudWatch is the source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

OK = "OK"
ALARM = "ALARM"
INSUFFICIENT_DATA = "INSUFFICIENT_DATA"

#: So many more data points than the evaluation periods are looked at, where some of the newest are missing. AWS gives
#: this number in its example of three evaluation periods only.
_FURTHER_POINTS = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (lambda value, threshold: value >= threshold, "greater than or equal to"),
    "GreaterThanThreshold": (lambda value, threshold: value > threshold, "greater than"),
    "LessThanThreshold": (lambda value, threshold: value < threshold, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, threshold: value <= threshold, "less than or equal to"),
}
COMPARISONS = frozenset(_COMPARISONS)


@dataclass(frozen=True)
class Verdict:
    """What an alarm's state has to be: one of the three, or None for the one that it has. ``evaluated`` are the data
    points that say so, the oldest first.
    """

    state: str | None
    evaluated: tuple[float, ...]


def evaluation_range(alarm: dict[str, Any]) -> int:
    """How many of the newest data points an evaluation looks at."""
    return int(alarm["EvaluationPeriods"]) + _FURTHER_POINTS


def evaluate(alarm: dict[str, Any], points: Sequence[float | None]) -> Verdict:
    """By the values of the evaluation range, the oldest first; None for one that is missing."""
    wanted = int(alarm["EvaluationPeriods"])
    to_alarm = int(alarm.get("DatapointsToAlarm") or wanted)
    treatment = alarm.get("TreatMissingData") or "missing"
    there = [value for value in points if value is not None]
    evaluated = tuple(there[-wanted:])
    breaching = sum(_breaches(alarm, value) for value in evaluated)
    missing = wanted - len(evaluated)
    if breaching + (missing if treatment == "breaching" else 0) >= to_alarm:
        return Verdict(ALARM, evaluated)
    if not missing or treatment in ("breaching", "notBreaching"):
        return Verdict(OK, evaluated)
    if not evaluated:
        return Verdict(INSUFFICIENT_DATA if treatment == "missing" else None, evaluated)
    if breaching < len(evaluated):
        return Verdict(OK, evaluated)
    # All that there is breaches, but there is little of it: it must be old, so that the next one could not undo it.
    age = next(len(points) - place for place, value in enumerate(points) if value is not None)
    return Verdict(ALARM if age >= to_alarm and treatment == "missing" else None, evaluated)


def reason(alarm: dict[str, Any], verdict: Verdict) -> str:
    """The alarm's StateReason."""
    number = len(verdict.evaluated)
    if verdict.state == INSUFFICIENT_DATA or not number:
        return f"Insufficient Data: {_datapoints(int(alarm['EvaluationPeriods']))} unknown."
    _compare, words = _COMPARISONS[alarm["ComparisonOperator"]]
    values = ", ".join(str(float(value)) for value in reversed(verdict.evaluated))
    negation = "" if verdict.state == ALARM else " not"
    return (
        f"Threshold Crossed: {_datapoints(number, f' [{values}]')}{negation} {words} the threshold "
        f"({float(alarm['Threshold'])})."
    )


def _datapoints(number: int, values: str = "") -> str:
    return f"{number} datapoint{values} was" if number == 1 else f"{number} datapoints{values} were"


def _breaches(alarm: dict[str, Any], value: float) -> bool:
    compare, _words = _COMPARISONS[alarm["ComparisonOperator"]]
    return compare(value, float(alarm["Threshold"]))
