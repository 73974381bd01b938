"""Every argument of Airflow's operators means the same whether FargateTask is deferred or not.

The names come from the operators' own signatures: a new one has to be decided on, here and in docs/fargate_task.md.
"""

from __future__ import annotations

import datetime
import inspect
import os
import re
import subprocess
import sys
import unittest
import warnings
from pathlib import Path
from unittest import mock

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.sdk import DAG, Asset, BaseOperator, TaskGroup
from airflow.sdk.exceptions import AirflowException, TaskDeferred
from botocore.stub import Stubber
from fargate_doubles import ARN, client, context, deployed, ended, execute, odd_task

from farflow import FargateTask
from farflow import fargate_task_arguments as arguments
from farflow import fargate_task_outcome as outcome

PAGE = Path(os.environ.get("DOCS", "/docs")) / "fargate_task.md"
MINUTE = datetime.timedelta(minutes=1)
RUN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
STARTED = {"tasks": [{"taskArn": ARN, "containers": []}], "failures": []}


def call(context):
    """A callback of a task."""


#: A value of each that is not its default.
SAMPLES = {
    "task_id": "another",
    "owner": "ada",
    "email": "ada@example.com",
    "email_on_retry": False,
    "email_on_failure": False,
    "retries": 3,
    "retry_delay": MINUTE,
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": MINUTE,
    "retry_policy": None,
    "start_date": RUN,
    "end_date": RUN,
    "depends_on_past": True,
    "ignore_first_depends_on_past": True,
    "wait_for_past_depends_before_skipping": True,
    "wait_for_downstream": True,
    "dag": None,
    "params": {"a": 1},
    "default_args": {"owner": "ada"},
    "priority_weight": 7,
    "weight_rule": "absolute",
    "queue": "heavy",
    "pool": "warehouse",
    "pool_slots": 2,
    "sla": None,
    "execution_timeout": MINUTE,
    "on_execute_callback": call,
    "on_failure_callback": call,
    "on_success_callback": call,
    "on_retry_callback": call,
    "on_skipped_callback": call,
    "pre_execute": call,
    "post_execute": call,
    "trigger_rule": "all_done",
    "resources": {"cpus": 1},
    "run_as_user": "ada",
    "map_index_template": "{{ x }}",
    "max_active_tis_per_dag": 2,
    "max_active_tis_per_dagrun": 2,
    "executor": "CeleryExecutor",
    "executor_config": {"a": 1},
    "do_xcom_push": False,
    "multiple_outputs": True,
    "inlets": [Asset("a")],
    "outlets": [Asset("a")],
    "task_group": None,
    "doc": "x",
    "doc_md": "x",
    "doc_json": "{}",
    "doc_yaml": "x",
    "doc_rst": "x",
    "task_display_name": "Another",
    "logger_name": "x",
    "allow_nested_operators": False,
    "render_template_as_native_obj": True,
    "aws_conn_id": "aws_other",
    "region_name": "eu-central-1",
    "verify": False,
    "botocore_config": {"read_timeout": 1},
    "region": "eu-central-1",
    "task_definition": "other",
    "cluster": "other",
    "overrides": {"cpu": "1024"},
    "launch_type": "EC2",
    "capacity_provider_strategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    "volume_configurations": [{"name": "v"}],
    "group": "g",
    "placement_constraints": [{"type": "distinctInstance"}],
    "placement_strategy": [{"type": "random"}],
    "platform_version": "1.4.0",
    "network_configuration": {"awsvpcConfiguration": {"subnets": ["subnet-9"]}},
    "tags": {"team": "data"},
    "awslogs_group": "/other",
    "awslogs_region": "eu-central-1",
    "awslogs_stream_prefix": "other",
    "awslogs_fetch_interval": MINUTE,
    "container_name": "other",
    "propagate_tags": "SERVICE",
    "quota_retry": {"min": 0, "max": 0, "multiplier": 0},
    "reattach": False,
    "number_logs_exception": 3,
    "wait_for_completion": False,
    "waiter_delay": 17,
    "waiter_max_attempts": 3,
    "deferrable": False,
    "skip_on_exit_code": 99,
    "stop_task_on_failure": False,
}

#: What has to be given beside it.
NEEDED = {"multiple_outputs": {"result": "json"}}

