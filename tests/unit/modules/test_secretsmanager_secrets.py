from __future__ import annotations

import base64
import json
from urllib.parse import quote

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine import policy_documents as policy
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import secret as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.secret import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import secretsmanager_secrets as module
from aws_calls import Calls
from botocore.exceptions import ClientError

PASSWORD = {"name": "farflow/test/password", "generate": {"kind": "password"}, "tags": {"team": "data"}}
FERNET = {"name": "farflow/test/fernet_key", "generate": {"kind": "fernet_key"}}
URL = {
    "name": "farflow/test/url",
    "description": "where Airflow connects to",
    "compose": {
        "template": "postgresql://u:{password}@{host}:5432/db",
        "values": {"host": "db"},
        "secrets": {"password": {"secret": "farflow/test/password"}},
    },
}
ALL = [URL, PASSWORD, FERNET]


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


@pytest.fixture
def calls(aws, monkeypatch):
    """Operations of every call that was made to AWS, in order."""
    from botocore.client import BaseClient

    made = []
    call = BaseClient._make_api_call
    monkeypatch.setattr(
        BaseClient, "_make_api_call", lambda self, name, given: made.append(name) or call(self, name, given)
    )
    return made


def value(client, secret):
    return client.get_secret_value(SecretId=secret["name"])["SecretString"]


def entries(result):
    assert "failed" not in result, result
    return {entry["name"]: (entry["changed"], entry["reasons"]) for entry in result["secrets"]}


def moved(host):
    return {**URL, "compose": {**URL["compose"], "values": {"host": host}}}


def test_makes_values_and_composes_from_them(client, run_module):
    result = run_module(module, secrets=ALL)
    assert [entry["name"] for entry in result["secrets"]] == [secret["name"] for secret in ALL]
    assert list(entries(result).values()) == [(True, ["created"])] * 3
    assert value(client, URL) == f"postgresql://u:{quote(value(client, PASSWORD), safe='')}@db:5432/db"
    assert len(base64.urlsafe_b64decode(value(client, FERNET))) == 32


def test_a_second_run_changes_nothing_and_costs_a_list_and_the_policies(client, run_module, calls):
    first = run_module(module, secrets=ALL)
    before = {secret["name"]: value(client, secret) for secret in ALL}
    calls.clear()
    second = run_module(module, secrets=ALL)
    assert calls == ["ListSecrets", *["GetResourcePolicy"] * 3]
    assert second["changed"] is False
    assert [entry["arn"] for entry in second["secrets"]] == [entry["arn"] for entry in first["secrets"]]
    assert {secret["name"]: value(client, secret) for secret in ALL} == before


def test_a_secret_can_wait_for_its_value(client, run_module):
    waiting = {key: part for key, part in URL.items() if key != "compose"}
    assert entries(run_module(module, secrets=[PASSWORD, waiting]))[URL["name"]] == (True, ["created"])
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        value(client, URL)
    assert entries(run_module(module, secrets=[waiting]))[URL["name"]] == (False, [])

    assert entries(run_module(module, secrets=[PASSWORD, URL]))[URL["name"]][0] is True
    composed = value(client, URL)
    assert composed.endswith("@db:5432/db")
    assert entries(run_module(module, secrets=[waiting]))[URL["name"]] == (False, [])
    assert value(client, URL) == composed


def test_nothing_that_is_returned_holds_a_value(client, run_module):
    printed = [json.dumps(run_module(module, secrets=ALL)), json.dumps(run_module(module, secrets=[moved("x")]))]
    values = [value(client, secret) for secret in ALL]
    tags = json.dumps(client.list_secrets()["SecretList"], default=str)
    assert len(values) == 3
    for text in [*printed, tags]:
        assert not any(secret in text for secret in values)


def test_check_mode_creates_nothing_and_reads_no_value(client, run_module, calls):
    result = run_module(module, check_mode=True, secrets=ALL)
    changed = {name: changed for name, (changed, _unused) in entries(result).items()}
    assert changed == {secret["name"]: True for secret in ALL}
    assert client.list_secrets()["SecretList"] == []
    assert set(calls) == {"ListSecrets", "DescribeSecret"}


