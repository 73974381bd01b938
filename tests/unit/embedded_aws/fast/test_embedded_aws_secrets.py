"""Rotations and policies of secrets."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

ROTATE = "arn:aws:lambda:us-east-1:123456789012:function:rotate"


@pytest.fixture
def secrets(aws):
    client = aws.client("secretsmanager")
    client.create_secret(Name="key", SecretString="x")
    return client


def rotated(secrets):
    (listed,) = secrets.list_secrets()["SecretList"]
    assert listed["RotationEnabled"] == secrets.describe_secret(SecretId="key")["RotationEnabled"]
    return listed["RotationEnabled"]


def test_a_rotation_is_cancelled(secrets):
    secrets.rotate_secret(SecretId="key", RotationLambdaARN=ROTATE, RotationRules={"AutomaticallyAfterDays": 30})
    assert rotated(secrets) is True
    secrets.cancel_rotate_secret(SecretId="key")
    assert rotated(secrets) is False
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.cancel_rotate_secret(SecretId="none")


def test_what_is_to_be_deleted_has_no_policy_to_tell(secrets):
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="key")
    secrets.delete_secret(SecretId="key")
    with pytest.raises(secrets.exceptions.InvalidRequestException):
        secrets.get_resource_policy(SecretId="key")


@pytest.mark.parametrize(
    ("service", "ask"),
    [
        ("kms", lambda kms: kms.describe_key(KeyId="arn:aws:kms:us-east-1:999999999999:key/0f1e")),
        (
            "secretsmanager",
            lambda client: client.describe_secret(
                SecretId="arn:aws:secretsmanager:us-east-1:999999999999:secret:token-AbCdEf"
            ),
        ),
    ],
)
def test_what_another_account_has_is_not_to_be_seen(aws, service, ask):
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ask(aws.client(service))
