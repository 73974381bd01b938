# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tasks that a Celery worker has in hand: which there are, giving back those not begun, ending those that run.

A message is a request for Celery from when it is received until its task has ended; only then SQS is told to delete it
(`task_acks_late`). A process of Celery's pool is the supervisor of one Airflow task at a time, which runs in a child of
that process, with a process group of its own. When that child ends, the supervisor tells Airflow so, uploads the log,
and returns: the task is failed or to be retried at once, and its message is deleted.
"""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Any

import psutil
from celery.worker import state

from farflow import task_log

log = logging.getLogger(__name__)


def are_in_hand() -> bool:
    """Whether there is a message that has been received and whose task has not ended."""
    return bool(len(state.active_requests) or len(state.reserved_requests))


def begun() -> list[Any]:
    """The requests whose task a process of the pool has begun."""
    return _copy(state.active_requests)


def _copy(requests: Collection[Any]) -> list[Any]:
    """The main thread may change them meanwhile."""
    while True:
        with suppress(RuntimeError):
            return list(requests)


def withdraw_not_begun(worker: Any) -> list[Any]:
    """Keep those from being begun for which no process of the pool has been free, and return them. For the main
    thread, once nothing is received any more.
    """
    outbound = getattr(worker.pool._pool, "outbound_buffer", None)
    if outbound is None:  # without an event loop there is no way to call a task back
        return []
    withdrawn = []
    for request in set(_copy(state.reserved_requests)) - set(begun()):
        job = request._apply_result() if request._apply_result is not None else None
        if job is not None and job not in outbound:
            continue  # on its way to a process
        if job is not None:
            outbound.remove(job)
            job.discard()
        withdrawn.append(request)
    if worker.semaphore is not None:
        worker.semaphore.clear()
    for request in withdrawn:
        state.task_ready(request)
    return withdrawn


def give_back(requests: Iterable[Any]) -> int:
    """Make the messages of requests visible to other workers at once; returns of how many. What fails is logged: such a
    message comes back by itself, when its visibility timeout ends.
    """
    given = 0
    for request in requests:
        try:
            _give_back(request.message)
            given += 1
        except Exception as error:
            log.warning("A message could not be given back: %s", error)
    return given


def _give_back(message: Any) -> None:
    received = message.delivery_info.get("sqs_message")
    if received is None:
        message.requeue()
        return
    channel, queue = message.channel, str(message.delivery_info.get("routing_key"))
    channel.sqs(queue=channel.canonical_queue_name(queue)).change_message_visibility(
        QueueUrl=message.delivery_info["sqs_queue"],
        ReceiptHandle=received["ReceiptHandle"],
        VisibilityTimeout=0,
    )
    # Or Celery would hide it once more when it ends, when another worker may already run it.
    channel.qos.ack(message.delivery_tag)


class Ending:
    """Ends running tasks, each process once with each signal. ``why`` is put into the log of each task before."""

    def __init__(self, why: str) -> None:
        self._why = why
        self._signalled: set[tuple[int, int]] = set()
        self._told: set[str] = set()

    def ask(self, requests: Iterable[Any]) -> int:
        """As Airflow's supervisor does on SIGTERM: the operator's `on_kill` is called, and the task may go on."""
        return self._each(requests, signal.SIGTERM, os.kill)

    def interrupt(self, requests: Iterable[Any]) -> int:
        """Python ends by it, unless the task has other plans."""
        return self._each(requests, signal.SIGINT, os.killpg)

    def kill(self, requests: Iterable[Any]) -> int:
        return self._each(requests, signal.SIGKILL, os.killpg)

    def _each(self, requests: Iterable[Any], sign: signal.Signals, send: Callable[[int, int], None]) -> int:
        """Returns how many got the signal now."""
        sent = 0
        for request in requests:
            for process in processes(request.worker_pid):
                if (process, sign) in self._signalled:
                    continue
                self._signalled.add((process, sign))
                self._tell(request)
                with suppress(ProcessLookupError, PermissionError):
                    send(process, sign)
                    sent += 1
        return sent

    def _tell(self, request: Any) -> None:
        if request.id not in self._told:
            self._told.add(request.id)
            tell(request, self._why)


def processes(supervisor: int | None) -> list[int]:
    """The processes of Airflow tasks that a process of the pool supervises: those that lead a process group. A process
    of the pool itself must get no signal: without a running task it ends by it, and the log is lost that it uploads.
    """
    if supervisor is None:
        return []
    try:
        children = psutil.Process(supervisor).children()
    except psutil.Error:
        return []
    return [child.pid for child in children if _leads_group(child.pid)]


def _leads_group(process: int) -> bool:
    try:
        return os.getpgid(process) == process
    except ProcessLookupError:
        return False


def tell(request: Any, words: str) -> None:
    """Add a line to the log of the request's Airflow task, for its author."""
    try:
        if path := log_path(request.message.payload):
            task_log.add(path, words)
    except Exception as error:
        log.warning("The log of a task could not be told why it is ended: %s", error)


def log_path(payload: Any) -> str | None:
    """Where the log of an Airflow task is, by its message's payload; None where it has none."""
    [workload], _named, _embedded = payload
    path = json.loads(workload).get("log_path")
    return str(path) if path else None
