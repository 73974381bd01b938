# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS as Celery's broker: a queue for each pool of workers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.actions import Resource
from ...engine.known import Existing
from ...engine.tags import tags
from ...kinds import sqs_queue as sqs_queues
from ...kinds.sqs_queue import SQS_QUEUE
from .. import names, pools
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


def _queue_names(inputs: Inputs, known: Existing) -> list[str]:
    return [queue(inputs, name) for name in pools.names(inputs)]


READERS = (of_kind(SQS_QUEUE, _queue_names, beginning=lambda inputs: names.queue(inputs, "")),)


def queue(inputs: Inputs, pool: str) -> str:
    """The queue of a pool, from which its workers take tasks: its name in SQS, and one of those in Airflow."""
    return names.queue(inputs) if pool == pools.DEFAULT else names.queue(inputs, pool)


def desired(inputs: Inputs, role: str) -> list[Resource]:
    """The queues, encrypted by SQS."""
    common = {
        "visibility_timeout": _VISIBILITY_TIMEOUT,
        "message_retention_period": _FOURTEEN_DAYS,
        "tags": tags(inputs, role),
    }
    return [made_by(sqs_queues.desired, {"name": queue(inputs, name), **common}) for name in pools.names(inputs)]


def settings(inputs: Inputs) -> dict[tuple[str, str], str]:
    """Airflow's settings of all components, by section and key."""
    return {
        ("celery", "broker_url"): "sqs://",
        ("celery_broker_transport_options", "region"): inputs["farflow_region"],
        ("celery_broker_transport_options", "visibility_timeout"): str(_VISIBILITY_TIMEOUT),
        ("operators", "default_queue"): queue(inputs, pools.DEFAULT),
    }


def settings_of_queues(inputs: Inputs, known: Existing, of: Iterable[pools.Pool]) -> dict[tuple[str, str], str]:
    """Those of who sends to the queues of these pools, or takes from them. A predefined queue is one that Celery
    neither makes nor looks for; all the names that a DAG can say for the queue of a pool lead to the same one of SQS.
    """
    urls = {
        name: {"url": known.attribute(sqs_queues.TYPE, queue(inputs, pool.name), "url")}
        for pool in of
        for name in queues_of(inputs, pool)
    }
    return {("celery_broker_transport_options", "predefined_queues"): json.dumps(urls, sort_keys=True)}


def queues(inputs: Inputs) -> list[str]:
    """The names of the queues from which some worker takes tasks, the default one first."""
    return [name for pool in pools.pools(inputs) for name in queues_of(inputs, pool)]


def queues_of(inputs: Inputs, pool: pools.Pool) -> list[str]:
    """The same of one pool."""
    return list(dict.fromkeys([queue(inputs, pool.name), *pool.queues]))


def sends(inputs: Inputs, where: Account) -> list[Statement]:
    """What the scheduler may do."""
    arns = [_arn(inputs, where, name) for name in pools.names(inputs)]
    return [allow("SendMessages", ["sqs:GetQueueAttributes", "sqs:SendMessage"], *arns)]


def receives(inputs: Inputs, where: Account, pool: str) -> list[Statement]:
    """What a worker of a pool may do. A message that it gives back is made visible again, not sent anew."""
    actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"]
    return [allow("ReceiveMessages", [f"sqs:{action}" for action in actions], _arn(inputs, where, pool))]


def _arn(inputs: Inputs, where: Account, pool: str) -> str:
    return where.arn("sqs", queue(inputs, pool))
