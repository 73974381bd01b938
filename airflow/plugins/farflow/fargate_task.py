# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A folder under tasks/, run as a Fargate task by one line of a DAG."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from typing import Any, NoReturn

from airflow.providers.amazon.aws.exceptions import EcsOperatorError, EcsTaskFailToStart
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.ecs import should_retry
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferred,
)
from botocore.exceptions import ClientError

from farflow import fargate_task_arguments as arguments
from farflow import fargate_task_cost, fargate_task_request, fargate_task_results
from farflow import fargate_task_end as end
from farflow import fargate_task_note as note
from farflow.deployment import missing_variables, operator_arguments
from farflow.fargate_task_links import EcsTaskLink, LogStreamLink, log_url, task_url
from farflow.fargate_task_log import quiet
from farflow.fargate_task_owner import started_by
from farflow.fargate_task_trigger import FargateTaskTrigger
from farflow.fargate_task_watch import close_shared

#: How long after its time limit Airflow itself ends a deferred task, in case no triggerer runs to do so.
_GRACE = timedelta(minutes=2)
_LONGEST = timedelta(days=3650)
_AIRFLOW_FAILS_IT = "__fail__"

#: Many tasks may start at once: calls that AWS throttles are repeated, at a lower rate.
_PATIENT = {"retries": {"mode": "adaptive", "total_max_attempts": 10}}

#: Arguments whose members are rendered as text, even with render_template_as_native_obj.
_TEXTS = ("command", "environment", "overrides", "tags")