#: What of RunTask's request an argument makes, where it is not the member that has its name.
IN_REQUEST = {
    "task_definition": "taskDefinition",
    "cluster": "cluster",
    "overrides": "overrides",
    "launch_type": "launchType",
    "capacity_provider_strategy": "capacityProviderStrategy",
    "volume_configurations": "volumeConfigurations",
    "group": "group",
    "placement_constraints": "placementConstraints",
    "placement_strategy": "placementStrategy",
    "platform_version": "platformVersion",
    "network_configuration": "networkConfiguration",
    "tags": "tags",
    "propagate_tags": "propagateTags",
}

#: Which argument of the trigger an argument becomes.
IN_TRIGGER = {
    "aws_conn_id": ("aws_conn_id", "aws_other"),
    "region_name": ("region_name", "eu-central-1"),
    "verify": ("verify", False),
    "botocore_config": ("botocore_config", {"read_timeout": 1}),
    "awslogs_group": ("log_group", "/other"),
    "awslogs_region": ("log_region_name", "eu-central-1"),
    "awslogs_stream_prefix": ("log_stream", "other/lab-multi_task/0123456789abcdef"),
    "container_name": ("container_name", "other"),
    "awslogs_fetch_interval": ("log_interval", 60.0),
    "number_logs_exception": ("kept_lines", 3),
    "waiter_delay": ("waiter_delay", 17),
    "waiter_max_attempts": ("waiter_max_attempts", 3),
    "stop_task_on_failure": ("stop_on_failure", False),
}


