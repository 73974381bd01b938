"""FargateTask: what it asks of ECS, what its author may change, and what becomes of it by what its container does."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import unittest
from unittest import mock

from airflow.providers.amazon.aws.exceptions import EcsOperatorError, EcsTaskFailToStart
from airflow.sdk import DAG
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferred,
)
from botocore.stub import Stubber
from fargate_doubles import ARN, NETWORK, VARIABLES, client, context, deployed, ended, execute, odd_task, own

from farflow import FargateTask, fargate_task_cost
from farflow import fargate_task_end as end
from farflow import fargate_task_outcome as outcome

RUN = datetime.datetime(2026, 1, 1)
MINUTE = datetime.timedelta(minutes=1)
STARTED = {
    "tasks": [
        {
            "taskArn": ARN,
            "cpu": "512",
            "memory": "1024",
            "containers": [{"name": "lab-multi_task", "image": "registry/multi_task@sha256:1"}],
        }
    ],
    "failures": [],
}


class WithAws(unittest.TestCase):
    """`self.ecs` answers what is added to it; what is asked beside that is an error."""

    def setUp(self):
        self.client = client()
        self.ecs = Stubber(self.client)
        self.ecs.activate()
        patched = mock.patch.object(FargateTask, "client", self.client)
        patched.start()
        self.addCleanup(patched.stop)

    def run_task(self, task, started=None, **changes):
        """What RunTask is asked for; the task is deferred then."""
        asked = {}
        self.client.meta.events.register("before-parameter-build.ecs.RunTask", lambda params, **_: asked.update(params))
        if changes.get("try_number", 1) > 1:
            self.ecs.add_response("list_tasks", {"taskArns": []})
        self.ecs.add_response("run_task", started or STARTED)
        with self.assertRaises(TaskDeferred) as deferred:
            execute(task, context(**changes))
        self.ecs.assert_no_pending_responses()
        self.deferred = deferred.exception
        return asked

    def environment_of(self, asked):
        [override] = asked["overrides"]["containerOverrides"]
        return {each["name"]: each["value"] for each in override.get("environment", [])}


class Filled(WithAws):
    """What the deploy knows and the author need not write."""

    def test_the_request_to_ecs(self):
        with deployed():
            task = odd_task(command=["python", "odd_numbers.py", "10"], environment={"DAY": "monday"})
            asked = self.run_task(task)
        self.assertEqual(self.environment_of(asked)["DAY"], "monday")
        [override] = asked.pop("overrides")["containerOverrides"]
        self.assertEqual(override["name"], "lab-multi_task")
        self.assertEqual(override["command"], ["python", "odd_numbers.py", "10"])
        del asked["startedBy"], asked["tags"]
        self.assertEqual(
            asked,
            {
                "cluster": "lab-cluster",
                "taskDefinition": "lab-multi_task",
                "launchType": "FARGATE",
                "platformVersion": "LATEST",
                "networkConfiguration": NETWORK,
                "propagateTags": "TASK_DEFINITION",
            },
        )
        classpath, watched = self.deferred.trigger.serialize()
        self.assertEqual(classpath, "farflow.fargate_task_trigger.FargateTaskTrigger")
        self.assertEqual(watched["log_group"], "/farflow/lab/tasks")
        self.assertEqual(watched["log_stream"], "multi_task/lab-multi_task/0123456789abcdef")
        self.assertEqual(watched["region_name"], "eu-west-1")

    def test_the_container_is_told_who_runs_it(self):
        with deployed():
            asked = self.run_task(odd_task(), try_number=2, run_id="manual__1")
        told = self.environment_of(asked)
        self.assertEqual(told["AIRFLOW_CTX_DAG_ID"], "d")
        self.assertEqual(told["AIRFLOW_CTX_TASK_ID"], "odd_task")
        self.assertEqual(told["AIRFLOW_CTX_DAG_RUN_ID"], "manual__1")
        self.assertEqual(told["AIRFLOW_CTX_TRY_NUMBER"], "2")

    def test_the_authors_variables_win(self):
        with deployed():
            asked = self.run_task(odd_task(environment={"AIRFLOW_CTX_DAG_ID": "mine"}))
        self.assertEqual(self.environment_of(asked)["AIRFLOW_CTX_DAG_ID"], "mine")

    def test_the_tags_of_the_ecs_task(self):
        with deployed():
            asked = self.run_task(odd_task(tags={"team": "data"}), run_id="a~b", map_index=3, try_number=2)
        self.assertEqual(
            {each["key"]: each["value"] for each in asked["tags"]},
            {
                "team": "data",
                "farflow:environment": "lab",
                "farflow:dag_id": "d",
                "farflow:task_id": "odd_task",
                "farflow:run_id": "a_b",  # ECS takes no ~ in a tag
                "farflow:map_index": "3",
                "farflow:try_number": "2",
            },
        )

    def test_finds_its_task_again(self):
        with deployed():
            task = odd_task()
        self.ecs.add_response("list_tasks", {"taskArns": [ARN]})
        with deployed(), self.assertRaises(TaskDeferred) as deferred:
            execute(task, context(try_number=2))
        self.assertEqual(task.arn, ARN)
        self.assertEqual(deferred.exception.kwargs, {"found": True})

    def test_a_cleared_task_ends_its_former_container_and_begins_anew(self):
        """Also where the trigger of the former try sees the new one waiting, and leaves the container alone."""
        for retries, try_number, max_tries in ((0, 2, 1), (3, 2, 4), (3, 5, 7)):
            with self.subTest(retries=retries, try_number=try_number), deployed():
                task = odd_task(retries=retries, reattach=try_number != 5)
                self.ecs.add_response("list_tasks", {"taskArns": [ARN]})
                reason = "Airflow: its task was ended by a user, it is cleared"
                self.ecs.add_response("stop_task", {}, {"cluster": "lab-cluster", "task": ARN, "reason": reason})
                self.ecs.add_response("run_task", STARTED)
                with self.assertRaises(TaskDeferred) as deferred:
                    execute(task, context(try_number=try_number, max_tries=max_tries))
                self.ecs.assert_no_pending_responses()
                self.assertEqual(deferred.exception.kwargs, {"found": False})

    def test_a_retry_after_a_clear_finds_its_task_again(self):
        with deployed():
            task = odd_task(retries=3)
        self.ecs.add_response("list_tasks", {"taskArns": [ARN]})
        with deployed(), self.assertRaises(TaskDeferred) as deferred:
            execute(task, context(try_number=3, max_tries=4))
        self.assertEqual(deferred.exception.kwargs, {"found": True})

    def test_a_capacity_provider(self):
        with deployed(FARFLOW_CAPACITY_PROVIDER="FARGATE_SPOT"):
            self.assertEqual(odd_task().capacity_provider_strategy, [{"capacityProvider": "FARGATE_SPOT", "weight": 1}])

    def test_links_to_the_console(self):
        with deployed():
            task = odd_task()
            task.arn = ARN
        ecs, log = (link.get_link(task, ti_key=None) for link in FargateTask.operator_extra_links)
        self.assertEqual(
            ecs,
            "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/lab-cluster/tasks/0123456789abcdef?region=eu-west-1",
        )
        self.assertEqual(
            log,
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"
            "$252Ffarflow$252Flab$252Ftasks/log-events/multi_task$252Flab-multi_task$252F0123456789abcdef",
        )
        self.assertEqual(
            [link.get_link(odd_task(), ti_key=None) for link in FargateTask.operator_extra_links], ["", ""]
        )


class Chosen(WithAws):
    """What the author writes wins."""

    def test_arguments_of_the_operator(self):
        with deployed():
            task = odd_task(
                cluster="other", deferrable=False, retries=3, waiter_delay=2, skip_on_exit_code=99, launch_type="EC2"
            )
        self.assertEqual(
            (task.cluster, task.deferrable, task.retries, task.waiter_delay, task.skip_on_exit_code, task.launch_type),
            ("other", False, 3, 2, [99], "EC2"),
        )

    def test_default_args_of_the_dag(self):
        with deployed(), DAG("d", default_args={"cluster": "other", "retries": 2}):
            task = odd_task()
        self.assertEqual((task.cluster, task.retries), ("other", 2))

    def test_a_size_of_its_own(self):
        with deployed():
            task = odd_task(command=["true"], cpu=1024, memory=4096, ephemeral_storage=50)
            overrides = self.run_task(task)["overrides"]
        self.assertEqual((overrides["cpu"], overrides["memory"]), ("1024", "4096"))
        self.assertEqual(overrides["ephemeralStorage"], {"sizeInGiB": 50})

    def test_overrides_beside_the_command(self):
        with deployed():
            overrides = self.run_task(odd_task(command=["true"], overrides={"cpu": "1024"}))["overrides"]
        self.assertEqual(overrides["cpu"], "1024")
        self.assertEqual(overrides["containerOverrides"][0]["command"], ["true"])

    def test_overrides_of_containers(self):
        """They are left as they are, and the task's own container gets what every one gets."""
        of_another = {"name": "other", "memory": 100}
        with deployed():
            asked = self.run_task(odd_task(overrides={"containerOverrides": [of_another]}))
        first, second = asked["overrides"]["containerOverrides"]
        self.assertEqual(first, of_another)
        self.assertEqual(second["name"], "lab-multi_task")

    def test_an_unknown_argument(self):
        with deployed(), self.assertRaisesRegex(TypeError, "comand"):
            odd_task(comand=["true"])


