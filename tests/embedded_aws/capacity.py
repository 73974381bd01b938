"""How tasks are spread over capacity providers: pure functions. "CapacityProviderStrategyItem" in the API reference of
Amazon ECS is the source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SPOT = "FARGATE_SPOT"
PROVIDERS = ("FARGATE", SPOT)

_MOST_PROVIDERS = 20
_MOST_WEIGHT = 1000
_MOST_BASE = 100_000

Strategy = Sequence[Mapping[str, Any]]


def complaint(strategy: Strategy, associated: Sequence[str]) -> str | None:
    """What AWS does not take of a strategy in a cluster with these providers."""
    if len(strategy) > _MOST_PROVIDERS:
        return f"A capacity provider strategy can contain a maximum of {_MOST_PROVIDERS} capacity providers."
    if not {item["capacityProvider"] for item in strategy} <= set(associated):
        return (
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster and try again."
        )
    if not all(0 <= _weight(item) <= _MOST_WEIGHT and 0 <= _base(item) <= _MOST_BASE for item in strategy):
        return f"A weight is between 0 and {_MOST_WEIGHT}, and a base between 0 and {_MOST_BASE}."
    if sum(bool(_base(item)) for item in strategy) > 1:
        return "Only one capacity provider in a capacity provider strategy can have a base defined."
    if not any(_weight(item) for item in strategy):
        return "At least one capacity provider in a capacity provider strategy must have a weight greater than 0."
    return None


def share_out(strategy: Strategy, present: Mapping[str, int], number: int) -> list[str]:
    """The providers of so many further tasks, where so many are present: first the base, then by weight."""
    counts = {item["capacityProvider"]: present.get(item["capacityProvider"], 0) for item in strategy}
    chosen = []
    for _unused in range(number):
        provider = _next(strategy, counts)
        counts[provider] += 1
        chosen.append(provider)
    return chosen


def _next(strategy: Strategy, counts: Mapping[str, int]) -> str:
    for item in strategy:
        if counts[item["capacityProvider"]] < _base(item):
            return str(item["capacityProvider"])
    beyond = {item["capacityProvider"]: counts[item["capacityProvider"]] - _base(item) for item in strategy}
    weights = sum(_weight(item) for item in strategy)
    following = sum(beyond.values()) + 1

    def lacks(item: Mapping[str, Any]) -> float:
        return following * _weight(item) / weights - beyond[item["capacityProvider"]]

    return str(max((item for item in strategy if _weight(item)), key=lacks)["capacityProvider"])


def _weight(item: Mapping[str, Any]) -> int:
    return int(item.get("weight") or 0)


def _base(item: Mapping[str, Any]) -> int:
    return int(item.get("base") or 0)
