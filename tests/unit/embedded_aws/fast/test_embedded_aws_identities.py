"""Who calls the embedded AWS: its root, identities that tests ask for, users, and sessions of roles."""

from __future__ import annotations

import json

import pytest

from tests.embedded_aws.instance import EmbeddedAWSError

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
}


def who(aws, identity=None):
    """By GetCallerIdentity, and by the log of calls."""
    aws.reset_calls()
    told = aws.client("sts", identity=identity).get_caller_identity()
    [call] = aws.calls(service="sts")
    assert told["Account"] == "123456789012"
    return told["Arn"], call["principal"]


def test_the_root(aws):
    assert who(aws)[1] == "arn:aws:iam::123456789012:root"


def test_each_identity_is_somebody_else(aws):
    found = [who(aws, aws.identity([ALL])) for _unused in range(2)]
    assert all(told == logged for told, logged in found)
    assert len({logged for _unused, logged in found}) == 2
    assert aws.client("iam").list_roles()["Roles"] == []


def test_an_identity_needs_a_policy_with_statements(aws):
    with pytest.raises(EmbeddedAWSError, match="no policy"):
        aws.identity([{"Version": "2012-10-17"}])


def test_a_user(aws):
    iam = aws.client("iam")
    iam.create_user(UserName="ada", Path="/people/")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    assert who(aws, keys) == ("arn:aws:iam::123456789012:user/people/ada",) * 2


def test_a_session_of_a_role(aws):
    arn = aws.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    given = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="one")["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    assert who(aws, keys) == ("arn:aws:sts::123456789012:assumed-role/worker/one",) * 2
    assert who(aws, {**keys, "AWS_SESSION_TOKEN": "another"})[1] == ""


def test_nobody_has_an_unknown_key(aws):
    assert who(aws, {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWNUNKNOWN00", "AWS_SECRET_ACCESS_KEY": "x"})[1] == ""
