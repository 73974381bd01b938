from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.changing import operations
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import sqs_queue as pure
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.sqs_queue import SQS_QUEUE, SqsQueue
from ansible_collections.farflow.airflow.plugins.modules import sqs_queues as module
from botocore.exceptions import ClientError

ARN = "arn:aws:sqs:eu-west-1:123456789012:test-celery"
OTHER_ARN = "arn:aws:sqs:eu-west-1:123456789012:test-other"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage"], "Resource": ARN}],
}
OTHER_POLICY = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Effect": "Deny"}]}
QUEUES = [
    {
        "name": "test-celery",
        "visibility_timeout": 43200,
        "message_retention_period": 1209600,
        "receive_message_wait_time_seconds": 20,
        "policy": POLICY,
        "tags": {"farflow:environment": "test"},
    },
    {"name": "test-other"},
]

CLIENTS = Clients(lambda service, config: boto3.client(service))


def sqs():
    return boto3.client("sqs")


def url(name="test-celery"):
    return sqs().get_queue_url(QueueName=name)["QueueUrl"]


def names():
    return sorted(one.rsplit("/", 1)[1] for one in sqs().list_queues().get("QueueUrls", []))


def test_creates_encrypted_then_changes_nothing(aws, run_module):
    first = run_module(module, queues=QUEUES)
    assert [(one["name"], one["reasons"]) for one in first["queues"]] == [
        ("test-celery", ["created"]),
        ("test-other", ["created"]),
    ]
    assert first["queues"][0]["arn"] == ARN
    made = sqs().get_queue_attributes(QueueUrl=url(), AttributeNames=["All"])["Attributes"]
    assert made["SqsManagedSseEnabled"].lower() == "true"
    second = run_module(module, queues=QUEUES)
    assert second["changed"] is False
    assert [one["arn"] for one in second["queues"]] == [one["arn"] for one in first["queues"]]


def test_messages_that_somebody_leads_away_come_back(aws, run_module):
    queues = [{"name": "test-celery"}, {"name": "test-other"}]
    run_module(module, queues=queues)
    redrive = json.dumps({"deadLetterTargetArn": OTHER_ARN, "maxReceiveCount": "1"})
    sqs().set_queue_attributes(QueueUrl=url(), Attributes={"RedrivePolicy": redrive})
    assert run_module(module, queues=queues)["queues"][0]["reasons"] == [
        f"redrive_policy dead_letter_target_arn {OTHER_ARN} -> (none)",
        "redrive_policy max_receive_count 1 -> (none)",
    ]
    assert run_module(module, queues=queues)["changed"] is False


CHANGES = {
    "visibility": ({"visibility_timeout": 60}, ["visibility_timeout 43200 -> 60"]),
    "retention": ({"message_retention_period": 3600}, ["message_retention_period 1209600 -> 3600"]),
    "wait": ({"receive_message_wait_time_seconds": 0}, ["receive_message_wait_time_seconds 20 -> 0"]),
    "delay": ({"delay_seconds": 5}, ["delay_seconds 0 -> 5"]),
    "size": ({"maximum_message_size": 65536}, ["maximum_message_size 1048576 -> 65536"]),
    "key": (
        {"kms_master_key_id": KEY},
        ["sqs_managed_sse_enabled true -> false", f"kms_master_key_id (none) -> {KEY}"],
    ),
    "policy": ({"policy": OTHER_POLICY}, ["policy Statement Own Effect Allow -> Deny"]),
    "dead letters": (
        {"redrive_policy": {"dead_letter_target_arn": OTHER_ARN, "max_receive_count": 3}},
        [
            f"redrive_policy dead_letter_target_arn (none) -> {OTHER_ARN}",
            "redrive_policy max_receive_count (none) -> 3",
        ],
    ),
    "tags": (
        {"tags": {"team": "data"}},
        ["tags team (none) -> data", "tags farflow:environment test -> (none)"],
    ),
}


