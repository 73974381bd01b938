"""What waits for a Fargate task: all that AWS answers on the way, and how it ends what it waits for."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import unittest
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

from airflow.jobs.triggerer_job_runner import TriggerEventEntry, messages
from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.providers.amazon.aws.hooks.logs import AwsLogsHook
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import TaskStatesResult
from botocore.exceptions import ClientError, EndpointConnectionError
from fargate_doubles import ARN, own

from farflow import fargate_task_log, fargate_task_log_reader, fargate_task_trigger, fargate_task_watch
from farflow.fargate_task_trigger import FargateTaskTrigger

RUNNING = {"taskArn": ARN, "lastStatus": "RUNNING", "containers": []}
PENDING = {"taskArn": ARN, "lastStatus": "PENDING", "containers": []}
STOPPED = {
    "taskArn": ARN,
    "lastStatus": "STOPPED",
    "stopCode": "EssentialContainerExited",
    "containers": [own(0)],
    "stoppedAt": datetime(2026, 1, 1, tzinfo=UTC),
}
ENDED = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
MISSING = {"tasks": [], "failures": [{"arn": ARN, "reason": "MISSING"}]}
NO_NETWORK = EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com")


def refused(code, status=400):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "DescribeTasks")


THROTTLED = refused("ThrottlingException")


class Aws:
    """An asynchronous client that gives the answers it was given, one a call, the last one for ever."""

    def __init__(self, looks=(STOPPED,), logs=(), stops=({},)):
        self.looks, self.logs, self.stops = list(looks), list(logs), list(stops)
        self.calls = []
        self.connections = 0
        self.lines_a_read = []

    async def get_async_conn(self, hook=None):
        self.connections += 1
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return None

    async def describe_tasks(self, cluster, tasks):
        self.calls.append(("DescribeTasks", tuple(tasks)))
        answer = self._next(self.looks)
        return answer if "tasks" in answer else {"tasks": [answer], "failures": []}

    async def get_log_events(self, **request):
        self.calls.append(("GetLogEvents", request.get("nextToken")))
        self.lines_a_read.append(request["limit"])
        return self._next(self.logs) if self.logs else {"events": [], "nextForwardToken": "end"}

    async def stop_task(self, **request):
        self.calls.append(("StopTask", request["task"]))
        self.stopped_for = request["reason"]
        return self._next(self.stops)

    def _next(self, answers):
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def count(self, operation):
        return [call[0] for call in self.calls].count(operation)


def page(*lines, token="t", time=1767225600000):
    return {
        "events": [{"timestamp": time + n, "message": line} for n, line in enumerate(lines)],
        "nextForwardToken": token,
    }


NOTHING = {"events": [], "nextForwardToken": "end"}
NO_STREAM = refused("ResourceNotFoundException")


class Triggers(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        quick = {
            fargate_task_watch: {"TOGETHER_SECONDS": 0.0, "LOOKS_A_SECOND": 1e4, "LOG_READS_A_SECOND": 1e4},
            fargate_task_log_reader: {"LAST_LINES_SECONDS": 0.0},
            fargate_task_trigger: {
                "LATE_LINES_SECONDS": 0.0,
                "MISSING_SECONDS": 0.05,
                "REFUSED_SECONDS": 0.05,
                "STOPPING_SECONDS": 0.05,
                "STOPPING_DELAY_SECONDS": 0.001,
            },
        }
        for module, values in quick.items():
            for name, value in values.items():
                self.patch(mock.patch.object(module, name, value))
        for module in quick:
            self.patch(mock.patch.object(module, "pause_after", lambda failures: 0.001))
        self.lines = []

    def patch(self, patched):
        patched.start()
        self.addCleanup(patched.stop)

    def trigger(self, aws, **changes):
        for hook in (EcsHook, AwsLogsHook):
            self.patch(mock.patch.object(hook, "get_async_conn", aws.get_async_conn))
        arguments = {
            "cluster": "lab-cluster",
            "task_arn": ARN,
            "waiter_delay": 0.001,
            "region_name": "eu-west-1",
            "log_group": "/farflow/lab/tasks",
            "log_stream": "multi_task/lab-multi_task/0123456789abcdef",
            "container_name": "lab-multi_task",
            "log_interval": 0.0,
            **changes,
        }
        trigger = FargateTaskTrigger(**arguments)
        trigger._log = SimpleNamespace(
            log=lambda level, line, **facts: self.lines.append((line, facts["timestamp"])),
            **{name: mock.Mock() for name in ("debug", "info", "warning", "error")},
        )
        return trigger

    async def event(self, aws, **changes):
        """The payload of its one event, within ten seconds."""
        fargate_task_watch._SHARED.clear()
        trigger = self.trigger(aws, **changes)

        async def first():
            return [event async for event in trigger.run()]

        [event] = await asyncio.wait_for(first(), 10)
        return event.payload


class Waits(Triggers):
    """The answers of AWS that are no end."""

    async def test_until_it_has_stopped(self):
        aws = Aws([PENDING, RUNNING, RUNNING, STOPPED])
        event = await self.event(aws)
        self.assertEqual((event["status"], event["task_arn"], event["cluster"]), ("ended", ARN, "lab-cluster"))
        self.assertEqual(event["task"]["containers"], [own(0)])
        self.assertEqual(aws.count("DescribeTasks"), 4)
        self.assertEqual(aws.count("StopTask"), 0)

    async def test_a_task_that_ecs_does_not_show_yet(self):
        self.assertEqual((await self.event(Aws([MISSING, MISSING, PENDING, STOPPED])))["status"], "ended")

    async def test_a_task_that_ecs_has_forgotten(self):
        """Nobody has looked for an hour. What its log holds is told all the same."""
        event = await self.event(Aws([MISSING], [page("last words"), NOTHING]))
        self.assertEqual((event["status"], event["task"]), ("missing", None))
        self.assertEqual(event["tail"], ["last words"])

    async def test_throttled_describe_tasks(self):
        self.assertEqual((await self.event(Aws([THROTTLED] * 20 + [STOPPED])))["status"], "ended")

    async def test_no_network_for_minutes(self):
        aws = Aws([RUNNING] + [NO_NETWORK] * 50 + [refused("ServiceUnavailable", 503), STOPPED])
        self.assertEqual((await self.event(aws))["status"], "ended")

    async def test_credentials_that_are_renewed(self):
        aws = Aws([RUNNING, refused("ExpiredTokenException"), STOPPED], [NOTHING])
        self.assertEqual((await self.event(aws))["status"], "ended")
        self.assertEqual(aws.connections, 3)  # one for ECS, one for the logs, and ECS's second one

    async def test_a_right_that_is_missing_for_a_moment(self):
        with mock.patch.object(fargate_task_trigger, "REFUSED_SECONDS", 10):
            aws = Aws([refused("AccessDeniedException")] * 3 + [STOPPED])
            self.assertEqual((await self.event(aws))["status"], "ended")

    async def test_a_right_that_stays_missing(self):
        aws = Aws([refused("AccessDeniedException")])
        with self.assertRaises(ClientError):
            await self.event(aws)
        self.assertEqual(aws.count("StopTask"), 1)

    async def test_a_right_that_stays_missing_where_the_container_shall_not_be_stopped(self):
        aws = Aws([refused("AccessDeniedException")])
        with self.assertRaises(ClientError):
            await self.event(aws, stop_on_failure=False)
        self.assertEqual(aws.count("StopTask"), 0)

    async def test_the_arguments_of_a_trigger_from_before_an_upgrade(self):
        """Which waits in the database while the image is replaced."""
        aws = Aws()
        with (
            mock.patch.object(EcsHook, "get_async_conn", aws.get_async_conn),
            mock.patch.object(AwsLogsHook, "get_async_conn", aws.get_async_conn),
        ):
            trigger = FargateTaskTrigger(
                cluster="lab-cluster",
                task_arn=ARN,
                waiter_delay=6,
                waiter_max_attempts=1000000,
                aws_conn_id=None,
                region_name="eu-west-1",
                log_region_name="eu-west-1",
                log_group="/farflow/lab/tasks",
                log_stream="multi_task/lab-multi_task/0123456789abcdef",
                verify=None,
                botocore_config=None,
            )
            [event] = [event async for event in trigger.run()]
        self.assertEqual(event.payload["status"], "ended")

    async def test_what_it_is_made_of_survives_a_move(self):
        first = self.trigger(Aws(), deadline="2026-01-01T00:00:00+00:00", kept_lines=3, stop_on_failure=False)
        classpath, arguments = first.serialize()
        self.assertEqual(classpath, "farflow.fargate_task_trigger.FargateTaskTrigger")
        self.assertEqual(FargateTaskTrigger(**json.loads(json.dumps(arguments))).serialize()[1], arguments)

    async def test_its_event_passes_through_airflow(self):
        """As JSON, and as one short line of the task's log."""
        trigger = self.trigger(Aws())
        [event] = [event async for event in trigger.run()]
        self.assertEqual(f"{event!r} {event}", f"ended: {ARN} ended: {ARN}")
        sent = messages.TriggerStateChanges(events=[TriggerEventEntry(1, event, None)])
        received = messages.TriggerStateChanges.model_validate_json(sent.model_dump_json())
        self.assertEqual(received.events[0].event.payload, event.payload)


