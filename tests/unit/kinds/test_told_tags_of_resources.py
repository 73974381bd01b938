"""Which tags are believed without asking the resource itself."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.tags import tags, trusted_tags

INPUTS = {"farflow_environment": "prod", "farflow_tags": {"team": "data"}}
ARN = "arn:aws:sqs:eu-west-1:123456789012:prod-celery"


@pytest.mark.parametrize("name", [None, "prod-vpc"])
def test_what_this_environment_s_resources_carry_is_believed(name):
    told = {ARN: tags(INPUTS, "rds", name)}
    assert trusted_tags(INPUTS, told) == told


@pytest.mark.parametrize(
    "drifted",
    [
        {},
        {"team": "data"},
        {"farflow:environment": "prod", "farflow:role": "rds"},
        {"farflow:environment": "prod", "farflow:role": "rds", "team": "web"},
        {"farflow:environment": "prod", "team": "data"},
        {"farflow:environment": "prod-eu", "farflow:role": "rds", "team": "data"},
        {"farflow:environment": "prod", "farflow:role": "rds", "team": "data", "owner": "somebody"},
    ],
)
def test_of_whatever_has_other_tags_they_are_asked_for(drifted):
    assert trusted_tags(INPUTS, {ARN: drifted}) == {}