@pytest.mark.parametrize(
    ("secret", "changes", "reason"),
    [
        (PASSWORD, {"description": "new"}, "description (none) -> new"),
        (PASSWORD, {"tags": {"team": "web"}}, "tags team data -> web"),
        (PASSWORD, {"tags": {}}, "tags team data -> (none)"),
        (PASSWORD, {"kms_key_id": "alias/mine"}, "kms_key_id (none) -> alias/mine"),
        (URL, {"description": "other"}, "description where Airflow connects to -> other"),
        (URL, {"tags": {"a": "b"}}, "tags a (none) -> b"),
        (URL, {"compose": moved("other")["compose"]}, "composed_from host (another) -> other"),
    ],
)
def test_change_is_predicted_told_and_done(client, run_module, secret, changes, reason):
    run_module(module, secrets=ALL)
    password = value(client, PASSWORD)
    wanted = [{**each, **changes} if each is secret else each for each in ALL]
    predicted = run_module(module, check_mode=True, secrets=wanted)
    done = run_module(module, secrets=wanted)
    assert predicted["secrets"] == done["secrets"]
    assert entries(done)[secret["name"]] == (True, [reason])
    assert sum(changed for changed, _unused in entries(done).values()) == 1
    assert run_module(module, secrets=wanted)["changed"] is False
    assert value(client, PASSWORD) == password


def test_a_composed_value_follows_its_parts(client, run_module):
    run_module(module, secrets=ALL)
    run_module(module, secrets=[moved("other"), PASSWORD])
    assert "@other:5432" in value(client, URL)
    client.put_secret_value(SecretId=PASSWORD["name"], SecretString="a/b c")
    result = run_module(module, secrets=[moved("other"), PASSWORD])
    assert entries(result)[PASSWORD["name"]] == (False, [])
    assert entries(result)[URL["name"]][1] == [
        "composed_from password (another) -> current version of farflow/test/password"
    ]
    assert value(client, URL) == "postgresql://u:a%2Fb%20c@other:5432/db"
    assert value(client, PASSWORD) == "a/b c"


@pytest.mark.parametrize("secret", ALL)
def test_a_value_changed_by_hand_is_left(client, run_module, secret):
    run_module(module, secrets=ALL)
    client.put_secret_value(SecretId=secret["name"], SecretString="by hand")
    run_module(module, secrets=ALL)
    assert value(client, secret) == "by hand"


@pytest.mark.parametrize("secret", ALL)
def test_what_is_pending_deletion_is_restored_with_its_value(client, run_module, secret):
    run_module(module, secrets=ALL)
    before = value(client, secret)
    client.delete_secret(SecretId=secret["name"], RecoveryWindowInDays=7)
    result = run_module(module, secrets=ALL)
    assert entries(result)[secret["name"]] == (True, ["state pending deletion -> present"])
    assert value(client, secret) == before
    assert run_module(module, secrets=ALL)["changed"] is False


def test_all_are_restored_together(client, run_module):
    run_module(module, secrets=ALL)
    run_module(module, secrets=ALL, state="absent")
    assert run_module(module, secrets=ALL)["changed"] is True
    assert run_module(module, secrets=ALL)["changed"] is False


def test_a_secret_without_a_value_gets_one(client, run_module):
    client.create_secret(Name=PASSWORD["name"], Tags=[{"Key": "team", "Value": "data"}])
    client.create_secret(Name=URL["name"], Description=URL["description"])
    predicted = run_module(module, check_mode=True, secrets=ALL)
    result = run_module(module, secrets=ALL)
    assert entries(predicted) == entries(result)
    assert entries(result)[PASSWORD["name"]] == (True, ["value (none) -> generated"])
    assert len(value(client, PASSWORD)) == 32
    assert run_module(module, secrets=ALL)["changed"] is False


def test_json_members_and_encodings(client, run_module):
    client.create_secret(Name="theirs", SecretString='{"user": "me", "password": "p\\"w"}')
    document = {
        "name": "farflow/test/document",
        "compose": {
            "template": '{"url": "x://{user}@h", "password": "{password}"}',
            "secrets": {
                "user": {"secret": "theirs", "json_key": "user"},
                "password": {"secret": "theirs", "json_key": "password", "encoding": "json"},
            },
        },
    }
    run_module(module, secrets=[document])
    assert json.loads(value(client, document)) == {"url": "x://me@h", "password": 'p"w'}
    assert run_module(module, secrets=[document])["changed"] is False


def test_a_source_that_never_comes_is_told(client, run_module, monkeypatch):
    monkeypatch.setattr(glue, "_READABLE_WITHIN", 0.0)
    result = run_module(module, secrets=[URL])
    assert result["failed"] is True
    assert "gave up waiting for secret farflow/test/password" in result["msg"]
    assert client.list_secrets()["SecretList"] == []


def test_bad_input_is_refused_together_before_the_first_call(client, run_module, calls):
    result = run_module(
        module,
        secrets=[
            {"name": "a", "generate": {"kind": "password", "length": 1}},
            {"name": "b", "generate": {"kind": "hex", "length": 1}},
        ],
    )
    assert result["failed"] is True
    assert len(result["msg"].splitlines()) == 2
    assert calls == []


