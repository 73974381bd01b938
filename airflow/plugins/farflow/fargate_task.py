# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A folder under tasks/, run as a Fargate task by one line of a DAG."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.ecs import should_retry
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowTaskTimeout,
    TaskDeferred,
)
from botocore.exceptions import ClientError

from farflow import fargate_task_arguments as arguments
from farflow import fargate_task_capacity as capacities
from farflow import fargate_task_end as end
from farflow import fargate_task_note as note
from farflow import fargate_task_request
from farflow.deployment import missing_variables, operator_arguments
from farflow.fargate_task_links import EcsTaskLink, LogStreamLink, log_url, task_url
from farflow.fargate_task_log import quiet
from farflow.fargate_task_outcome import OutcomeOperator
from farflow.fargate_task_owner import started_by
from farflow.fargate_task_trigger import FargateTaskTrigger

#: How long after its time limit Airflow itself ends a deferred task, in case no triggerer runs to do so.
_GRACE = timedelta(minutes=2)
_LONGEST = timedelta(days=3650)
_AIRFLOW_FAILS_IT = "__fail__"

#: Many tasks may start at once: calls that AWS throttles are repeated, at a lower rate.
_PATIENT = {"retries": {"mode": "adaptive", "total_max_attempts": 10}}

#: Arguments whose members are rendered as text, even with render_template_as_native_obj.
_TEXTS = ("command", "environment", "overrides", "tags")


