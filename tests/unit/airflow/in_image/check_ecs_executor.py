"""The executor of tasks with executor="ecs": what it asks of ECS, how it judges, what it leaves and takes over."""

from __future__ import annotations

import gc
import json
import os
import unittest
import uuid
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from airflow.executors.executor_loader import ExecutorLoader
from airflow.executors.workloads import ExecuteTask
from airflow.executors.workloads.base import BundleInfo
from airflow.executors.workloads.task import TaskInstanceDTO
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import crypto
from airflow.models.log import Log
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import TaskInstanceState
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from farflow import ecs_executor_config, ecs_workload
from farflow.ecs_executor import EVENT, EcsExecutor

#: As the deploy gives them: tests/unit/environment/test_ecs_executor.py compares.
SETTINGS = json.loads(Path(__file__).with_name("ecs_executor_settings.json").read_text())
KEY = "cFRhZ3MtYXJlLTMyLWJ5dGVzLW9mLWJhc2U2NC0xMjM="
TOKEN = "a-token-that-nobody-reads"
OWN = "ecs-task"
#: When ECS says that a container was created.
CREATED = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
#: Of GuardDuty: killed with its task, or never started.
AGENTS = (
    {"name": "aws-guardduty-agent-mfjGLB", "lastStatus": "STOPPED", "exitCode": 137},
    {"name": "aws-guardduty-agent-mfjGLB", "lastStatus": "STOPPED", "reason": "CannotPullContainerError: 403"},
)


def refused(operation, code="ClientException", message="No Fargate configuration exists for given values."):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Ecs:
    """What ECS does. ``course`` is what DescribeTasks tells of a task; ``refuses`` are errors by operation."""

    def __init__(self):
        self.asked, self.stopped, self.described = [], {}, 0
        self.course = {"lastStatus": "PENDING", "desiredStatus": "RUNNING", "containers": []}
        self.known, self.refuses, self.failures = set(), {}, []

    def run_task(self, **asked):
        self._refuse("RunTask")
        self.asked.append(asked)
        if self.failures:
            return {"tasks": [], "failures": self.failures}
        arn = f"arn:aws:ecs:eu-west-1:123456789012:task/dev/{len(self.asked):032d}"
        self.known.add(arn)
        pending = {"lastStatus": "PROVISIONING", "desiredStatus": "RUNNING", "containers": []}
        return {"tasks": [{"taskArn": arn, **pending}], "failures": []}

    def describe_tasks(self, cluster, tasks):
        self._refuse("DescribeTasks")
        assert cluster == "dev" and len(tasks) <= 100
        self.described += 1
        missing = [{"arn": arn, "reason": "MISSING"} for arn in tasks if arn not in self.known]
        return {"tasks": [{"taskArn": arn, **self.course} for arn in tasks if arn in self.known], "failures": missing}

    def stop_task(self, cluster, task, reason):
        self._refuse("StopTask")
        self.stopped[task] = reason

    def _refuse(self, operation):
        if operation in self.refuses:
            raise self.refuses[operation]

    def ends(self, *containers, **task):
        """From now on tasks have stopped, after they have run."""
        self.course = {
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "startedAt": 1,
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": list(containers),
            **task,
        }


def own(exit_code=None, **members):
    code = {} if exit_code is None else {"exitCode": exit_code}
    return {"name": OWN, "lastStatus": "STOPPED", **code, **members}


def workload(number=1, executor_config=None):
    instance = TaskInstanceDTO(
        id=uuid.uuid4(),
        dag_version_id=uuid.uuid4(),
        task_id=f"resize{number}",
        dag_id="d",
        run_id="r",
        try_number=1,
        map_index=-1,
        pool_slots=1,
        queue="nobody-serves-it",
        priority_weight=1,
        executor_config=executor_config,
    )
    return ExecuteTask(
        ti=instance,
        dag_rel_path="d.py",
        token=TOKEN,
        log_path=f"dag_id=d/task_id=resize{number}/attempt=1.log",
        bundle_info=BundleInfo(name="dags"),
    )


