# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What waits in the triggerer while a Fargate task runs."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from farflow import fargate_task_end as end
from farflow.fargate_task_log import ContainerLog, quiet
from farflow.fargate_task_log_reader import LogReader
from farflow.fargate_task_results import storable
from farflow.fargate_task_watch import (
    CLIENT_CONFIG,
    LogReads,
    Look,
    SharedClient,
    TaskWatch,
    pause_after,
    shared,
    will_pass,
)

#: ECS shows a task some moments after it has started it, and forgets it an hour after it has stopped.
MISSING_SECONDS = 300
#: What time alone does not cure, such as a right that is missing, is borne for so long: somebody may mend it.
REFUSED_SECONDS = 600
STOP_ATTEMPTS = 6
#: So often Airflow is asked for the task's state, and so many seconds it has to answer each time.
STATE_ATTEMPTS = 3
STATE_SECONDS = 20
#: So late after its end the last lines of a container, or all of them, may be in CloudWatch.
LATE_LINES_SECONDS = 5.0
#: For so long the end of a log is read and shown when its container has ended. Its result waits for that.
FINISH_SECONDS = 60.0
#: Airflow gives a trigger up two minutes after the first limit of its task's time. The event has to be there by then.
EVENT_AFTER_LIMIT_SECONDS = 100.0
#: Of them, so many may go by until a container that was told to stop has stopped; by default ECS kills it after 30.
STOPPING_SECONDS = 50.0
#: Between two looks at a container that was told to stop.
STOPPING_DELAY_SECONDS = 2.0

#: What a task that was cleared comes to again before it is deferred.
_OF_A_NEW_TRY = ("scheduled", "queued", "running", "restarting")
_NOTHING_TO_READ = ("PROVISIONING", "PENDING", "ACTIVATING")


class FargateTaskEvent(TriggerEvent):
    """As any event of a trigger; what Airflow writes of it into the task's log is short."""

    def __repr__(self) -> str:
        return f"{self.payload['status']}: {self.payload['task_arn']}"

    __str__ = __repr__


