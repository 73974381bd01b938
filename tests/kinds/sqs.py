"""SQS: Celery's queue."""

from __future__ import annotations

import json

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.sqs_queue import SQS_QUEUE

from tests.embedded_aws import newer_models

from .facts import CloudFormation, Tagging, drift, kind


def _url(aws, name):
    return str(aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


kind(
    "sqs_queue",
    made_by="sqs CreateQueue",
    read_by="sqs GetQueueAttributes",
    tells_of_one=True,
    tags=Tagging(
        lambda aws, name, id_: dict(aws.client("sqs").list_queue_tags(QueueUrl=_url(aws, name)).get("Tags") or {}),
        lambda aws, name, id_, tags: aws.client("sqs").tag_queue(QueueUrl=_url(aws, name), Tags=tags),
        lambda aws, name, id_, keys: aws.client("sqs").untag_queue(QueueUrl=_url(aws, name), TagKeys=keys),
    ),
    cloudformation=CloudFormation("AWS::SQS::Queue", {"name": "QueueName", "policy": None}),
    changed_by=SQS_QUEUE,
    more_names={"sqs GetQueueAttributes": lambda parsed: parsed["Attributes"].update(MadeLater=newer_models.VALUE)},
)


QUEUE = "sqs_queue local-celery"


def set_attributes(aws, **attributes):
    sqs = aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="local-celery")["QueueUrl"], Attributes=attributes)


@drift(f"change {QUEUE}", "visibility_timeout 30 -> 43200")
def messages_come_back_earlier(aws):
    set_attributes(aws, VisibilityTimeout="30")


@drift(f"change {QUEUE}", "message_retention_period 60 -> 1209600")
def messages_are_lost_earlier(aws):
    set_attributes(aws, MessageRetentionPeriod="60")


@drift(f"change {QUEUE}", "maximum_message_size 1024 -> 1048576")
def messages_too_large_for_the_queue(aws):
    set_attributes(aws, MaximumMessageSize="1024")


@drift(f"change {QUEUE}", "sqs_managed_sse_enabled false -> true")
def the_queue_no_longer_encrypted(aws):
    set_attributes(aws, SqsManagedSseEnabled="false")


@drift(f"change {QUEUE}", "policy Statement Everybody")
def the_queue_opened_to_everybody(aws):
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    set_attributes(aws, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))


@drift(f"change {QUEUE}", "redrive_policy max_receive_count 1 -> (none)")
def messages_led_away(aws):
    sqs = aws.client("sqs")
    other = sqs.create_queue(QueueName="mine")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    set_attributes(aws, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}))
