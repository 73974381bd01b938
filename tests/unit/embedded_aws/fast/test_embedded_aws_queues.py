"""What SQS shows of queues, when, and which names it takes."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

UNKNOWN = "AWS.SimpleQueueService.NonExistentQueue"


@pytest.fixture
def sqs(aws):
    return aws.client("sqs")


@pytest.fixture
def queue(sqs):
    return sqs.create_queue(QueueName="broker", tags={"k": "old"})["QueueUrl"]


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def where(sqs, url):
    """By which calls SQS knows of the queue."""
    found = {
        "attributes": refusal(sqs.get_queue_attributes, QueueUrl=url),
        "tags": refusal(sqs.list_queue_tags, QueueUrl=url),
        "name": refusal(sqs.get_queue_url, QueueName="broker"),
        "list": None if url in sqs.list_queues().get("QueueUrls", []) else UNKNOWN,
    }
    assert set(found.values()) <= {None, UNKNOWN}
    return {call for call, code in found.items() if code is None}


def test_a_change_is_shown_late(aws, sqs, queue):
    def shown():
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return attributes["VisibilityTimeout"], sqs.list_queue_tags(QueueUrl=queue)["Tags"]["k"]

    with aws.behaviours(late_queues=2):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
        sqs.tag_queue(QueueUrl=queue, Tags={"k": "new"})
        assert shown() == ("30", "old")
        until(lambda: shown() == ("60", "new"))


def test_a_queue_is_there_late_and_gone_late(aws, sqs):
    with aws.behaviours(late_queues=2):
        url = sqs.create_queue(QueueName="broker", tags={"k": "v"})["QueueUrl"]
        assert where(sqs, url) == set()
        until(lambda: where(sqs, url) == {"attributes", "tags", "name", "list"})
        sqs.delete_queue(QueueUrl=url)
        assert where(sqs, url) == {"attributes", "tags", "name", "list"}
        until(lambda: where(sqs, url) == set())


def test_to_who_sees_all_nothing_is_late(aws, sqs, queue):
    with aws.behaviours(late_queues=60):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
        sqs.create_queue(QueueName="other")
        seen = aws.client("sqs", sees_all=True)
        assert len(seen.list_queues()["QueueUrls"]) == 2
        assert (
            seen.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "60"
        )
        assert sqs.list_queues()["QueueUrls"] == [queue]


def test_messages_are_never_late(aws, sqs, queue):
    with aws.behaviours(late_queues=60):
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
        sqs.send_message(QueueUrl=queue, MessageBody="work")
        counted = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        assert counted["ApproximateNumberOfMessages"] == "1"
        assert [each["Body"] for each in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["work"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (attributes["VisibilityTimeout"], attributes["ApproximateNumberOfMessagesNotVisible"]) == ("60", "1")


def test_the_name_of_a_deleted_queue_is_not_free_at_once(aws, sqs, queue):
    with aws.behaviours(queue_deleted_recently=60), aws.clock(60):
        sqs.delete_queue(QueueUrl=queue)
        refused = "AWS.SimpleQueueService.QueueDeletedRecently"
        assert refusal(sqs.create_queue, QueueName="broker") == refused
        assert refusal(sqs.create_queue, QueueName="other") is None
        until(lambda: refusal(sqs.create_queue, QueueName="broker") is None)