def names():
    """The arguments of all constructors that FargateTask hands on to."""
    found = []
    for each in (BaseOperator, AwsBaseOperator, EcsRunTaskOperator):
        parameters = inspect.signature(inspect.unwrap(each.__init__)).parameters.values()
        found += [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    return found


def made(**arguments):
    with deployed(), warnings.catch_warnings(), DAG("d", schedule=None):
        warnings.simplefilter("ignore")
        return odd_task(**arguments)


class Run:
    """A task run as far as its wait: what it asked of RunTask, and the trigger that waits, in either mode."""

    def __init__(self, **arguments):
        self.task = made(**arguments)
        self.request, self.trigger, self.returned = {}, None, None
        ecs = client()
        ecs.meta.events.register("before-parameter-build.ecs.RunTask", lambda params, **_: self.request.update(params))

        async def first_event(trigger):
            self.trigger = trigger
            return ended(result="FARFLOW_RESULT={}")

        with (
            Stubber(ecs) as stub,
            deployed(),
            mock.patch.object(FargateTask, "client", ecs),
            mock.patch.object(outcome, "_first_event", first_event),
        ):
            stub.add_response("run_task", STARTED)
            try:
                self.returned = execute(self.task, context())
            except TaskDeferred as deferred:
                self.trigger = deferred.trigger


class EveryArgument(unittest.TestCase):
    def test_each_has_a_sample(self):
        self.assertEqual(sorted(SAMPLES), sorted(names()))

    @unittest.skipUnless(PAGE.exists(), "the page is not here")
    def test_each_is_decided_on_in_the_page(self):
        rows = re.findall(r"^\| (`.+?`) \| (Airflow|RunTask|FargateTask|refused) \|", PAGE.read_text(), re.MULTILINE)
        told = [name for cell, _unused in rows for name in re.findall(r"`(\w+)`", cell)]
        self.assertEqual(sorted(told), sorted(names()))
        by = {
            who: {name for cell, by in rows if by == who for name in re.findall(r"`(\w+)`", cell)}
            for _unused, who in rows
        }
        self.assertEqual(by["RunTask"], set(IN_REQUEST))
        self.assertEqual(by["refused"], set(arguments.REFUSED))
        self.assertLessEqual(set(IN_TRIGGER), by["FargateTask"])

    @unittest.skipUnless(PAGE.exists(), "the page is not here")
    def test_each_of_its_own_is_told_in_the_page(self):
        table = PAGE.read_text().partition("## Its own")[2].partition("\n## ")[0]
        told = [
            name for cell in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
        ]
        parameters = inspect.signature(inspect.unwrap(FargateTask.__init__)).parameters.values()
        own = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
        self.assertEqual(sorted(told), sorted(own - {"overrides"}))

    def test_each_is_taken_in_both_modes_alike(self):
        """As an attribute of the operator, and in what is asked of ECS."""
        for name, value in SAMPLES.items():
            if name in ("deferrable", "task_group", "dag", *arguments.REFUSED):
                continue
            with self.subTest(name):
                given = {name: value, **NEEDED.get(name, {})}
                plain, deferred = (Run(**{"deferrable": mode, **given}) for mode in (False, True))
                for run in (plain, deferred):
                    run.request.pop("tags" if name != "tags" else "", None)
                self.assertEqual(plain.request, deferred.request)
                if name in IN_REQUEST:
                    self.assertIn(IN_REQUEST[name], plain.request)
                    self.assertNotEqual(plain.request[IN_REQUEST[name]], Run().request.get(IN_REQUEST[name]))

    def test_the_wait_is_the_same_in_both_modes(self):
        for name, (argument, value) in IN_TRIGGER.items():
            for mode in (False, True):
                with self.subTest(name, deferrable=mode):
                    trigger = Run(**{"deferrable": mode, name: SAMPLES[name]}).trigger
                    self.assertEqual(trigger.serialize()[1][argument], value)

    def test_what_means_nothing_is_refused(self):
        for name, instead in arguments.REFUSED.items():
            with self.assertRaisesRegex(ValueError, f"FargateTask odd_task: {name}: {instead}"):
                made(**{name: SAMPLES[name]})

    def test_a_task_group(self):
        with deployed(), DAG("d", schedule=None), TaskGroup("g"):
            self.assertEqual(odd_task().task_id, "g.odd_task")


class ExecutionTimeout(unittest.TestCase):
    """The trigger has the moment, Airflow a later one, for when no triggerer runs."""

    def limit(self, **arguments):
        before = datetime.datetime.now(tz=datetime.UTC)
        trigger = Run(**arguments).trigger
        return trigger.deadline and datetime.datetime.fromisoformat(trigger.deadline) - before

    def test_of_the_task(self):
        self.assertAlmostEqual(self.limit(execution_timeout=MINUTE), MINUTE, delta=MINUTE / 6)
        self.assertIsNone(self.limit())

    def test_by_default_args(self):
        with deployed(), DAG("d", schedule=None, default_args={"execution_timeout": MINUTE}):
            self.assertEqual(odd_task().execution_timeout, MINUTE)

    def test_by_airflows_configuration(self):
        script = (
            "from fargate_doubles import deployed, odd_task\n"
            "with deployed(): print('limit', odd_task().execution_timeout)"
        )
        environment = {**os.environ, "AIRFLOW__CORE__DEFAULT_TASK_EXECUTION_TIMEOUT": "60"}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        told = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        self.assertIn("limit 0:01:00", told.stdout)

    def test_on_a_worker_airflow_keeps_the_time(self):
        self.assertIsNone(self.limit(execution_timeout=MINUTE, deferrable=False))

    def test_airflow_gives_up_later(self):
        task = made(execution_timeout=MINUTE)
        task.arn = ARN
        with self.assertRaises(TaskDeferred) as deferred:
            task._defer(datetime.datetime.now(tz=datetime.UTC), False)
        self.assertGreater(deferred.exception.timeout, MINUTE + MINUTE)

    def test_a_wait_without_end_can_be_counted(self):
        self.assertIsNotNone(Run(waiter_max_attempts=10**12).trigger.give_up_at)


class WithoutWaiting(unittest.TestCase):
    def test_it_ends_when_its_container_has_started(self):
        for mode in (False, True):
            run = Run(wait_for_completion=False, deferrable=mode)
            self.assertIsNone(run.trigger)
            self.assertIn({"key": "farflow:detached", "value": "true"}, run.request["tags"])

    def test_there_is_no_result(self):
        with self.assertRaisesRegex(ValueError, "result: needs wait_for_completion"):
            made(wait_for_completion=False, result="json")

    def test_there_is_no_line_of_json_without_a_log(self):
        with self.assertRaisesRegex(AirflowException, "result: 'json' is read from the log"):
            Run(awslogs_group=None, result="json")


class Callbacks(unittest.TestCase):
    def test_of_the_begin_are_called_once(self):
        def generator(context):
            called.append("generator")
            yield

        called = []
        task = made(
            on_execute_callback=[lambda context: called.append("callback"), generator],
            pre_execute=lambda context: called.append("hook"),
        )
        for following in (None, "execute_complete"):
            for each in (*task.on_execute_callback, task._pre_execute_hook):
                for _unused in each(context(next_method=following)) or ():
                    pass
        self.assertEqual(called, ["callback", "generator", "hook"])
        self.assertEqual([inspect.isgeneratorfunction(each) for each in task.on_execute_callback], [False, True])


class OnAWorker(unittest.TestCase):
    def test_what_the_container_returns(self):
        self.assertIsNone(Run(deferrable=False).returned)


if __name__ == "__main__":
    unittest.main()
