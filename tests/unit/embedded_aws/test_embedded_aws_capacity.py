"""How tasks are spread over capacity providers."""

from __future__ import annotations

import collections

import pytest

from tests.embedded_aws.capacity import complaint, share_out


def strategy(fargate, spot):
    """By base and weight of each."""
    names = {"FARGATE": fargate, "FARGATE_SPOT": spot}
    return [{"capacityProvider": name, "base": base, "weight": weight} for name, (base, weight) in names.items()]


@pytest.mark.parametrize(
    ("fargate", "spot", "number", "on_fargate"),
    [
        ((0, 1), (0, 1), 4, 2),
        ((0, 1), (0, 4), 5, 1),
        ((2, 1), (0, 4), 2, 2),
        ((2, 1), (0, 4), 7, 3),
        ((1, 0), (0, 1), 5, 1),
        ((0, 0), (0, 1), 3, 0),
        ((0, 30), (0, 70), 10, 3),
        ((1, 30), (0, 70), 1, 1),
    ],
)
def test_first_the_base_and_then_by_weight(fargate, spot, number, on_fargate):
    chosen = share_out(strategy(fargate, spot), {}, number)
    assert collections.Counter(chosen) == +collections.Counter(FARGATE=on_fargate, FARGATE_SPOT=number - on_fargate)


def test_what_is_there_already_counts():
    assert share_out(strategy((1, 1), (0, 1)), {"FARGATE": 1, "FARGATE_SPOT": 3}, 3) == ["FARGATE"] * 3
    assert share_out(strategy((1, 1), (0, 1)), {"FARGATE_SPOT": 3}, 1) == ["FARGATE"]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (strategy((0, 1), (0, 1)), None),
        (strategy((1, 1), (1, 1)), "Only one capacity provider"),
        (strategy((0, 0), (0, 0)), "weight greater than 0"),
        (strategy((0, 1001), (0, 1)), "A weight is between"),
        ([{"capacityProvider": "mine", "weight": 1}], "not associated with the cluster"),
        (strategy((0, 1), (0, 1)) * 11, "a maximum of 20"),
    ],
)
def test_what_is_no_strategy_is_told(items, words):
    told = complaint(items, ["FARGATE", "FARGATE_SPOT"])
    assert told is None if words is None else words in told
