"""What a finder is told to expect of what AWS lists by the beginning of names."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns, readers

INPUTS = {"farflow_environment": "test", "farflow_region": "eu-west-1", "farflow_tags": {}}
OURS = {"farflow:environment": "test", "farflow:role": "airflow_service"}
TOLD = {
    "arn:aws:s3:::test-old": OURS,
    "arn:aws:sqs:eu-west-1:123456789012:test-changed": {**OURS, "team": "by hand"},
    "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1": {},
    "arn:aws:ecr:eu-west-1:123456789012:repository/test-old": OURS,
}
SAID = {"test-old", "test-changed", "ns-1"}


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        (lambda inputs, known: ["test-celery"], {"test-celery"}),
        (
            readers._bucket_names,
            {"test-airflow-logs-123456789012-eu-west-1", "test-build-contexts-123456789012-eu-west-1"},
        ),
        (readers._repository_names, {"test-tasks", "test-airflow"}),
    ],
    ids=["queue", "buckets", "repositories"],
)
def test_what_a_deploy_makes_and_what_aws_says_is_ours_is_expected(expected, names):
    asked = {}
    identity = Resource(arns.IDENTITY, arns.IDENTITY, {}, "123456789012", {"partition": "aws"})
    known = Existing([identity, Resource(readers.TAGS, readers.TAGS, attributes=TOLD)])
    members = ("names", "expected", "told")
    reader = readers.of_listed_names(
        lambda clients, environment, *given: asked.update(zip(members, given, strict=True)) or [], expected
    )
    assert reader(None, INPUTS, known) == []
    assert set(asked["names"]) == names
    assert asked["expected"] == SAID
    assert set(asked["told"]) == {"arn:aws:s3:::test-old", "arn:aws:ecr:eu-west-1:123456789012:repository/test-old"}