class Rendered(WithAws):
    """Templates and other tasks' results, with Airflow's two ways to render."""

    WORDS = {"words": ["python", "{{ params.n }}"], "day": "{{ params.day }}"}
    PARAMS = {"params": {"n": "007", "day": "1e3", "size": 1024}}

    def rendered(self, native, **arguments):
        with deployed(), DAG("d", schedule=None, start_date=RUN, render_template_as_native_obj=native):
            task = odd_task(**arguments)
            task.render_template_fields(dict(self.PARAMS))
            return self.run_task(task)

    def test_templates_are_text_however_they_are_rendered(self):
        for native in (False, True):
            with self.subTest(native=native):
                asked = self.rendered(
                    native,
                    command=["python", "numbers.py", "10", "{{ params.n }}", "1_000"],
                    environment={"DAY": "{{ params.day }}", "N": "10", "T": "True", "NOTHING": "None"},
                    memory="{{ params.size }}",
                )
                [override] = asked["overrides"]["containerOverrides"]
                self.assertEqual(override["command"], ["python", "numbers.py", "10", "007", "1_000"])
                told = self.environment_of(asked)
                self.assertEqual([told[name] for name in ("DAY", "N", "T", "NOTHING")], ["1e3", "10", "True", "None"])
                self.assertEqual(asked["overrides"]["memory"], "1024")

    def test_the_render_argument_of_the_task_itself(self):
        asked = self.rendered(False, command=["x", "10"], render_template_as_native_obj=True)
        self.assertEqual(asked["overrides"]["containerOverrides"][0]["command"], ["x", "10"])

    def test_a_whole_command_by_one_template(self):
        asked = self.rendered(True, command="{{ ['a', params.size] }}")
        self.assertEqual(asked["overrides"]["containerOverrides"][0]["command"], ["a", "1024"])

    def test_results_of_other_tasks_become_text(self):
        with deployed():
            task = odd_task()
            task.command = ["run", 10, 1.5, True, {"a": [1]}, RUN]
            task.environment = {"N": 10, "ON": False, "LIST": ["a"]}
            asked = self.run_task(task)
        self.assertEqual(
            asked["overrides"]["containerOverrides"][0]["command"],
            ["run", "10", "1.5", "true", '{"a": [1]}', "2026-01-01T00:00:00"],
        )
        told = self.environment_of(asked)
        self.assertEqual((told["N"], told["ON"], told["LIST"]), ("10", "false", '["a"]'))

    def test_results_that_cannot_become_text(self):
        for name, value, said in (
            ("command", "python x", "command: is the text 'python x', allowed: a list of texts"),
            ("command", ["a", None], "command: item 2 is None"),
            ("environment", {"N": None}, "environment: N is None"),
            ("environment", ["N"], "environment: is of type list"),
            ("environment", {"N": object()}, "environment: N is <object"),
            ("memory", "much", "memory: is the text 'much', allowed: a number"),
            ("memory", 1000, "memory 1000 goes with no cpu"),
        ):
            with self.subTest(name=name, value=value), deployed():
                task = odd_task()
                setattr(task, name, value)
                with self.assertRaises(AirflowFailException) as refused:
                    execute(task, context())
                self.assertIn(f"multi_task: {said}", str(refused.exception))

    def test_another_tasks_result_as_command_and_as_environment(self):
        with deployed(), DAG("d", schedule=None, start_date=RUN) as dag:
            first = odd_task(task_id="first")
            odd_task(task_id="second", command=first.output, environment={"WHERE": first.output["where"]})
            odd_task(task_id="third", environment=first.output, command=["run", first.output])
        self.assertEqual(dag.get_task("second").upstream_task_ids, {"first"})
        self.assertEqual(dag.get_task("third").upstream_task_ids, {"first"})

    def test_mapped_over_each(self):
        with deployed(), DAG("d", schedule=None, start_date=RUN) as dag:
            first = odd_task(task_id="first")
            given = {
                "command": [["a"], ["b"]],
                "environment": [{"A": "1"}, {"A": "2"}],
                "inputs": [{"a": 1}, {"a": 2}],
                "memory": [512, 1024],
            }
            for name, values in given.items():
                FargateTask.partial(task_id=f"over_{name}", task="multi_task").expand(**{name: values})
                FargateTask.partial(task_id=f"later_{name}", task="multi_task").expand(**{name: first.output})
            FargateTask.partial(task_id="kwargs", task="multi_task").expand_kwargs([{"command": ["a"]}])
        for name, values in given.items():
            mapped = dag.get_task(f"over_{name}")
            self.assertEqual(mapped.operator_class, FargateTask)
            with deployed(), DAG("d", schedule=None, start_date=RUN):
                unmapped = mapped.unmap(resolve={name: values[1]})
            self.assertEqual(getattr(unmapped, name), values[1])
            self.assertEqual(dag.get_task(f"later_{name}").upstream_task_ids, {"first"})

    def asked_by_mapped(self, name, value):
        """What one asks for that is mapped over another task's result: Airflow makes it anew when it runs."""
        with deployed(), DAG("d", schedule=None, start_date=RUN):
            first = odd_task(task_id="first")
            mapped = FargateTask.partial(task_id="odd_task", task="multi_task").expand(**{name: first.output})
            return self.run_task(mapped.unmap(resolve={name: value}))

    def test_results_of_other_tasks_that_it_is_mapped_over_become_text(self):
        self.assertEqual(self.environment_of(self.asked_by_mapped("environment", {"N": 3}))["N"], "3")
        [own] = self.asked_by_mapped("command", ["run", 3.5, True])["overrides"]["containerOverrides"]
        self.assertEqual(own["command"], ["run", "3.5", "true"])

    def test_what_it_is_mapped_over_is_checked_when_it_runs(self):
        with self.assertRaisesRegex(AirflowFailException, "command: is 3.5, of type float, allowed: a list of"):
            self.asked_by_mapped("command", 3.5)