class InImage(unittest.TestCase):
    def setUp(self):
        settings = {**SETTINGS, "AIRFLOW__CORE__FERNET_KEY": KEY}
        self.enterContext(mock.patch.dict(os.environ, settings))
        crypto.get_fernet.cache_clear()
        self.addCleanup(crypto.get_fernet.cache_clear)
        self.ecs = Ecs()
        hook = mock.Mock(return_value=SimpleNamespace(conn=self.ecs))
        self.hook = self.enterContext(
            mock.patch("airflow.providers.amazon.aws.executors.ecs.ecs_executor.EcsHook", hook)
        )
        self.logs = {}
        self.enterContext(mock.patch("farflow.task_log.write_first", self.logs.__setitem__))
        self.now = 1000.0
        self.enterContext(mock.patch("farflow.ecs_executor.time.monotonic", lambda: self.now))
        # Nobody waits here for the next attempt.
        for module in ("airflow.providers.amazon.aws.executors.ecs.ecs_executor", "farflow.ecs_executor"):
            self.enterContext(mock.patch(f"{module}.calculate_next_attempt_delay", lambda *_unused: 0 * _second()))
        self.executor = self.started()

    def started(self):
        executor = EcsExecutor()
        executor.start()
        executor.IS_BOTO_CONNECTION_HEALTHY = True
        return executor

    def queue(self, *workloads, to=None):
        executor = to or self.executor
        for each in workloads:
            executor.queue_workload(each, session=None)

    def heartbeat(self, times=1, of=None):
        for _unused in range(times):
            self.now += 10
            (of or self.executor).heartbeat()

    def state(self, each):
        """What the scheduler is told of a task; None while it is told nothing of its end."""
        state, _unused = self.executor.event_buffer.get(each.key, (None, None))
        return state if state != TaskInstanceState.RUNNING else None

    def told(self):
        return [entry.extra for entry in self.executor._task_event_logs]


def _second():
    from datetime import timedelta

    return timedelta(seconds=1)


class Asked(InImage):
    def test_run_task_is_asked_for_all_that_the_deploy_says(self):
        task = workload()
        self.queue(task)
        self.heartbeat()
        (asked,) = self.ecs.asked
        uuid.UUID(asked.pop("clientToken"))
        (container,) = asked.pop("overrides")["containerOverrides"]
        self.assertEqual(
            asked,
            {
                "cluster": "dev",
                "taskDefinition": "dev-airflow-ecs-task",
                "count": 1,
                "platformVersion": "LATEST",
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "subnets": ["subnet-a", "subnet-b"],
                        "securityGroups": ["sg-airflow"],
                        "assignPublicIp": "DISABLED",
                    }
                },
                "propagateTags": "TASK_DEFINITION",
                "enableECSManagedTags": True,
                "enableExecuteCommand": False,
                "tags": [{"key": "farflow:executor", "value": "ecs"}],
            },
        )
        self.assertEqual(container["name"], OWN)
        self.assertEqual(container["command"][0], "execute-workload")
        self.assertEqual(self.executor.event_buffer[task.key][0], TaskInstanceState.RUNNING)
        self.assertTrue(self.executor.event_buffer[task.key][1].startswith("arn:"), "external_executor_id")

    def test_botocore_takes_it(self):
        import boto3
        from botocore.stub import Stubber

        client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        config = {"overrides": {"cpu": 1024, "memory": 2048, "ephemeralStorage": {"sizeInGiB": 30}}}
        self.queue(workload(executor_config=config))
        self.heartbeat()
        with Stubber(client) as stub:
            stub.add_response("run_task", {"tasks": [], "failures": []})
            client.run_task(**self.ecs.asked[0])

    def test_no_connection_is_looked_for(self):
        self.assertEqual(self.hook.call_args.kwargs, {"aws_conn_id": "", "region_name": "eu-west-1"})

    def test_the_token_is_in_the_workload_alone_and_that_is_encrypted(self):
        self.queue(workload())
        self.heartbeat()
        written = json.dumps(self.ecs.asked)
        self.assertNotIn(TOKEN, written)
        self.assertNotIn("resize1", written)
        self.assertLess(len(json.dumps(self.ecs.asked[0]["overrides"])), 2048)
        text = self.ecs.asked[0]["overrides"]["containerOverrides"][0]["command"][1]
        self.assertEqual(json.loads(ecs_workload.decrypted(text))["token"], TOKEN)

    def test_a_workload_that_was_changed_or_of_another_key_is_refused(self):
        text = ecs_workload.encrypted("{}")
        with self.assertRaisesRegex(ecs_workload.WorkloadError, "another Fernet key"):
            ecs_workload.decrypted(text[:-6] + "AAAA==")
        with mock.patch.dict(os.environ, {"AIRFLOW__CORE__FERNET_KEY": KEY.replace("c", "d", 1)}):
            crypto.get_fernet.cache_clear()
            with self.assertRaisesRegex(ecs_workload.WorkloadError, "another Fernet key"):
                ecs_workload.decrypted(text)

    def test_after_a_change_of_the_key_what_was_encrypted_before_is_read(self):
        text = ecs_workload.encrypted("{}")
        with mock.patch.dict(os.environ, {"AIRFLOW__CORE__FERNET_KEY": f"{KEY.replace('c', 'd', 1)},{KEY}"}):
            crypto.get_fernet.cache_clear()
            self.assertEqual(ecs_workload.decrypted(text), "{}")

    def test_executor_config_sizes_the_task(self):
        environment = [{"name": "DAY", "value": "monday"}]
        config = {
            "overrides": {"cpu": "1024", "memory": 2048, "containerOverrides": [{"environment": environment}]},
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        }
        self.queue(workload(executor_config=config))
        self.heartbeat()
        asked = self.ecs.asked[0]
        self.assertEqual((asked["overrides"]["cpu"], asked["overrides"]["memory"]), ("1024", "2048"))
        self.assertEqual(asked["capacityProviderStrategy"], config["capacityProviderStrategy"])
        self.assertIn(environment[0], asked["overrides"]["containerOverrides"][0]["environment"])
        self.assertEqual(asked["overrides"]["containerOverrides"][0]["command"][0], "execute-workload")
        self.assertEqual(environment, [{"name": "DAY", "value": "monday"}], "the author's own is not written to")


