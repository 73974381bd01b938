"""The executor: what it sends, what it refuses, and what it makes of what Celery tells."""

from __future__ import annotations

import base64
import json
import os
import time
import unittest
import uuid
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from airflow.api_fastapi.auth.tokens import JWTGenerator
from airflow.executors import executor_loader
from airflow.executors.executor_loader import ExecutorLoader
from airflow.executors.workloads import ExecuteTask
from airflow.models.callback import CallbackKey
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from botocore.exceptions import ClientError
from celery import states
from celery.exceptions import TaskRevokedError
from celery.signals import before_task_publish

from farflow import celery_executor, task_log
from farflow.celery_executor import QueueCheckingCeleryExecutor

QUEUES = {name: {"url": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{name}"} for name in ("lab", "default")}
SETTINGS = {
    "AIRFLOW__CELERY__BROKER_URL": "sqs://",
    "AIRFLOW__CELERY__RESULT_BACKEND": "db+sqlite:////tmp/results.db",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES": json.dumps(QUEUES),
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "43200",
    "AIRFLOW__API_AUTH__JWT_SECRET": "x" * 64,
}
REMOTE = {
    "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
    "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": "s3://bucket/logs/",
}


def token_for(seconds):
    """A token that is valid for so many seconds from now on, or has been until so many ago."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + seconds}).encode()).decode()
    return f"e30.{claims}.x"


def workload(queue, log_path="dag_id=d/run_id=r/task_id=t/attempt=1.log", token=""):
    ti = {
        "id": uuid.uuid4(),
        "dag_version_id": uuid.uuid4(),
        "task_id": queue,
        "dag_id": "d",
        "run_id": "r",
        "try_number": 1,
        "map_index": -1,
        "pool_slots": 1,
        "queue": queue,
        "priority_weight": 1,
        "hostname": None,
    }
    bundle = {"name": "dags-folder", "version": None}
    return ExecuteTask(ti=ti, dag_rel_path="d.py", token=token, log_path=log_path, bundle_info=bundle)


def key(queue):
    return TaskInstanceKey("d", queue, "r", 1, -1)


LAB = key("lab")


class Executor(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, SETTINGS))
        self.wrote = self.enterContext(mock.patch.object(task_log, "write_first"))
        self.sent = []
        send = mock.patch.object(CeleryExecutor, "_send_workloads", lambda _self, tuples: self.sent.extend(tuples))
        self.enterContext(send)
        self.executor = QueueCheckingCeleryExecutor()

    def run_tasks(self, *queues):
        for queue in queues:
            self.executor.queue_workload(workload(queue), session=None)
        self.executor.trigger_tasks(32)
        return [queue for _key, _workload, queue, _team in self.sent]

    def test_tasks_of_served_queues_are_sent(self):
        self.assertEqual(self.run_tasks("lab", "default"), ["lab", "default"])
        self.assertEqual((self.executor.event_buffer, list(self.executor._task_event_logs)), ({}, []))
        self.wrote.assert_not_called()

    def test_a_task_of_another_is_refused_with_a_word_to_its_author(self):
        self.assertEqual(self.run_tasks("nobodys", "lab"), ["lab"])
        [(refused, (state, words))] = self.executor.event_buffer.items()
        self.assertEqual((refused, str(state)), (key("nobodys"), "failed"))
        self.assertIn("No worker serves the queue 'nobodys'", words)
        self.assertIn("There are the queues default, lab:", words)
        [event] = self.executor._task_event_logs
        self.assertEqual((event.event, event.extra, event.task_id), ("queue not served", words, "nobodys"))
        self.wrote.assert_called_once_with("dag_id=d/run_id=r/task_id=t/attempt=1.log", words)
        self.assertEqual(set(self.executor.queued_tasks), {key("lab")})
        self.assertEqual(self.executor.running, set())

    def test_a_log_that_can_not_be_written_does_not_hold_the_scheduler_up(self):
        self.wrote.side_effect = TimeoutError("x")
        self.run_tasks("a", "b", "lab")
        self.assertEqual(self.wrote.call_count, 1)
        self.assertEqual(set(self.executor.event_buffer), {key("a"), key("b")})

    def test_where_queues_are_not_known_all_is_sent(self):
        self.executor.celery_app.conf.broker_transport_options = {}
        self.assertEqual(self.run_tasks("nobodys"), ["nobodys"])

    def told(self, state, result, key=LAB):
        self.executor.running.add(key)
        self.executor.workloads[key] = mock.Mock(result=result)
        self.executor.update_task_state(key, state, None)
        return [str(state) for state, _info in self.executor.event_buffer.values()]

    def test_a_message_that_was_too_old_is_no_failure(self):
        for state, error in (
            (
                states.FAILURE,
                Exception("<class 'airflow.sdk.api.client.ServerResponseError'>(('Invalid auth token',))"),
            ),
            (states.REVOKED, TaskRevokedError("expired")),
        ):
            with self.subTest(state=state):
                self.assertEqual(self.told(state, error), [])
                self.assertEqual((self.executor.running, self.executor.workloads), (set(), {}))

    def test_a_token_that_is_refused_although_it_is_valid_is_one(self):
        """As where two components have another signing key."""
        error = Exception("<class 'airflow.sdk.api.client.ServerResponseError'>(('Invalid auth token',))")
        for valid_for, expected in ((600, ["failed"]), (-60, [])):
            with self.subTest(valid_for=valid_for):
                self.executor.event_buffer.clear()
                self.executor.queue_workload(workload("lab", token=token_for(valid_for)), session=None)
                self.executor.trigger_tasks(32)
                self.assertEqual(self.told(states.FAILURE, error), expected)
                self.assertEqual(self.executor._token_ends, {})

    def test_a_callback_is_not_sent_again_so_it_has_failed(self):
        error = TaskRevokedError("expired")
        self.assertEqual(self.told(states.REVOKED, error, key=CallbackKey("0198f1b2")), ["failed"])

    def test_any_other_is(self):
        for state, error in (
            (states.FAILURE, ValueError("Invalid auth token")),
            (states.FAILURE, Exception("ServerResponseError(('conflict',))")),
            (states.FAILURE, None),
            (states.REVOKED, TaskRevokedError("terminated")),
        ):
            with self.subTest(state=state, error=error):
                self.assertEqual(self.told(state, error), ["failed"])
        self.assertEqual(self.told(states.SUCCESS, None), ["success"])

    def test_what_can_not_be_asked_is(self):
        class Unknown:
            @property
            def result(self):
                raise OSError("database")

        self.executor.workloads[key("lab")] = Unknown()
        self.executor.update_task_state(key("lab"), states.FAILURE, None)
        self.assertEqual(len(self.executor.event_buffer), 1)


class Expiry(unittest.TestCase):
    def headers(self, workload):
        headers = {}
        receivers = before_task_publish.send(
            sender="execute_workload", body=((workload,), {}, {}), headers=headers, routing_key="lab"
        )
        self.assertIn(celery_executor.expire_with_token, [receiver for receiver, _result in receivers])
        return headers

    def test_a_message_expires_with_its_token(self):
        for seconds in (1, 1800, 43200):
            generator = JWTGenerator(valid_for=10, audience="x", secret_key="x" * 64)
            token = generator.generate({"sub": "x", "scope": "workload"}, valid_for=seconds)
            workload = json.dumps({"type": "ExecuteTask", "token": token})
            expires = datetime.fromisoformat(self.headers(workload)["expires"])
            left = (expires - datetime.now(tz=UTC)).total_seconds()
            self.assertTrue(seconds - 60 < left <= seconds)

    def test_one_without_a_token_does_not(self):
        for token in ("", '"token": ""', '"token": "a.b.c"', '"token": 7'):
            for workload in (token, f"{{{token}}}", f'{{"type": "ExecuteTask", {token or 1}}}'):
                with self.subTest(workload=workload):
                    self.assertEqual(self.headers(workload), {})

    def test_that_of_a_callback_does_not_as_it_would_not_be_sent_again(self):
        token = JWTGenerator(valid_for=10, audience="x", secret_key="x" * 64).generate({"sub": "x"}, valid_for=10)
        self.assertEqual(self.headers(json.dumps({"type": "ExecuteCallback", "token": token})), {})

    def test_others_messages_are_left_alone(self):
        headers = {}
        before_task_publish.send(sender="other", body=(("{}",), {}, {}), headers=headers)
        self.assertEqual(headers, {})


class Names(unittest.TestCase):
    """As Airflow looks executors up: the first is what a task gets that asks for none."""

    OURS = "farflow.celery_executor.QueueCheckingCeleryExecutor"
    ECS = "airflow.providers.amazon.aws.executors.ecs.AwsEcsExecutor"

    def setUp(self):
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        for each in (
            executor_loader._alias_to_executors_per_team,
            executor_loader._module_to_executors_per_team,
            executor_loader._classname_to_executors_per_team,
            executor_loader._team_name_to_executors,
            executor_loader._executor_names,
        ):
            each.clear()

    def test_the_image_has_it(self):
        self.assertIs(ExecutorLoader.import_default_executor_cls()[0], QueueCheckingCeleryExecutor)
        self.assertEqual(ExecutorLoader.lookup_executor_name_by_str("CeleryExecutor").module_path, self.OURS)

    def test_beside_another_one(self):
        setting = f"CeleryExecutor:{self.OURS},ecs:{self.ECS}"
        self.enterContext(mock.patch.dict(os.environ, {"AIRFLOW__CORE__EXECUTOR": setting}))
        celery, ecs = ExecutorLoader.get_executor_names()
        self.assertEqual((celery.alias, ecs.alias), ("CeleryExecutor", "ecs"))
        self.assertIs(ExecutorLoader.import_executor_cls(celery)[0], QueueCheckingCeleryExecutor)
        self.assertEqual(ExecutorLoader.lookup_executor_name_by_str("ecs").module_path, self.ECS)
        self.assertEqual(ExecutorLoader.get_default_executor_name(), celery)


class Logs(unittest.TestCase):
    def setUp(self):
        self.s3 = mock.Mock()
        self.s3.exceptions.ClientError = ClientError
        self.enterContext(mock.patch.object(task_log, "_s3", lambda: self.s3))

    def write(self, **settings):
        with mock.patch.dict(os.environ, settings):
            return task_log.write_first("dag_id=d/attempt=1.log", "words")

    def test_it_is_written_where_airflow_looks_for_it_and_over_no_other(self):
        self.assertTrue(self.write(**REMOTE))
        [call] = self.s3.put_object.call_args_list
        body = json.loads(call.kwargs.pop("Body"))
        where = {"Bucket": "bucket", "Key": "logs/dag_id=d/attempt=1.log", "IfNoneMatch": "*"}
        self.assertEqual((call.kwargs, body["event"], body["level"]), (where, "words", "error"))

    def refused(self, code):
        self.s3.put_object.side_effect = ClientError({"Error": {"Code": code}}, "PutObject")
        return self.write(**REMOTE)

    def test_a_task_that_has_a_log_keeps_it(self):
        self.assertFalse(self.refused("PreconditionFailed"))
        with self.assertRaises(ClientError):
            self.refused("AccessDenied")

    def test_only_where_logs_are_uploaded_to_s3(self):
        self.assertFalse(self.write(AIRFLOW__LOGGING__REMOTE_LOGGING="False"))
        other = {**REMOTE, "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": "cloudwatch://x"}
        self.assertFalse(self.write(**other))
        self.s3.put_object.assert_not_called()

    def test_a_line_is_added_to_a_log_that_is_there(self):
        with (
            TemporaryDirectory() as folder,
            mock.patch.dict(os.environ, {"AIRFLOW__LOGGING__BASE_LOG_FOLDER": folder}),
        ):
            self.assertFalse(task_log.add("x.log", "words"))
            Path(folder, "x.log").write_text("before\n")
            self.assertTrue(task_log.add("x.log", "words"))
            before, line = Path(folder, "x.log").read_text().splitlines()
            self.assertEqual((before, json.loads(line)["event"]), ("before", "words"))


if __name__ == "__main__":
    unittest.main()