def test_absent_schedules_and_is_content(client, run_module):
    run_module(module, secrets=ALL)
    predicted = run_module(module, check_mode=True, secrets=ALL[:1], state="absent")
    result = run_module(module, secrets=ALL[:1], state="absent")
    assert predicted["secrets"] == result["secrets"]
    assert entries(result) == {URL["name"]: (True, ["deleted"])}
    assert {secret["Name"] for secret in client.list_secrets()["SecretList"]} == {PASSWORD["name"], FERNET["name"]}
    assert run_module(module, secrets=ALL[:1], state="absent")["changed"] is False
    client.restore_secret(SecretId=URL["name"])


def test_absent_for_ever_takes_what_is_pending_too(client, run_module):
    run_module(module, secrets=ALL)
    run_module(module, secrets=ALL[:1], state="absent")
    gone = [{"name": secret["name"], "force_delete_without_recovery": True} for secret in ALL]
    assert run_module(module, secrets=gone, state="absent")["changed"] is True
    assert client.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
    assert run_module(module, secrets=gone, state="absent")["changed"] is False


KEPT = "You can't create this secret because a secret with this name is already scheduled for deletion."
DELETED = "You can't perform this operation on the secret because it was deleted."


def test_the_name_of_a_secret_that_was_just_deleted_is_waited_for(client, run_module, monkeypatch, pauses):
    refused = Calls(monkeypatch)
    refused.refuse("CreateSecret", "InvalidRequestException", message=KEPT)
    refused.refuse("CreateSecret", "InvalidRequestException", message=DELETED)
    refused.refuse("CreateSecret", "ResourceExistsException")
    assert entries(run_module(module, secrets=[FERNET])) == {FERNET["name"]: (True, ["created"])}
    assert len(pauses) == 3
    assert run_module(module, secrets=[FERNET])["changed"] is False


def test_a_name_that_is_never_free_is_told(client, run_module, monkeypatch, pauses):
    Calls(monkeypatch).refuse("CreateSecret", "InvalidRequestException", times=1000, message=KEPT)
    msg = run_module(module, secrets=[FERNET])["msg"]
    assert msg.startswith(
        f"gave up waiting for secret {FERNET['name']} to be made after 120 s: could not create secret"
    )
    assert msg.endswith(KEPT)


def test_what_else_is_wrong_with_a_secret_is_not_waited_for(client, run_module, monkeypatch, pauses):
    Calls(monkeypatch).refuse("CreateSecret", "InvalidRequestException", message="it is managed by another service")
    assert "managed by another service" in run_module(module, secrets=[FERNET])["msg"]
    assert pauses == []


def test_find_sees_the_environment_and_no_other(client, run_module):
    run_module(module, secrets=ALL)
    client.create_secret(Name="farflow/test-two/password", SecretString="x")
    client.create_secret(Name="farflow/test/extra", SecretString="x")
    clients = Clients(lambda service, config: boto3.client(service, config=config))
    found = glue.find(clients, "test", ALL)
    actions = plan(map(pure.desired, ALL), found)
    assert [(action.kind, action.resource.name) for action in actions] == [("delete", "farflow/test/extra")]


def test_a_list_that_is_behind_is_not_believed(client, run_module, monkeypatch):
    run_module(module, secrets=ALL)
    monkeypatch.setattr(glue.calls, "list_all", lambda clients, prefix: [])
    assert run_module(module, secrets=ALL)["changed"] is False


@pytest.fixture
def refuses_deleted(client, monkeypatch):
    """As AWS does, the policy of what is to be deleted is refused."""
    from botocore.client import BaseClient

    call = BaseClient._make_api_call

    def answer(self, operation, given):
        if operation == "GetResourcePolicy" and "DeletedDate" in call(self, "DescribeSecret", given):
            raise ClientError({"Error": {"Code": "InvalidRequestException", "Message": "marked"}}, operation)
        return call(self, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)


@pytest.mark.parametrize("for_ever", [True, False])
def test_a_list_that_shows_what_is_deleted_is_not_believed_either(run_module, monkeypatch, refuses_deleted, for_ever):
    run_module(module, secrets=ALL)
    clients = Clients(lambda service, config: boto3.client(service, config=config))
    listed = glue.calls.list_all(clients, "farflow/test/")
    names = [{"name": secret["name"], "force_delete_without_recovery": for_ever} for secret in ALL]
    run_module(module, secrets=names, state="absent")
    monkeypatch.setattr(glue.calls, "list_all", lambda clients, prefix: listed)
    found = glue.find(clients, "test", ALL)
    assert [one.properties["state"] for one in found] == ([] if for_ever else ["pending deletion"] * len(ALL))


