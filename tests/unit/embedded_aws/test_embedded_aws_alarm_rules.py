"""Alarms are evaluated as the tables in the guide of Amazon CloudWatch say: O does not breach, X does, - is missing."""

from __future__ import annotations

import pytest

from tests.embedded_aws.alarms import evaluate, reason

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
RETAINED = None

#: Data points to alarm, data points, and what becomes of them by each treatment of missing data.
TABLES = [
    (3, "O - X - X", ("OK", "OK", "OK", "OK")),
    (3, "O - - - -", ("OK", "OK", "OK", "OK")),
    (3, "- - - - -", ("INSUFFICIENT_DATA", RETAINED, "ALARM", "OK")),
    (3, "O X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    (3, "- - X - -", ("ALARM", RETAINED, "ALARM", "OK")),
    (2, "O - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    (2, "O O X O X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    (2, "O - X - -", ("OK", "OK", "ALARM", "OK")),
    (2, "- - - - O", ("OK", "OK", "ALARM", "OK")),
    (2, "- - - X -", ("ALARM", RETAINED, "ALARM", "OK")),
    # Not yet: the next one may not breach.
    (3, "- - - - X", (RETAINED, RETAINED, "ALARM", "OK")),
    (3, "- - - X -", (RETAINED, RETAINED, "ALARM", "OK")),
]


def alarm(**members):
    return {
        "EvaluationPeriods": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5,
        **members,
    }


def values(points):
    return [{"O": 0.0, "X": 9.0, "-": None}[point] for point in points.split()]


@pytest.mark.parametrize(("to_alarm", "points", "states"), TABLES)
def test_missing_data_is_treated_as_in_the_guide(to_alarm, points, states):
    found = [
        evaluate(alarm(DatapointsToAlarm=to_alarm, TreatMissingData=treatment), values(points)).state
        for treatment in TREATMENTS
    ]
    assert tuple(found) == states


def test_missing_data_is_missing_where_nothing_is_said_and_all_have_to_breach():
    assert evaluate(alarm(), values("- - - - -")).state == "INSUFFICIENT_DATA"
    assert evaluate(alarm(), values("X X O X X")).state == "OK"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("GreaterThanThreshold", [6]),
        ("LessThanOrEqualToThreshold", [4, 5]),
        ("LessThanThreshold", [4]),
    ],
)
def test_a_value_is_compared_with_the_threshold(comparison, breaching):
    one = alarm(ComparisonOperator=comparison, EvaluationPeriods=1)
    assert [value for value in (4, 5, 6) if evaluate(one, [None, None, value]).state == "ALARM"] == breaching


def test_the_reason_says_what_was_seen():
    one = alarm(EvaluationPeriods=2)
    above, below, nothing = ([8.0, 9.0], [8.0, 2.0], [None, None])
    assert [reason(one, evaluate(one, points)) for points in (above, below, nothing)] == [
        "Threshold Crossed: 2 datapoints [9.0, 8.0] were greater than the threshold (5.0).",
        "Threshold Crossed: 2 datapoints [2.0, 8.0] were not greater than the threshold (5.0).",
        "Insufficient Data: 2 datapoints were unknown.",
    ]