class Refused(WithAws):
    def test_outside_a_deployment_it_can_be_made_but_not_run(self):
        with mock.patch.dict(os.environ, clear=True):
            task = odd_task(command=["true"])
            with self.assertRaises(AirflowFailException) as refused:
                execute(task, context())
        for name in VARIABLES:
            self.assertIn(name, str(refused.exception))
        self.assertIn("the deploy sets them", str(refused.exception))

    def test_names_only_what_is_missing_and_needed(self):
        with deployed(FARFLOW_CLUSTER=None, FARFLOW_SUBNET_IDS=None):
            task = odd_task(cluster="other")
            with self.assertRaises(AirflowFailException) as refused:
                execute(task, context())
        self.assertTrue(str(refused.exception).startswith("FARFLOW_SUBNET_IDS: not set"))

    def test_literal_values_of_the_wrong_type(self):
        for arguments, said in (
            ({"command": "python numbers.py 10"}, """a list of texts, as in ["python", "numbers.py", "10"]"""),
            ({"command": ["x", 10]}, 'command: item 2 is 10, of type int, allowed: text, as in "10"'),
            ({"command": {"x"}}, "command: is {'x'}, of type set"),
            ({"environment": {"N": 10}}, 'environment: N is 10, of type int, allowed: text, as in "10"'),
            ({"environment": {"N": None}}, "environment: N is None"),
            ({"environment": ["N=1"]}, "environment: is ['N=1'], of type list"),
            ({"environment": {1: "x"}}, "environment: has the name 1, of type int"),
            (
                {"overrides": {"cpu": 1024}},
                'cpu is 1024, of type int, allowed: text, as in "1024", or the argument cpu',
            ),
            ({"overrides": {"cpus": "1024"}}, "overrides: has 'cpus', allowed: cpu, memory"),
            ({"inputs": [1]}, "inputs: is [1], of type list"),
            ({"result": "yaml"}, "result: is the text 'yaml', allowed: 'json' or 'prefix'"),
            ({"tags": {"farflow:dag_id": "x"}}, "has the key the text 'farflow:dag_id'"),
            ({"tags": {"cost": 1}}, "tags: cost is 1, of type int"),
            ({"cpu": 300}, "cpu 300 is not a size of Fargate; choose from 256, 512"),
            ({"cpu": 256, "memory": 4096}, "memory 4096 does not go with cpu 256: choose 512, 1024, 2048"),
            ({"memory": 1000}, "memory 1000 goes with no cpu"),
            ({"cpu": "much"}, "cpu: is the text 'much', allowed: a number"),
            ({"memory": True}, "memory: is True, of type bool"),
            ({"ephemeral_storage": 20}, "ephemeral_storage: is 20, allowed: 21 to 200 GiB"),
            ({"cpu": 256, "overrides": {"cpu": "256"}}, "either cpu, or overrides with cpu"),
            ({"command": ["true"], "overrides": {"containerOverrides": []}}, "either command and environment, or"),
            ({"task": ["x"]}, "task: is ['x'], of type list, allowed: the name of a folder under tasks/"),
            (
                {"task": ""},
                "task: is the text '', allowed: the name of a folder under tasks/: letters, digits, _ and -",
            ),
            ({"task": "a/b"}, "task: is the text 'a/b', allowed: the name of a folder under tasks/: letters"),
            ({"task": None}, "task: is missing, allowed: the name of a folder under tasks/"),
            ({"task": "{{ params.x }}"}, "task: is the text '{{ params.x }}', which is known only when it runs"),
            ({"multiple_outputs": True}, "multiple_outputs: needs result='json', since all else that is returned is"),
            ({"multiple_outputs": True, "result": "prefix"}, "multiple_outputs: needs result='json'"),
            ({"execution_timeout": -MINUTE}, "execution_timeout: is -60 seconds, allowed: a timedelta above 0"),
            ({"execution_timeout": 0 * MINUTE}, "execution_timeout: is 0 seconds, allowed: a timedelta above 0"),
            ({"retry_delay": -MINUTE}, "retry_delay: is -60 seconds, allowed: a timedelta of 0 or more"),
            ({"awslogs_fetch_interval": 5}, "awslogs_fetch_interval: is 5, of type int, allowed: a timedelta"),
            ({"awslogs_fetch_interval": -MINUTE}, "awslogs_fetch_interval: is -60 seconds"),
            ({"number_logs_exception": "all"}, "number_logs_exception: is the text 'all', allowed: a number of lines"),
            ({"number_logs_exception": -1}, "number_logs_exception: is -1, of type int, allowed: a number of lines"),
            ({"skip_on_exit_code": ["99"]}, "skip_on_exit_code: holds the text '99', allowed: numbers"),
            ({"skip_on_exit_code": "99"}, "skip_on_exit_code: is the text '99', allowed: a number, or a list of"),
            ({"wait_for_completion": "no"}, "wait_for_completion: is the text 'no', allowed: True or False"),
            ({"stop_task_on_failure": 0}, "stop_task_on_failure: is 0, of type int, allowed: True or False"),
        ):
            with self.subTest(arguments), deployed(), self.assertRaises(ValueError) as refused:
                odd_task(**arguments)
            self.assertIn(
                f"FargateTask odd_task: {said}" if said.startswith("command: ") else said, str(refused.exception)
            )

    def test_overrides_of_the_wrong_type(self):
        """At whatever depth; what is known when the task runs is checked then."""
        container = "overrides: containerOverrides: item 1"
        for overrides, said in (
            ([], "overrides: is [], of type list, allowed: a dictionary"),
            ("", "overrides: is the text '', allowed: a dictionary"),
            (0, "overrides: is 0, of type int, allowed: a dictionary"),
            ({"executionRoleArn": 3}, "overrides: executionRoleArn is 3, of type int, allowed: text"),
            ({"ephemeralStorage": 30}, "overrides: ephemeralStorage is 30, of type int, allowed: a dictionary of siz"),
            ({"ephemeralStorage": {"size": 30}}, "overrides: ephemeralStorage has 'size', allowed: sizeInGiB"),
            (
                {"ephemeralStorage": {"sizeInGiB": "x"}},
                "overrides: ephemeralStorage: sizeInGiB is the text 'x', allowed: a number",
            ),
            ({"containerOverrides": {"name": "x"}}, "overrides: containerOverrides is {'name': 'x'}, of type dict"),
            ({"containerOverrides": ["x"]}, f"{container} is the text 'x', allowed: a dictionary of name, command"),
            ({"containerOverrides": [{"nome": "x"}]}, f"{container} has 'nome', allowed: name, command, environment"),
            ({"containerOverrides": [{"name": 1}]}, f"{container}: name is 1, of type int, allowed: text"),
            ({"containerOverrides": [{"command": "x y"}]}, f"{container}: command is the text 'x y', allowed: a list"),
            ({"containerOverrides": [{"command": [1]}]}, f"{container}: command: item 1 is 1, of type int, allowed"),
            (
                {"containerOverrides": [{"environment": {"A": "1"}}]},
                f"{container}: environment is {{'A': '1'}}, of typ",
            ),
            (
                {"containerOverrides": [{"environment": [{"name": "A", "value": 1}]}]},
                f"{container}: environment: item 1: value is 1, of type int, allowed: text",
            ),
            ({"containerOverrides": [{"memory": "much"}]}, f"{container}: memory is the text 'much', allowed: a n"),
        ):
            with self.subTest(overrides), deployed():
                with self.assertRaises(ValueError) as refused:
                    odd_task(overrides=overrides)
                self.assertIn(f"FargateTask odd_task: {said}", str(refused.exception).replace("\n", " "))
                task = odd_task(overrides={"cpu": "{{ cpu }}"})
                task.overrides = overrides
                with self.assertRaises(AirflowFailException) as refused:
                    execute(task, context())
                self.assertIn(said, str(refused.exception))

    def test_overrides_of_the_right_type(self):
        container = {
            "name": "lab-multi_task",
            "command": ["{{ ds }}", "x"],
            "environment": [{"name": "A", "value": "{{ ds }}"}],
            "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/k"}],
            "cpu": 256,
            "memory": "{{ params.memory }}",
            "memoryReservation": "512",
            "resourceRequirements": [{"type": "GPU", "value": "1"}],
        }
        with deployed(), DAG("d", schedule=None):
            first = odd_task(task_id="first")
            odd_task(overrides={"containerOverrides": [container], "ephemeralStorage": {"sizeInGiB": 30}})
            odd_task(task_id="b", overrides={"containerOverrides": first.output, "taskRoleArn": first.output})
            odd_task(task_id="c", overrides=None)

    def test_overrides_that_ecs_would_refuse(self):
        with deployed(), self.assertRaisesRegex(ValueError, "ECS takes 8192"):
            odd_task(command=["x" * 8192])

    def test_overrides_whose_size_is_known_when_it_runs(self):
        with deployed():
            task = odd_task(command=["{{ text }}"])
            task.render_template_fields({"text": "x" * 8192})
            with self.assertRaisesRegex(AirflowFailException, "ECS takes 8192"):
                execute(task, context())

    def test_as_many_characters_as_ecs_takes(self):
        frame = {"containerOverrides": [{"name": "lab-multi_task", "command": [""]}]}
        room = 8192 - len(json.dumps(frame))
        with deployed():
            odd_task(command=["x" * room])
            with self.assertRaises(ValueError):
                odd_task(command=["x" * (room + 1)])

    def test_an_unknown_folder(self):
        self.ecs.add_client_error("run_task", "ClientException", "Unable to find task definition.")
        families = ["lab-multi_task", "lab-number_task", "lab-airflow-worker", "lab--airflow-report"]
        self.ecs.add_response(
            "list_task_definition_families",
            {"families": families},
            {"familyPrefix": "lab-", "status": "ACTIVE"},
        )
        with deployed(), self.assertRaises(AirflowFailException) as refused:
            execute(odd_task(task="muti_task"), context())
        self.assertEqual(
            str(refused.exception),
            "task 'muti_task': there is no task definition lab-muti_task; the nearest one is 'multi_task'. "
            "There are: airflow-report, multi_task, number_task",
        )

    def test_an_unknown_folder_where_it_may_not_list_them(self):
        self.ecs.add_client_error("run_task", "ClientException", "TaskDefinition is inactive")
        self.ecs.add_client_error("list_task_definition_families", "AccessDeniedException")
        with deployed(), self.assertRaisesRegex(AirflowFailException, "a folder tasks/muti_task is registered by"):
            execute(odd_task(task="muti_task"), context())

    def test_what_else_ecs_refuses_is_told_with_advice(self):
        for answer, kind, said in (
            (
                {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}]},
                EcsOperatorError,
                "advice",
            ),
            ("You've reached the limit on the number of vCPUs you can run concurrently", AirflowException, "vCPUs"),
        ):
            with self.subTest(answer), deployed():
                if isinstance(answer, str):
                    self.ecs.add_client_error("run_task", "ClientException", answer)
                else:
                    self.ecs.add_response("run_task", answer)
                with self.assertRaises(kind) as refused:
                    execute(odd_task(), context())
                self.assertIn("multi_task was not started: ", str(refused.exception))
                self.assertIn("\nadvice: ", str(refused.exception))
                self.assertIn(said, str(refused.exception))