class Lost(InImage):
    """Answers to RunTask that never come."""

    def tokens(self):
        return [each["clientToken"] for each in self.ecs.asked]

    def begin_again(self, error):
        run = self.ecs.run_task

        def lost(**asked):
            run(**asked)
            self.ecs.run_task = run
            raise error

        self.ecs.run_task = lost
        self.heartbeat(2)

    def test_the_next_call_is_for_the_same_container(self):
        broken = ClientError(
            {"ResponseMetadata": {"HTTPStatusCode": 503}, "Error": {"Code": "ServerException"}}, "RunTask"
        )
        for number, error in enumerate((ReadTimeoutError(endpoint_url="https://ecs"), broken)):
            with self.subTest(error=error):
                self.queue(workload(number))
                self.begin_again(error)
                self.assertEqual(*self.tokens()[-2:])

    def test_what_was_refused_is_asked_anew_and_so_is_another_container(self):
        task = workload()
        self.queue(task)
        self.begin_again(refused("RunTask"))
        self.queue(task)  # it has been deferred
        self.heartbeat()
        self.assertEqual(len({*self.tokens()}), 3)


class Refused(InImage):
    def test_a_wrong_executor_config_fails_its_task_and_no_other(self):
        wrong, right = workload(1, {"overrides": {"cpu": "1000", "memory": "2048"}}), workload(2)
        self.queue(wrong, right)
        self.heartbeat()
        self.assertEqual(self.state(wrong), TaskInstanceState.FAILED)
        self.assertEqual(self.executor.running, {right.key})
        self.assertEqual(len(self.ecs.asked), 1)
        self.assertIn("cpu 1000 is not a size of Fargate", self.logs[wrong.log_path])
        self.assertIn("cpu 1000 is not a size of Fargate", self.told()[0])

    def test_what_would_borrow_the_schedulers_rights_is_refused(self):
        config = {"overrides": {"taskRoleArn": "arn:aws:iam::123456789012:role/admin"}, "cluster": "other"}
        task = workload(executor_config=config)
        self.queue(task)
        self.heartbeat()
        self.assertEqual(self.ecs.asked, [])
        self.assertIn("has 'cluster', allowed: overrides, capacityProviderStrategy", self.told()[0])
        self.assertIn("overrides has 'taskRoleArn', allowed: cpu, memory", self.told()[0])

    def test_without_a_fernet_key_no_token_leaves_the_scheduler(self):
        task = workload()
        with mock.patch.dict(os.environ, {"AIRFLOW__CORE__FERNET_KEY": ""}):
            crypto.get_fernet.cache_clear()
            self.queue(task)
            self.heartbeat()
        self.assertEqual(self.ecs.asked, [])
        self.assertEqual(self.state(task), TaskInstanceState.FAILED)
        self.assertIn("there is no Fernet key", self.told()[0])

    def test_what_run_task_refuses_is_asked_three_times_and_told(self):
        answers = (
            ("No Fargate configuration", {"RunTask": refused("RunTask")}, []),
            (
                "Capacity is unavailable",
                {},
                [{"reason": "Capacity is unavailable at this time."}],
            ),
        )
        for number, (words, self.ecs.refuses, self.ecs.failures) in enumerate(answers):
            with self.subTest(words=words):
                task = workload(number)
                self.queue(task)
                self.heartbeat(2)
                self.assertIsNone(self.state(task))
                self.heartbeat(1)
                self.assertEqual(self.state(task), TaskInstanceState.FAILED)
                self.assertIn(words, self.logs[task.log_path])

    def test_a_log_that_cannot_be_written_does_no_harm(self):
        with mock.patch("farflow.task_log.write_first", side_effect=refused("PutObject", "AccessDenied")) as write:
            tasks = [workload(number, executor_config={"x": 1}) for number in (1, 2)]
            self.queue(*tasks)
            self.heartbeat()
        self.assertEqual([self.state(task) for task in tasks], [TaskInstanceState.FAILED] * 2)
        self.assertEqual(write.call_count, 1)