def test_a_list_that_shows_a_former_secret_of_the_name_is_not_believed(client, run_module, monkeypatch):
    """Made anew it has another ARN, to which others are given rights."""
    run_module(module, secrets=ALL)
    clients = Clients(lambda service, config: boto3.client(service, config=config))
    listed = glue.calls.list_all(clients, "farflow/test/")
    for secret in ALL:
        client.delete_secret(SecretId=secret["name"], ForceDeleteWithoutRecovery=True)
    run_module(module, secrets=ALL)
    monkeypatch.setattr(glue.calls, "list_all", lambda clients, prefix: listed)
    found = {one.name: one.id for one in glue.find(clients, "test", ALL)}
    assert found == {secret["name"]: client.describe_secret(SecretId=secret["name"])["ARN"] for secret in ALL}
    assert set(found.values()).isdisjoint(each["ARN"] for each in listed)


def statement(**principal):
    return {"Sid": "Read", "Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue"}


def document(**principal):
    return {"Version": "2012-10-17", "Statement": [{**statement(**principal), "Resource": "*"}]}


STRANGER, OWN = document(AWS="arn:aws:iam::210987654321:root"), document(AWS="arn:aws:iam::123456789012:root")


def policy_of(client, secret):
    return policy.canonical(client.get_resource_policy(SecretId=secret["name"]).get("ResourcePolicy"))


def test_a_policy_that_lets_others_in_is_told_and_taken_away(client, run_module):
    run_module(module, secrets=ALL)
    client.put_resource_policy(SecretId=FERNET["name"], ResourcePolicy=json.dumps(STRANGER))
    predicted = entries(run_module(module, check_mode=True, secrets=ALL))
    assert policy_of(client, FERNET) == policy.canonical(STRANGER)
    done = entries(run_module(module, secrets=ALL))
    assert predicted == done
    changed, reasons = done[FERNET["name"]]
    assert changed and "policy Statement Read Principal AWS [210987654321] -> (none)" in reasons
    assert policy_of(client, FERNET) is None
    assert run_module(module, secrets=ALL)["changed"] is False


def test_a_policy_that_is_given_is_made_and_kept(client, run_module):
    secret = {**FERNET, "policy": OWN}
    run_module(module, secrets=[secret])
    assert policy_of(client, secret) == policy.canonical(OWN)
    reworded = document(AWS="123456789012")
    assert run_module(module, secrets=[{**secret, "policy": reworded}])["changed"] is False
    run_module(module, secrets=[{**secret, "policy": STRANGER}])
    assert policy_of(client, secret) == policy.canonical(STRANGER)


def test_a_secret_that_comes_back_has_the_policy_that_is_wanted(client, run_module):
    """AWS does not tell the policy of one that is to be deleted."""
    run_module(module, secrets=[FERNET])
    client.put_resource_policy(SecretId=FERNET["name"], ResourcePolicy=json.dumps(STRANGER))
    client.delete_secret(SecretId=FERNET["name"])
    run_module(module, secrets=[FERNET])
    assert policy_of(client, FERNET) is None


ROTATION = {
    "RotationLambdaARN": "arn:aws:lambda:eu-west-1:123456789012:function:rotate",
    "RotationRules": {"AutomaticallyAfterDays": 30},
}


@pytest.fixture
def rotated(client, monkeypatch):
    """``rotated(name)``: AWS says of the secret that it is rotated, until that is cancelled."""
    from botocore.client import BaseClient

    call, names = BaseClient._make_api_call, set()

    def answer(self, operation, given):
        if operation == "CancelRotateSecret":
            names.discard(given["SecretId"])
            return {}
        found = call(self, operation, given)
        for document in [*found.get("SecretList", []), *([found] if operation == "DescribeSecret" else [])]:
            document.update({"RotationEnabled": True, **ROTATION} if document["Name"] in names else {})
        return found

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return names.add


def test_a_rotation_is_told_and_cancelled(client, run_module, rotated):
    run_module(module, secrets=ALL)
    rotated(FERNET["name"])
    predicted = entries(run_module(module, check_mode=True, secrets=ALL))
    done = entries(run_module(module, secrets=ALL))
    assert predicted == done
    assert done[FERNET["name"]] == (True, ["rotation true -> false"])
    assert run_module(module, secrets=ALL)["changed"] is False


def test_what_is_a_users_own_is_not_asked_for_its_policy(client, run_module, calls):
    client.create_secret(Name="farflow/test/connections/mine", SecretString="x")
    run_module(module, secrets=ALL)
    calls.clear()
    glue.find(Clients(lambda service, config: client), "test", ALL)
    assert calls.count("GetResourcePolicy") == len(ALL)
