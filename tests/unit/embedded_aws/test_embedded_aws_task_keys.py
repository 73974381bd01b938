"""The keys in the environment of a task's containers."""

from __future__ import annotations

import pytest
from ministack.services import ecs, iam, sts

from tests.embedded_aws.authorization import principals
from tests.embedded_aws.mends.ecs_containers import give_credentials
from tests.embedded_aws.parsed import Call
from tests.embedded_aws.routing import Request
from tests.embedded_aws.settings import Settings

SETTINGS = Settings("test", "127.0.0.1", 4566, False, 0, "/nowhere")
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/dev"
ROLE = "arn:aws:iam::123456789012:role/farflow/dev/dev-worker"


@pytest.fixture(autouse=True)
def account(monkeypatch):
    monkeypatch.setattr(ecs, "_tasks", {})
    monkeypatch.setattr(iam, "_roles", {})
    monkeypatch.setattr(sts, "_sessions", {})
    monkeypatch.setattr(principals, "_keys_of_sessions", {})


def environment(task, role=ROLE, overrides=None, said=None):
    """What the container of a task finds."""
    arn = f"arn:aws:ecs:us-east-1:123456789012:task/dev/{task}"
    ecs._tasks[arn] = {"overrides": overrides}
    found = dict(said or {})
    register = give_credentials(lambda *_unused: "token", SETTINGS)
    register(arn, CLUSTER, {"taskRoleArn": role}, {}, "FARGATE", found, False, "")
    return found


def caller(found):
    """Who calls with these keys."""
    signed = f"AWS4-HMAC-SHA256 Credential={found['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/sqs/aws4_request"
    headers = {"authorization": signed, "x-amz-security-token": found["AWS_SESSION_TOKEN"]}
    return principals.of_call(Call("sqs", "SendMessage", Request("POST", "/", "", headers)))


def test_each_task_has_keys_of_its_own_which_its_containers_share():
    one, same, other = environment("1"), environment("1"), environment("2")
    assert one["AWS_ACCESS_KEY_ID"] == same["AWS_ACCESS_KEY_ID"] != other["AWS_ACCESS_KEY_ID"]
    assert caller(one).arn == "arn:aws:sts::123456789012:assumed-role/dev-worker/1"
    assert caller(other).arn == "arn:aws:sts::123456789012:assumed-role/dev-worker/2"


def test_they_have_the_rights_that_the_role_has_now():
    allowed = {"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
    iam._roles["dev-worker"] = {"Arn": ROLE, "InlinePolicies": {}, "AttachedPolicies": [], "Tags": []}
    found = environment("1")
    assert caller(found).policies.identity == ()
    iam._roles["dev-worker"]["InlinePolicies"]["queues"] = allowed
    assert caller(found).policies.identity == (allowed,)
    assert caller(found).named == ROLE


def test_a_role_can_be_given_to_one_task():
    found = environment("1", overrides={"taskRoleArn": ROLE.replace("worker", "other")})
    assert caller(found).arn == "arn:aws:sts::123456789012:assumed-role/dev-other/1"


def test_a_task_without_a_role_has_no_keys_and_nobody_to_ask_for_them():
    found = environment("1", role="")
    assert [name for name in found if "KEY" in name or "TOKEN" in name or "CREDENTIALS" in name] == []
    assert found["AWS_EC2_METADATA_DISABLED"] == "true"


def test_keys_do_not_end_before_their_task(monkeypatch):
    found = environment("1")
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert caller(found).arn.endswith("/dev-worker/1")


def test_keys_that_the_definition_gives_come_first():
    found = environment("1", said={"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "x"})
    assert found["AWS_ACCESS_KEY_ID"] == "mine"
    assert "AWS_SESSION_TOKEN" not in found
