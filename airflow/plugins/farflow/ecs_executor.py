# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's own AwsEcsExecutor, for tasks with `executor="ecs"`: each is run by a container of its own. What differs:

- A container that has run is not started again by the executor: Airflow's retries are for that. Airflow's own starts
  one up to three times when some container of the ECS task has ended badly, and GuardDuty's agent always does.
- A scheduler that ends leaves the containers running, and the next one takes them over. Airflow's own waits for them,
  until ECS kills it.
- The workload, with its token, stands encrypted in the container's command.
- What is wrong with `executor_config` fails the task, and nothing that AWS answers ends the scheduler.
- Why a container ended badly, or never started, stands in the log of the task where that has none, and in Airflow's
  audit log.
- A task that is queued for too long, or of which Airflow hears nothing any more, has its container stopped.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from airflow.exceptions import AirflowException
from airflow.executors import workloads
from airflow.models.taskinstance import TaskInstance
from airflow.providers.amazon.aws.executors.ecs.ecs_executor import INVALID_CREDENTIALS_EXCEPTIONS, AwsEcsExecutor
from airflow.providers.amazon.aws.executors.ecs.utils import EcsExecutorTask, EcsQueuedTask
from airflow.providers.amazon.aws.executors.utils.exponential_backoff_retry import calculate_next_attempt_delay
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy import update

from farflow import ecs_executor_config as config
from farflow import ecs_executor_course as courses
from farflow import naming, task_log
from farflow.ecs_workload import encrypted
from farflow.fargate_task_end import ENDED_BY_AIRFLOW
from farflow.kept_events import KeptEvents

#: The command of the container, before the workload (entrypoint.sh).
COMMAND = "execute-workload"

#: Of the event in Airflow's audit log.
EVENT = "ecs task failed"

#: Seconds between two looks at the containers. AWS answers DescribeTasks some twenty times a second, for all callers.
_PAUSE = 5.0
#: Seconds for which ECS may not know a task. It tells of a new one late, and of one that has ended for an hour.
_UNKNOWN_FOR = 300.0
#: Seconds without writing logs after that has failed: the scheduler waits for each.
_NO_LOGS_FOR = 300.0
#: By which the clocks of AWS and of a scheduler may differ. A container takes longer to start and to end.
_SKEW = timedelta(seconds=5)
#: From this status on nobody knows whether AWS has done what it was asked for.
_SERVER_ERRORS = 500
_TASKS_A_CALL = 100
_LONGEST_REASON = 255


