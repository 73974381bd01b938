"""The report: beside what was observed stands what is assumed, and what nobody saw is not told as nothing."""

from __future__ import annotations

import json

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.observations.assumptions import ASSUMPTIONS
from ansible_collections.farflow.airflow.plugins.module_utils.observations.report import report

GATEWAY = [
    {
        "began": 1,
        "at": 2,
        "call": "ec2 CreateNatGateway",
        "asked": 1,
        "made": [7],
        "shown": {"nat_gateway": {"7": "pending"}},
    },
    {
        "began": 60.1234,
        "at": 60.2,
        "call": "ec2 DescribeNatGateways",
        "asked": 2,
        "shown": {"nat_gateway": {"7": "pending"}},
    },
    {
        "began": 70,
        "at": 70.1234,
        "call": "ec2 DescribeNatGateways",
        "asked": 2,
        "shown": {"nat_gateway": {"7": "available"}},
    },
]
QUEUE = [
    {"began": 1, "at": 2, "call": "sqs CreateQueue", "asked": 3, "made": [8]},
    {"began": 3, "at": 4, "call": "sqs ListQueues", "asked": 4, "shown": {"queue": {"8": True}}},
]
NOTE = {"at": 0, "region": "eu-west-1", "versions": {"botocore": "1.43.49", "farflow.airflow": "0.1.0"}}
ENGINE = {
    "began": 80,
    "at": 81,
    "call": "rds DescribeDBInstances",
    "asked": 5,
    "shown": {"database_engine": {"9": "17.6"}},
}
BUSY = {"began": 82, "at": 83, "call": "s3 PutBucketPolicy", "asked": 6, "code": "OperationAborted"}


def made(*lines, run="a"):
    return "".join(f"{json.dumps({'run': run, **line})}\n" for line in lines)


@pytest.fixture
def found():
    return report(made(NOTE, *GATEWAY, *QUEUE, ENGINE, BUSY))


def test_it_says_what_it_is_of(found):
    assert (found["format"], found["runs"], found["answers"], found["unreadable_lines"]) == (1, 1, 7, 0)
    assert found["regions"] == ["eu-west-1"]
    assert found["versions"] == {"botocore": ["1.43.49"], "database engine": ["17.6"], "farflow.airflow": ["0.1.0"]}


def test_of_several_runs_all_is_told():
    newer = {**NOTE, "versions": {"botocore": "1.44.0"}, "region": "eu-west-2"}
    found = report(made(NOTE, *GATEWAY) + made(newer, *GATEWAY, run="b"))
    assert (found["runs"], found["regions"]) == (2, ["eu-west-1", "eu-west-2"])
    assert found["versions"]["botocore"] == ["1.43.49", "1.44.0"]
    assert found["observations"]["nat_gateway_seconds"]["times"] == 2


def test_an_observation_stands_beside_what_is_assumed(found):
    assert found["observations"]["nat_gateway_seconds"] == {
        "says": "A NAT gateway is pending, or deleting",
        "assumed": [60, 150],
        "source": ASSUMPTIONS["nat_gateway_seconds"].source,
        "observed": [58.12, 69.13],
        "times": 1,
    }


def test_every_assumption_is_there_and_what_was_not_seen_is_not_observed(found):
    assert list(found["observations"]) == list(ASSUMPTIONS)
    rest = {name: row["observed"] for name, row in found["observations"].items() if name != "nat_gateway_seconds"}
    assert set(rest.values()) == {"not observed"}
    assert {name for name, row in found["observations"].items() if "why" in row} == {
        name for name, one in ASSUMPTIONS.items() if one.unseen
    }


def test_what_the_first_look_shows_has_no_lag_that_is_known(found):
    assert found["observations"]["late_queues"]["shown_at_the_first_look"] == {"times": 1, "soonest": 3.0}


def test_what_has_no_end_is_told_as_seen_in_part():
    found = report(made(*GATEWAY[:2]))["observations"]["nat_gateway_seconds"]
    assert (found["observed"], found["seen_in_part"]) == ("not observed", 1)


def test_states_that_nothing_is_assumed_of_are_told_too(found):
    assert found["states"] == [
        {"kind": "nat_gateway", "state": "available", "observed": "not observed", "seen_in_part": 1},
        {
            "kind": "nat_gateway",
            "state": "pending",
            "observed": [58.12, 69.13],
            "times": 1,
            "assumed_as": "nat_gateway_seconds",
        },
    ]


def test_codes_are_told_with_their_numbers(found):
    (row,) = found["codes"]
    assert row == {
        "call": "s3 PutBucketPolicy",
        "code": "OperationAborted",
        "answers": 1,
        "requests": 1,
        "most_of_one_request": 1,
        "assumed_as": "bucket_busy",
    }
    again = {**BUSY, "began": 84, "at": 85.5}
    del again["code"]
    (row,) = report(made(BUSY, again))["codes"]
    assert row["answered_otherwise_later"] == {"requests": 1, "after_at_most": 2.5}


def test_nothing_gives_a_report_of_nothing():
    found = report("")
    assert (found["runs"], found["states"], found["codes"]) == (0, [], [])
