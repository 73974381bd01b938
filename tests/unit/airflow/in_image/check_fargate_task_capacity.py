"""On which capacity FargateTask runs its container: by the DAG, by task.yml, and by what AWS has."""

from __future__ import annotations

import contextlib
import datetime
import unittest
from unittest import mock

from airflow.providers.amazon.aws.exceptions import EcsOperatorError, EcsTaskFailToStart
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from botocore.stub import Stubber
from fargate_doubles import ARN, client, context, definition, deployed, ended, execute, odd_task, own

from farflow import FargateTask
from farflow import fargate_task_outcome as outcome

RUN = datetime.datetime(2026, 1, 1)
ON_SPOT = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
ON_DEMAND = {"launchType": "FARGATE"}
LACKS = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
REFUSED = {"tasks": [], "failures": [{"reason": LACKS}]}
SPOT_FIRST = "spot_then_on_demand"
OTHER = f"{ARN}0"


def started(arn=ARN):
    return {"tasks": [{"taskArn": arn, "containers": []}], "failures": []}


#: Of the trigger: AWS took the task, and had nothing for it then.
LACKED = ended(
    {
        "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": LACKS,
        "launchType": "FARGATE",
        "capacityProviderName": "FARGATE_SPOT",
        "containers": [{"name": "lab-multi_task", "lastStatus": "STOPPED"}],
    }
)
INTERRUPTED = ended(
    {
        "stopCode": "SpotInterruption",
        "stoppedReason": "Your Spot Task was interrupted.",
        "capacityProviderName": "FARGATE_SPOT",
        "containers": [own(143)],
    }
)


class Case(unittest.TestCase):
    """`self.ecs` answers what is added to it, in this order; `self.asked` has each request to RunTask."""

    def setUp(self):
        self.client = client()
        del self.client.describe_task_definition  # the double that answers always
        self.ecs = Stubber(self.client)
        self.ecs.activate()
        self.asked, self.lines = [], []
        self.client.meta.events.register(
            "before-parameter-build.ecs.RunTask", lambda params, **_: self.asked.append(dict(params))
        )
        logger = mock.Mock()
        for level in ("info", "warning"):
            getattr(logger, level).side_effect = lambda text, *values: self.lines.append(text % values)
        for name, value in (("client", self.client), ("log", logger)):
            self.enterContext(mock.patch.object(FargateTask, name, value))
        self.enterContext(deployed())

    def says(self, **labels):
        """What the task definition says when it is asked for."""
        self.ecs.add_response("describe_task_definition", definition(**labels), {"taskDefinition": "lab-multi_task"})

    def runs(self, task, answers=None, **instance):
        """Runs it as far as its wait; RunTask answers so."""
        for answer in answers or [started()]:
            if isinstance(answer, str):
                self.ecs.add_client_error("run_task", "ClientException", answer)
            else:
                self.ecs.add_response("run_task", answer)
        with self.assertRaises(TaskDeferred) as deferred:
            execute(task, context(**instance))
        self.ecs.assert_no_pending_responses()
        return deferred.exception

    def placed(self):
        """The capacities that RunTask was asked for."""
        names = ("capacityProviderStrategy", "launchType")
        return [{name: asked[name] for name in names if name in asked} for asked in self.asked]


