"""What a report of AWS's answers says to be assumed is what the embedded AWS does in a strict account."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.observations import members, report
from ansible_collections.farflow.airflow.plugins.module_utils.observations.assumptions import ASSUMPTIONS

from tests.embedded_aws import behaviours

#: What a strict account has that is no delay.
NO_DELAYS = {"unknown_members", "fargate_vcpus", "guardduty_agent", "bucket_not_empty"}
NO_DELAYS |= {"rates", "enforced_iam", "whole_resources"}
#: A period of AWS's own, for which nobody waits.
NO_DELAYS |= {"rebalances"}


def test_all_delays_of_a_strict_account_are_in_a_report():
    strict = {name for name, each in behaviours.REGISTRY.items() if each.strict is not None}
    assert strict - NO_DELAYS == set(ASSUMPTIONS)
    assert strict >= NO_DELAYS


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_they_are_the_same(name):
    assumed, behaviour = ASSUMPTIONS[name], behaviours.REGISTRY[name]
    least, most = behaviour.strict if isinstance(behaviour.strict, tuple) else (behaviour.strict,) * 2
    assert (assumed.least, assumed.most, assumed.source) == (least, most, behaviour.source)


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_they_are_observed_or_it_is_said_why_not(name):
    one = ASSUMPTIONS[name]
    kinds = {kind for some in members.SHOWN.values() for kind in some}
    assert set(one.kinds) <= kinds
    assert bool(one.kinds) == (bool(one.states) != bool(one.done)) == (not one.unseen)


def test_codes_are_those_of_behaviours():
    assert set(report._KNOWN_CODES.values()) <= set(behaviours.REGISTRY)