@pytest.mark.parametrize(("members", "reasons"), CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(aws, run_module, members, reasons):
    run_module(module, queues=QUEUES)
    wanted = [{**QUEUES[0], **members}, QUEUES[1]]
    predicted = run_module(module, check_mode=True, queues=wanted)
    done = run_module(module, queues=wanted)
    assert predicted["queues"] == done["queues"]
    assert done["queues"][0]["reasons"] == reasons
    assert done["queues"][1]["changed"] is False
    assert run_module(module, queues=wanted)["changed"] is False


def test_policy_and_key_can_be_taken_away(aws, run_module):
    run_module(module, queues=[{**QUEUES[0], "kms_master_key_id": KEY}])
    bare = {key: value for key, value in QUEUES[0].items() if key != "policy"}
    done = run_module(module, queues=[bare])
    assert f"kms_master_key_id {KEY} -> (none)" in done["queues"][0]["reasons"]
    assert "policy Version 2012-10-17 -> (none)" in done["queues"][0]["reasons"]
    assert run_module(module, queues=[bare])["changed"] is False


def test_drift_is_seen_and_mended(aws, run_module):
    run_module(module, queues=QUEUES)
    sqs().set_queue_attributes(
        QueueUrl=url(), Attributes={"VisibilityTimeout": "1", "SqsManagedSseEnabled": "false", "Policy": ""}
    )
    mended = run_module(module, queues=QUEUES)["queues"][0]["reasons"]
    assert mended[:2] == ["visibility_timeout 1 -> 43200", "sqs_managed_sse_enabled false -> true"]
    assert run_module(module, queues=QUEUES)["changed"] is False


def test_a_queue_of_another_run_is_taken_and_mended(aws, run_module, monkeypatch):
    sqs().create_queue(QueueName="test-celery", Attributes={"VisibilityTimeout": "1"})
    client = Clients(lambda service, config: boto3.client(service))
    made = operations(SQS_QUEUE, client).create(pure.desired(QUEUES[0]))
    assert made == ARN
    assert run_module(module, queues=QUEUES[:1])["changed"] is False


def test_waits_while_aws_keeps_the_name_of_a_deleted_queue(aws, monkeypatch):
    client, answers = sqs(), ["AWS.SimpleQueueService.QueueDeletedRecently"]
    create_queue = client.create_queue

    def create(**arguments):
        if answers:
            raise ClientError({"Error": {"Code": answers.pop(), "Message": "wait 60 seconds"}}, "CreateQueue")
        return create_queue(**arguments)

    monkeypatch.setattr(client, "create_queue", create)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert operations(SQS_QUEUE, Clients(lambda service, config: client)).create(pure.desired(QUEUES[0])) == ARN
    assert answers == []


def test_check_mode_creates_nothing(aws, run_module):
    assert run_module(module, check_mode=True, queues=QUEUES)["changed"] is True
    assert names() == []


def test_absent_deletes_only_what_is_named(aws, run_module):
    run_module(module, queues=QUEUES)
    named = [{"name": "test-celery"}]
    predicted = run_module(module, check_mode=True, queues=named, state="absent")
    done = run_module(module, queues=named, state="absent")
    assert predicted["queues"] == done["queues"]
    assert [(one["name"], one["reasons"]) for one in done["queues"]] == [("test-celery", ["deleted"])]
    assert names() == ["test-other"]
    assert run_module(module, queues=named, state="absent")["changed"] is False


def test_find_sees_the_environment_alone(aws, run_module):
    other = {"name": "test-eu-celery", "tags": {"farflow:environment": "test-eu"}}
    run_module(module, queues=[*QUEUES, other])
    client, calls = sqs(), []
    client.meta.events.register("before-call.sqs", lambda model, **_unused: calls.append(model.name))
    clients = Clients(lambda service, config: client)
    found = find(SQS_QUEUE, clients, "test", names=["test-other"])
    assert plan([pure.desired(queue) for queue in QUEUES], found) == []
    assert len(calls) == 1 + 2 * 2 + 1
    assert [queue.name for queue in find(SQS_QUEUE, clients, "test")] == ["test-celery"]


def closed(calls):
    """Nobody may read anything of the queue test-strangers."""
    strangers = sqs().create_queue(QueueName="test-strangers")["QueueUrl"]
    for operation in ("ListQueueTags", "GetQueueAttributes"):
        calls.refuse_of(operation, "QueueUrl", strangers, "AccessDenied")


def test_a_strangers_queue_that_is_closed_to_us_is_none(aws, run_module, calls):
    run_module(module, queues=QUEUES[:1])
    closed(calls)
    assert [queue.name for queue in find(SQS_QUEUE, CLIENTS, "test", names=["test-celery"])] == ["test-celery"]


def test_a_queue_that_we_expect_and_that_is_closed_to_us_is_an_error(aws, calls):
    closed(calls)
    with pytest.raises(FarflowError, match="read the tags of SQS queue .*test-strangers: .*AccessDenied"):
        find(SQS_QUEUE, CLIENTS, "test", expected=["test-strangers"])


def test_a_queue_that_is_told_to_be_ours_and_is_closed_to_us_is_an_error(aws, run_module, calls):
    run_module(module, queues=QUEUES[:1])
    calls.refuse("GetQueueAttributes", "AccessDenied")
    with pytest.raises(FarflowError, match="AccessDenied"):
        find(SQS_QUEUE, CLIENTS, "test", prefetched={ARN: {"farflow:environment": "test"}})


def test_it_returns_when_a_queue_is_gone(aws, run_module, calls, pauses):
    run_module(module, queues=QUEUES)
    calls.fall_behind("GetQueueAttributes", "QueueUrl", answers=5)
    assert run_module(module, queues=QUEUES[:1], state="absent")["changed"] is True
    assert len(pauses) == 5
    assert [queue.name for queue in find(SQS_QUEUE, CLIENTS, "test", names=["test-other"])] == ["test-other"]


def test_a_queue_that_does_not_go_is_told(aws, run_module, calls, pauses):
    run_module(module, queues=QUEUES)
    calls.fall_behind("GetQueueAttributes", "QueueUrl", answers=1000)
    assert run_module(module, queues=QUEUES[:1], state="absent")["msg"] == (
        "gave up waiting for SQS queue test-celery to be gone after 120 s: AWS still shows it"
    )


def test_a_queue_that_is_listed_after_its_deletion_is_none(aws, run_module, monkeypatch):
    run_module(module, queues=QUEUES)
    gone = url("test-other")
    run_module(module, queues=QUEUES[1:], state="absent")
    both = [{"QueueUrl": url("test-celery")}, {"QueueUrl": gone}]
    monkeypatch.setattr(SqsQueue, "list", lambda kind, clients, prefix: both)
    found = find(SQS_QUEUE, CLIENTS, "test", names=["test-celery", "test-other"])
    assert [queue.name for queue in found] == ["test-celery"]


def test_what_the_plan_hands_over_is_what_was_given():
    resources = [pure.desired(queue) for queue in QUEUES]
    handed = json.loads(json.dumps([{**resource.properties, "name": resource.name} for resource in resources]))
    assert [pure.desired(queue) for queue in handed] == resources