class FargateTask(EcsRunTaskOperator):
    """
    Airflow's EcsRunTaskOperator with everything filled in that the deploy knows.

    odd = FargateTask(task_id="odd_task", task="multi_task", command=["python", "odd_numbers.py", "10"])

    It waits without a worker's slot (deferrable), finds its Fargate task again after a worker is lost (reattach), stops
    it in whatever way the Airflow task is ended, and shows the container's log in Airflow's task log. It succeeds or
    fails as that container does, whatever AWS has put beside it. A DAG file with it can be imported anywhere; it runs
    where the deploy has set the variables FARFLOW_*: in every Airflow container.

    :param task: name of a folder under tasks/; it has to be given.
    :param command: replaces the image's command: a list of texts (templated).
    :param environment: environment variables beside those of task.yml; values are text (templated).
    :param inputs: what JSON can hold; the container finds it in FARFLOW_INPUTS, or where it is large at the S3 URL in
        FARFLOW_INPUTS_URL (templated).
    :param result: ``json``: what the container prints in a line ``FARFLOW_RESULT=<JSON>`` is returned. ``prefix``: the
        S3 URL that the container has in FARFLOW_RESULT_PREFIX is returned. Without it the log's last line is, as text.
    :param cpu: CPU units in the place of those of task.yml (templated).
    :param memory: MiB in the place of those of task.yml (templated).
    :param ephemeral_storage: GiB in the place of those of task.yml (templated).
    :param overrides: the rest of RunTask's overrides (templated).
    :param kwargs: any argument of EcsRunTaskOperator or BaseOperator; it wins over what would be filled in.
    """

    template_fields: Sequence[str] = (
        "command",
        "environment",
        "inputs",
        "cpu",
        "memory",
        "ephemeral_storage",
        *EcsRunTaskOperator.template_fields,
    )
    template_fields_renderers = {
        **EcsRunTaskOperator.template_fields_renderers,
        "command": "json",
        "environment": "json",
        "inputs": "json",
    }
    operator_extra_links = (EcsTaskLink(), LogStreamLink())

    def __init__(
        self,
        *,
        task: str | None = None,
        command: list[str] | None = None,
        environment: Mapping[str, str] | None = None,
        inputs: Mapping[str, Any] | None = None,
        result: str | None = None,
        cpu: int | None = None,
        memory: int | None = None,
        ephemeral_storage: int | None = None,
        overrides: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        refused = [f"{name}: {instead}" for name, instead in arguments.REFUSED.items() if kwargs.get(name) is not None]
        for problem in (arguments.problem_of_task(task), *refused):
            if problem:
                raise ValueError(f"FargateTask {kwargs.get('task_id')}: {problem}")
        defaults = operator_arguments(str(task), os.environ)
        chosen = {**kwargs.get("default_args", {}), **kwargs}
        filled = {name: chosen.get(name, value) for name, value in defaults.items()}
        super().__init__(**{**kwargs, **filled}, overrides={} if overrides is None else overrides)
        self.task_name = str(task)
        self.command = command
        self.environment = environment
        self.inputs = inputs
        self.result = result
        self.cpu = cpu
        self.memory = memory
        self.ephemeral_storage = ephemeral_storage
        self._missing = missing_variables(defaults.keys() - chosen.keys(), os.environ)
        self._ended = False
        self._killed = False
        self._told_to_stop: set[str] = set()
        self._started: dict[str, Any] | None = None
        # Airflow creates the tasks of an `expand` again at run time, with values that another task has returned.
        is_mapped = getattr(self, "_BaseOperator__from_mapped", False)
        self._refuse(arguments.problems(self.given(), at_run=is_mapped))
        if known := fargate_task_request.known_overrides(self):
            fargate_task_request.check_size(known)
        self._call_at_first_alone()

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "config": self.botocore_config or _PATIENT}

    def given(self) -> dict[str, Any]:
        """The arguments that are checked."""
        names = (
            "command",
            "environment",
            "inputs",
            "result",
            "cpu",
            "memory",
            "ephemeral_storage",
            "overrides",
            "tags",
            "wait_for_completion",
            "waiter_delay",
            "waiter_max_attempts",
            "execution_timeout",
            "retry_delay",
            "max_retry_delay",
            "awslogs_fetch_interval",
            "number_logs_exception",
            "skip_on_exit_code",
            "deferrable",
            "reattach",
            "stop_task_on_failure",
            "do_xcom_push",
            "multiple_outputs",
        )
        return {name: getattr(self, name) for name in names}

    def _refuse(self, problems: Sequence[str]) -> None:
        if problems:
            raise ValueError("\n".join(f"FargateTask {self.task_id}: {problem}" for problem in problems))

    def _call_at_first_alone(self) -> None:
        # Airflow runs a deferred task again when its container has ended. These two hooks run the first time only.
        callbacks = [_at_first_alone(each) for each in self.on_execute_callback]
        object.__setattr__(self, "on_execute_callback", callbacks)
        if self._pre_execute_hook is not None:
            object.__setattr__(self, "_pre_execute_hook", _at_first_alone(self._pre_execute_hook))

    def _do_render_template_fields(
        self, parent: Any, template_fields: Any, context: Any, jinja_env: Any, seen_oids: Any
    ) -> None:
        # With render_template_as_native_obj "007" would become 7, and "1e3" 1000.0, on the way to what is text anyway.
        texts = [name for name in template_fields if name in _TEXTS and not isinstance(getattr(parent, name), str)]
        others = [name for name in template_fields if name not in texts]
        super()._do_render_template_fields(parent, others, context, jinja_env, seen_oids)
        native = self.render_template_as_native_obj
        try:
            object.__setattr__(self, "render_template_as_native_obj", False)
            super()._do_render_template_fields(parent, texts, context, self.get_template_env(), seen_oids)
        finally:
            object.__setattr__(self, "render_template_as_native_obj", native)

    def execute(self, context: Any) -> Any:
        return self._begin(context)

    def _begin(self, context: Any) -> Any:
        if self._missing:
            raise AirflowFailException(
                f"{', '.join(self._missing)}: not set. FargateTask takes them from the environment, where the deploy "
                "sets them for every Airflow container; elsewhere, set them or give EcsRunTaskOperator's own arguments."
            )
        quiet()
        begun = datetime.now(tz=UTC)
        self._started_by = started_by(context["ti"])
        request = fargate_task_request.request(self, context)
        try:
            found = self._found_again(context["ti"])
            if not found:
                self._start_task(request)
            if self.do_xcom_push:
                context["ti"].xcom_push(key="ecs_task_arn", value=self.arn)
            self._note(context, note.begun(self.task_name, str(self.arn), self.log_place(), self._started))
            if not self.wait_for_completion:
                return None
            if self.deferrable:
                self._defer(begun, bool(found))
            return self._complete(context, self._waited(self._trigger(begun, deferred=False)), bool(found))
        except TaskDeferred:
            raise
        except Exception:
            if self.arn and not self._ended and self.stop_task_on_failure:
                self._stop(self.arn, "its task has failed")
            raise

    def _found_again(self, instance: Any) -> bool:
        """Whether it goes on with the Fargate task of a former try. It stops that where a user has cleared the task:
        the trigger that waited for it may see the new try, and think that nobody has ended the former one.
        """
        cleared = _cleared(instance, self.retries)
        # A first try has nothing to find.
        running = self._running() if instance.try_number != 1 and (self.reattach or cleared) else []
        if cleared:
            for arn in running:
                self._stop(arn, "its task was ended by a user, it is cleared")
            return False
        if running:
            self.arn = running[0]
            self.log.info("Fargate task found again: %s: %s", self._get_ecs_task_id(self.arn), task_url(self.arn))
            self._tell_log()
        return bool(running)

    def _running(self) -> list[str]:
        """The ARNs of the Fargate tasks of this Airflow task that nobody has stopped yet, of whatever try."""
        answer = self.client.list_tasks(cluster=self.cluster, desiredStatus="RUNNING", startedBy=self._started_by)
        return list(answer["taskArns"])

    def _stopped(self) -> list[str]:
        """The ARN of the last one that has stopped, or is stopping, of whatever try; none where ECS shows none."""
        answer = self.client.list_tasks(cluster=self.cluster, desiredStatus="STOPPED", startedBy=self._started_by)
        if not answer["taskArns"]:
            return []
        tasks = self.client.describe_tasks(cluster=self.cluster, tasks=answer["taskArns"])["tasks"]
        return [task["taskArn"] for task in sorted(tasks, key=lambda task: task["createdAt"])[-1:]]

    @AwsBaseHook.retry(should_retry)
    def _start_task(self, request: dict[str, Any]) -> None:
        try:
            answer = self.client.run_task(**request)
        except ClientError as error:
            raise fargate_task_request.explained(error, self) from error
        if answer.get("failures"):
            raise EcsOperatorError(answer["failures"], fargate_task_request.refused(answer["failures"], self.task_name))
        task = answer["tasks"][0]
        self.arn = task["taskArn"]
        self.log.debug("RunTask %s: %s", request, answer)
        if self._killed:  # while AWS was starting it
            self._stop(self.arn, "its task was ended")
        self._started = described = end.kept(task, self.container_name)
        self.log.info(
            "Fargate task started: %s with %s, image %s: %s",
            self.task_name,
            end.size(described),
            end.image(described),
            task_url(self.arn),
        )
        self._tell_log()

    def _tell_log(self) -> None:
        place = self.log_place()
        if place and self.arn:
            self.log.info("Its log: %s %s: %s", place[0], place[1], log_url(self.arn, *place))

    def reads_log(self) -> bool:
        """Whether the container's log is known, and shown."""
        return bool(self._aws_logs_enabled())

    def log_place(self) -> tuple[str, str, str | None] | None:
        """Log group, log stream and region of the container's log; None where it is not known."""
        if not self._aws_logs_enabled() or not self.arn:
            return None
        return str(self.awslogs_group), self._get_logs_stream_name(), self.resolve_awslogs_region()

    def _defer(self, begun: datetime, found: bool) -> None:
        trigger = self._trigger(begun, deferred=True)
        limits = [datetime.fromisoformat(each) for each in (trigger.deadline, trigger.give_up_at) if each]
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs={"found": found},
            timeout=min(limits) - datetime.now(tz=UTC) + _GRACE,
        )

    def _trigger(self, begun: datetime, deferred: bool) -> FargateTaskTrigger:
        """The trigger that waits. Where the task is not deferred, Airflow enforces execution_timeout on the worker."""
        group, stream, region = self.log_place() or (None, None, None)
        most = min(timedelta(seconds=min(self.waiter_max_attempts * self.waiter_delay, 3e8)), _LONGEST)
        timeout = self.execution_timeout if deferred else None
        return FargateTaskTrigger(
            cluster=self.cluster,
            task_arn=str(self.arn),
            waiter_delay=self.waiter_delay,
            waiter_max_attempts=self.waiter_max_attempts,
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            log_group=group,
            log_stream=stream,
            log_region_name=region,
            verify=self.verify,
            botocore_config=self.botocore_config,
            container_name=self.container_name,
            deadline=(begun + timeout).isoformat() if timeout else None,
            give_up_at=(begun + most).isoformat(),
            log_interval=self.awslogs_fetch_interval.total_seconds(),
            kept_lines=self.number_logs_exception,
            stop_on_failure=self.stop_task_on_failure,
        )

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None, found: bool = False) -> Any:
        quiet()
        if not event:
            raise AirflowException("the trigger has sent an empty event")
        self._started_by = started_by(context["ti"])
        return self._complete(context, event, found)

    def _complete(self, context: Any, event: Mapping[str, Any], found: bool) -> Any:
        """Ends the Airflow task by the trigger's event: returns its result, raises, or starts a new Fargate task."""
        self.arn, self.cluster = event["task_arn"], event["cluster"]
        if event.get("told_to_stop"):
            self._told_to_stop.add(self.arn)
        tail = self._last_lines(event)
        self._refuse_unknown(event, tail)
        if event["status"] in ("timeout", "gave_up"):
            self._ended_early(context, event)
        task = event.get("task") or self._described()
        self._ended = True
        if found and end.stopped_by_airflow(task):
            self.log.info("The Fargate task that was found again has been stopped with its former try: beginning anew")
            self.arn, self._ended = None, False
            return self._begin(context)
        self._tell_end(context, task)
        if end.to_be_skipped(task, self.skip_on_exit_code):
            raise AirflowSkipException(end.failure(self.task_name, task, tail))
        if not end.succeeded(task):
            kind = EcsTaskFailToStart if task.get("stopCode") == "TaskFailedToStart" else AirflowException
            raise kind(end.failure(self.task_name, task, tail))
        return self._returned(task, event)

    def _last_lines(self, event: Mapping[str, Any]) -> list[str] | None:
        """What the error of a task ends with; None where its author wants no lines in it."""
        return list(event.get("tail") or []) if self.number_logs_exception else None

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
            return "its container was stopped" + ("" if code is None else f", exit code {code}")
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

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        if next_method == _AIRFLOW_FAILS_IT:
            self._end_what_nobody_waits_for(context, next_kwargs or {})
        return super().resume_execution(next_method, next_kwargs, context)

    def _end_what_nobody_waits_for(self, context: Any, told: Mapping[str, Any]) -> None:
        """Stops the Fargate task after its trigger has failed, or Airflow has ended the wait at its time limit."""
        quiet()
        over = "timeout" in str(told.get("error", "")).lower()
        self._started_by = started_by(context["ti"])
        begun = datetime.now(tz=UTC)
        reason = "its time is over" if over else "its trigger has failed" if self.stop_task_on_failure else None
        for arn in self._running() or self._stopped():
            self.arn = arn
            event = self._end_now(self._trigger(begun, deferred=False), reason)
            became = self._tell_early_end(context, self._seen(event))
        if over and self.execution_timeout:
            why = f"{self.task_name}: execution_timeout, {self.execution_timeout}, is over"
            if not self.arn:
                raise AirflowTaskTimeout(why)
            raise AirflowTaskTimeout(end.with_last_lines(f"{why}; {became}", self._last_lines(event)))

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

    def on_kill(self) -> None:
        self._killed = True
        for arn in [self.arn] if self.arn else self._running() if self._started_by else []:
            self._stop(arn, "its task was ended")

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


def _cleared(instance: Any, retries: int) -> bool:
    """Whether a user has cleared the task since its last try: Airflow grants all retries anew then, from there."""
    former = instance.try_number - 1
    return bool(former and instance.max_tries == former + retries)


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


def _at_first_alone(callback: Callable[..., Any]) -> Callable[..., Any]:
    def call(context: Any) -> Any:
        return None if _goes_on(context) else callback(context)

    def generate(context: Any) -> Any:
        return None if _goes_on(context) else (yield from callback(context))

    return update_wrapper(generate if inspect.isgeneratorfunction(callback) else call, callback, updated=())


def _goes_on(context: Any) -> bool:
    """Whether the task was deferred before, and goes on now."""
    server = getattr(context.get("ti"), "_ti_context_from_server", None)
    return server is not None and bool(server.next_method)
