# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A bootstep of Celery's worker, in its main process: no task is lost when ECS or a deploy wants to end the worker.

A thread of its own looks every second what the worker has in hand, and does what `worker_watch` says. It works without
Celery's remote control, which SQS does not carry, and never ends the worker by an error. Outside of ECS nothing is
done.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import bootsteps
from celery.signals import task_received
from celery.worker import state

from farflow import worker_ecs, worker_tasks
from farflow.worker_watch import Act, Limits, Watch

log = logging.getLogger(__name__)

_TICK = 1.0
#: How often the service is asked whether it has replaced this worker: not all workers at once.
_ASK_SERVICE, _SPREAD = 25.0, 10.0
#: Seconds in which Celery begins with what it has received.
_JUST_RECEIVED = 5.0
#: Seconds that Celery's main thread may take for what it is asked to do.
_MAIN_THREAD = 5.0

_STOPPED = (
    "ECS ends this worker: an interruption of Fargate Spot, a retirement of the machine below it, or a stop by hand. "
    "The task is ended before, so that its retry, if it has one, begins at once"
)
_DRAINED = (
    "A deploy has replaced this worker, or taken its pool away, {hours:g} hours ago, and a task may go on for so long "
    "(worker_drain_hours). The task is ended, so that its retry, if it has one, begins at once"
)


def install(sender: Any, **_unused: Any) -> None:
    """Add the step to a worker that is being made: a handler of Celery's signal `worker_init`."""
    sender.app.steps["worker"].add(KeepTasks)


def limits(variables: Mapping[str, str], wait_for_messages: float) -> Limits:
    """By the environment variables that the deploy sets. What can't be read has its default."""
    return Limits(
        drain=_number(variables, "FARFLOW_WORKER_DRAIN_HOURS", Limits.drain / 3600) * 3600,
        stop=_number(variables, "FARFLOW_WORKER_STOP_SECONDS", Limits.stop),
        receive=wait_for_messages + 2.0,
    )