class EcsExecutor(KeptEvents, AwsEcsExecutor):
    """See above."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: By key of a task where in the folder of all logs its log is.
        self._logs: dict[Any, str] = {}
        self._told: dict[Any, str] = {}
        self._unknown_since: dict[str, float] = {}
        #: By key of a task what tells ECS that RunTask is called again for the same container.
        self._client_tokens: dict[Any, str] = {}
        #: By ARN of what was taken over and not yet seen: when Airflow queued the task, and whether it is queued still.
        self._taken_over: dict[str, tuple[datetime, bool]] = {}
        self._look_from = 0.0
        self._write_logs_from = 0.0

    # What comes in

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        for workload in workload_items:
            key = workload.key
            self._logs[key] = workload.log_path or ""
            if arn := self.active_workers.key_to_arn.get(key):
                self._forget(arn)  # it has been deferred, and its trigger was faster than the end of its container
            try:
                super()._process_workloads([workload])
            except Exception as error:
                self._fail(key, f"This task can't be run in a container of its own: {error}")

    def execute_async(self, key: Any, command: Any, queue: Any = None, executor_config: Any = None) -> None:
        (workload,) = command
        if problems := config.problems(executor_config):
            raise ValueError("; ".join(problems))
        asked = config.request(executor_config, self.container_name)
        super().execute_async(key, _command(workload), queue=queue, executor_config=asked)

    def _run_task_kwargs(self, task_id: Any, cmd: Any, queue: Any, exec_config: Any) -> dict[str, Any]:
        """Airflow's own adds to the environment that it is given."""
        asked: dict[str, Any] = super()._run_task_kwargs(task_id, cmd, queue, deepcopy(exec_config))
        return {**asked, "clientToken": self._client_tokens.setdefault(task_id, str(uuid4()))}

    def _run_task(self, task_id: Any, cmd: Any, queue: Any, exec_config: Any) -> Any:
        """Where the answer is lost, the next call is for the same container, and begins no second one."""
        try:
            answer = super()._run_task(task_id, cmd, queue, exec_config)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < _SERVER_ERRORS:
                del self._client_tokens[task_id]
            raise
        del self._client_tokens[task_id]
        return answer

    # What goes on

    def sync(self) -> None:
        try:
            super().sync()
        except Exception as error:
            self.log.warning("The containers of tasks can't be looked after now: %s", error)

    def check_health(self) -> None:
        """As Airflow's own, by a call that the executor makes anyway. Raises AirflowException."""
        try:
            self.ecs.describe_tasks(cluster=self.cluster, tasks=["a" * 32])
        except (BotoCoreError, ClientError) as error:
            raise AirflowException(f"no task can be run in a container of its own now: {error}") from error
        self.IS_BOTO_CONNECTION_HEALTHY = True

    def sync_running_workloads(self) -> None:
        self._let_go()
        arns = self.active_workers.get_all_arns()
        if not arns or time.monotonic() < self._look_from:
            return
        self._look_from = time.monotonic() + _PAUSE
        try:
            found = self._described(arns)
        except ClientError as error:
            if error.response["Error"]["Code"] in INVALID_CREDENTIALS_EXCEPTIONS:
                raise
            self.log.warning("How the containers of tasks go can't be seen now: %s", error)
            return
        for arn in arns:
            if arn in found:
                self._unknown_since.pop(arn, None)
                if not self._is_of_before(arn, found[arn]):
                    self._judge(arn, found[arn])
            elif time.monotonic() - self._unknown_since.setdefault(arn, time.monotonic()) >= _UNKNOWN_FOR:
                self._end_unknown(arn)

    def _described(self, arns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        answers = (
            self.ecs.describe_tasks(cluster=self.cluster, tasks=list(arns[first : first + _TASKS_A_CALL]))
            for first in range(0, len(arns), _TASKS_A_CALL)
        )
        return {task["taskArn"]: task for answer in answers for task in answer["tasks"]}

    def _is_of_before(self, arn: str, task: Mapping[str, Any]) -> bool:
        """Whether what was taken over as a task's container is that of an earlier try, or of the time before the task
        was deferred: Airflow keeps its ARN until it is told another. Such a task is begun, where it is queued; where it
        runs, its container is not known, and Airflow hears of it from the task alone.
        """
        queued, is_queued = self._taken_over.pop(arn, (None, False))
        created = task.get("createdAt")
        if queued is None or created is None or created >= queued - _SKEW:
            return False
        if is_queued:
            self._begin(arn)
        else:
            self.running.discard(self.active_workers.arn_to_key[arn])
            self._forget(arn)
        return True

    def _end_unknown(self, arn: str) -> None:
        if self._taken_over.get(arn, (None, False))[1]:
            self._begin(arn)
        else:
            self._finish(arn, "ECS does not know the ECS task of this task any more, so its end is not known")

    def _begin(self, arn: str) -> None:
        """What was taken over as running is none of this try."""
        key = self.active_workers.arn_to_key[arn]
        info = self.active_workers.info_by_key(key)
        self.log.info("%s has not been begun by the scheduler that has ended, and is begun now", key)
        self._forget(arn)
        self.pending_workloads.append(EcsQueuedTask(key, info.cmd, info.queue, info.config, 1, datetime.now(tz=UTC)))

    def _judge(self, arn: str, task: Mapping[str, Any]) -> None:
        course = courses.course(task, self.container_name)
        if course.state == courses.SUCCEEDED:
            self._finish(arn)
        elif course.state == courses.FAILED:
            self._finish(arn, course.words)
        elif course.state == courses.NEVER_STARTED:
            self._start_again(arn, course.words)

    def _start_again(self, arn: str, words: str) -> None:
        key = self.active_workers.arn_to_key[arn]
        info, attempts = self.active_workers.info_by_key(key), self.active_workers.failure_count_by_key(key)
        if attempts >= int(self.max_run_task_attempts):
            self._finish(arn, words)
            return
        self.log.warning("%s: %s. It is started again", key, words)
        when = datetime.now(tz=UTC) + calculate_next_attempt_delay(attempts)
        again = EcsQueuedTask(key, info.cmd, info.queue, info.config, attempts + 1, when)
        self._forget(arn)
        self.pending_workloads.append(again)

    def _finish(self, arn: str, words: str | None = None) -> None:
        key = self.active_workers.arn_to_key[arn]
        self._forget(arn)
        if words is None:
            self.success(key)
        else:
            self._fail(key, words)

    def _forget(self, arn: str) -> None:
        self.active_workers.pop_by_key(self.active_workers.arn_to_key[arn])
        self._unknown_since.pop(arn, None)
        self._taken_over.pop(arn, None)

    def _let_go(self) -> None:
        """Of what the scheduler does not count as running any more, since nothing is heard of it, is stopped what is
        left.
        """
        for key in self.active_workers.get_all_task_keys():
            if key not in self.running:
                self._stop(key, "it was not heard of for too long")

    def get_task_log(self, ti: Any, try_number: int) -> tuple[list[str], list[str]]:
        """Where the log of a task that runs is. The api-server asks; nothing in the container could answer."""
        task, environment = str(ti.external_executor_id or "").rpartition("/")[2], os.environ.get("FARFLOW_ENVIRONMENT")
        if not task or not environment:
            return [], []
        place = f"log group {naming.airflow_log_group(environment)}, stream {self.container_name}"
        words = f"The log is here when the task has ended. Until then it is in CloudWatch: {place}"
        return [f"{words}/{self.container_name}/{task}"], []

    # How it ends

    def log_task_event(self, *, event: str, extra: str, ti_key: Any) -> None:
        self._told[ti_key] = extra
        super().log_task_event(event=event, extra=extra, ti_key=ti_key)

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        super().change_state(key, state, info, remove_running)
        if remove_running:
            self._logs.pop(key, None)
            self._told.pop(key, None)
            self._client_tokens.pop(key, None)

    def fail(self, key: Any, info: Any = None) -> None:
        words = info or self._told.get(key)
        if words and key in self._logs:
            self._write(key, str(words))
        super().fail(key, words)

    def _fail(self, key: Any, words: str) -> None:
        self.log.error("%s: %s", key, words)
        self.log_task_event(event=EVENT, extra=words, ti_key=key)
        self.fail(key, words)

    def _write(self, key: Any, words: str) -> None:
        """Into the log of a task that has none: it never ran, or was killed before it could upload one."""
        path = self._logs[key]
        if not path or time.monotonic() < self._write_logs_from:
            return
        try:
            task_log.write_first(path, words)
        except Exception as error:
            self._write_logs_from = time.monotonic() + _NO_LOGS_FOR
            self.log.warning("The log of %s could not be written: %s", key, error)

    def revoke_task(self, *, ti: Any) -> None:
        """Of a task that was queued for too long. The scheduler queues it again, with another token, or fails it."""
        self.queued_tasks.pop(ti.key, None)
        self.running.discard(ti.key)
        self.pending_workloads = deque(each for each in self.pending_workloads if each.key != ti.key)
        if ti.key in self.active_workers.key_to_arn:
            self._stop(ti.key, "it was queued for too long")

    def _stop(self, key: Any, why: str) -> None:
        arn = self.active_workers.key_to_arn[key]
        self.log.warning("The ECS task %s of %s is stopped: %s", arn, key, why)
        self._forget(arn)
        try:
            self.ecs.stop_task(cluster=self.cluster, task=arn, reason=f"{ENDED_BY_AIRFLOW}{why}"[:_LONGEST_REASON])
        except (BotoCoreError, ClientError) as error:
            self.log.warning("The ECS task %s could not be stopped: %s", arn, error)

    def end(self, heartbeat_interval: float = 10) -> None:
        """What runs goes on, and is taken over by the next scheduler, which has its ARN from the database. Those of the
        newest are not there yet: the scheduler was told to end before it could write them.
        """
        self.log.info("%d tasks go on in containers of their own", len(self.active_workers.get_all_arns()))
        begun = [
            (key, arn) for key, (state, arn) in self.event_buffer.items() if state == TaskInstanceState.RUNNING and arn
        ]
        try:
            _store(begun)
        except Exception as error:
            self.log.warning("The next scheduler will not know the containers of %d tasks: %s", len(begun), error)

    def terminate(self) -> None:
        self.end()

    # What was begun by another scheduler

    def try_adopt_task_instances(self, tis: Sequence[Any]) -> Sequence[Any]:
        """Takes over those whose ECS task is known; what became of that is seen with the next look. Nothing is asked of
        AWS: a call that fails would end the scheduler, or have a task begun twice.
        """
        taken = [ti for ti in tis if self._adopt(ti)]
        if taken:
            self.log.info("Took over %d tasks from a scheduler that has ended: %s", len(taken), _told(taken))
        return [ti for ti in tis if ti not in taken]

    def _adopt(self, ti: Any) -> bool:
        key, arn = ti.key, str(ti.external_executor_id or "")
        if not arn.startswith("arn:"):
            return False
        try:
            workload = workloads.ExecuteTask.make(ti, generator=self.jwt_generator)
            command, asked = _command(workload), config.request(ti.executor_config, self.container_name)
        except Exception as error:
            self.log.warning("%s can't be taken over: %s", key, error)
            return False
        task = EcsExecutorTask(task_arn=arn, last_status="PENDING", desired_status="RUNNING", containers=[])
        self.active_workers.add_task(task, key, ti.queue, command, asked, 1)
        self.running.add(key)
        self._logs[key] = workload.log_path or ""
        if ti.queued_dttm:
            self._taken_over[arn] = ti.queued_dttm, ti.state == TaskInstanceState.QUEUED
        return True


def _command(workload: Any) -> list[str]:
    return [COMMAND, encrypted(workload.model_dump_json())]


def _store(begun: Iterable[tuple[Any, str]]) -> None:
    """The ARNs of the containers of tasks, where the scheduler stores them too."""
    with create_session() as session:
        for key, arn in begun:
            session.execute(
                update(TaskInstance)
                .where(
                    TaskInstance.dag_id == key.dag_id,
                    TaskInstance.task_id == key.task_id,
                    TaskInstance.run_id == key.run_id,
                    TaskInstance.map_index == key.map_index,
                    TaskInstance.try_number == key.try_number,
                    TaskInstance.state.in_([TaskInstanceState.QUEUED, TaskInstanceState.RUNNING]),
                )
                .values(external_executor_id=arn)
            )


def _told(tis: Iterable[Any]) -> str:
    return ", ".join(f"{ti.key} as {ti.external_executor_id.rpartition('/')[2]}" for ti in tis)
