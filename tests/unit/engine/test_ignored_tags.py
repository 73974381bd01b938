"""Tags that are nobody's here are taken out of every answer, wherever AWS has them in it."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.ignored_tags import ignores, leave_out_tags

IGNORED = ignores(["owner", "org:*"])


@pytest.mark.parametrize(
    ("key", "ignored"),
    [
        ("owner", True),
        ("org:cost", True),
        ("aws:cloudformation:stack-name", True),
        ("owner2", False),
        ("farflow:role", False),
    ],
)
def test_keys_and_beginnings_of_keys(key, ignored):
    assert IGNORED(key) is ignored


TAGS = {"owner": "they", "org:cost": "7", "aws:x": "y", "team": "data"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]
LOWER = [{"key": key, "value": value} for key, value in TAGS.items()]
ANSWERS = {
    "EC2": ({"Vpcs": [{"VpcId": "v", "Tags": PAIRS}]}, {"Vpcs": [{"VpcId": "v", "Tags": PAIRS[3:]}]}),
    "RDS": ({"DBInstances": [{"TagList": PAIRS}]}, {"DBInstances": [{"TagList": PAIRS[3:]}]}),
    "S3": ({"TagSet": PAIRS}, {"TagSet": PAIRS[3:]}),
    "ECS": ({"services": [{"tags": LOWER}], "failures": []}, {"services": [{"tags": LOWER[3:]}], "failures": []}),
    "SQS": ({"Tags": TAGS}, {"Tags": {"team": "data"}}),
    "CloudWatch Logs": ({"tags": TAGS}, {"tags": {"team": "data"}}),
    "tagging": (
        {"ResourceTagMappingList": [{"ResourceARN": "a", "Tags": PAIRS}]},
        {"ResourceTagMappingList": [{"ResourceARN": "a", "Tags": PAIRS[3:]}]},
    ),
    "no tags": ({"names": ["owner"], "count": 2, "tags": "owner"}, {"names": ["owner"], "count": 2, "tags": "owner"}),
}


@pytest.mark.parametrize(("answer", "left"), ANSWERS.values(), ids=ANSWERS.keys())
def test_they_are_in_no_answer(answer, left):
    leave_out_tags(answer, IGNORED)
    assert answer == left