class Wanted(Case):
    def test_by_the_dag(self):
        """It is not asked then what task.yml says."""
        for capacity, asked in (("on_demand", ON_DEMAND), ("spot", ON_SPOT), (SPOT_FIRST, ON_SPOT)):
            with self.subTest(capacity):
                self.asked.clear()
                self.runs(odd_task(capacity=capacity))
                self.assertEqual(self.placed(), [asked])

    def test_by_task_yml(self):
        for labels, asked in (
            ({}, ON_DEMAND),
            ({"farflow.capacity": "on_demand"}, ON_DEMAND),
            ({"farflow.capacity": "spot"}, ON_SPOT),
            ({"farflow.capacity": SPOT_FIRST}, ON_SPOT),
            ({"farflow.capacity": "of a later version", "other": "spot"}, ON_DEMAND),
        ):
            with self.subTest(labels):
                self.asked.clear()
                self.says(**labels)
                self.runs(odd_task())
                self.assertEqual(self.placed(), [asked])

    def test_by_the_environment_where_nobody_says_anything(self):
        with deployed(FARFLOW_CAPACITY_PROVIDER="FARGATE_SPOT"):
            self.says()
            self.runs(odd_task())
            self.runs(odd_task(capacity="on_demand"))
            self.says(**{"farflow.capacity": "on_demand"})
            self.runs(odd_task())
        self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND, ON_DEMAND])

    def test_by_the_operators_own_arguments(self):
        """It is not asked either what task.yml says."""
        mixed = [{"capacityProvider": "FARGATE", "base": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 1}]
        self.runs(odd_task(capacity_provider_strategy=mixed))
        self.runs(odd_task(launch_type="EC2"))
        self.assertEqual(self.placed(), [{"capacityProviderStrategy": mixed}, {"launchType": "EC2"}])

    def test_by_a_template(self):
        with DAG("d", schedule=None, start_date=RUN):
            task = odd_task(capacity="{{ params.where }}")
        task.render_template_fields({"params": {"where": "spot"}})
        self.runs(task)
        self.assertEqual(self.placed(), [ON_SPOT])

    def test_mapped_over_each(self):
        with DAG("d", schedule=None, start_date=RUN):
            mapped = FargateTask.partial(task_id="odd_task", task="multi_task").expand(capacity=["spot", "on_demand"])
            for capacity in ("spot", "on_demand"):
                self.runs(mapped.unmap(resolve={"capacity": capacity}))
        self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND])

    def test_a_task_definition_that_may_not_be_read_says_nothing(self):
        self.ecs.add_client_error("describe_task_definition", "AccessDeniedException", "not authorized")
        self.runs(odd_task())
        self.assertEqual(self.placed(), [ON_DEMAND])
        self.assertIn("The capacity that task.yml may ask for can't be read", self.lines[0])

    def test_a_task_definition_that_is_not_there(self):
        self.ecs.add_client_error("describe_task_definition", "ClientException", "Unable to describe task definition.")
        self.ecs.add_response("list_task_definition_families", {"families": ["lab-multi_task"]})
        with self.assertRaisesRegex(AirflowFailException, "the nearest one is 'multi_task'"):
            execute(odd_task(task="muti_task"), context())


class Refused(Case):
    def test_when_the_dag_is_imported(self):
        strategy = ON_SPOT["capacityProviderStrategy"]
        of = "'on_demand' or 'spot' or 'spot_then_on_demand'"
        for arguments, said in (
            ({"capacity": "cheap"}, f"capacity: is the text 'cheap', allowed: {of}"),
            ({"capacity": ["spot"]}, f"capacity: is ['spot'], of type list, allowed: {of}"),
            ({"capacity": True}, "capacity: is True, of type bool"),
            ({"capacity": "spot", "launch_type": "FARGATE"}, "give either capacity, or launch_type"),
            ({"capacity": "{{ x }}", "launch_type": "FARGATE"}, "give either capacity, or launch_type"),
            (
                {"capacity": "spot", "capacity_provider_strategy": strategy},
                "give either capacity, or capacity_provider_strategy",
            ),
            (
                {"capacity": "spot", "default_args": {"capacity_provider_strategy": strategy}},
                "give either capacity, or capacity_provider_strategy",
            ),
        ):
            with self.subTest(arguments), self.assertRaises(ValueError) as refused:
                odd_task(**arguments)
            self.assertIn(f"FargateTask odd_task: {said}", str(refused.exception))

    def test_when_it_runs(self):
        with DAG("d", schedule=None, start_date=RUN):
            task = odd_task(capacity="{{ params.where }}")
        task.render_template_fields({"params": {"where": "Spot"}})
        with self.assertRaisesRegex(AirflowFailException, "multi_task: capacity: is the text 'Spot', allowed: 'on_"):
            execute(task, context())

    def test_windows_on_spot(self):
        code = "PlatformTaskDefinitionIncompatibilityException"
        self.ecs.add_client_error("run_task", code, "The specified platform does not satisfy the requirements.")
        with self.assertRaises(AirflowFailException) as refused:
            execute(odd_task(capacity="spot"), context())
        self.assertEqual(
            str(refused.exception), "multi_task was not started: Fargate Spot has no Windows, allowed: on_demand"
        )