class Log(Triggers):
    async def test_each_line_once_with_the_time_it_was_written_at(self):
        logs = [
            NO_STREAM,
            page("one", "two", token="a"),
            NOTHING,
            page("three", token="b", time=1767225601000),
            NOTHING,
        ]
        event = await self.event(Aws([PENDING, RUNNING, RUNNING, RUNNING, RUNNING, STOPPED], logs))
        self.assertEqual(
            self.lines,
            [
                ("one", "2026-01-01T00:00:00.000Z"),
                ("two", "2026-01-01T00:00:00.001Z"),
                ("three", "2026-01-01T00:00:01.000Z"),
            ],
        )
        self.assertEqual(event["tail"], ["one", "two", "three"])

    async def test_a_percent_sign_is_no_format(self):
        await self.event(Aws(logs=[page("100 % of %s"), NOTHING]))
        self.assertEqual(self.lines[0][0], "100 % of %s")

    async def test_lines_that_come_after_the_end(self):
        await self.event(Aws(logs=[page("one", token="a"), page("last", token="b"), NOTHING]))
        self.assertEqual([line for line, _unused in self.lines], ["one", "last"])

    async def test_a_log_that_is_there_after_the_end(self):
        await self.event(Aws(logs=[NO_STREAM, page("all of it", token="a"), NOTHING]))
        self.assertEqual([line for line, _unused in self.lines], ["all of it"])

    async def test_how_long_late_lines_are_waited_for(self):
        """From the end of the container on, as far as AWS's clock and this one agree."""
        self.patch(mock.patch.object(fargate_task_trigger, "LATE_LINES_SECONDS", 5.0))
        now = datetime.now(tz=UTC)
        for ago, waited in ((0, 5.0), (3, 2.0), (60, 0.0), (-60, 5.0)):
            with self.subTest(ago):
                ended = {**STOPPED, "executionStoppedAt": now - timedelta(seconds=ago)}
                self.assertAlmostEqual(fargate_task_trigger.late_lines_wait(ended, now), waited)
        self.assertEqual(fargate_task_trigger.late_lines_wait({}, now), 5.0)

    async def test_a_long_log_is_read_page_by_page(self):
        many = [str(number) for number in range(250)]
        pages = [page(*many[:100], token="a"), page(*many[100:200], token="b"), page(*many[200:], token="c"), NOTHING]
        event = await self.event(Aws(logs=pages), kept_lines=3)
        self.assertEqual([line for line, _unused in self.lines], many)
        self.assertEqual(event["tail"], ["247", "248", "249"])

    async def test_throttled_get_log_events(self):
        logs = [THROTTLED, THROTTLED, page("one"), NO_NETWORK, THROTTLED, NOTHING]
        event = await self.event(Aws([RUNNING, RUNNING, STOPPED], logs))
        self.assertEqual((event["status"], event["tail"]), ("ended", ["one"]))

    async def test_a_log_that_may_not_be_read(self):
        event = await self.event(Aws([RUNNING, RUNNING, STOPPED], [refused("AccessDeniedException")]))
        self.assertEqual((event["status"], event["tail"]), ("ended", []))

    async def test_no_log(self):
        aws = Aws()
        await self.event(aws, log_group=None)
        self.assertEqual(aws.count("GetLogEvents"), 0)

    async def test_what_a_database_cannot_hold_is_shown_and_kept_harmless(self):
        """Bytes of a container are any; Postgres takes no NUL and no half of a surrogate pair, neither as text nor
        as JSON. The event that holds one would end the triggerer, and each that takes its place.
        """
        stopped = {**STOPPED, "containers": [{**own(1), "reason": "exec a\0b"}]}
        event = await self.event(Aws([stopped], [page("\0end\ud800", "FARFLOW_RESULT=\0", "\x1b[31mred"), NOTHING]))
        self.assertEqual(event["tail"], ["\ufffdend\ufffd", "FARFLOW_RESULT=\ufffd", "\x1b[31mred"])
        self.assertEqual(event["result"], "FARFLOW_RESULT=\ufffd")
        self.assertEqual(event["task"]["containers"][0]["reason"], "exec a\ufffdb")
        self.assertEqual([line for line, _unused in self.lines], event["tail"])

    async def test_the_line_of_the_result(self):
        logs = [page("a stray print", 'FARFLOW_RESULT={"a": 1}', 'a FARFLOW_RESULT={"b": 2}'), NOTHING]
        event = await self.event(Aws(logs=logs))
        self.assertEqual(event["result"], 'FARFLOW_RESULT={"a": 1}')
        self.assertEqual(event["misplaced"], 'a FARFLOW_RESULT={"b": 2}')

    def test_levels(self):
        for line, level in (
            ("ERROR: x", 40),
            ("[WARNING] x", 30),
            ("CRITICAL - x", 50),
            ("DEBUG x", 20),  # which Airflow would not show
            ("errors: 3", 20),
            ("Error rate", 20),
        ):
            with self.subTest(line):
                self.assertEqual(fargate_task_log.level(line), level)