def _number(variables: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        number = float(variables.get(name) or otherwise)
    except ValueError:
        return otherwise
    return number if 0 < number < float("inf") else otherwise


class KeepTasks(bootsteps.StartStopStep):
    """See above. Nothing stops the thread: it goes on while Celery waits for tasks, and keeps no process alive."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        self.enabled = bool(os.environ.get("ECS_AGENT_URI"))
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        try:
            # Celery has set its own handler before; what it does is done when nothing is left to do.
            keeper = Keeper(worker, os.environ, signal.getsignal(signal.SIGTERM))
            keeper.begin()
            signal.signal(signal.SIGTERM, keeper.told_to_end)
            task_received.connect(keeper.before_task, weak=False)
        except Exception:
            log.exception("Nothing keeps this worker's tasks from being lost")


class Keeper:
    """The thread, and what it does for each act."""

    def __init__(self, worker: Any, variables: Mapping[str, str], end: Callable[..., Any]) -> None:
        self._worker, self._end = worker, end
        self._agent = variables["ECS_AGENT_URI"]
        options = worker.app.conf.broker_transport_options or {}
        self._watch = Watch(limits(variables, float(options.get("wait_time_seconds", 10))))
        self._service = _service(variables)
        self._ask_service_at = 0.0
        self._queues: list[str] = []
        self._ending: worker_tasks.Ending | None = None
        self._last_trouble: dict[str, str] = {}
        self._asking = threading.Lock()
        self._received_at = float("-inf")
        self._sigterm = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="keeps tasks from being lost")
        self.done = threading.Event()

    def begin(self) -> None:
        hours = self._watch.limits.drain / 3600
        log.info("Keeps tasks from being lost: asks ECS to protect this worker while it has any, for %g hours", hours)
        self._thread.start()

    def before_task(self, **_unused: Any) -> None:
        """Celery's main thread has received a message, whose task it begins when this returns: so there is no moment in
        which a worker with a task is not protected. Where ECS refuses, the task begins all the same.
        """
        try:
            with self._asking:
                self._received_at = now = time.monotonic()
                if self._watch.protection.until is None and self._watch.protection.wanted(now, None):
                    self._protect()
        except Exception:
            log.exception("This worker could not ask for protection before a task")

    def told_to_end(self, *arguments: Any) -> None:
        """SIGTERM. The second one is Celery's."""
        if self._sigterm.is_set() or not self._thread.is_alive():
            self._end(*arguments)
        self._sigterm.set()

    def _run(self) -> None:
        while not self.done.wait(_TICK):
            try:
                self._look()
            except Exception:
                log.exception("What this worker has in hand can't be looked after now")

    def _look(self) -> None:
        """One look, and what follows from it."""
        now, busy, told_to_end = time.monotonic(), worker_tasks.are_in_hand(), self._sigterm.is_set()
        may_be_replaced = (busy or not self._watch.consumes) and not told_to_end and self._watch.stopping_since is None
        replaced = self._ask_service(now) if may_be_replaced else None
        # Between the look at the requests and this line a request can be begun or end: the next look sees it.
        for act in self._watch.acts(now, busy=busy, replaced=replaced, told_to_end=told_to_end):
            self._do(act)

    def _ask_service(self, now: float) -> bool | None:
        if self._service is None or now < self._ask_service_at:
            return None
        self._ask_service_at = now + _ASK_SERVICE + random.random() * _SPREAD
        try:
            replaced = self._service.has_replaced_this()
        except Exception as error:
            self._trouble("service", f"Whether a deploy has replaced this worker can't be asked: {error}")
            return None
        self._last_trouble.pop("service", None)
        return replaced

    def _do(self, act: Act) -> None:
        does: dict[Act, Callable[[], None]] = {
            Act.PROTECT: self._protect_alone,
            Act.UNPROTECT: self._unprotect_alone,
            Act.STOP_CONSUMING: self._stop_consuming,
            Act.CONSUME: self._consume,
            Act.GIVE_BACK: self._give_back,
            Act.ASK_TASKS: self._ask_tasks,
            Act.INTERRUPT_TASKS: self._interrupt_tasks,
            Act.KILL_TASKS: self._kill_tasks,
            Act.END: self._leave,
        }
        try:
            does[act]()
        except Exception:
            log.exception("This worker failed to do: %s", act.name)

    def _protect_alone(self) -> None:
        with self._asking:
            self._protect()

    def _unprotect_alone(self) -> None:
        """Unless a message has come since the decision: Celery does not count it as received at once."""
        with self._asking:
            if time.monotonic() - self._received_at > _JUST_RECEIVED and not worker_tasks.are_in_hand():
                self._unprotect()

    def _protect(self) -> None:
        seconds = self._watch.limits.protected
        if self._set_protection(True, seconds):
            log.info("Protected: this worker has tasks, ECS ends it for no scaling or deploy until %s", _after(seconds))

    def _unprotect(self) -> None:
        if self._set_protection(False):
            log.info("Unprotected: this worker has no tasks, ECS may end it")

    def _set_protection(self, protected: bool, seconds: float = 0.0) -> bool:
        granted = False
        try:
            worker_ecs.set_protection(self._agent, protected, seconds)
            granted = True
            self._last_trouble.pop("protection", None)
        except worker_ecs.NotGranted as refusal:
            wish = "protect this worker" if protected else "take this worker's protection back"
            self._trouble("protection", f"ECS does not {wish}, it is asked again: {refusal}")
        finally:
            self._watch.protection.answered(time.monotonic(), protected, granted)
        return granted

    def _trouble(self, subject: str, words: str) -> None:
        """Logged once, for as long as it is the same."""
        if self._last_trouble.get(subject) != words:
            self._last_trouble[subject] = words
            log.warning("%s", words)

    def _stop_consuming(self) -> None:
        if self._watch.stopping_since is not None:
            log.warning("Told to end: takes no more tasks, and has %g seconds", self._watch.limits.stop)
        else:
            log.info(
                "Draining: a newer deployment has taken over. Takes no more tasks, and ends with its last one, at %s "
                "at the latest",
                _after(self._watch.limits.drain),
            )
        self._in_main_thread(self._cancel_consumer)

    def _cancel_consumer(self) -> None:
        queues, consumer = self._worker.app.amqp.queues, self._worker.consumer.task_consumer
        self._queues = list(queues.consume_from)
        for queue in self._queues:
            queues.deselect(queue)  # for a connection that is made anew
            if consumer is not None:
                consumer.cancel_by_queue(queue)

    def _consume(self) -> None:
        log.info("Takes tasks again: this worker's deployment is the service's own once more")
        self._in_main_thread(self._start_consumer)

    def _start_consumer(self) -> None:
        queues, consumer = self._worker.app.amqp.queues, self._worker.consumer.task_consumer
        queues.select(self._queues)
        if consumer is not None:
            for queue in self._queues:
                consumer.add_queue(queues[queue])
            consumer.consume()

    def _give_back(self) -> None:
        withdrawn = self._in_main_thread(lambda: worker_tasks.withdraw_not_begun(self._worker)) or []
        given = worker_tasks.give_back(withdrawn)
        log.info("Gives back: %d messages, whose tasks it has not begun; %d run", given, len(worker_tasks.begun()))

    def _in_main_thread(self, work: Callable[[], Any]) -> Any:
        """The result of what Celery's own objects are needed for; they are the main thread's. None where it fails."""
        outcome: Future[Any] = Future()

        def run() -> None:
            try:
                outcome.set_result(work())
            except Exception as error:
                outcome.set_exception(error)

        self._worker.consumer.call_soon(run)
        try:
            return outcome.result(_MAIN_THREAD)
        except Exception as error:
            log.warning("Celery's main thread failed at, or did not get to: %s: %r", work, error)
            return None

    def _ask_tasks(self) -> None:
        self._tell_ended(self._tasks().ask(worker_tasks.begun()), "asked to end")

    def _interrupt_tasks(self) -> None:
        self._tell_ended(self._tasks().interrupt(worker_tasks.begun()), "interrupted")

    def _kill_tasks(self) -> None:
        self._tell_ended(self._tasks().kill(worker_tasks.begun()), "killed")

    def _tasks(self) -> worker_tasks.Ending:
        if self._ending is None:
            drained = not self._sigterm.is_set()
            hours = self._watch.limits.drain / 3600
            self._ending = worker_tasks.Ending(_DRAINED.format(hours=hours) if drained else _STOPPED)
        return self._ending

    def _tell_ended(self, count: int, how: str) -> None:
        if count:
            log.warning("Ends tasks: %d %s", count, how)

    def _leave(self) -> None:
        left = len(worker_tasks.begun())
        log.info("Ends: %s", f"{left} tasks are left" if left else "has no tasks")
        self.done.set()
        with suppress(Exception):
            self._end()  # as on SIGTERM without this step; there is nothing to wait for
        state.should_stop = 0
        self._worker.consumer.call_soon(bool)  # so that the main thread looks at once


def _after(seconds: float) -> str:
    return f"{datetime.now(tz=UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M} UTC"


def _service(variables: Mapping[str, str]) -> worker_ecs.Service | None:
    names = ("FARFLOW_CLUSTER", "FARFLOW_WORKER_SERVICE", "ECS_CONTAINER_METADATA_URI_V4")
    cluster, service, metadata = (variables.get(name, "") for name in names)
    return worker_ecs.Service(cluster, service, metadata) if cluster and service and metadata else None