class FargateTaskTrigger(BaseTrigger):
    """
    Waits until a Fargate task has stopped, and shows its log meanwhile.

    It keeps the time that the Airflow task has, and stops the Fargate task when that is over, or when someone ends the
    Airflow task. Nothing that passes makes it fail: throttling, no network, credentials that are renewed, a task that
    ECS does not show yet. All triggers of a triggerer share their calls.

    The event is ``{status, task_arn, cluster, task, told_to_stop, tail, result, misplaced, unread}``: status is
    ``ended`` with the task as `fargate_task_end.kept` has it, ``missing`` where ECS has forgotten the task, or
    ``timeout`` and ``gave_up`` where the time of ``execution_timeout`` or of ``waiter_max_attempts`` is over, with the
    task as it was seen last, if it was. The last four are what `ContainerLog` and `LogReader` know of the log.

    :param deadline: when ``execution_timeout`` is over, as text of ISO 8601.
    :param give_up_at: when ``waiter_max_attempts`` times ``waiter_delay`` are over, in the same form.
    :param log_interval: seconds between two reads of the log.
    :param stop_on_failure: whether the container is stopped when this trigger gives up.
    """

    def __init__(
        self,
        cluster: str,
        task_arn: str,
        waiter_delay: int = 6,
        waiter_max_attempts: int = 1000000,
        aws_conn_id: str | None = None,
        region_name: str | None = None,
        log_group: str | None = None,
        log_stream: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        log_region_name: str | None = None,
        container_name: str | None = None,
        deadline: str | None = None,
        give_up_at: str | None = None,
        log_interval: float = 5.0,
        kept_lines: int = 20,
        stop_on_failure: bool = True,
    ) -> None:
        super().__init__()
        self.cluster = cluster
        self.task_arn = task_arn
        self.waiter_delay = waiter_delay
        self.waiter_max_attempts = waiter_max_attempts
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.log_group = log_group
        self.log_stream = log_stream
        self.verify = verify
        self.botocore_config = botocore_config
        self.log_region_name = log_region_name
        self.container_name = container_name
        self.deadline = deadline
        self.give_up_at = give_up_at
        self.log_interval = log_interval
        self.kept_lines = kept_lines
        self.stop_on_failure = stop_on_failure
        self._told_to_stop = False

    @cached_property
    def _log_of_container(self) -> ContainerLog:
        return ContainerLog(self.log, self.kept_lines)

    @cached_property
    def _reader(self) -> LogReader:
        return LogReader(self, self._log_of_container)

    @property
    def _id(self) -> str:
        """By it people know the Fargate task."""
        return self.task_arn.rpartition("/")[2]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = inspect.signature(FargateTaskTrigger).parameters
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        quiet()
        try:
            status, task = await self._watch()
        except Exception:
            # Airflow fails the task for it, on a worker that stops the container; this is sooner.
            if self.stop_on_failure:
                await self._stop("the trigger failed")
            raise
        yield FargateTaskEvent(self._event(status, task))

    async def end_early(self, status: str, reason: str | None) -> dict[str, Any]:
        """The payload of the event of that status, for who ends the Fargate task before it has ended by itself: stops
        it for the reason, unless that is None, waits some time for its end, and reads its log to there.
        """
        quiet()
        return self._event(status, await self._end_early(reason, EVENT_AFTER_LIMIT_SECONDS))

    def _event(self, status: str, task: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "status": status,
            "task_arn": self.task_arn,
            "cluster": self.cluster,
            "task": storable(task),
            "told_to_stop": self._told_to_stop,
            "tail": list(self._log_of_container.tail),
            "result": self._log_of_container.result,
            "misplaced": self._log_of_container.misplaced,
            "unread": self._reader.unread,
        }

    async def _watch(self) -> tuple[str, dict[str, Any] | None]:
        """Returns how it ended. Raises what stays in the way for longer than it is borne."""
        trouble = _Trouble(self.log)
        delay = 0.0
        while True:
            status, over = self._first_limit()
            try:
                look = await asyncio.wait_for(self._tasks().look(self.task_arn, delay), max(over, 0))
            except TimeoutError:
                stops = status == "timeout" or self.stop_on_failure
                reason = "execution_timeout is over" if status == "timeout" else "waiter_max_attempts are over"
                seconds = min(over, 0) + EVENT_AFTER_LIMIT_SECONDS
                return status, await self._end_early(reason if stops else None, seconds)
            delay = float(self.waiter_delay)
            if look.task is not None:
                trouble.over()
                if look.task["lastStatus"] == "STOPPED":
                    finish_in = min(FINISH_SECONDS, over + EVENT_AFTER_LIMIT_SECONDS)
                    await self._reader.finish(finish_in, late_lines_wait(look.task, datetime.now(tz=UTC)))
                    return "ended", end.kept(look.task, self.container_name)
                if look.task["lastStatus"] not in _NOTHING_TO_READ:
                    await self._reader.read()
            elif trouble.lasts(look):
                if look.error is not None:
                    raise look.error
                await self._reader.finish(FINISH_SECONDS)
                return "missing", None

    def _first_limit(self) -> tuple[str, float]:
        """Which limit is over first, and in how many seconds."""
        limits = [("timeout", self.deadline), ("gave_up", self.give_up_at)]
        now = datetime.now(tz=UTC)
        left = [((datetime.fromisoformat(at) - now).total_seconds(), status) for status, at in limits if at]
        seconds, status = min(left, default=(float(self.waiter_delay * self.waiter_max_attempts), "gave_up"))
        return status, seconds

    async def _end_early(self, reason: str | None, seconds: float) -> dict[str, Any] | None:
        """Stops the Fargate task for the reason, and waits for its end. Returns it as it was seen last, after so many
        seconds at most, if it was seen.
        """
        by = time.monotonic() + seconds
        if reason is None or not await self._stop(reason):
            await self._reader.read(now=True)
            return None
        until = min(time.monotonic() + STOPPING_SECONDS, by)
        task = None
        while (task is None or not end.has_ended(task)) and (left := until - time.monotonic()) > 0:
            try:
                look = await asyncio.wait_for(self._tasks().look(self.task_arn, STOPPING_DELAY_SECONDS), left)
            except TimeoutError:
                break
            task = end.kept(look.task, self.container_name) if look.task is not None else task
            await self._reader.read()
        await self._reader.finish(max(min(FINISH_SECONDS, by - time.monotonic()), 0))
        return task

    async def on_kill(self) -> None:
        # Airflow also calls this when another triggerer takes the trigger over: the task is deferred then as before. It
        # is deferred as well where a new try of a task that was cleared is quicker than this.
        state = await self._airflow_state()
        if state == "deferred":
            self.log.info("Fargate task %s %s", self._id, await self._who_sees_to_it())
        elif state == "unknown":
            self.log.warning("Airflow does not tell the task's state: Fargate task %s is left to the sweep", self._id)
        else:
            await self._stop(f"its task was ended by a user, it is {'cleared' if state in _OF_A_NEW_TRY else state}")

    async def _who_sees_to_it(self) -> str:
        """What has become of the Fargate task when the Airflow task waits elsewhere: for this one, or for another."""
        try:
            look = await asyncio.wait_for(self._tasks().look(self.task_arn, 0), STATE_SECONDS)
        except TimeoutError:
            look = Look()
        task = look.task
        if task is None:
            return "is left alone: its Airflow task waits, and ECS does not tell whether for this one"
        if task["lastStatus"] == "STOPPED":
            return "has ended already"
        if task.get("desiredStatus") == "STOPPED":
            reason = str(task.get("stoppedReason") or "AWS gave no reason")
            return f"is told to stop already: {reason.removeprefix(end.ENDED_BY_AIRFLOW)}"
        return "runs on: its Airflow task waits for it in another triggerer"

    async def _airflow_state(self) -> str:
        """The state of the Airflow task: ``cleared`` where it has none, ``deleted`` where it is not there any more,
        ``unknown`` where Airflow is silent.
        """
        from airflow.sdk.execution_time import task_runner
        from airflow.sdk.execution_time.comms import GetTaskStates, TaskStatesResult

        instance = self.task_instance
        if instance is None:
            return "unknown"
        question = GetTaskStates(
            dag_id=instance.dag_id,
            task_ids=[instance.task_id],
            run_ids=[instance.run_id],
            map_index=instance.map_index,
        )
        for attempt in range(1, STATE_ATTEMPTS + 1):
            try:
                answer = await asyncio.wait_for(task_runner.SUPERVISOR_COMMS.asend(question), STATE_SECONDS)
            except Exception as error:
                answer = error
            if isinstance(answer, TaskStatesResult):
                break
            self.log.debug("Airflow's answer: %r", answer)
            if attempt == STATE_ATTEMPTS:
                return "unknown"
            await asyncio.sleep(pause_after(attempt))
        mapped = instance.map_index is not None and instance.map_index >= 0
        name = f"{instance.task_id}_{instance.map_index}" if mapped else instance.task_id
        states = answer.task_states.get(instance.run_id) or {}
        if name not in states:
            return "deleted"
        state = states[name]
        return "cleared" if state is None else str(getattr(state, "value", state))

    async def _stop(self, reason: str) -> bool:
        """Stops the Fargate task; tries again where that may help, and never raises. Returns whether it is told to."""
        ecs = self._client(EcsHook, self.region_name)
        for attempt in range(1, STOP_ATTEMPTS + 1):
            try:
                await ecs.call(
                    "stop_task", cluster=self.cluster, task=self.task_arn, reason=f"{end.ENDED_BY_AIRFLOW}{reason}"
                )
            except Exception as error:
                self.log.warning("Fargate task %s can't be stopped: %s", self._id, error)
                if not will_pass(error):
                    break
                await asyncio.sleep(pause_after(attempt) if attempt < STOP_ATTEMPTS else 0)
            else:
                self.log.info("Fargate task %s is told to stop: %s", self._id, reason)
                self._told_to_stop = True
                break
        return self._told_to_stop

    def _tasks(self) -> TaskWatch:
        ecs = self._client(EcsHook, self.region_name)
        return shared(("watch", self.cluster, id(ecs)), lambda: TaskWatch(ecs, self.cluster))

    def reads(self) -> LogReads:
        logs = self._client(AwsLogsHook, self.log_region_name or self.region_name)
        return shared(("reads", id(logs)), lambda: LogReads(logs))

    def _client(self, hook: Any, region: str | None) -> SharedClient:
        def connect() -> Any:
            config = {**CLIENT_CONFIG, **(self.botocore_config or {})}
            return hook(
                aws_conn_id=self.aws_conn_id, region_name=region, verify=self.verify, config=config
            ).get_async_conn()

        key = (hook.__name__, region, self.aws_conn_id, self.verify, self.botocore_config)
        return shared(key, lambda: SharedClient(connect))


