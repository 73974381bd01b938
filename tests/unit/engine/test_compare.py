from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN, differences
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("desired", "actual", "told"),
    [
        ({"memory": 2048}, {"memory": 1024}, ["memory 1024 -> 2048"]),
        (
            {"environment": {"LOG_LEVEL": "debug"}},
            {"environment": {"LOG_LEVEL": "info"}},
            ["environment LOG_LEVEL info -> debug"],
        ),
        ({"environment": None}, {"environment": {"A": "1"}}, ["environment A 1 -> (none)"]),
        ({"environment": {"A": ""}}, {}, ['environment A (none) -> ""']),
        ({"command": ["a", "b"]}, {"command": ["a", "c"]}, ["command [a, c] -> [a, b]"]),
        ({"command": ["a"]}, {}, ["command (none) -> [a]"]),
        ({"rules": [{"port": 80}]}, {"rules": [{"port": 81}]}, ["rules 0 port 81 -> 80"]),
        ({"subnet": UNKNOWN}, {"subnet": "subnet-1"}, [f"subnet subnet-1 -> {UNKNOWN}"]),
        ({"enabled": True}, {"enabled": 1}, ["enabled 1 -> true"]),
        ({"enabled": False}, {}, ["enabled (none) -> false"]),
        ({"tags": {}, "key": None, "list": []}, {"tags": None}, []),
    ],
)
def test_what_differs_is_told_by_name(desired, actual, told):
    assert [str(difference) for difference in differences(desired, actual)] == told


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document):
    assert differences(document, document) == []


def test_the_sentinel_differs_even_from_itself():
    assert differences({"id": UNKNOWN}, {"id": UNKNOWN})


def test_plan_creates_changes_and_deletes():
    desired = [
        Resource("queue", "a", {"size": 1}),
        Resource("queue", "b", {"size": 2}),
        Resource("queue", "c", {"size": 3}),
    ]
    actual = [
        Resource("queue", "b", {"size": 1}, "id-b"),
        Resource("queue", "c", {"size": 3}),
        Resource("queue", "d", {}, "id-d"),
    ]
    actions = plan(desired, actual)
    assert [(action.kind, action.resource.name, action.resource.id) for action in actions] == [
        ("create", "a", None),
        ("change", "b", "id-b"),
        ("delete", "d", "id-d"),
    ]
    assert actions[1].reasons == ("size 1 -> 2",)


def test_of_two_with_one_name_the_wrong_one_goes():
    actual = [
        Resource("vpc", "a", {"cidr": "10.1.0.0/16"}, "wrong"),
        Resource("vpc", "a", {"cidr": "10.0.0.0/16"}, "right"),
    ]
    actions = plan([Resource("vpc", "a", {"cidr": "10.0.0.0/16"})], actual)
    assert [(action.kind, action.resource.id) for action in actions] == [("delete", "wrong")]
