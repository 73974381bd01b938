# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's Celery executor, which says what is wrong where Airflow's own fails a task without a word to its author.

- A task whose queue no worker serves can't be sent. Airflow's executor tells that to the scheduler's log alone.
- A message whose task has been queued for longer than its token is valid can't run it: the task execution API refuses
  that, and the scheduler sends the task again when it next looks for what is queued too long. With Airflow's executor
  such a message takes up a worker for seconds, and the task has failed where the scheduler has not looked yet. Here
  workers drop it, and nothing has failed.

In Airflow's configuration: `[core] executor = CeleryExecutor:farflow.celery_executor.QueueCheckingCeleryExecutor`, with
others behind a comma. For DAG authors it is the CeleryExecutor.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from airflow.executors.workloads import ExecuteTask
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from celery import states
from celery.signals import before_task_publish

from farflow import task_log
from farflow.kept_events import KeptEvents

log = logging.getLogger(__name__)

#: Of the event in Airflow's audit log.
EVENT = "queue not served"

#: What Celery says of messages that a worker has dropped, and of tasks that the task execution API has not let begin.
#: Its result backend keeps the name and the text of an exception.
_TOO_LATE = {states.REVOKED: ("expired",), states.FAILURE: ("ServerResponseError", "Invalid auth token")}

#: How long no log is written after that has failed: the scheduler waits for each.
_PAUSE = 300.0

#: The type of a workload that runs a task.
_TASK = "ExecuteTask"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def not_served(queue: str | None, served: Collection[str]) -> str:
    """What the author of a task is told."""
    return (
        f"No worker serves the queue {queue!r}, in which this task is to run, so it can't run. There are the queues "
        f"{', '.join(sorted(served))}: give the task one of them by its argument `queue`, or none of its own. Whoever "
        "deploys this Airflow adds others by worker_pools"
    )


class QueueCheckingCeleryExecutor(KeptEvents, CeleryExecutor):
    """See above."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._write_logs_from = 0.0
        #: By key of a task that was sent when its token ends.
        self._token_ends: dict[Any, datetime] = {}

    @property
    def served(self) -> Collection[str]:
        """The queues that some worker serves; none where that can't be known."""
        return (self.celery_app.conf.broker_transport_options or {}).get("predefined_queues") or {}

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        served = self.served
        refused = [
            each for each in workload_items if isinstance(each, ExecuteTask) and served and each.ti.queue not in served
        ]
        for workload in refused:
            self._refuse(workload, served)
        if sent := [each for each in workload_items if each not in refused]:
            self._note_token_ends(sent)
            super()._process_workloads(sent)

    def _note_token_ends(self, sent: Sequence[Any]) -> None:
        for workload in sent:
            with suppress(Exception):
                self._token_ends[workload.key] = token_end(workload.token)

    def _refuse(self, workload: ExecuteTask, served: Collection[str]) -> None:
        words, key = not_served(workload.ti.queue, served), workload.ti.key
        self.log.error("%s: %s", key, words)
        self.queued_tasks.pop(key, None)
        self.log_task_event(event=EVENT, extra=words, ti_key=key)
        self.fail(key, info=words)
        if workload.log_path and time.monotonic() >= self._write_logs_from:
            try:
                task_log.write_first(workload.log_path, words)
            except Exception as error:
                self._write_logs_from = time.monotonic() + _PAUSE
                self.log.warning("The log of %s could not be written: %s", key, error)

    def update_task_state(self, key: Any, state: str, info: Any) -> None:
        if self._was_too_late(key, state):
            self.log.info("%s was not taken before its token expired. It has not run, and is sent again", key)
            self.workloads.pop(key, None)
            self.running.discard(key)
            self._token_ends.pop(key, None)
        else:
            super().update_task_state(key, state, info)

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        super().change_state(key, state, info, remove_running)
        if remove_running:
            self._token_ends.pop(key, None)

    def _was_too_late(self, key: Any, state: str) -> bool:
        """Of a task that a scheduler before this one has sent it is not known when its token ends."""
        if state not in _TOO_LATE or not isinstance(key, TaskInstanceKey):
            return False
        if self._token_ends.get(key, _LONG_AGO) > datetime.now(tz=UTC):
            return False
        try:
            error = str(self.workloads[key].result)
        except Exception:
            return False
        return all(words in error for words in _TOO_LATE[state])


@before_task_publish.connect(sender="execute_workload", weak=False)
def expire_with_token(body: Any, headers: dict[str, Any], **_unused: Any) -> None:
    """Let workers drop the message of a task when the token in it has expired. That of a callback, as of a deadline
    that was missed, can run without it, and would not be sent again.
    """
    try:
        workload = json.loads(body[0][0])
        if workload["type"] == _TASK:
            headers["expires"] = token_end(workload["token"]).isoformat()
    except Exception as error:
        # As a message without it: it takes up a worker until it is refused.
        log.debug("When a message expires can't be told: %r", error)


def token_end(token: str) -> datetime:
    """When a JSON web token expires. It is not verified."""
    claims = token.split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return datetime.fromtimestamp(told["exp"], tz=UTC)