class NoCapacity(Case):
    """AWS has no Spot capacity, and says so at once, in either way, or later."""

    NOT_STARTED = (
        f"multi_task was not started: Fargate Spot has no capacity for it: {LACKS}\nadvice: a retry asks for it"
    )

    def test_spot_fails_and_names_it(self):
        for answer in (REFUSED, LACKS):
            with self.subTest(answer), self.assertRaises(EcsOperatorError) as failed:
                self.runs(odd_task(capacity="spot"), [answer])
            self.assertTrue(str(failed.exception).startswith(self.NOT_STARTED), str(failed.exception))
        with self.assertRaises(EcsTaskFailToStart) as failed:
            odd_task(capacity="spot").execute_complete(context(), LACKED, capacity="spot", begun=RUN.isoformat())
        self.assertTrue(str(failed.exception).startswith(self.NOT_STARTED), str(failed.exception))

    def test_it_falls_back_at_once(self):
        for answer in (REFUSED, LACKS):
            with self.subTest(answer):
                self.asked.clear()
                self.lines.clear()
                self.runs(odd_task(capacity=SPOT_FIRST), [answer, started()])
                self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND])
                self.assertEqual(self.lines[0], f"Fargate Spot has no capacity for it, so it runs on demand: {LACKS}")

    def test_it_falls_back_by_task_yml(self):
        self.says(**{"farflow.capacity": SPOT_FIRST})
        self.runs(odd_task(), [REFUSED, started()])
        self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND])

    def test_there_is_nothing_on_demand_either(self):
        with self.assertRaisesRegex(EcsOperatorError, "multi_task was not started: Capacity is unavailable"):
            self.runs(odd_task(capacity=SPOT_FIRST), [REFUSED, REFUSED])

    def test_what_else_is_refused_is_not_asked_again(self):
        quota = "You've reached the limit on the number of vCPUs you can run concurrently"
        with self.assertRaisesRegex(AirflowException, "the limit on the number of vCPUs"):
            self.runs(odd_task(capacity=SPOT_FIRST), [quota])
        self.assertEqual(self.placed(), [ON_SPOT])

    def test_it_falls_back_later_in_the_same_try(self):
        """The time of the try goes on."""
        minute = datetime.timedelta(minutes=1)
        first = self.runs(odd_task(capacity=SPOT_FIRST, execution_timeout=minute))
        self.assertEqual(first.kwargs, {"found": False, "capacity": SPOT_FIRST, "begun": mock.ANY})

        self.ecs.add_response("run_task", started(OTHER))
        again = odd_task(capacity=SPOT_FIRST, execution_timeout=minute)
        instance = context()
        with self.assertRaises(TaskDeferred) as deferred:
            again.execute_complete(instance, LACKED, **first.kwargs)
        self.ecs.assert_no_pending_responses()
        self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND])
        self.assertEqual(deferred.exception.trigger.task_arn, OTHER)
        self.assertEqual(deferred.exception.trigger.deadline, first.trigger.deadline)
        self.assertIn(mock.call(key="ecs_task_arn", value=OTHER), instance["ti"].xcom_push.mock_calls)

    def test_it_falls_back_later_on_a_worker(self):
        events = iter([LACKED, {**ended(tail=["done"]), "task_arn": OTHER}])

        async def first_event(trigger):
            return next(events)

        for arn in (ARN, OTHER):
            self.ecs.add_response("run_task", started(arn))
        with mock.patch.object(outcome, "_first_event", first_event):
            self.assertEqual(execute(odd_task(capacity=SPOT_FIRST, deferrable=False), context()), "done")
        self.ecs.assert_no_pending_responses()
        self.assertEqual(self.placed(), [ON_SPOT, ON_DEMAND])

    def test_what_has_run_does_not_run_again(self):
        """Nor what failed to start for another reason."""
        for changes in (
            {"stoppedReason": "CannotPullContainerError: not found"},
            {"startedAt": "2026-01-01T00:00:00+00:00"},
            {"containers": [own(1)]},
            {"capacityProviderName": "FARGATE"},
            {"stopCode": "UserInitiated"},
        ):
            event = {**LACKED, "task": {**LACKED["task"], **changes}}
            with self.subTest(changes), self.assertRaises((AirflowException, EcsTaskFailToStart)):
                odd_task(capacity=SPOT_FIRST).execute_complete(
                    context(), event, capacity=SPOT_FIRST, begun=RUN.isoformat()
                )
        self.assertEqual(self.asked, [])