class Judged(InImage):
    def begin(self, number=1):
        task = workload(number)
        self.queue(task)
        self.heartbeat(2)
        return task

    def test_what_aws_puts_beside_it_does_not_make_it_run_again(self):
        for number, agent in enumerate(AGENTS, 1):
            with self.subTest(agent=agent):
                task = self.begin(number)
                self.ecs.ends(agent, own(0))
                self.heartbeat(3)
                self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)
                self.assertEqual(len(self.ecs.asked), number)
                self.ecs.course = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING", "containers": []}

    def test_it_has_ended_when_its_own_container_has(self):
        task = self.begin()
        agent = {"name": AGENTS[0]["name"], "lastStatus": "RUNNING"}
        self.ecs.ends(own(0), agent, lastStatus="DEPROVISIONING")
        self.heartbeat()
        self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)

    def test_a_container_that_has_run_is_not_started_again(self):
        ends = {
            "exit code 137": (own(137, reason="OutOfMemoryError: Container killed due to memory usage"), {}),
            "exit code 1": (own(1), {}),
            "Spot": (own(), {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted."}),
        }
        for number, (words, (container, task)) in enumerate(ends.items(), 1):
            with self.subTest(words=words):
                failed = self.begin(number)
                self.ecs.ends(AGENTS[0], container, **task)
                self.heartbeat(3)
                self.assertEqual(self.state(failed), TaskInstanceState.FAILED)
                self.assertEqual(len(self.ecs.asked), number)
                self.assertIn(words, self.logs[failed.log_path])
                self.assertIn(words, self.told()[-1])
                self.assertEqual(self.executor._task_event_logs[-1].event, EVENT)
                self.ecs.course = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING", "containers": []}

    def test_one_that_never_started_is_started_again_and_told_at_last(self):
        task = self.begin()
        reason = "CannotPullContainerError: pull image manifest has been retried: not found"
        self.ecs.ends(own(reason=reason), startedAt=None, stopCode="TaskFailedToStart", stoppedReason=reason)
        self.heartbeat(4)
        self.assertEqual(len(self.ecs.asked), 3)
        self.heartbeat(2)
        self.assertEqual(len(self.ecs.asked), 3)
        self.assertEqual(self.state(task), TaskInstanceState.FAILED)
        self.assertIn("CannotPullContainerError", self.logs[task.log_path])
        self.assertIn("advice: the image is not in the registry", self.logs[task.log_path])

    def test_one_that_somebody_stopped_before_it_started_is_not_started_again(self):
        task = self.begin()
        self.ecs.ends(own(), startedAt=None, stopCode="UserInitiated", stoppedReason="by hand")
        self.heartbeat()
        self.assertEqual(self.state(task), TaskInstanceState.FAILED)
        self.assertEqual(len(self.ecs.asked), 1)

    def test_what_ecs_does_not_know_yet_is_waited_for(self):
        task = self.begin()
        self.ecs.known.clear()
        self.heartbeat(29)
        self.assertIsNone(self.state(task))
        self.heartbeat(3)
        self.assertEqual(self.state(task), TaskInstanceState.FAILED)
        self.assertEqual(len(self.ecs.asked), 1)
        self.assertIn("does not know", self.logs[task.log_path])

    def test_a_hundred_with_a_call_and_not_at_every_heartbeat(self):
        self.executor.parallelism = 1000
        self.queue(*(workload(number) for number in range(250)))
        self.heartbeat()
        self.executor.heartbeat()
        self.executor.heartbeat()
        self.assertEqual(self.ecs.described, 3)
        self.heartbeat()
        self.assertEqual(self.ecs.described, 6)

    def test_one_that_comes_back_from_its_trigger_before_its_container_has_ended(self):
        task = self.begin()
        self.queue(task)
        self.heartbeat()
        self.ecs.ends(own(0))
        self.heartbeat()
        self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)
        self.assertEqual((len(self.ecs.asked), self.ecs.stopped), (2, {}))
        self.assertEqual(self.executor.running, set())


class Unwell(InImage):
    """Nothing that AWS answers ends the scheduler."""

    def test_a_look_that_is_refused_is_made_again(self):
        task = workload()
        self.queue(task)
        self.heartbeat()
        for error in (
            refused("DescribeTasks", "ThrottlingException", "Rate exceeded"),
            refused("DescribeTasks", "ExpiredTokenException", "expired"),
            NoCredentialsError(),
        ):
            with self.subTest(error=error):
                self.ecs.refuses = {"DescribeTasks": error}
                self.heartbeat()
        self.executor.IS_BOTO_CONNECTION_HEALTHY = True
        self.ecs.refuses = {}
        self.ecs.ends(own(0))
        self.heartbeat()
        self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)

    def test_a_look_that_is_throttled_keeps_nothing_from_starting(self):
        self.queue(workload(1))
        self.heartbeat()
        self.ecs.refuses = {"DescribeTasks": refused("DescribeTasks", "ThrottlingException", "Rate exceeded")}
        self.queue(workload(2))
        self.heartbeat()
        self.assertEqual(len(self.ecs.asked), 2)

    def test_the_look_at_the_start_ends_no_scheduler_and_is_made_until_it_is_right(self):
        self.ecs.refuses = {"DescribeTasks": refused("DescribeTasks", "AccessDeniedException", "not authorized")}
        executor = EcsExecutor()
        executor.start()
        self.queue(workload(), to=executor)
        patched = "airflow.providers.amazon.aws.executors.utils.exponential_backoff_retry.calculate_next_attempt_delay"
        with mock.patch(patched, return_value=0 * _second()):
            self.heartbeat(of=executor)
            self.assertEqual(self.ecs.asked, [])
            self.ecs.refuses = {}
            self.heartbeat(2, of=executor)
        self.assertEqual(len(self.ecs.asked), 1)
        self.assertEqual(self.ecs.stopped, {})


