"""What is told of what cannot be brought about: which resource, which difference stays, and where to look."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import (
    CHANGE,
    CREATE,
    DELETE,
    Action,
    Resource,
)
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment.unconverged import sentences

OURS = Resource("subnet", "prod-private-a", {}, "subnet-1")
TAGS, OTHER = "tags team data -> (none)", "map_public_ip false -> true"


@pytest.mark.parametrize(
    ("action", "line", "advice"),
    [
        (Action(CHANGE, OURS, (TAGS,)), f"change subnet prod-private-a (subnet-1): {TAGS}", ["farflow_ignored_tags"]),
        (Action(CHANGE, OURS, (OTHER,)), f"change subnet prod-private-a (subnet-1): {OTHER}", ["who else sets what"]),
        (
            Action(CHANGE, OURS, (TAGS, OTHER)),
            f"change subnet prod-private-a (subnet-1): {TAGS}; {OTHER}",
            ["farflow_ignored_tags", "who else sets what"],
        ),
        (
            Action(DELETE, OURS),
            "delete subnet prod-private-a (subnet-1)",
            ["farflow:environment and farflow:role make it one of this environment; if a hand, or a policy"],
        ),
        (Action(CREATE, Resource("queue", "q")), "create queue q", ["whether it was deleted at once, and by whom"]),
    ],
)
def test_it_is_told_which_resource_which_difference_and_where_to_look(action, line, advice):
    first, *others = sentences([action], Existing([])).splitlines()
    assert first == line
    assert len(others) == len(advice)
    assert [said for said, other in zip(advice, others, strict=True) if said not in other] == []
    assert [other for other in others if "CloudTrail" not in other or "policy" not in other] == []


def test_of_many_the_advice_is_told_once():
    lines = sentences([Action(DELETE, OURS)] * 9, Existing([])).splitlines()
    assert (len(lines), len(set(lines))) == (10, 2)


def test_what_waits_for_another_needs_no_advice():
    waits = Resource("service", "s", arguments={"id": UNKNOWN})
    assert sentences([Action(CREATE, waits)], Existing([])) == "create service s"