def late_lines_wait(task: Mapping[str, Any], now: datetime) -> float:
    """Seconds for which lines of a stopped Fargate task may still come, whatever AWS's clock and this one differ by."""
    ended = task.get("executionStoppedAt") or task.get("stoppedAt") or now
    since = (now - ended).total_seconds()
    return min(max(LATE_LINES_SECONDS - since, 0.0), LATE_LINES_SECONDS)


class _Trouble:
    """For how long there has been no answer of use; told once when it begins, and once when it is over."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._kind = ""
        self._since = 0.0

    def over(self) -> None:
        if self._kind and self._kind != "missing":
            self._logger.info("AWS tells of the Fargate task again")
        self._kind = ""

    def lasts(self, look: Look) -> bool:
        """Whether it has lasted too long: no network and throttling never do."""
        if look.missing:
            kind, limit = "missing", float(MISSING_SECONDS)
        elif look.error is not None and not will_pass(look.error):
            kind, limit = "refused", float(REFUSED_SECONDS)
        else:
            kind, limit = "unreachable", float("inf")
        if kind != self._kind:
            self._kind, self._since = kind, time.monotonic()
            if kind != "missing":
                self._logger.warning("AWS does not tell of the Fargate task, trying again: %s", look.error)
        return time.monotonic() - self._since >= limit