class Talkative(Triggers):
    """Containers that print more than can be shown at once. Nobody else waits for them."""

    class Ever(Aws):
        """While the container runs there is always more to read; ``last`` is what it has printed last."""

        def __init__(self, looks, last=()):
            super().__init__(looks)
            self.last = list(last)

        async def get_log_events(self, **request):
            await super().get_log_events(**request)
            await asyncio.sleep(0)
            if len(self.looks) > 1:
                return page(*map(str, range(200)))
            return self.last.pop(0) if self.last else NOTHING

    async def test_others_go_on_between_two_lines(self):
        self.patch(mock.patch.object(fargate_task_watch, "TURN_SECONDS", 0.0))
        ticks, lines_at = 0, {}

        def shown(level, line, **facts):
            lines_at[ticks] = lines_at.get(ticks, 0) + 1

        async def others():
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        logs = [fargate_task_log.ContainerLog(SimpleNamespace(log=shown), 1) for _unused in range(3)]
        ticking = asyncio.create_task(others())

        async def add(log):
            await log.show(await log.keep(page(*map(str, range(100)))["events"]))

        await asyncio.gather(*map(add, logs))
        ticking.cancel()
        self.assertEqual(sum(lines_at.values()), 300)
        self.assertLessEqual(max(lines_at.values()), 2)

    async def test_its_container_is_looked_at_meanwhile(self):
        self.patch(mock.patch.object(fargate_task_log_reader, "READ_SECONDS", 0.0))
        aws = self.Ever([RUNNING] * 5 + [STOPPED], [page("FARFLOW_RESULT=1", "bye")])
        event = await self.event(aws)
        self.assertEqual((event["status"], event["result"], event["tail"][-1]), ("ended", "FARFLOW_RESULT=1", "bye"))
        self.assertEqual(aws.lines_a_read[0], 1000)

    async def test_its_time_is_kept(self):
        self.patch(mock.patch.object(fargate_task_log_reader, "READ_SECONDS", 0.01))
        self.patch(mock.patch.object(fargate_task_trigger, "FINISH_SECONDS", 0.01))
        event = await self.event(self.Ever([RUNNING] * 10000), deadline=Time.soon())
        self.assertEqual(event["status"], "timeout")

    WHERE = "/farflow/lab/tasks multi_task/lab-multi_task/0123456789abcdef: https://eu-west-1.console.aws.amazon.com/"

    class Pages(Aws):
        """A log of so many lines, as CloudWatch gives it: page by page, or the last of it."""

        def __init__(self, lines, looks=(STOPPED,), slow=0.0):
            super().__init__(looks)
            self.lines, self.slow = lines, slow

        async def get_log_events(self, **request):
            await super().get_log_events(**request)
            await asyncio.sleep(self.slow)
            begin = int(request.get("nextToken", 0))
            if not request["startFromHead"]:
                begin = max(len(self.lines) - request["limit"], 0)
            events = self.lines[begin : begin + request["limit"]]
            return page(*events, token=str(begin + len(events)), time=1767225600000 + begin)

    async def test_an_end_too_long_to_be_shown(self):
        """The last lines are shown, those before them counted; the result is known wherever it is."""
        lines = ["FARFLOW_RESULT=1", *map(str, range(1, 30000))]
        event = await self.event(self.Pages(lines), kept_lines=2)
        self.assertEqual((event["result"], event["tail"]), ("FARFLOW_RESULT=1", ["29998", "29999"]))
        shown = [line for line, _unused in self.lines]
        self.assertLess(self.lines[0][1], self.lines[1][1])  # as Airflow sorts them
        self.assertTrue(
            shown[0].startswith(f"28000 lines of the container's log are left out here; all of it is in {self.WHERE}")
        )
        self.assertEqual(shown[1:], lines[28000:])

    async def test_an_end_that_is_not_too_long(self):
        lines = [str(number) for number in range(2000)]
        await self.event(self.Pages(lines))
        self.assertEqual([line for line, _unused in self.lines], lines)

    async def test_there_is_no_time_to_show_all_of_an_end(self):
        """What is last is shown in any case."""
        lines = [str(number) for number in range(1000)]
        self.patch(mock.patch.object(fargate_task_trigger, "FINISH_SECONDS", 0.3))
        show = fargate_task_log.ContainerLog.show

        async def slowly(log, lines):
            await asyncio.sleep(0.2 if lines else 0)
            await show(log, lines)

        with mock.patch.object(fargate_task_log.ContainerLog, "show", slowly):
            event = await self.event(self.Pages(lines))
        self.assertEqual(event["tail"][-1], "999")
        shown = [line for line, _unused in self.lines]
        self.assertEqual(shown[:200] + shown[201:], lines[:200] + lines[900:])
        self.assertIn("700 lines of the container's log are left out here", shown[200])

    async def test_an_end_that_takes_too_long_to_be_read(self):
        """Its reader leaps to the last page: what lies between is not known."""
        self.patch(mock.patch.object(fargate_task_trigger, "FINISH_SECONDS", 0.5))
        lines = [*map(str, range(299999)), "FARFLOW_RESULT=2"]
        aws = self.Pages(lines, slow=0.1)
        event = await self.event(aws)
        self.assertEqual((event["result"], event["tail"][-2]), ("FARFLOW_RESULT=2", "299998"))
        self.assertLess(aws.count("GetLogEvents"), 10)
        warned = [line for line, _unused in self.lines if "left out" in line]
        self.assertRegex(
            warned[0],
            r"^[0-9]+ or more lines of the container's log are left out here; all of it is in",
        )

    async def test_an_end_that_can_not_be_read(self):
        warned = []
        fargate_task_watch._SHARED.clear()
        trigger = self.trigger(Aws(logs=[NO_NETWORK]))
        trigger._log.warning = lambda text, *facts: warned.append(text % facts)
        [event] = [event.payload async for event in trigger.run()]
        self.assertTrue(event["unread"])
        self.assertTrue(
            warned[-1].startswith(f"The end of the container's log can't be read; all of it is in {self.WHERE}"), warned
        )

    async def test_an_end_that_can_be_read(self):
        self.assertFalse((await self.event(Aws()))["unread"])


