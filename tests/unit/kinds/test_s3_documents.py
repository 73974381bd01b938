from __future__ import annotations

from collections import defaultdict

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import differences
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import s3_bucket as pure

#: What AWS answers of a bucket on which nothing is set.
NOTHING = defaultdict(list, public_access_block=dict.fromkeys(pure.PUBLIC_ACCESS_BLOCK.values(), True))
NOTHING["object_ownership"] = "BucketOwnerEnforced"
DAYS = {"Expiration": {"Days": 90}}


def rule(**members):
    return {"ID": "logs", "Status": "Enabled", **DAYS, **members}


@pytest.mark.parametrize(
    "answers",
    [
        {"versioning": "Suspended"},
        {"encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]},
        {"encryption": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
    ],
)
def test_what_aws_does_not_distinguish_is_the_same(answers):
    found = pure.canonical("b", NOTHING | answers, {})
    assert differences(pure.desired({"name": "b"}).properties, found.properties) == []


@pytest.mark.parametrize("where", [{"Prefix": "old/"}, {"Filter": {"Prefix": "old/"}}])
def test_a_rule_has_its_prefix_in_either_place(where):
    wanted = pure.desired({"name": "b", "lifecycle_rules": [{"id": "logs", "prefix": "old/", "expiration_days": 90}]})
    found = pure.canonical("b", NOTHING | {"lifecycle_rules": [rule(**where)]}, {})
    assert differences(wanted.properties, found.properties) == []


@pytest.mark.parametrize(
    ("members", "more"),
    [
        ({"Status": "Disabled"}, {"Status": "Disabled"}),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}}, {"Tag": {"Key": "a", "Value": "b"}}),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, {"ExpiredObjectDeleteMarker": True}),
        (
            {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
            {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
        ),
    ],
)
def test_what_ours_never_have_is_kept_so_that_it_differs(members, more):
    found = pure.canonical("b", NOTHING | {"lifecycle_rules": [rule(**members)]}, {})
    assert found.properties["lifecycle_rules"]["logs"]["more"] == more
