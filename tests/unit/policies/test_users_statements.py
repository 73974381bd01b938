"""The statements that a user adds to roles of ours."""

from __future__ import annotations

from collections import Counter

import pytest
from deployed_policies import made, rights, roles

from tests.embedded_aws.authorization.evaluation import ALLOWED, Request, decide


def sids(document):
    return [each["Sid"] for each in document["Statement"] if "Sid" in each]


BUCKET = "arn:aws:s3:::mine/*"
PUT = Request("s3:PutObject", "arn:aws:s3:::mine/key")
OURS = {sid for role in roles(True).values() for document in rights(role) for sid in sids(document)}
GIVEN = {
    "airflow_service_policy": [
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-worker",
        "airflow-worker-heavy",
        "airflow-command",
        "airflow-ecs-task",
    ],
    "farflow_codebuild_policy": ["image-builder"],
}


@pytest.mark.parametrize("variable", GIVEN)
def test_they_may_be_named_as_ours_are(variable):
    """IAM takes a Sid once in a document."""
    theirs = [{"Sid": sid, "Effect": "Allow", "Action": "s3:PutObject", "Resource": BUCKET} for sid in sorted(OURS)]
    with_them = roles(of=made(airflow_service_enable_execute_command=True, **{variable: theirs}))
    for role in with_them.values():
        for document in rights(role):
            assert [sid for sid, times in Counter(sids(document)).items() if times > 1] == []
    assert sorted(name for name, role in with_them.items() if decide(rights(role), PUT) == ALLOWED) == sorted(
        GIVEN[variable]
    )


def test_without_any_there_is_no_policy_for_them():
    for role in roles().values():
        assert all(document["Statement"] for document in rights(role))