class Quiet(unittest.TestCase):
    """What AWS's libraries say of themselves."""

    SCRIPT = """
import logging, sys
from airflow.sdk.log import configure_logging
configure_logging(json_output=True, output=sys.stdout.buffer)
from farflow.fargate_task_log import quiet
quiet()
logging.getLogger("botocore.credentials").info("Found credentials")
from airflow.providers.amazon.aws.hooks.ecs import EcsHook
EcsHook(aws_conn_id=None, region_name="eu-west-1").conn
logging.getLogger("farflow").info("ours")
"""

    def test_is_shown_at_debug_alone(self):
        for level, shown in (("INFO", False), ("DEBUG", True)):
            environment = {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": level}
            environment |= {
                "PYTHONPATH": os.pathsep.join(sys.path),
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
            }
            ran = subprocess.run(
                [sys.executable, "-c", self.SCRIPT], env=environment, capture_output=True, text=True, check=True
            )
            with self.subTest(level):
                self.assertIn("ours", ran.stdout)
                self.assertEqual("Found credentials" in ran.stdout, shown)
                self.assertEqual("No connection ID" in ran.stdout, shown)


class Time(Triggers):
    """A trigger that times out gets no on_kill: it keeps the time itself."""

    @staticmethod
    def soon():
        return (datetime.now(tz=UTC) + timedelta(seconds=0.05)).isoformat()

    async def test_the_execution_timeout(self):
        aws = Aws([RUNNING])
        event = await self.event(aws, deadline=self.soon(), stop_on_failure=False)
        self.assertEqual(event["status"], "timeout")
        self.assertEqual(aws.count("StopTask"), 1)
        self.assertEqual(aws.stopped_for, "Airflow: execution_timeout is over")

    async def test_a_container_that_is_stopped_is_seen_to_its_end(self):
        """With its exit code, and what it prints when it is told to stop."""

        class Stopping(Aws):
            async def stop_task(self, **request):
                ended = {**RUNNING, "executionStoppedAt": ENDED, "containers": [own(143)]}
                self.looks = [{**RUNNING, "lastStatus": "STOPPING"}, ended]
                return await super().stop_task(**request)

        aws = Stopping([RUNNING], [NOTHING, page("told to end"), NOTHING])
        event = await self.event(aws, deadline=self.soon())
        self.assertEqual((event["status"], event["told_to_stop"]), ("timeout", True))
        self.assertEqual(event["task"]["containers"][0]["exitCode"], 143)
        self.assertEqual(event["task"]["executionStoppedAt"], ENDED.isoformat())
        self.assertEqual(event["tail"], ["told to end"])

    async def test_a_container_that_does_not_stop(self):
        event = await self.event(Aws([RUNNING], [page("still here"), NOTHING]), deadline=self.soon())
        self.assertEqual((event["status"], event["told_to_stop"]), ("timeout", True))
        self.assertEqual(event["task"]["lastStatus"], "RUNNING")
        self.assertEqual(event["tail"], ["still here"])

    async def test_a_container_that_can_not_be_stopped(self):
        event = await self.event(Aws([RUNNING], stops=[refused("AccessDeniedException")]), deadline=self.soon())
        self.assertEqual((event["status"], event["told_to_stop"]), ("timeout", False))

    async def test_it_is_kept_while_aws_is_silent(self):
        class Silent(Aws):
            async def describe_tasks(self, **request):
                await asyncio.sleep(3600)

        event = await self.event(Silent(), deadline=self.soon())
        self.assertEqual(event["status"], "timeout")

    async def test_one_that_was_over_before_the_trigger_came(self):
        event = await self.event(Aws([RUNNING]), deadline="2026-01-01T00:00:00+00:00")
        self.assertEqual(event["status"], "timeout")

    async def test_the_attempts(self):
        for stop, stops in ((True, 1), (False, 0)):
            with self.subTest(stop):
                aws = Aws([RUNNING])
                event = await self.event(aws, give_up_at=self.soon(), stop_on_failure=stop)
                self.assertEqual((event["status"], aws.count("StopTask")), ("gave_up", stops))

    async def test_a_stop_that_is_throttled(self):
        aws = Aws([RUNNING], stops=[THROTTLED, NO_NETWORK, {}])
        await self.event(aws, deadline=self.soon())
        self.assertEqual(aws.count("StopTask"), 3)


class Killed(Triggers):
    """Airflow calls on_kill when a user ends a task, and also when another triggerer takes the trigger over."""

    async def stops(self, states, look=None, **instance):
        fargate_task_watch._SHARED.clear()
        aws = Aws([RUNNING if look is None else look])
        trigger = self.trigger(aws)
        self.said = []
        for level in ("info", "warning"):
            setattr(trigger._log, level, lambda text, *facts: self.said.append(text % facts))
        facts = {"dag_id": "d", "task_id": "odd", "run_id": "r", "map_index": -1, **instance}
        trigger._task_instance = SimpleNamespace(**facts)
        answers = states if isinstance(states, list) else [states] * fargate_task_trigger.STATE_ATTEMPTS
        asend = mock.AsyncMock(side_effect=answers)
        with mock.patch.object(task_runner, "SUPERVISOR_COMMS", SimpleNamespace(asend=asend), create=True):
            await trigger.on_kill()
        self.asked = asend.await_args.args[0]
        self.reason = getattr(aws, "stopped_for", None)
        return aws.count("StopTask")

    async def test_ended_by_a_user(self):
        for state in ("failed", "success", "skipped", "scheduled", "queued", "running", "up_for_retry"):
            with self.subTest(state):
                self.assertEqual(await self.stops(TaskStatesResult(task_states={"r": {"odd": state}})), 1)
                was = "cleared" if state in ("scheduled", "queued", "running") else state
                self.assertEqual(self.reason, f"Airflow: its task was ended by a user, it is {was}")

    async def test_cleared(self):
        self.assertEqual(await self.stops(TaskStatesResult(task_states={"r": {"odd": None}})), 1)
        self.assertEqual(self.reason, "Airflow: its task was ended by a user, it is cleared")

    async def test_deleted_with_its_dag(self):
        self.assertEqual(await self.stops(TaskStatesResult(task_states={})), 1)
        self.assertEqual(self.reason, "Airflow: its task was ended by a user, it is deleted")

    async def test_somebody_waits_all_the_same(self):
        """Another triggerer for the same container, or one for that of a new try: what is said is what ECS tells."""
        deferred = TaskStatesResult(task_states={"r": {"odd": "deferred"}})
        by_new_try = {**RUNNING, "desiredStatus": "STOPPED", "stoppedReason": "Airflow: its task was ended by a user"}
        for look, said in (
            ({**RUNNING, "desiredStatus": "RUNNING"}, "runs on: its Airflow task waits for it in another triggerer"),
            (by_new_try, "is told to stop already: its task was ended by a user"),
            ({**STOPPED, "desiredStatus": "STOPPED"}, "has ended already"),
            (MISSING, "is left alone: its Airflow task waits, and ECS does not tell whether for this one"),
            (NO_NETWORK, "is left alone: its Airflow task waits, and ECS does not tell whether for this one"),
        ):
            with self.subTest(said):
                self.assertEqual(await self.stops(deferred, look), 0)
                self.assertEqual(self.said, [f"Fargate task 0123456789abcdef {said}"])

    async def test_a_mapped_task(self):
        states = TaskStatesResult(task_states={"r": {"odd_1": "failed", "odd_2": "deferred"}})
        self.assertEqual(await self.stops(states, map_index=1), 1)
        self.assertEqual(self.asked.map_index, 1)
        self.assertEqual(await self.stops(states, map_index=2), 0)

    async def test_nobody_knows(self):
        """What is alive is not ended on a guess; the sweep sees it later."""
        self.assertEqual(await self.stops(RuntimeError("no answer")), 0)

    async def test_airflow_is_asked_again(self):
        ended = TaskStatesResult(task_states={"r": {"odd": "failed"}})
        self.assertEqual(await self.stops([RuntimeError("no answer"), TimeoutError(), ended]), 1)

    async def test_without_a_task(self):
        aws = Aws()
        await self.trigger(aws).on_kill()
        self.assertEqual(aws.count("StopTask"), 0)


class Shared(Triggers):
    """Many at once."""

    async def test_one_look_at_many(self):
        arns = [f"{ARN}{number}" for number in range(250)]

        class Many(Aws):
            async def describe_tasks(self, cluster, tasks):
                self.calls.append(("DescribeTasks", tuple(tasks)))
                return {"tasks": [{**STOPPED, "taskArn": arn} for arn in tasks], "failures": []}

        aws = Many()
        fargate_task_watch.TOGETHER_SECONDS = 0.1  # put back by setUp's patch
        triggers = [self.trigger(aws, task_arn=arn, log_group=None) for arn in arns]

        async def first(trigger):
            return [event.payload["task_arn"] async for event in trigger.run()]

        told = await asyncio.wait_for(asyncio.gather(*map(first, triggers)), 10)
        self.assertEqual(sorted(arn for [arn] in told), sorted(arns))
        sizes = [len(tasks) for operation, tasks in aws.calls if operation == "DescribeTasks"]
        self.assertEqual(sizes, [100, 100, 50])
        self.assertEqual(aws.connections, 1)

    async def test_who_leaves_is_not_looked_at_any_more(self):
        aws = Aws([RUNNING])
        trigger = self.trigger(aws)
        running = asyncio.create_task(anext(trigger.run()))
        await asyncio.sleep(0.1)
        running.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await running
        await asyncio.sleep(0.02)
        calls = len(aws.calls)
        await asyncio.sleep(0.1)
        self.assertEqual(len(aws.calls), calls)

    async def test_a_pace(self):
        pace = fargate_task_watch.Pace(100)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(*(pace.wait() for _unused in range(11)))
        self.assertGreaterEqual(loop.time() - begun, 0.1)

    def test_pauses_grow_and_differ(self):
        mock.patch.stopall()
        pauses = [[fargate_task_watch.pause_after(failures) for _unused in range(20)] for failures in (1, 4, 30)]
        self.assertLess(max(pauses[0]), min(pauses[1]))
        self.assertLessEqual(max(pauses[2]), 60)
        self.assertGreater(len({*pauses[2]}), 1)


if __name__ == "__main__":
    unittest.main()
