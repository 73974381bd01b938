# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues, as they are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...engine import policy_documents as policy
from ...engine.actions import Resource

TYPE = "sqs_queue"

#: Our names for AWS's attributes that are numbers, with AWS's defaults in seconds, and in bytes.
NUMBERS = {
    "visibility_timeout": ("VisibilityTimeout", 30),
    "message_retention_period": ("MessageRetentionPeriod", 345600),
    "receive_message_wait_time_seconds": ("ReceiveMessageWaitTimeSeconds", 0),
    "delay_seconds": ("DelaySeconds", 0),
    "maximum_message_size": ("MaximumMessageSize", 1048576),
}

#: After how many receipts a message is led away, where AWS is not told.
_RECEIVED = 10

_SSE, _KEY, _POLICY, _REDRIVE = "SqsManagedSseEnabled", "KmsMasterKeyId", "Policy", "RedrivePolicy"


def desired(queue: Mapping[str, Any]) -> Resource:
    """``{name, visibility_timeout?, message_retention_period?, receive_message_wait_time_seconds?, delay_seconds?,
    maximum_message_size?, kms_master_key_id?, policy?, redrive_policy {dead_letter_target_arn, max_receive_count}?,
    tags?}`` as a resource. Without a key of KMS, SQS encrypts with its own.
    """
    key = queue.get("kms_master_key_id")
    numbers = {name: queue.get(name) for name in NUMBERS}
    documents = queue.get("policy"), queue.get("redrive_policy")
    return _queue(queue["name"], numbers, key, not key, documents, queue.get("tags") or {})


def canonical(url: str, attributes: Mapping[str, str], tags: Mapping[str, str]) -> Resource:
    """A queue as GetQueueAttributes and ListQueueTags give it. Its id is the ARN."""
    key = attributes.get(_KEY) or None
    numbers = {name: attributes.get(member) for name, (member, _unused) in NUMBERS.items()}
    managed = attributes.get(_SSE, "true").lower() == "true" and not key
    redrive = json.loads(attributes.get(_REDRIVE) or "{}")
    found = redrive and {
        "dead_letter_target_arn": redrive["deadLetterTargetArn"],
        "max_receive_count": redrive.get("maxReceiveCount", _RECEIVED),
    }
    documents = attributes.get(_POLICY), found
    return _queue(name_of(url), numbers, key, managed, documents, tags, attributes["QueueArn"], url)


def name_of(url: str) -> str:
    """The name of the queue at a URL."""
    return url.rsplit("/", 1)[1]


def is_arn_of(arn: str, name: str) -> bool:
    """Whether an ARN is that of the queue of a name."""
    return arn.split(":")[2] == "sqs" and arn.rsplit(":", 1)[1] == name


def attributes_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """A queue's properties as SetQueueAttributes takes them; an empty policy or key takes the old one away."""
    document, key, redrive = (properties[name] for name in ("policy", "kms_master_key_id", "redrive_policy"))
    target = redrive and {
        "deadLetterTargetArn": redrive["dead_letter_target_arn"],
        "maxReceiveCount": redrive["max_receive_count"],
    }
    return {
        **{member: str(properties[name]) for name, (member, _unused) in NUMBERS.items()},
        **({_KEY: key} if key else {_KEY: "", _SSE: "true"}),
        _POLICY: policy.to_json(document) if document else "",
        _REDRIVE: json.dumps(target) if target else "",
    }


def _queue(
    name: str,
    numbers: Mapping[str, Any],
    key: str | None,
    managed: bool,
    documents: tuple[Any, Any],
    tags: Mapping[str, str],
    arn: str | None = None,
    url: str | None = None,
) -> Resource:
    document, redrive = documents
    properties = {
        **{
            each: int(default if numbers[each] is None else numbers[each])
            for each, (_unused, default) in NUMBERS.items()
        },
        "sqs_managed_sse_enabled": managed,
        "kms_master_key_id": key,
        "policy": policy.canonical(document),
        "redrive_policy": {**redrive, "max_receive_count": int(redrive["max_receive_count"])} if redrive else None,
        "tags": dict(tags),
    }
    return Resource(TYPE, name, properties, arn, {"url": url})
