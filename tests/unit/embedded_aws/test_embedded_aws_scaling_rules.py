"""How policies make a new capacity of the present one, by the examples in the guide of Application Auto Scaling."""

from __future__ import annotations

import pytest

from tests.embedded_aws.application_autoscaling import documents, steps


def step(lower, upper, adjustment):
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {**{name: bound for name, bound in bounds.items() if bound is not None}, "ScalingAdjustment": adjustment}


OUT = {
    "AdjustmentType": "PercentChangeInCapacity",
    "StepAdjustments": [step(0, 10, 0), step(10, 20, 10), step(20, None, 30)],
}
IN = {
    "AdjustmentType": "PercentChangeInCapacity",
    "StepAdjustments": [step(-10, 0, 0), step(-20, -10, -10), step(None, -20, -30)],
}


@pytest.mark.parametrize(
    ("policy", "value", "capacity", "after"),
    [
        (OUT, 59, 10, 10),
        (OUT, 60, 10, 11),
        (OUT, 70, 11, 14),
        (IN, 41, 14, 14),
        (IN, 40, 14, 13),
        (IN, 30, 13, 10),
    ],
)
def test_the_step_is_chosen_by_the_distance_from_the_threshold(policy, value, capacity, after):
    """The guide's example: an alarm at 50 each way."""
    amount = steps.adjustment(policy, value - 50, rises=policy is OUT)
    assert steps.adjusted(policy, capacity, amount) == after


@pytest.mark.parametrize(("rises", "amount"), [(True, 3), (False, 2)])
def test_the_bound_at_the_threshold_is_inclusive_on_the_side_of_the_alarm(rises, amount):
    policy = {"StepAdjustments": [step(None, 0, 2), step(0, None, 3)]}
    assert steps.adjustment(policy, 0, rises) == amount


def test_a_value_of_no_step_changes_nothing():
    assert steps.adjustment({"StepAdjustments": [step(5, None, 1)]}, 4, rises=True) is None


@pytest.mark.parametrize(
    ("capacity", "percent", "least", "change"),
    [(127, 10, 0, 12), (67, 1, 0, 1), (58, -1, 0, -1), (667, -1, 0, -6), (4, 25, 2, 2), (4, -25, 2, -2), (4, 0, 2, 0)],
)
def test_a_share_is_rounded_towards_zero_but_is_one_at_least(capacity, percent, least, change):
    policy = {"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": least}
    assert steps.adjusted(policy, capacity, percent) - capacity == change


@pytest.mark.parametrize(
    ("kind", "amount", "after"), [("ChangeInCapacity", 5, 8), ("ChangeInCapacity", -5, 0), ("ExactCapacity", 5, 5)]
)
def test_a_capacity_is_added_to_or_set(kind, amount, after):
    assert steps.adjusted({"AdjustmentType": kind}, 3, amount) == after


@pytest.mark.parametrize(("aggregation", "value"), [(None, 2), ("Average", 2), ("Minimum", 1), ("Maximum", 3)])
def test_values_are_aggregated(aggregation, value):
    assert steps.aggregated({"MetricAggregationType": aggregation}, [1, 2, 3]) == value


@pytest.mark.parametrize(("capacity", "value", "after"), [(4, 90, 6), (4, 20, 2), (0, 90, 1), (0, 0, 0)])
def test_a_metric_is_brought_to_its_target(capacity, value, after):
    assert steps.tracked(capacity, value, 60) == after


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"AdjustmentType": None}, "AdjustmentType is required"),
        ({"StepAdjustments": []}, "At least one StepAdjustment"),
        ({"StepAdjustments": [step(None, None, 1)]}, "must be specified"),
        ({"StepAdjustments": [step(3, 3, 1)]}, "must be less than"),
        ({"StepAdjustments": [step(0, 1, 1), step(2, None, 2)]}, "gaps"),
        ({"StepAdjustments": [step(0, 2, 1), step(1, None, 2)]}, "overlap"),
        ({"StepAdjustments": [step(-5, 0, 1)]}, "unspecified lower bound"),
        ({"StepAdjustments": [step(0, 5, 1)]}, "unspecified upper bound"),
        ({"StepAdjustments": [step(0, None, -1)]}, "must not be negative for ExactCapacity"),
        ({"MetricAggregationType": "Sum"}, "MetricAggregationType"),
        ({"Cooldown": -1}, "Cooldown"),
        (
            {"StepAdjustments": [step(number, number + 1, 1) for number in range(20)] + [step(20, None, 1)]},
            "at most 20",
        ),
    ],
)
def test_steps_that_aws_does_not_take_are_refused(change, complaint):
    policy = {"AdjustmentType": "ExactCapacity", "StepAdjustments": [step(0, 1, 0), step(1, None, 1)]}
    documents.check_policy("StepScaling", policy)
    with pytest.raises(documents.RefusedError, match=complaint):
        documents.check_policy("StepScaling", {**policy, **change})
