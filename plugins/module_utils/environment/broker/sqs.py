# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS as Celery's broker: one queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...engine.actions import Resource
from ...engine.known import Existing
from ...engine.tags import tags
from ...kinds import sqs_queue as sqs_queues
from ...kinds.sqs_queue import SQS_QUEUE
from .. import names
from ..arns import Account
from ..desire import made_by
from ..reader import of_kind
from ..statements import Statement, allow

Inputs = Mapping[str, Any]

#: SQS's longest, and the longest that a Celery message may be worked on.
_VISIBILITY_TIMEOUT = 43200
_FOURTEEN_DAYS = 1209600

#: Settings that nobody else may give, as section and key.
RESERVED = (
    ("celery", "broker_url"),
    ("celery_broker_transport_options", "region"),
    ("celery_broker_transport_options", "visibility_timeout"),
    ("celery_broker_transport_options", "predefined_queues"),
    ("operators", "default_queue"),
)


READERS = (of_kind(SQS_QUEUE, lambda inputs, known: [names.queue(inputs)]),)


def desired(inputs: Inputs, role: str) -> list[Resource]:
    """The queue, encrypted by SQS."""
    queue = {
        "name": names.queue(inputs),
        "visibility_timeout": _VISIBILITY_TIMEOUT,
        "message_retention_period": _FOURTEEN_DAYS,
        "tags": tags(inputs, role),
    }
    return [made_by(sqs_queues.desired, queue)]


def settings(inputs: Inputs, known: Existing) -> dict[tuple[str, str], str]:
    """Airflow's settings, by section and key. A predefined queue is one that Celery neither makes nor looks for."""
    queue = names.queue(inputs)
    url = known.attribute(sqs_queues.TYPE, queue, "url")
    return {
        ("celery", "broker_url"): "sqs://",
        ("celery_broker_transport_options", "region"): inputs["farflow_region"],
        ("celery_broker_transport_options", "visibility_timeout"): str(_VISIBILITY_TIMEOUT),
        ("celery_broker_transport_options", "predefined_queues"): json.dumps({queue: {"url": url}}),
        ("operators", "default_queue"): queue,
    }


def queues(inputs: Inputs) -> list[str]:
    """The queues from which some worker takes tasks. A task in another one would wait for ever."""
    return [names.queue(inputs)]


def sends(inputs: Inputs, where: Account) -> list[Statement]:
    """What the scheduler may do."""
    return [allow("SendMessages", ["sqs:GetQueueAttributes", "sqs:SendMessage"], _arn(inputs, where))]


def receives(inputs: Inputs, where: Account) -> list[Statement]:
    """What a worker may do. A message that it gives back is made visible again, not sent anew."""
    actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"]
    return [allow("ReceiveMessages", [f"sqs:{action}" for action in actions], _arn(inputs, where))]


def _arn(inputs: Inputs, where: Account) -> str:
    return where.arn("sqs", names.queue(inputs))