class PrefetchedTags(WithAws):
    """The lines of its own in the log of the task."""

    def test_what_started_and_where_its_log_is(self):
        with deployed(), self.logged() as lines:
            self.run_task(odd_task(command=["true"]))
        self.assertEqual(
            lines,
            [
                "Fargate task started: multi_task with 0.5 vCPU, 1024 MiB, image registry/multi_task@sha256:1: "
                "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/lab-cluster/tasks/0123456789abcdef"
                "?region=eu-west-1",
                mock.ANY,
            ],
        )
        self.assertTrue(lines[1].startswith("Its log: /farflow/lab/tasks multi_task/lab-multi_task/0123456789abcdef: "))

    def test_the_size_is_that_of_the_call(self):
        [started] = STARTED["tasks"]
        size = {"cpu": "1024", "memory": "4096"}
        with deployed(), self.logged() as lines:
            self.run_task(odd_task(cpu=1024, memory=4096), {"tasks": [{**started, "overrides": size}], "failures": []})
        self.assertIn("with 1 vCPU, 4096 MiB, image", lines[0])

    def test_the_capacity_that_it_runs_on(self):
        [started] = STARTED["tasks"]
        for told, words in (
            ({"launchType": "FARGATE"}, "1024 MiB on demand, image"),
            ({"launchType": "FARGATE", "capacityProviderName": "FARGATE"}, "1024 MiB on demand, image"),
            ({"launchType": "FARGATE", "capacityProviderName": "FARGATE_SPOT"}, "1024 MiB on Fargate Spot, image"),
            ({"launchType": "EC2"}, "1024 MiB, image"),
        ):
            with self.subTest(told), deployed(), self.logged() as lines:
                self.run_task(odd_task(), {"tasks": [{**started, **told}], "failures": []})
                self.assertIn(words, lines[0])

    def test_how_it_ended_and_what_it_cost(self):
        begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        moments = {"createdAt": 0, "pullStartedAt": 10, "startedAt": 20, "stoppedAt": 3610}
        task = {name: begin + datetime.timedelta(seconds=seconds) for name, seconds in moments.items()}
        architecture = [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
        task.update(cpu="1024", memory="2048", attributes=architecture)
        with deployed(), self.logged() as lines:
            odd_task().execute_complete(context(), ended(task))
        self.assertEqual(
            lines,
            ["Fargate task ended: exit code 0 after 3610 s, 20 s of them to start; 0.0494 USD by prices of 2026-10-01"],
        )

    @contextlib.contextmanager
    def logged(self):
        """The lines that the operator writes meanwhile."""
        lines = []
        logger = mock.Mock(info=lambda text, *values: lines.append(text % values))
        with mock.patch.object(FargateTask, "log", logger):
            yield lines


class Cost(unittest.TestCase):
    HOUR = {"pullStartedAt": "2026-01-01T00:00:00+00:00", "stoppedAt": "2026-01-01T01:00:00+00:00"}

    TASK = {"cpu": "1024", "memory": "1024", "architecture": "x86_64", **HOUR}

    def cost(self, region="eu-west-1", **changes):
        task = {**self.TASK, **changes}
        return fargate_task_cost.cost(task, region, fargate_task_cost.price_list())

    def test_an_hour(self):
        self.assertAlmostEqual(self.cost(), 0.04048 + 0.004445)
        self.assertAlmostEqual(self.cost(architecture="arm64"), 0.03238 + 0.00356)

    def test_a_minute_is_the_least(self):
        self.assertAlmostEqual(self.cost(stoppedAt="2026-01-01T00:00:01+00:00"), (0.04048 + 0.004445) / 60)

    def test_storage_beyond_what_is_free(self):
        amount = self.cost("us-east-1", ephemeralStorage=30)
        self.assertAlmostEqual(amount, 0.04048 + 0.004445 + 10 * 0.000111)

    def test_spot(self):
        """By its own price where the list has one; else by what is never less."""
        spot = {**self.TASK, "capacityProviderName": "FARGATE_SPOT"}
        self.assertEqual(
            fargate_task_cost.told(spot, "eu-west-1"),
            "at most 0.0449 USD by prices of 2026-10-01, which are those on demand",
        )
        price = {"vcpu_hour": 0.04, "gb_hour": 0.004, "spot_vcpu_hour": 0.01, "spot_gb_hour": 0.001}
        prices = {"date": "2026-11-01", "regions": {"eu-west-1": {"X86_64": price}}}
        with mock.patch.object(fargate_task_cost, "price_list", lambda: prices):
            self.assertEqual(fargate_task_cost.told(spot, "eu-west-1"), "0.0110 USD by prices of 2026-11-01")
            self.assertEqual(fargate_task_cost.told(self.TASK, "eu-west-1"), "0.0440 USD by prices of 2026-11-01")
            del price["spot_gb_hour"]
            self.assertIn("at most 0.0440 USD", fargate_task_cost.told(spot, "eu-west-1"))

    def test_unknown(self):
        for changes, why in (
            ({"region": "xx-nowhere-1"}, "has no X86_64 in xx-nowhere-1"),
            ({"ephemeralStorage": 100}, "no price of storage"),
            ({"pullStartedAt": None}, "does not tell"),
        ):
            with self.subTest(changes):
                self.assertIn(why, self.cost(**changes))
        self.assertIn("cost unknown: the price list of 2026-10-01", fargate_task_cost.told(self.HOUR, "xx-nowhere-1"))


class Ended(WithAws):
    """What becomes of the Airflow task when its container has ended."""

    def complete(self, event, **arguments):
        with deployed():
            return odd_task(**arguments).execute_complete(context(), event)

    def test_success_returns_the_logs_last_line(self):
        self.assertEqual(self.complete(ended(tail=["a", "b"])), "b")
        self.assertIsNone(self.complete(ended(tail=["a", "b"]), do_xcom_push=False))
        self.assertIsNone(self.complete(ended()))

    def test_a_failure_says_exit_code_reason_advice_and_the_last_lines(self):
        task = {"stoppedReason": "Essential container in task exited", "containers": [own(3)]}
        with self.assertRaises(AirflowException) as failed:
            self.complete(ended(task, tail=["Traceback", "ValueError: no number"]))
        self.assertEqual(
            str(failed.exception),
            "multi_task: exit code 3; EssentialContainerExited: Essential container in task exited\n"
            "advice: the program ended: its last log lines say why\n"
            "last log lines:\n  Traceback\n  ValueError: no number",
        )

    def test_out_of_memory(self):
        reason = "OutOfMemoryError: Container killed due to memory usage"
        task = {"stoppedReason": "Essential container in task exited", "containers": [{**own(137), "reason": reason}]}
        with self.assertRaisesRegex(AirflowException, "(?s)exit code 137; .*OutOfMemoryError.*advice: .*raise memory"):
            self.complete(ended(task))

    def test_what_did_not_start(self):
        task = {
            "stopCode": "TaskFailedToStart",
            "stoppedReason": "CannotPullContainerError: pull image manifest: not found",
            "containers": [{"name": "lab-multi_task", "lastStatus": "STOPPED"}],
        }
        with self.assertRaisesRegex(
            EcsTaskFailToStart, "(?s)no exit code; TaskFailedToStart.*advice: the image is not"
        ):
            self.complete(ended(task))

    def test_stopped_by_others_is_no_success(self):
        """Whatever the exit code: a program may end well when it is told to end."""
        for code, advice in (("UserInitiated", "somebody stopped it"), ("SpotInterruption", "Spot capacity back")):
            with self.subTest(code), self.assertRaisesRegex(AirflowException, f"(?s)exit code 0; {code}.*{advice}"):
                self.complete(ended({"stopCode": code, "stoppedReason": "Task stopped by user"}))

    def test_an_exit_code_that_skips(self):
        with self.assertRaises(AirflowSkipException):
            self.complete(ended({"containers": [own(99)]}), skip_on_exit_code=99)
        with self.assertRaises(AirflowException):  # stopped by somebody, that says nothing
            self.complete(ended({"stopCode": "UserInitiated", "containers": [own(99)]}), skip_on_exit_code=99)

    def test_ecs_has_forgotten_it(self):
        with self.assertRaisesRegex(AirflowException, "nobody knows its exit code"):
            self.complete(ended(status="missing", task=None))

    def test_the_event_of_a_trigger_from_before_an_upgrade(self):
        stopped = {"taskArn": ARN, "stopCode": "EssentialContainerExited", "containers": [own(0)]}
        self.ecs.add_response("describe_tasks", {"tasks": [stopped]})
        self.assertIsNone(self.complete({"status": "success", "task_arn": ARN, "cluster": "lab-cluster"}))

    def test_found_again_while_its_former_try_was_being_stopped(self):
        """A task that is cleared may begin before its trigger has stopped the container: it gets one of its own."""
        stopped = ended({"stopCode": "UserInitiated", "stoppedReason": "Airflow: its task was ended by a user"})
        self.ecs.add_response("run_task", STARTED)
        with deployed(), self.assertRaises(TaskDeferred):
            odd_task().execute_complete(context(), stopped, found=True)
        self.ecs.assert_no_pending_responses()
        with self.assertRaises(AirflowException):
            self.complete(stopped)


class EndedEarly(WithAws):
    """Its time is over, by which limit ever: the log, the page and the error say how far its container has come."""

    BEGUN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    SIZE = {"cpu": "1024", "memory": "2048", "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}]}
    RUNNING = {"taskArn": ARN, "lastStatus": "RUNNING", "createdAt": BEGUN, "pullStartedAt": BEGUN, **SIZE}
    STOPPED = {
        **RUNNING,
        "lastStatus": "DEPROVISIONING",
        "stopCode": "UserInitiated",
        "executionStoppedAt": BEGUN + datetime.timedelta(seconds=3600),
        "containers": [own(143)],
    }
    TIME_IS_OVER = "multi_task: execution_timeout, 0:00:40, is over; "
    ENDED = "Fargate task ended: exit code 143 after 3600 s; 0.0494 USD by prices of 2026-10-01"

    def setUp(self):
        super().setUp()
        self.lines = []
        logger = mock.Mock()
        for level in ("info", "warning"):
            getattr(logger, level).side_effect = lambda text, *values: self.lines.append(text % values)
        patched = mock.patch.object(FargateTask, "log", logger)
        patched.start()
        self.addCleanup(patched.stop)

    def event(self, status="timeout", task=STOPPED, **changes):
        of = {"told_to_stop": True, "tail": ["a", "b"], **changes}
        kept = end.kept(task, "lab-multi_task") if task else None
        return {"status": status, "task_arn": ARN, "cluster": "lab-cluster", "task": kept, **of}

    def fails(self, event, kind=AirflowTaskTimeout, **arguments):
        """The error's text. Airflow tells the task to end after one that is a time-out."""
        arguments = {"execution_timeout": datetime.timedelta(seconds=40), **arguments}
        self.context = context()
        with deployed():
            task = odd_task(**arguments)
            with self.assertRaises(kind) as failed:
                task.execute_complete(self.context, event)
            task.on_kill()
        self.ecs.assert_no_pending_responses()
        return str(failed.exception)

    def noted(self):
        pushed = [call.kwargs for call in self.context["ti"].xcom_push.call_args_list]
        return next((each["value"] for each in pushed if each["key"] == "fargate_task"), None)

    def test_the_trigger_has_stopped_it(self):
        text = self.fails(self.event())
        self.assertEqual(
            text, f"{self.TIME_IS_OVER}its container was stopped, exit code 143\nlast log lines:\n  a\n  b"
        )
        self.assertEqual(self.lines, [self.ENDED])
        noted = self.noted()
        self.assertEqual((noted["exit_code"], noted["stop_code"], noted["seconds"]), (143, "UserInitiated", 3600.0))
        self.assertEqual(noted["cost"], "0.0494 USD by prices of 2026-10-01")

    def test_the_trigger_could_not_stop_it(self):
        """It is told to stop once, by the worker."""
        self.ecs.add_response("stop_task", {}, {"cluster": "lab-cluster", "task": ARN, "reason": mock.ANY})
        self.ecs.add_response("describe_tasks", {"tasks": [self.STOPPED]})
        self.fails(self.event(task=None, told_to_stop=False))
        self.assertEqual(
            self.lines, ["Fargate task 0123456789abcdef is told to stop: execution_timeout is over", self.ENDED]
        )

    def test_it_has_not_ended_yet(self):
        text = self.fails(self.event(task=self.RUNNING))
        self.assertIn(f"{self.TIME_IS_OVER}its container is told to stop\nlast log lines:", text)
        [line] = self.lines
        self.assertRegex(line, r"^Fargate task is stopping after \d+ s; until now \d+\.\d+ USD by")
        self.assertIsNone(self.noted())  # its end is noted when it is there

    def test_nobody_knows_how_far_it_is(self):
        self.ecs.add_client_error("describe_tasks", "ThrottlingException")
        text = self.fails(self.event(task=None))
        self.assertIn("its container is told to stop\nlast log lines:", text)
        self.assertEqual(self.lines, [])

    def test_the_attempts_are_over(self):
        arguments = {"waiter_max_attempts": 3, "execution_timeout": None}
        text = self.fails(self.event("gave_up"), AirflowException, **arguments)
        self.assertEqual(
            text,
            "multi_task: has not ended in waiter_max_attempts 3 times waiter_delay 6 s; its container was stopped, "
            "exit code 143\nlast log lines:\n  a\n  b",
        )
        self.assertEqual(self.lines, [self.ENDED])

    def test_the_attempts_are_over_and_its_author_lets_it_run(self):
        self.ecs.add_response("describe_tasks", {"tasks": [self.RUNNING]})
        event = self.event("gave_up", None, told_to_stop=False)
        with deployed():
            task = odd_task(waiter_max_attempts=3, stop_task_on_failure=False)
            with self.assertRaises(AirflowException) as failed:
                task.execute_complete(context(), event)
        self.assertIn("; its container runs on, since stop_task_on_failure is False\n", str(failed.exception))
        self.assertRegex(self.lines[0], "^Fargate task runs on after ")

    def test_no_lines_where_its_author_wants_none(self):
        text = self.fails(self.event(), number_logs_exception=0)
        self.assertEqual(text, f"{self.TIME_IS_OVER}its container was stopped, exit code 143")

    def test_the_event_of_a_trigger_from_before_an_upgrade(self):
        self.ecs.add_response("stop_task", {})
        self.ecs.add_response("describe_tasks", {"tasks": [self.STOPPED]})
        text = self.fails({"status": "timeout", "task_arn": ARN, "cluster": "lab-cluster"})
        self.assertEqual(text, f"{self.TIME_IS_OVER}its container was stopped, exit code 143")

    def test_it_has_ended_by_itself_meanwhile(self):
        task = {**self.STOPPED, "stopCode": "EssentialContainerExited", "containers": [own(0)]}
        self.assertIn(f"{self.TIME_IS_OVER}its container has ended, exit code 0\n", self.fails(self.event(task=task)))

    def test_what_it_has_printed_is_not_known(self):
        """Which is another thing than nothing."""
        ended = f"{self.TIME_IS_OVER}its container was stopped, exit code 143"
        self.assertEqual(self.fails(self.event(tail=[], unread=True)), ended)
        self.assertEqual(self.fails(self.event(tail=[]), awslogs_group=None), ended)
        self.assertEqual(self.fails(self.event(tail=[])), f"{ended}\nit has printed nothing")

    def test_a_number_of_lines_that_a_template_gives(self):
        for number, more in (("2", "\nlast log lines:\n  a\n  b"), ("0", "")):
            text = self.fails(self.event(), number_logs_exception=number)
            self.assertEqual(text, f"{self.TIME_IS_OVER}its container was stopped, exit code 143{more}")

    def run_on_worker(self, waited, **arguments):
        """One that is not deferred, up to the error that ``waited`` raises; its end is then seen as `event` has it."""
        self.ecs.add_response("run_task", STARTED)
        self.reasons = []

        async def early_end(trigger, reason):
            self.reasons.append(reason)
            return self.event()

        with (
            deployed(),
            mock.patch.object(outcome, "_first_event", mock.AsyncMock(side_effect=waited)),
            mock.patch.object(outcome, "_early_end", early_end),
        ):
            task = odd_task(deferrable=False, execution_timeout=datetime.timedelta(seconds=40), **arguments)
            self.context = context()
            try:
                execute(task, self.context)
            finally:
                task.on_kill()
        self.ecs.assert_no_pending_responses()

    def test_airflow_ends_it_on_a_worker(self):
        with self.assertRaises(AirflowTaskTimeout) as failed:
            self.run_on_worker(AirflowTaskTimeout("Timeout"))
        self.assertEqual(
            str(failed.exception),
            f"{self.TIME_IS_OVER}its container was stopped, exit code 143\nlast log lines:\n  a\n  b",
        )
        self.assertEqual(self.reasons, ["execution_timeout is over"])
        self.assertEqual(self.lines[-1], self.ENDED)
        self.assertNotIn("told to stop", "".join(self.lines))

    def test_an_attempt_too_many_on_a_worker(self):
        async def first_event(trigger):
            return self.event("gave_up")

        with self.assertRaisesRegex(AirflowException, "has not ended in waiter_max_attempts"):
            self.run_on_worker(first_event)
        self.assertEqual(self.lines[-1], self.ENDED)
        self.assertNotIn("told to stop", "".join(self.lines))

    def resume(self, error, kind, answers=(), event=None, **arguments):
        """It goes on after Airflow has given its trigger up for the error; what ECS answers then."""
        for operation, answer in answers or [("list_tasks", {"taskArns": [ARN]})]:
            if isinstance(answer, str):
                self.ecs.add_client_error(operation, answer)
            else:
                self.ecs.add_response(operation, answer)
        self.reasons = []

        async def early_end(trigger, reason):
            self.reasons.append(reason)
            if event is None:
                raise RuntimeError("no loop")
            return event

        self.context = context()
        with deployed(), mock.patch.object(outcome, "_early_end", early_end), self.assertRaises(kind) as failed:
            task = odd_task(**arguments)
            try:
                task.resume_execution("__fail__", {"error": error}, self.context)
            finally:
                task.on_kill()
        self.ecs.assert_no_pending_responses()
        return str(failed.exception)

    def test_a_trigger_that_nobody_ran_in_time(self):
        limit = {"execution_timeout": datetime.timedelta(seconds=40)}
        text = self.resume("Trigger timeout", AirflowTaskTimeout, event=self.event(), **limit)
        self.assertEqual(
            text, f"{self.TIME_IS_OVER}its container was stopped, exit code 143\nlast log lines:\n  a\n  b"
        )
        self.assertEqual((self.reasons, self.lines), (["its time is over"], [self.ENDED]))
        self.assertEqual(self.noted()["exit_code"], 143)

    def test_a_trigger_that_failed(self):
        self.resume("Trigger failure", TaskDeferralError, event=self.event())
        self.assertEqual((self.reasons, self.lines), (["its trigger has failed"], [self.ENDED]))
        self.assertEqual(self.noted()["exit_code"], 143)

    def test_a_trigger_that_failed_and_has_stopped_it(self):
        later = self.BEGUN + datetime.timedelta(hours=1)
        tasks = [{**self.STOPPED, "createdAt": later}, {**self.STOPPED, "taskArn": "old"}]
        answers = [
            ("list_tasks", {"taskArns": []}),
            ("list_tasks", {"taskArns": [ARN, "old"]}),
            ("describe_tasks", {"tasks": tasks}),
        ]
        self.resume("Trigger failure", TaskDeferralError, answers, self.event())
        self.assertEqual(self.lines, [self.ENDED])

    def test_a_trigger_that_failed_whose_container_shall_not_be_stopped(self):
        event = self.event(task=self.RUNNING, told_to_stop=False)
        with mock.patch.object(FargateTask, "on_kill"):
            self.resume("Trigger failure", TaskDeferralError, event=event, stop_task_on_failure=False)
        self.assertEqual(self.reasons, [None])
        self.assertRegex(self.lines[0], "^Fargate task runs on after ")

    def test_an_end_that_can_not_be_seen(self):
        """It is stopped all the same."""
        answers = [
            ("list_tasks", {"taskArns": [ARN]}),
            ("stop_task", {}),
            ("describe_tasks", "AccessDeniedException"),
        ]
        self.resume("Trigger failure", TaskDeferralError, answers)
        self.assertEqual(self.lines[1:], ["Fargate task 0123456789abcdef is told to stop: its trigger has failed"])

    def test_a_stop_that_fails_hides_nothing(self):
        answers = [
            ("list_tasks", {"taskArns": [ARN]}),
            ("stop_task", "AccessDeniedException"),
            ("describe_tasks", "AccessDeniedException"),
        ]
        with mock.patch.object(FargateTask, "on_kill"):
            self.resume("Trigger failure", TaskDeferralError, answers)

    def test_there_is_none_any_more(self):
        limit = {"execution_timeout": datetime.timedelta(seconds=40)}
        nothing = [("list_tasks", {"taskArns": []})] * 3  # on_kill looks, too
        text = self.resume("Trigger timeout", AirflowTaskTimeout, nothing, **limit)
        self.assertEqual(text, "multi_task: execution_timeout, 0:00:40, is over")


class BesideGuardDutysAgent(WithAws):
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
        with deployed():
            odd_task(**arguments).execute_complete(context(), ended({"containers": containers}))

    def test_a_success(self):
        for agent in self.AGENTS:
            for containers in ([agent, own(0)], [own(0), agent]):
                with self.subTest(containers):
                    self.end(containers)

    def test_a_failure(self):
        for agent in self.AGENTS:
            for containers in ([agent, own(3)], [own(3), agent]):
                with self.subTest(containers):
                    self.assertRaisesRegex(AirflowException, "exit code 3", self.end, containers)

    def test_a_container_of_another_name(self):
        """Of a task definition of the author's own; nobody can say which one counts, so all do."""
        with self.assertRaises(AirflowException):
            self.end([{"name": "own", "lastStatus": "STOPPED", "exitCode": 3}])


class Stopped(WithAws):
    """Whoever ends the Airflow task ends the container."""

    def test_killed_on_the_worker(self):
        self.ecs.add_response("stop_task", {}, {"cluster": "lab-cluster", "task": ARN, "reason": mock.ANY})
        with deployed():
            task = odd_task()
            task.arn = ARN
            task.on_kill()
        self.ecs.assert_no_pending_responses()

    def test_killed_while_aws_starts_it(self):
        with deployed():
            task = odd_task()
            self.client.meta.events.register(
                "before-parameter-build.ecs.RunTask", lambda **_: setattr(task, "_killed", True)
            )
            self.ecs.add_response("run_task", STARTED)
            self.ecs.add_response("stop_task", {})
            with self.assertRaises(TaskDeferred):
                execute(task, context())
        self.ecs.assert_no_pending_responses()

    def test_an_error_before_it_is_deferred(self):
        broken = context()
        broken["ti"].xcom_push.side_effect = RuntimeError("no api-server")
        self.ecs.add_response("run_task", STARTED)
        self.ecs.add_response("stop_task", {})
        with deployed(), self.assertRaisesRegex(RuntimeError, "no api-server"):
            execute(odd_task(), broken)
        self.ecs.assert_no_pending_responses()

    def test_a_retry_of_the_start(self):
        """quota_retry, which EcsRunTaskOperator takes."""
        short = {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}
        self.ecs.add_response("run_task", short)
        self.ecs.add_response("run_task", STARTED)
        with deployed(), self.assertRaises(TaskDeferred):
            execute(odd_task(quota_retry={"min": 0, "max": 0, "multiplier": 0}), context())
        self.ecs.assert_no_pending_responses()


class Results(WithAws):
    def result_of(self, line, result="json", **event):
        with deployed():
            return odd_task(result=result).execute_complete(context(), ended(result=line, **event))

    def test_a_line_of_json_is_typed(self):
        for text, value in (
            ('{"rows": 3, "ok": true}', {"rows": 3, "ok": True}),
            ("[1, 2]", [1, 2]),
            (f'[{-(2**63)}, {2**63 - 1}, 1e308, {{"type": [{{}}]}}]', [-(2**63), 2**63 - 1, 1e308, {"type": [{}]}]),
            ('"x"', "x"),
            ("3", 3),
        ):
            with self.subTest(text):
                self.assertEqual(self.result_of(f"FARFLOW_RESULT={text}"), value)

    def test_what_is_no_result(self):
        for line, said in (
            (None, "has printed no line that begins with FARFLOW_RESULT="),
            ("FARFLOW_RESULT={'a': 1}", "is no JSON: Expecting property name"),
            ("FARFLOW_RESULT=NaN", "NaN is no JSON"),
            (r'FARFLOW_RESULT={"a": ["a\u0000b"]}', r"holds 'a\x00b', which Airflow's database can't keep"),
            (r'FARFLOW_RESULT={"\ud800": 1}', r"holds '\ud800', which Airflow's database can't keep"),
            ("FARFLOW_RESULT=" + "[" * 101 + "]" * 101, "is nested deeper than 100 times"),
            ("FARFLOW_RESULT=" + "[" * 7000 + "]" * 7000, "is nested deeper than 100 times"),
            ('FARFLOW_RESULT=[{"__classname__": "x"}]', "has the name '__classname__', which Airflow keeps for itself"),
            ('FARFLOW_RESULT={"a": {"__type": "x"}}', "has the name '__type', which Airflow keeps for itself"),
            ('FARFLOW_RESULT={"__id__": 1}', "has the name '__id__', which Airflow keeps for itself"),
            ("FARFLOW_RESULT=" + "9" * 5000, "is no JSON: Exceeds the limit"),
            (f"FARFLOW_RESULT=[{2**63}]", "holds 9223372036854775808, a number of more than 64 bits"),
            ("FARFLOW_RESULT=[1e999]", "holds inf, which Airflow's database can't keep"),
            ("FARFLOW_RESULT=" + json.dumps("x" * 16000), "has 16017 bytes or more, allowed: 16000"),
        ):
            with self.subTest(line), self.assertRaises(AirflowException) as failed:
                self.result_of(line)
            self.assertIn(said, str(failed.exception))

    def test_a_marker_that_begins_no_line(self):
        for line, told in (
            ('2026-01-01 INFO FARFLOW_RESULT={"rows": 3}', """'2026-01-01 INFO FARFLOW_RESULT={"rows": 3}'"""),
            ("x" * 100 + "FARFLOW_RESULT=1", repr("x" * 57 + "...")),
        ):
            with self.subTest(line), self.assertRaises(AirflowException) as failed:
                self.result_of(None, misplaced=line)
            self.assertIn(
                "the container has printed no line that begins with FARFLOW_RESULT=, which result='json' asks for; "
                f"a line that holds it elsewhere is {told}, allowed: FARFLOW_RESULT=<JSON> as a line of its own, with "
                "nothing of a logger before it",
                str(failed.exception),
            )

    def test_a_log_that_could_not_be_read_to_its_end(self):
        with self.assertRaisesRegex(
            AirflowException, "the end of its log could not be read, so that its result is not"
        ):
            self.result_of(None, unread=True)

    def test_a_result_that_is_taken_apart(self):
        def result_of(text, **arguments):
            with deployed():
                task = odd_task(**{"result": "json", "multiple_outputs": True, **arguments})
                return task.execute_complete(context(), ended(result=f"FARFLOW_RESULT={text}"))

        self.assertEqual(result_of('{"rows": 3}'), {"rows": 3})
        self.assertEqual(result_of("[1]", multiple_outputs=False), [1])
        for text, told in (
            ("[1, 2]", "[1, 2], of type list"),
            ('"x"', "the text 'x'"),
            ("null", "None, of type NoneT"),
        ):
            with self.subTest(text), self.assertRaises(AirflowException) as failed:
                result_of(text)
            self.assertIn(f"multi_task: the result is {told}", str(failed.exception))
            self.assertIn("with multiple_outputs=True allowed: a JSON object, as in", str(failed.exception))

    def test_a_prefix_in_the_bucket(self):
        with deployed(FARFLOW_RESULTS="s3://lab-bucket/results"):
            asked = self.run_task(odd_task(result="prefix"), run_id="manual__1", map_index=2, try_number=3)
        prefix = self.environment_of(asked)["FARFLOW_RESULT_PREFIX"]
        self.assertEqual(prefix, "s3://lab-bucket/results/d/manual__1/odd_task/2/3/")
        task = {"overrides": {"containerOverrides": asked["overrides"]["containerOverrides"]}}
        with deployed():
            self.assertEqual(odd_task(result="prefix").execute_complete(context(), ended(task)), prefix)

    def test_a_prefix_where_there_is_no_bucket(self):
        with self.assertRaisesRegex(AirflowException, "had no FARFLOW_RESULT_PREFIX"):
            self.result_of(None, result="prefix")


class Inputs(WithAws):
    BUCKET = {"FARFLOW_RESULTS": "s3://lab-bucket/results"}

    def test_small_ones_are_in_the_environment(self):
        with deployed(**self.BUCKET):
            told = self.environment_of(self.run_task(odd_task(inputs={"days": [1, 2], "é": None})))
        self.assertEqual(json.loads(told["FARFLOW_INPUTS"]), {"days": [1, 2], "é": None})

    def test_large_ones_are_in_the_bucket(self):
        stored = mock.Mock()
        with (
            deployed(**self.BUCKET),
            mock.patch("farflow.fargate_task_request.S3Hook", return_value=mock.Mock(conn=stored)),
        ):
            told = self.environment_of(self.run_task(odd_task(inputs={"text": "x" * 9000})))
        self.assertNotIn("FARFLOW_INPUTS", told)
        self.assertEqual(told["FARFLOW_INPUTS_URL"], "s3://lab-bucket/results/d/r/odd_task/1/inputs.json")
        put = stored.put_object.call_args.kwargs
        self.assertEqual((put["Bucket"], put["Key"]), ("lab-bucket", "results/d/r/odd_task/1/inputs.json"))
        self.assertEqual(json.loads(put["Body"]), {"text": "x" * 9000})

    def test_large_ones_without_a_bucket(self):
        with deployed(), self.assertRaisesRegex(AirflowFailException, "FARFLOW_RESULTS is not set"):
            execute(odd_task(inputs={"text": "x" * 9000}), context())

    def test_what_json_cannot_hold(self):
        refusal = r"inputs: holds \{1, 2\}, of type set, allowed: what JSON can hold"
        with deployed(), self.assertRaisesRegex(ValueError, refusal):
            odd_task(inputs={"a": [{1, 2}]})
        with deployed(), self.assertRaisesRegex(AirflowFailException, refusal):
            task = odd_task(inputs={"a": "{{ of_another_task }}"})
            task.inputs = {"a": {1, 2}}
            execute(task, context())


if __name__ == "__main__":
    unittest.main()
