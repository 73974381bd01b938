from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.converge import converge
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reconcile import Operations

WANTED = [Resource("route_table", "a", {"size": 2})]
OLD = [Resource("route_table", "a", {"size": 1}, "id-1")]
NEW = [Resource("route_table", "a", {"size": 2}, "id-1")]


class Aws:
    """Shows what it was told only after so many more looks."""

    def __init__(self, looks_behind):
        self.looks_behind = looks_behind
        self.told = False

    def read(self):
        if self.told:
            self.looks_behind -= 1
        return NEW if self.told and self.looks_behind < 0 else OLD

    def change(self, wanted, found):
        self.told = True


def operations(aws):
    return Operations(lambda wanted: "id-1", aws.change, lambda found: None)


def test_it_returns_when_aws_shows_it(pauses):
    aws = Aws(looks_behind=3)
    outcomes = converge(WANTED, aws.read, operations(aws), check_mode=False)
    assert [outcome.reasons for outcome in outcomes] == [["size 1 -> 2"]]
    assert aws.read() == NEW
    assert len(pauses) == 3


@pytest.mark.parametrize("check_mode", [True, False])
def test_it_waits_for_nothing_when_nothing_was_done(pauses, check_mode):
    aws = Aws(looks_behind=100)
    desired = WANTED if check_mode else OLD
    converge(desired, aws.read, operations(aws), check_mode)
    assert pauses == []


def test_what_aws_never_shows_is_told(pauses):
    aws = Aws(looks_behind=1000)
    with pytest.raises(FarflowError) as failed:
        converge(WANTED, aws.read, operations(aws), check_mode=False)
    assert str(failed.value) == (
        "gave up waiting for AWS to show what was asked for after 120 s: "
        "it still shows something to do: change route table a size 1 -> 2"
    )