class Interrupted(Case):
    """AWS takes Spot capacity back."""

    def fails(self, capacity):
        with self.assertRaises(AirflowException) as failed:
            odd_task(capacity=capacity).execute_complete(
                context(), INTERRUPTED, capacity=capacity, begun=RUN.isoformat()
            )
        return str(failed.exception)

    def test_the_try_fails_and_says_so(self):
        text = "multi_task: exit code 143; SpotInterruption: Your Spot Task was interrupted.\nadvice: AWS took its Spot"
        self.assertIn(f"{text} capacity back; a retry runs on demand\n", self.fails(SPOT_FIRST))
        self.assertIn(f"{text} capacity back; a retry runs on Spot again, and with capacity", self.fails("spot"))

    def test_a_retry_runs_on_demand(self):
        """Each of them, until a user clears the task: ECS does not tell for long how the tries before it have ended."""
        for retries, try_number, max_tries, asked in (
            (2, 1, 2, ON_SPOT),
            (2, 2, 2, ON_DEMAND),
            (2, 3, 2, ON_DEMAND),
            (2, 4, 5, ON_SPOT),  # cleared after the third
            (2, 5, 5, ON_DEMAND),
            (5, 1, 2, ON_SPOT),  # the DAG has been changed since the run began
        ):
            with self.subTest(try_number=try_number, max_tries=max_tries):
                self.asked.clear()
                if try_number > 1:
                    self.ecs.add_response("list_tasks", {"taskArns": []})
                task = odd_task(capacity=SPOT_FIRST, retries=retries)
                self.runs(task, try_number=try_number, max_tries=max_tries)
                self.assertEqual(self.placed(), [asked])

    def test_spot_stays_on_spot(self):
        self.ecs.add_response("list_tasks", {"taskArns": []})
        self.runs(odd_task(capacity="spot", retries=2), try_number=2, max_tries=2)
        self.assertEqual(self.placed(), [ON_SPOT])


class Noted(Case):
    def test_which_it_is(self):
        for told, noted in (({"launchType": "FARGATE"}, "on demand"), (LACKED["task"], "on Fargate Spot")):
            with self.subTest(noted):
                instance = context()
                answer = {name: told[name] for name in ("launchType", "capacityProviderName") if name in told}
                self.ecs.add_response("run_task", {"tasks": [{"taskArn": ARN, "containers": [], **answer}]})
                with contextlib.suppress(TaskDeferred):
                    execute(odd_task(capacity="spot"), instance)
                notes = [call.kwargs["value"] for call in instance["ti"].xcom_push.call_args_list]
                self.assertEqual(notes[-1]["capacity"], noted)


if __name__ == "__main__":
    unittest.main()
