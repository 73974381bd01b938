# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What becomes of an Airflow task when its Fargate task has ended, or has to end before: the larger part of FargateTask
that runs when the wait is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from airflow.providers.amazon.aws.exceptions import EcsTaskFailToStart
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException, AirflowTaskTimeout

from farflow import fargate_task_capacity as capacities
from farflow import fargate_task_cost, fargate_task_results
from farflow import fargate_task_end as end
from farflow import fargate_task_note as note
from farflow.fargate_task_trigger import FargateTaskTrigger
from farflow.fargate_task_values import number
from farflow.fargate_task_watch import close_shared


class OutcomeOperator(EcsRunTaskOperator):
    """Airflow's operator, with the ends of FargateTask."""

    task_name: str
    result: str | None
    _ended: bool
    _wanted_capacity: str | None
    _told_to_stop: set[str]

    def reads_log(self) -> bool:
        """Whether the container's log is known, and shown."""
        return bool(self._aws_logs_enabled())

    def log_place(self) -> tuple[str, str, str | None] | None:
        """Log group, log stream and region of the container's log; None where it is not known."""
        if not self._aws_logs_enabled() or not self.arn:
            return None
        return str(self.awslogs_group), self._get_logs_stream_name(), self.resolve_awslogs_region()

    def _ended_task(self, context: Any, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The Fargate task that the trigger's event tells the end of. Raises where it has not ended by itself."""
        self.arn, self.cluster = event["task_arn"], event["cluster"]
        if event.get("told_to_stop"):
            self._told_to_stop.add(self.arn)
        self._refuse_unknown(event, self._last_lines(event))
        if event["status"] in ("timeout", "gave_up"):
            self._ended_early(context, event)
        task: Mapping[str, Any] = event.get("task") or self._described()
        self._ended = True
        return task

    def _outcome(self, context: Any, task: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
        """Tells of the end, and returns the result or raises."""
        self._tell_end(context, task)
        tail = self._last_lines(event)
        if end.to_be_skipped(task, self.skip_on_exit_code):
            raise AirflowSkipException(end.failure(self.task_name, task, tail))
        if capacities.was_lacking(task):
            raise EcsTaskFailToStart(capacities.lacking(self.task_name, str(task["stoppedReason"])))
        if not end.succeeded(task):
            kind = EcsTaskFailToStart if task.get("stopCode") == "TaskFailedToStart" else AirflowException
            cure = capacities.after_interruption(self._wanted_capacity) if end.was_interrupted(task) else None
            raise kind(end.failure(self.task_name, task, tail, cure))
        return self._returned(task, event)

    @property
    def kept_lines(self) -> int:
        """How many of the log's last lines an error holds. A template has made text of the number."""
        return number(self.number_logs_exception) or 0

    def _last_lines(self, event: Mapping[str, Any]) -> list[str] | None:
        """What the error of a task ends with; None where its author wants no lines in it, or nobody knows them."""
        tail = event.get("tail")
        is_known = bool(tail) or (tail is not None and not event.get("unread") and self.reads_log())
        return list(tail or []) if self.kept_lines and is_known else None

    def _refuse_unknown(self, event: Mapping[str, Any], tail: list[str] | None) -> None:
        status = event["status"]
        if status == "missing":
            raise AirflowException(
                end.with_last_lines(
                    f"{self.task_name}: ECS does not know {self.arn} any more. It shows a task for an hour after its "
                    "end, and no triggerer has looked in that time, so nobody knows its exit code; its log is in "
                    "CloudWatch",
                    tail,
                )
            )
        if status not in ("ended", "success", "timeout", "gave_up"):
            raise AirflowException(f"{self.task_name}: the trigger has sent an unknown event: {event}")

    def _ended_early(self, context: Any, event: Mapping[str, Any]) -> NoReturn:
        """Its time is over, of one kind or the other: tells how far the Fargate task has come, and raises."""
        is_timeout = event["status"] == "timeout"
        if is_timeout:
            self._stop(str(self.arn), "execution_timeout is over")
        elif self.stop_task_on_failure:
            self._stop(str(self.arn), "waiter_max_attempts are over")
        task = self._seen(event)
        self._ended = True
        became = self._tell_early_end(context, task)
        tail = self._last_lines(event)
        if is_timeout:
            why = f"{self.task_name}: execution_timeout, {self.execution_timeout}, is over"
            raise AirflowTaskTimeout(end.with_last_lines(f"{why}; {became}", tail))
        why = f"{self.task_name}: has not ended in waiter_max_attempts {self.waiter_max_attempts} times waiter_delay"
        raise AirflowException(end.with_last_lines(f"{why} {self.waiter_delay} s; {became}", tail))

    def _seen(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """The Fargate task as ECS tells it, in the event or now; None where it does not."""
        if event.get("task"):
            return dict(event["task"])
        try:
            return self._described()
        except Exception as error:
            self.log.debug("ECS does not tell of %s: %s", self.arn, error)
            return None

    def _tell_early_end(self, context: Any, task: Mapping[str, Any] | None) -> str:
        """Tells of a Fargate task that may be stopping still. Returns what has become of it, for the error."""
        if task and end.has_ended(task):
            self._tell_end(context, task)
            code = end.exit_code(task)
            ended = "was stopped" if task.get("stopCode") in (None, "UserInitiated") else "has ended"
            return f"its container {ended}" + ("" if code is None else f", exit code {code}")
        stops = self.arn in self._told_to_stop
        if task:
            so_far = {**task, "stoppedAt": datetime.now(tz=UTC).isoformat()}
            self.log.info(
                "Fargate task %s %s; until now %s",
                "is stopping" if stops else "runs on",
                end.duration(so_far),
                fargate_task_cost.told(so_far, self.region_name),
            )
        if stops:
            return "its container is told to stop"
        return "its container runs on" + ("" if self.stop_task_on_failure else ", since stop_task_on_failure is False")

    def _described(self) -> dict[str, Any]:
        answer = self.client.describe_tasks(cluster=self.cluster, tasks=[self.arn])
        if not answer["tasks"]:
            self._refuse_unknown({"status": "missing"}, None)
        return end.kept(answer["tasks"][0], self.container_name)

    def _note(self, context: Any, noted: Mapping[str, Any]) -> None:
        if self.do_xcom_push:
            context["ti"].xcom_push(key=note.KEY, value=noted)

    def _tell_end(self, context: Any, told: Mapping[str, Any]) -> None:
        """In the log, and in the note for the page."""
        task = end.until_its_end(told)
        cost = fargate_task_cost.told(task, self.region_name)
        code, took = end.exit_code(task), end.duration(task)
        self.log.info(
            "Fargate task ended: %s%s; %s",
            "no exit code" if code is None else f"exit code {code}",
            f" {took}" if took else "",
            cost,
        )
        self._note(context, note.ended(self.task_name, self.log_place(), task, cost))

    def _returned(self, task: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
        tail = event.get("tail") or []
        try:
            if self.result == "json":
                return self._value(event)
            if self.result == "prefix":
                return fargate_task_results.told_prefix(task.get("resultPrefix"))
        except fargate_task_results.ResultError as error:
            raise AirflowException(f"{self.task_name}: {error}") from None
        return tail[-1] if self.do_xcom_push and tail else None

    def _value(self, event: Mapping[str, Any]) -> Any:
        """The result that is JSON. Raises ResultError."""
        if event.get("result") is None and event.get("unread"):
            raise fargate_task_results.ResultError(
                "the end of its log could not be read, so that its result is not known; the log is in CloudWatch"
            )
        value = fargate_task_results.parsed(event.get("result"), event.get("misplaced"))
        return fargate_task_results.taken_apart(value) if self.multiple_outputs and self.do_xcom_push else value

    def _waited(self, trigger: FargateTaskTrigger) -> dict[str, Any]:
        """The event of a trigger that runs here, on the worker, where Airflow itself enforces execution_timeout."""
        try:
            return asyncio.run(_first_event(trigger))
        except AirflowTaskTimeout:
            return self._end_now(trigger, "execution_timeout is over")

    def _end_now(self, trigger: FargateTaskTrigger, reason: str | None) -> dict[str, Any]:
        """Stops the Fargate task for the reason, if there is one. Returns what its end is told by, as an event."""
        event = {"status": "timeout", "task_arn": trigger.task_arn, "cluster": trigger.cluster}
        try:
            event = asyncio.run(_early_end(trigger, reason))
        except Exception as error:
            self.log.warning("The end of Fargate task %s can't be seen: %s", trigger.task_arn, error)
        if event.get("told_to_stop"):
            self._told_to_stop.add(trigger.task_arn)
        if reason:
            self._stop(trigger.task_arn, reason)
        return event

    def _stop(self, arn: str, reason: str) -> None:
        """Once, whoever asks: this, or the trigger before."""
        if arn in self._told_to_stop:
            return
        try:
            self.client.stop_task(cluster=self.cluster, task=arn, reason=f"{end.ENDED_BY_AIRFLOW}{reason}")
            self.log.info("Fargate task %s is told to stop: %s", self._get_ecs_task_id(arn), reason)
            self._told_to_stop.add(arn)
        except Exception as error:
            self.log.warning("Fargate task %s can't be stopped: %s", self._get_ecs_task_id(arn), error)


async def _early_end(trigger: FargateTaskTrigger, reason: str | None) -> dict[str, Any]:
    try:
        return await trigger.end_early("timeout", reason)
    finally:
        await close_shared()


async def _first_event(trigger: FargateTaskTrigger) -> dict[str, Any]:
    try:
        async for event in trigger.run():
            return dict(event.payload)
    finally:
        await close_shared()
    raise AirflowException("the wait for the Fargate task has ended without an event")