class LeftAndTakenOver(InImage):
    def instance(self, task, arn, state=TaskInstanceState.RUNNING, queued_before=60):
        """Of which the container was created a minute after it was queued, as ECS tells."""
        more = {
            "queue": "q",
            "executor_config": None,
            "state": state,
            "queued_dttm": CREATED - queued_before * _second(),
        }
        return SimpleNamespace(key=task.key, external_executor_id=arn, workload=task, **more)

    def setUp(self):
        super().setUp()
        make = mock.patch.object(ExecuteTask, "make", lambda instance, generator: instance.workload)
        self.enterContext(make)

    def test_a_scheduler_that_ends_leaves_them_and_the_next_takes_them_over(self):
        task = workload()
        self.queue(task)
        self.heartbeat()
        arn = self.executor.event_buffer[task.key][1]
        for end in (self.executor.end, self.executor.terminate):
            end()
        self.assertEqual((self.ecs.stopped, self.ecs.described), ({}, 0), "it has neither stopped nor waited")

        self.executor = self.started()
        self.ecs.refuses = {"DescribeTasks": refused("DescribeTasks", "ThrottlingException", "Rate exceeded")}
        self.assertEqual(self.executor.try_adopt_task_instances([self.instance(task, arn)]), [])
        self.assertEqual(self.executor.running, {task.key})
        self.heartbeat()
        self.ecs.refuses = {}
        self.heartbeat()
        self.assertIsNone(self.state(task))
        self.ecs.ends(own(0), AGENTS[0])
        self.heartbeat()
        self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)
        self.assertEqual(len(self.ecs.asked), 1)

    def take_over(self, state, queued_before):
        """One whose container has ended with exit code 0 by the time of the first look."""
        task, arn = workload(), "arn:aws:ecs:eu-west-1:123456789012:task/dev/earlier"
        self.ecs.known.add(arn)
        self.ecs.ends(own(0), createdAt=CREATED)
        self.executor.try_adopt_task_instances([self.instance(task, arn, state, queued_before)])
        self.heartbeat()
        return task

    def test_the_container_of_an_earlier_try_says_nothing_of_a_task_that_is_queued(self):
        task = self.take_over(TaskInstanceState.QUEUED, queued_before=-60)
        self.assertIsNone(self.state(task))
        self.assertEqual(len(self.ecs.asked), 1)
        self.assertEqual(self.executor.running, {task.key})

    def test_nor_of_one_that_runs_in_a_container_whose_arn_was_lost(self):
        task = self.take_over(TaskInstanceState.RUNNING, queued_before=-60)
        self.heartbeat()
        self.assertIsNone(self.state(task))
        self.assertEqual((self.ecs.asked, self.executor.running), ([], set()))

    def test_its_own_container_does_although_the_scheduler_has_not_seen_it_begin(self):
        task = self.take_over(TaskInstanceState.QUEUED, queued_before=60)
        self.assertEqual(self.state(task), TaskInstanceState.SUCCESS)

    def test_one_that_is_queued_with_a_container_that_ecs_has_forgotten_is_begun(self):
        task = workload()
        self.executor.try_adopt_task_instances([self.instance(task, "arn:of:old", TaskInstanceState.QUEUED)])
        self.heartbeat(33)
        self.assertIsNone(self.state(task))
        self.assertEqual(len(self.ecs.asked), 1)

    def test_one_that_was_not_begun_is_left_to_the_scheduler(self):
        for arn in (None, "0198f1b2-of-celery"):
            instance = self.instance(workload(), arn)
            self.assertEqual(self.executor.try_adopt_task_instances([instance]), [instance])
        self.assertEqual(self.executor.running, set())

    def test_one_of_which_no_workload_can_be_made_is_left_too(self):
        instance = self.instance(workload(), "arn:aws:ecs:eu-west-1:123456789012:task/dev/1")
        with mock.patch.object(ExecuteTask, "make", side_effect=ValueError("no DAG")):
            self.assertEqual(self.executor.try_adopt_task_instances([instance]), [instance])

    def test_one_that_waits_for_too_long_is_taken_back_and_its_container_stopped(self):
        begun, waits, queued = workload(1), workload(2), workload(3)
        self.queue(begun)
        self.heartbeat()
        self.ecs.refuses = {"RunTask": refused("RunTask")}
        self.queue(waits)
        self.heartbeat()
        self.queue(queued)
        for task in (begun, waits, queued):
            self.executor.revoke_task(ti=self.instance(task, None))
        self.ecs.refuses = {}
        self.heartbeat(2)
        [reason] = list(self.ecs.stopped.values())
        self.assertEqual(reason, "Airflow: it was queued for too long")
        self.assertEqual([self.state(task) for task in (begun, waits, queued)], [None] * 3)
        self.assertEqual((len(self.ecs.asked), self.executor.running), (1, set()))

    def test_one_that_airflow_has_given_up_is_stopped_and_not_started_again(self):
        task = workload()
        self.queue(task)
        self.heartbeat()
        self.executor.change_state(task.key, TaskInstanceState.FAILED, remove_running=True)
        self.ecs.refuses = {"StopTask": refused("StopTask", "AccessDeniedException", "not authorized")}
        self.heartbeat()
        self.ecs.refuses = {}
        self.assertEqual(self.executor.active_workers.get_all_arns(), [])
        self.assertEqual(len(self.ecs.asked), 1)


