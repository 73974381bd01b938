"""FargateTask: what it asks of ECS, what its author may change, and what it says when it can't run."""

from __future__ import annotations

import datetime
import json
import os
import unittest
from unittest import mock

import boto3
from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred
from botocore.stub import Stubber

from farflow import FargateTask
from farflow.fargate_task_trigger import FargateTaskTrigger

VARIABLES = {
    "FARFLOW_ENVIRONMENT": "lab",
    "FARFLOW_CLUSTER": "lab-cluster",
    "FARFLOW_SUBNET_IDS": "subnet-1, subnet-2",
    "FARFLOW_SECURITY_GROUP_IDS": "sg-1",
    "FARFLOW_TASKS_LOG_GROUP": "/farflow/lab/tasks",
    "AWS_REGION": "eu-west-1",
}
NETWORK = {
    "awsvpcConfiguration": {
        "subnets": ["subnet-1", "subnet-2"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
}
ARN = "arn:aws:ecs:eu-west-1:123456789012:task/lab-cluster/0123456789abcdef"


def deployed(**changes):
    variables = {**VARIABLES, **changes}
    return mock.patch.dict(os.environ, {name: value for name, value in variables.items() if value}, clear=True)


def odd_task(**arguments):
    return FargateTask(**{"task_id": "odd_task", "task": "multi_task", **arguments})


def own(exit_code):
    """The container of the task definition, ended."""
    return {"name": "lab-multi_task", "lastStatus": "STOPPED", "exitCode": exit_code}


def context():
    instance = mock.Mock(dag_id="d", task_id="odd_task", run_id="r", map_index=-1)
    return {"ti": instance, "task_instance": instance}


class Filled(unittest.TestCase):
    """What the deploy knows and the author need not write."""

    def test_the_request_to_ecs(self):
        with deployed():
            task = odd_task(command=["python", "odd_numbers.py", "10"], environment={"DAY": "monday"})
        client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        override = {
            "name": "lab-multi_task",
            "command": ["python", "odd_numbers.py", "10"],
            "environment": [{"name": "DAY", "value": "monday"}],
        }
        with Stubber(client) as ecs, mock.patch.object(FargateTask, "client", client):
            ecs.add_response("list_tasks", {"taskArns": []})
            ecs.add_response(
                "run_task",
                {"tasks": [{"taskArn": ARN}], "failures": []},
                {
                    "cluster": "lab-cluster",
                    "taskDefinition": "lab-multi_task",
                    "overrides": {"containerOverrides": [override]},
                    "startedBy": mock.ANY,
                    "launchType": "FARGATE",
                    "platformVersion": "LATEST",
                    "networkConfiguration": NETWORK,
                    "propagateTags": "TASK_DEFINITION",
                },
            )
            with self.assertRaises(TaskDeferred) as deferred:
                task.execute.__wrapped__(task, context())
            ecs.assert_no_pending_responses()
        classpath, watched = deferred.exception.trigger.serialize()
        self.assertEqual(classpath, "farflow.fargate_task_trigger.FargateTaskTrigger")
        self.assertEqual(watched["log_group"], "/farflow/lab/tasks")
        self.assertEqual(watched["log_stream"], "multi_task/lab-multi_task/0123456789abcdef")
        self.assertEqual(watched["region_name"], "eu-west-1")

    def test_finds_its_task_again(self):
        with deployed():
            task = odd_task()
        client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        with Stubber(client) as ecs, mock.patch.object(FargateTask, "client", client):
            ecs.add_response("list_tasks", {"taskArns": [ARN]})
            with self.assertRaises(TaskDeferred):
                task.execute.__wrapped__(task, context())
        self.assertEqual(task.arn, ARN)

    def test_a_capacity_provider(self):
        with deployed(FARFLOW_CAPACITY_PROVIDER="FARGATE_SPOT"):
            self.assertEqual(odd_task().capacity_provider_strategy, [{"capacityProvider": "FARGATE_SPOT", "weight": 1}])


class Chosen(unittest.TestCase):
    """What the author writes wins."""

    def test_an_argument(self):
        with deployed():
            task = odd_task(cluster="other", deferrable=False, retries=3, waiter_delay=2, skip_on_exit_code=99)
        self.assertEqual(
            (task.cluster, task.deferrable, task.retries, task.waiter_delay, task.skip_on_exit_code),
            ("other", False, 3, 2, [99]),
        )

    def test_default_args_of_the_dag(self):
        with deployed(), DAG("d", default_args={"cluster": "other", "retries": 2}):
            task = odd_task()
        self.assertEqual((task.cluster, task.retries), ("other", 2))

    def test_overrides_beside_the_command(self):
        with deployed():
            task = odd_task(command=["true"], overrides={"cpu": "1024"})
        self.assertEqual(
            task.overrides, {"cpu": "1024", "containerOverrides": [{"name": "lab-multi_task", "command": ["true"]}]}
        )

    def test_two_ways_to_say_the_command(self):
        with deployed(), self.assertRaisesRegex(ValueError, "either command"):
            odd_task(command=["true"], overrides={"containerOverrides": []})

    def test_an_unknown_argument(self):
        with deployed(), self.assertRaisesRegex(TypeError, "comand"):
            odd_task(comand=["true"])

    def test_templates(self):
        with deployed():
            task = odd_task(command=["echo", "{{ ds }}"], environment={"DAY": "{{ ds }}"})
        task.render_template_fields({"ds": "2026-01-31"})
        override = task.overrides["containerOverrides"][0]
        self.assertEqual(override["command"], ["echo", "2026-01-31"])
        self.assertEqual(override["environment"], [{"name": "DAY", "value": "2026-01-31"}])
        self.assertEqual(FargateTask.template_fields, EcsRunTaskOperator.template_fields)

    def test_mapped(self):
        with deployed(), DAG("d", schedule=None, start_date=datetime.datetime(2026, 1, 1)) as dag:
            FargateTask.partial(task_id="many", task="multi_task").expand(command=[["a"], ["b"]])
        self.assertEqual(dag.get_task("many").operator_class, FargateTask)


class Refused(unittest.TestCase):
    def test_outside_a_deployment_it_can_be_made_but_not_run(self):
        with mock.patch.dict(os.environ, clear=True):
            task = odd_task(command=["true"])
            with self.assertRaises(AirflowFailException) as refused:
                task.execute.__wrapped__(task, context())
        for name in VARIABLES:
            self.assertIn(name, str(refused.exception))
        self.assertIn("the deploy sets them", str(refused.exception))

    def test_names_only_what_is_missing_and_needed(self):
        with deployed(FARFLOW_CLUSTER=None, FARFLOW_SUBNET_IDS=None):
            task = odd_task(cluster="other")
            with self.assertRaises(AirflowFailException) as refused:
                task.execute.__wrapped__(task, context())
        self.assertTrue(str(refused.exception).startswith("FARFLOW_SUBNET_IDS: not set"))

    def test_overrides_that_ecs_would_refuse(self):
        with deployed(), self.assertRaisesRegex(ValueError, "ECS takes 8192"):
            odd_task(command=["x" * 8192])

    def test_overrides_whose_size_is_known_when_it_runs(self):
        with deployed():
            task = odd_task(command=["{{ text }}"])
            task.render_template_fields({"text": "x" * 8192})
            with self.assertRaisesRegex(ValueError, "ECS takes 8192"):
                task.execute.__wrapped__(task, context())

    def test_as_many_characters_as_ecs_takes(self):
        frame = {"containerOverrides": [{"name": "lab-multi_task", "command": [""]}]}
        room = 8192 - len(json.dumps(frame, separators=(",", ":")))
        with deployed():
            odd_task(command=["x" * room])
            with self.assertRaises(ValueError):
                odd_task(command=["x" * (room + 1)])


class Failed(unittest.TestCase):
    def test_the_error_holds_the_containers_last_lines(self):
        with deployed():
            task = odd_task()
        client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        fetcher = mock.Mock(**{"get_last_log_messages.return_value": ["ValueError: no number"]})
        with (
            Stubber(client) as ecs,
            mock.patch.object(FargateTask, "client", client),
            mock.patch.object(FargateTask, "_get_task_log_fetcher", return_value=fetcher),
            self.assertRaisesRegex(AirflowException, "ValueError: no number"),
        ):
            ecs.add_response("describe_tasks", {"tasks": [{"taskArn": ARN, "containers": [own(3)]}]})
            task.execute_complete(context(), {"status": "success", "task_arn": ARN, "cluster": "lab-cluster"})


class BesideGuardDutysAgent(unittest.TestCase):
    """AWS adds a container to the task; the one of the task definition decides."""

    AGENTS = (
        {"name": "aws-guardduty-agent-mfjGLB", "lastStatus": "STOPPED", "exitCode": 137},
        {
            "name": "aws-guardduty-agent-mfjGLB",
            "lastStatus": "STOPPED",
            "reason": "CannotPullContainerError: pull image manifest has been retried 1 time(s): 403 Forbidden",
        },
    )

    def end(self, containers, **arguments):
        """What becomes of an Airflow task whose Fargate task has ended so."""
        with deployed():
            task = odd_task(awslogs_group=None, **arguments)
        client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        stopped = {"taskArn": ARN, "stopCode": "EssentialContainerExited", "containers": containers}
        with Stubber(client) as ecs, mock.patch.object(EcsRunTaskOperator, "client", client):
            ecs.add_response("describe_tasks", {"tasks": [stopped]})
            task.execute_complete(context(), {"status": "success", "task_arn": ARN, "cluster": "lab-cluster"})
            ecs.assert_no_pending_responses()

    def test_the_operator_by_itself_takes_the_agents_end_for_the_tasks(self):
        for agent in self.AGENTS:
            with self.subTest(agent), mock.patch.object(FargateTask, "_leave_own_container"):
                self.assertRaisesRegex(AirflowException, "not in success state", self.end, [agent, own(0)])

    def test_a_success(self):
        for agent in self.AGENTS:
            for containers in ([agent, own(0)], [own(0), agent]):
                with self.subTest(containers):
                    self.end(containers)

    def test_a_failure(self):
        for agent in self.AGENTS:
            for containers in ([agent, own(3)], [own(3), agent]):
                with self.subTest(containers):
                    self.assertRaisesRegex(AirflowException, "'exitCode': 3", self.end, containers)

    def test_an_exit_code_that_skips(self):
        with self.assertRaises(AirflowSkipException):
            self.end([*self.AGENTS, own(99)], skip_on_exit_code=99)

    def test_a_container_of_another_name(self):
        """Of a task definition of the author's own; nobody can say which one counts, so all do."""
        with self.assertRaises(AirflowException):
            self.end([{"name": "own", "lastStatus": "STOPPED", "exitCode": 3}])


class Ended(unittest.IsolatedAsyncioTestCase):
    async def test_a_task_that_a_user_ends_while_it_is_deferred_is_stopped(self):
        trigger = FargateTaskTrigger(
            cluster="lab-cluster", task_arn=ARN, waiter_delay=6, waiter_max_attempts=1, aws_conn_id=None
        )
        ecs = mock.AsyncMock()
        connection = mock.MagicMock(**{"__aenter__.return_value": ecs})
        with mock.patch.object(EcsHook, "get_async_conn", mock.AsyncMock(return_value=connection)):
            await trigger.on_kill()
        ecs.stop_task.assert_awaited_once_with(cluster="lab-cluster", task=ARN, reason=mock.ANY)


if __name__ == "__main__":
    unittest.main()