class FargateTask(OutcomeOperator):
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
    :param capacity: ``on_demand``, ``spot``, or ``spot_then_on_demand``, which takes Spot where there is some, and not
        for a retry; in the place of that of task.yml (templated).
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
        "capacity",
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
        capacity: str | None = None,
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
        self.capacity = capacity
        self.placed_by = [name for name in arguments.PLACED_BY if chosen.get(name) is not None]
        self._missing = missing_variables(defaults.keys() - chosen.keys(), os.environ)
        self._ended = False
        self._killed = False
        self._told_to_stop: set[str] = set()
        self._started: dict[str, Any] | None = None
        self._wanted_capacity: str | None = None
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
            "capacity",
            "placed_by",
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
        return self._begin(context, datetime.now(tz=UTC))

    def _begin(self, context: Any, begun: datetime, lacks_spot: bool = False) -> Any:
        """Starts a Fargate task, or finds it again, and waits. ``begun`` is when the try has; with ``lacks_spot`` there
        has been no Spot capacity in it.
        """
        if self._missing:
            raise AirflowFailException(
                f"{', '.join(self._missing)}: not set. FargateTask takes them from the environment, where the deploy "
                "sets them for every Airflow container; elsewhere, set them or give EcsRunTaskOperator's own arguments."
            )
        quiet()
        self._started_by = started_by(context["ti"])
        request = fargate_task_request.request(self, context)
        try:
            found = not lacks_spot and self._found_again(context["ti"])
            if not found:
                self._wanted_capacity = fargate_task_request.capacity(self)
                may_be_spot = not lacks_spot and capacities.is_first_try(context["ti"], self.retries)
                self._start(request, may_be_spot)
            if self.do_xcom_push:
                context["ti"].xcom_push(key="ecs_task_arn", value=self.arn)
            self._note(context, note.begun(self.task_name, str(self.arn), self.log_place(), self._started))
            if not self.wait_for_completion:
                return None
            if self.deferrable:
                self._defer(begun, bool(found))
            return self._complete(context, self._waited(self._trigger(begun, deferred=False)), begun, bool(found))
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

    def _start(self, request: dict[str, Any], may_be_spot: bool) -> None:
        """Starts it on the capacity that is wanted; on demand where Spot is lacking and that may take its place."""
        try:
            self._start_task(capacities.placed(request, self._wanted_capacity, may_be_spot))
        except capacities.NoSpotCapacity as error:
            if self._wanted_capacity != capacities.SPOT_THEN_ON_DEMAND:
                raise
            self.log.info("%s", capacities.falls_back(error.reason))
            self._start_task(capacities.placed(request, capacities.ON_DEMAND, False))

    @AwsBaseHook.retry(should_retry)
    def _start_task(self, request: dict[str, Any]) -> None:
        try:
            answer = self.client.run_task(**request)
        except ClientError as error:
            raise fargate_task_request.explained(error, self, request) from error
        if answer.get("failures"):
            raise fargate_task_request.refused(answer["failures"], self.task_name, request)
        task = answer["tasks"][0]
        self.arn = task["taskArn"]
        self.log.debug("RunTask %s: %s", request, answer)
        if self._killed:  # while AWS was starting it
            self._stop(self.arn, "its task was ended")
        self._started = described = end.kept(task, self.container_name)
        self.log.info(
            "Fargate task started: %s with %s%s, image %s: %s",
            self.task_name,
            end.size(described),
            f" {place}" if (place := end.capacity(described)) else "",
            end.image(described),
            task_url(self.arn),
        )
        self._tell_log()

    def _tell_log(self) -> None:
        place = self.log_place()
        if place and self.arn:
            self.log.info("Its log: %s %s: %s", place[0], place[1], log_url(self.arn, *place))

    def _defer(self, begun: datetime, found: bool) -> None:
        trigger = self._trigger(begun, deferred=True)
        limits = [datetime.fromisoformat(each) for each in (trigger.deadline, trigger.give_up_at) if each]
        self.defer(
            trigger=trigger,
            method_name="execute_complete",
            kwargs={"found": found, **self._about_spot(begun)},
            timeout=min(limits) - datetime.now(tz=UTC) + _GRACE,
        )

    def _about_spot(self, begun: datetime) -> dict[str, str]:
        """What is to be known of the capacity when it goes on, which may be by a new Fargate task in the same try."""
        if self._wanted_capacity in (None, capacities.ON_DEMAND):
            return {}
        return {"capacity": str(self._wanted_capacity), "begun": begun.isoformat()}

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
            kept_lines=self.kept_lines,
            stop_on_failure=self.stop_task_on_failure,
        )

    def execute_complete(
        self,
        context: Any,
        event: dict[str, Any] | None = None,
        found: bool = False,
        capacity: str | None = None,
        begun: str | None = None,
    ) -> Any:
        quiet()
        if not event:
            raise AirflowException("the trigger has sent an empty event")
        self._started_by = started_by(context["ti"])
        self._wanted_capacity = capacity
        return self._complete(context, event, datetime.fromisoformat(begun) if begun else datetime.now(tz=UTC), found)

    def _complete(self, context: Any, event: Mapping[str, Any], begun: datetime, found: bool) -> Any:
        """Ends the Airflow task by the trigger's event: returns its result, raises, or starts a new Fargate task."""
        task = self._ended_task(context, event)
        if found and end.stopped_by_airflow(task):
            self.log.info("The Fargate task that was found again has been stopped with its former try: beginning anew")
            self.arn, self._ended = None, False
            return self._begin(context, datetime.now(tz=UTC))
        if self._wanted_capacity == capacities.SPOT_THEN_ON_DEMAND and capacities.was_lacking(task):
            self.log.info("%s", capacities.falls_back(str(task["stoppedReason"])))
            self.arn, self._ended = None, False
            return self._begin(context, begun, lacks_spot=True)
        return self._outcome(context, task, event)

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

    def on_kill(self) -> None:
        self._killed = True
        for arn in [self.arn] if self.arn else self._running() if self._started_by else []:
            self._stop(arn, "its task was ended")


def _cleared(instance: Any, retries: int) -> bool:
    """Whether a user has cleared the task since its last try: Airflow grants all retries anew then, from there."""
    former = instance.try_number - 1
    return bool(former and instance.max_tries == former + retries)


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
