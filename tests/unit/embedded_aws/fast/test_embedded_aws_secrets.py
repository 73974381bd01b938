"""Rotations and policies of secrets, and what their list shows when."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

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


def test_the_list_is_late_and_a_description_is_not(aws, secrets):
    def listed():
        return {each["Name"]: each.get("Description") for each in secrets.list_secrets()["SecretList"]}

    def described(name):
        return secrets.describe_secret(SecretId=name)["Description"]

    with aws.behaviours(late_secrets=1):
        secrets.update_secret(SecretId="key", Description="changed")
        secrets.create_secret(Name="other", Description="new", SecretString="x")
        assert listed() == {"key": ""}
        assert (described("key"), described("other")) == ("changed", "new")
        until(lambda: listed() == {"key": "changed", "other": "new"})
        secrets.delete_secret(SecretId="other", ForceDeleteWithoutRecovery=True)
        assert listed() == {"key": "changed", "other": "new"}
        until(lambda: listed() == {"key": "changed"})


def test_a_value_that_is_read_is_no_change_of_its_secret(aws, secrets):
    with aws.behaviours(late_secrets=60):
        secrets.create_secret(Name="other", SecretString="x")
        assert len(secrets.list_secrets()["SecretList"]) == 1
        struck = aws.struck()["late_secrets"]
    with aws.behaviours(late_secrets=60):
        secrets.get_secret_value(SecretId="key")
        assert len(secrets.list_secrets()["SecretList"]) == 2
    assert aws.struck()["late_secrets"] == struck