class Stored(InImage):
    """What the scheduler would have written is written when it ends, and events can be."""

    def setUp(self):
        super().setUp()
        engine = create_engine("sqlite://", poolclass=StaticPool)
        TaskInstance.__table__.create(engine)
        Log.__table__.create(engine)
        self.session = self.enterContext(Session(engine))

    def row(self, task, state, try_number=1):
        values = {"id": task.ti.id, "task_id": task.ti.task_id, "dag_id": "d", "run_id": "r", "map_index": -1}
        more = {"try_number": try_number, "state": state, "pool": "p", "pool_slots": 1, "external_executor_id": "older"}
        self.session.execute(insert(TaskInstance.__table__).values(**values, **more))

    def ids(self):
        columns = TaskInstance.__table__.c
        return dict(self.session.execute(select(columns.task_id, columns.external_executor_id)).all())

    def test_the_containers_that_were_just_begun_are_known_to_the_next_scheduler(self):
        queued, tried_again, ended = (workload(number) for number in range(3))
        self.queue(queued, tried_again, ended)
        self.heartbeat()
        self.row(queued, "queued")
        self.row(tried_again, "queued", try_number=2)
        self.row(ended, "success")
        self.session.commit()
        arn = self.executor.event_buffer[queued.key][1]
        with mock.patch("farflow.ecs_executor.create_session", return_value=nullcontext(self.session)):
            self.executor.end()
        self.assertEqual(self.ids(), {"resize0": arn, "resize1": "older", "resize2": "older"})

    def test_without_a_database_it_ends_as_well(self):
        self.queue(workload())
        self.heartbeat()
        with mock.patch("farflow.ecs_executor.create_session", side_effect=OSError("no database")):
            self.executor.end()

    def test_an_event_is_written(self):
        self.queue(workload(1, {"overrides": {"cpu": "1000"}}))
        self.heartbeat()
        gc.collect()
        SchedulerJobRunner._process_task_event_logs(self.executor._task_event_logs, self.session)
        self.session.flush()
        [(event, extra)] = self.session.execute(select(Log.event, Log.extra)).all()
        self.assertEqual(event, EVENT)
        self.assertIn("cpu", extra)


class Shown(InImage):
    def test_where_the_log_of_a_task_that_runs_is(self):
        instance = SimpleNamespace(external_executor_id="arn:aws:ecs:eu-west-1:123456789012:task/dev/0f1e")
        with mock.patch.dict(os.environ, {"FARFLOW_ENVIRONMENT": "dev"}):
            (said,), lines = self.executor.get_task_log(instance, 1)
            self.assertIn("CloudWatch: log group /farflow/dev/airflow, stream ecs-task/ecs-task/0f1e", said)
            self.assertEqual(lines, [])
            self.assertEqual(self.executor.get_task_log(SimpleNamespace(external_executor_id=None), 1), ([], []))


class Named(InImage):
    def test_airflow_finds_it_by_each_of_its_names_and_celery_is_the_default(self):
        from airflow.executors import executor_loader as loaded

        known = [loaded._executor_names, loaded._alias_to_executors_per_team, loaded._module_to_executors_per_team]
        known += [loaded._classname_to_executors_per_team, loaded._team_name_to_executors]
        for each in known:
            each.clear()
            self.addCleanup(each.clear)
        for name in ecs_executor_config.NAMES:
            found = ExecutorLoader.lookup_executor_name_by_str(name)
            self.assertEqual(found.module_path, f"{EcsExecutor.__module__}.{EcsExecutor.__qualname__}")
        self.assertIn("Celery", ExecutorLoader.get_default_executor_name().module_path)
        self.assertIsInstance(ExecutorLoader.load_executor("ecs"), EcsExecutor, "as the api-server does for a log")


if __name__ == "__main__":
    unittest.main()
