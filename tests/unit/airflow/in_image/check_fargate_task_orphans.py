"""Fargate tasks for which no Airflow task waits: which they are, and what becomes of them."""

from __future__ import annotations

import contextlib
import io
import os
import unittest
from datetime import UTC, datetime, timedelta
from unittest import mock

from fargate_doubles import context, deployed, odd_task

from farflow import fargate_task_orphans as orphans
from farflow import fargate_task_sweep as sweep_of
from farflow.fargate_task_orphans import State
from farflow.fargate_task_owner import Owner
from farflow.fargate_task_request import request
from farflow.fargate_task_sweep import Sweep

LONG_AGO = datetime.now(tz=UTC) - timedelta(hours=2)


def now():
    """Not as of the import: other checks run for minutes between."""
    return datetime.now(tz=UTC)


PREFIX = "arn:aws:ecs:eu-west-1:123456789012:task/lab-cluster/"


def fargate_task(number=1, created=LONG_AGO, arguments=None, **instance):
    """A member of DescribeTasks' answer, as FargateTask has it started; it may have got none of the tags that the task
    definition has, as with `propagate_tags="NONE"`.
    """
    with deployed():
        asked = request(odd_task(**(arguments or {})), context(**instance))
    return {
        "taskArn": f"{PREFIX}{number}",
        "startedBy": asked["startedBy"],
        "tags": asked["tags"],
        "createdAt": created,
    }


class Ecs:
    """A cluster with these tasks, a hundred in a page."""

    def __init__(self, *tasks, refuses=()):
        self.tasks = {task["taskArn"]: task for task in tasks}
        self.refuses = refuses
        self.stopped = {}

    def get_paginator(self, operation):
        arns = list(self.tasks)
        pages = [{"taskArns": arns[first : first + 100]} for first in range(0, len(arns), 100)]
        return mock.Mock(**{"paginate.return_value": pages})

    def describe_tasks(self, cluster, tasks, include):
        assert len(tasks) <= 100 and include == ["TAGS"]
        return {"tasks": [self.tasks[arn] for arn in tasks if arn in self.tasks]}

    def stop_task(self, cluster, task, reason):
        if task in self.refuses:
            raise RuntimeError("AccessDeniedException")
        self.stopped[task] = reason
        del self.tasks[task]


def all_are(state, **facts):
    return lambda owners: {owner: State(state, **facts) for owner in owners}


def nobody(owners):
    return {}


class Found(unittest.TestCase):
    def found(self, states, *tasks):
        return [orphan.arn.removeprefix(PREFIX) for orphan in orphans.find(Ecs(*tasks), "lab-cluster", "lab", states)]

    def test_whose_it_is(self):
        [orphan] = orphans.find(Ecs(fargate_task(map_index=3)), "lab-cluster", "lab", nobody)
        self.assertEqual(orphan.owner, Owner("d", "odd_task", "r", 3))
        self.assertEqual(str(orphan), "1 d.odd_task [3] of run r: Airflow does not know this task any more")

    def test_by_the_state_of_the_airflow_task(self):
        for state in ("success", "failed", "skipped", "upstream_failed", "removed"):
            with self.subTest(state):
                self.assertEqual(self.found(all_are(state, ended=LONG_AGO), fargate_task()), ["1"])
        for state in ("running", "deferred", "queued", "scheduled", "up_for_retry", "restarting", "a new one"):
            with self.subTest(state):
                self.assertEqual(self.found(all_are(state), fargate_task()), [])

    def test_a_task_that_was_cleared_and_that_nothing_begins_again(self):
        """As one of a DAG that is paused, or not in the current version any more."""
        [orphan] = orphans.find(Ecs(fargate_task()), "lab-cluster", "lab", all_are(None, file_gone=now()))
        self.assertEqual(orphan.why, "its task was cleared")

    def test_one_that_its_author_wants_to_run_on_when_the_wait_for_it_has_failed(self):
        left = fargate_task(arguments={"stop_task_on_failure": False})
        self.assertEqual(self.found(all_are("failed", ended=LONG_AGO), left), [])
        for states in (all_are("success", ended=LONG_AGO), all_are(None), nobody):
            self.assertEqual(self.found(states, left), ["1"])

    def test_a_moment_is_given(self):
        self.assertEqual(self.found(nobody, fargate_task(created=now())), [])
        self.assertEqual(self.found(all_are("failed", ended=now()), fargate_task()), [])

    def test_one_that_waits_for_another_container(self):
        other = all_are("deferred", waits_for=f"{PREFIX}2")
        self.assertEqual(self.found(other, fargate_task(1), fargate_task(2)), ["1"])

    def test_a_dag_whose_file_is_gone(self):
        self.assertEqual(self.found(all_are("deferred", file_gone=LONG_AGO), fargate_task()), ["1"])
        self.assertEqual(self.found(all_are("deferred", file_gone=now()), fargate_task()), [])

    def test_what_is_not_beyond_doubt(self):
        whole = fargate_task()
        others = {
            "without tags": {**whole, "tags": []},
            "of another environment": {
                **whole,
                "tags": [
                    {**each, "value": "prod"} if each["key"].endswith(":environment") else each
                    for each in whole["tags"]
                ],
            },
            "started by somebody": {**whole, "startedBy": "ecs-svc/1"},
            "a run whose id no tag can hold": fargate_task(run_id="a~b"),
            "runs on by its author's wish": fargate_task(arguments={"wait_for_completion": False}),
        }
        for what, task in others.items():
            with self.subTest(what):
                self.assertEqual(self.found(nobody, task), [])

    def test_hundreds(self):
        tasks = [fargate_task(number, map_index=number) for number in range(250)]
        self.assertEqual(len(self.found(nobody, *tasks)), 250)

    def test_airflow_is_not_asked_for_nothing(self):
        self.assertEqual(self.found(mock.Mock(side_effect=AssertionError)), [])


class Swept(unittest.TestCase):
    def test_at_the_second_look(self):
        ecs, sweep = Ecs(fargate_task()), Sweep()
        self.assertEqual(sweep.once(ecs, "lab-cluster", "lab", nobody), [])
        self.assertEqual(ecs.stopped, {})
        self.assertEqual(len(sweep.once(ecs, "lab-cluster", "lab", nobody)), 1)
        self.assertEqual(ecs.stopped, {f"{PREFIX}1": "Airflow: Airflow does not know this task any more"})

    def test_one_that_lives_again_between_two_looks(self):
        ecs, sweep = Ecs(fargate_task()), Sweep()
        for states in (nobody, all_are("running"), nobody):
            sweep.once(ecs, "lab-cluster", "lab", states)
        self.assertEqual(ecs.stopped, {})

    def test_a_database_that_does_not_answer(self):
        """The thread goes on, and what it saw before counts no more."""
        sweep = Sweep()
        sweep._seen = {f"{PREFIX}1"}
        sweep._ended = mock.Mock(wait=mock.Mock(side_effect=[False] * 12 + [True]))
        with (
            mock.patch.object(sweep_of, "connected", side_effect=RuntimeError("no database")) as connected,
            mock.patch.object(sweep_of, "release", side_effect=RuntimeError("no database")) as release,
        ):
            sweep._run()
        self.assertEqual(sweep._seen, set())
        self.assertEqual((release.call_count, connected.call_count), (12, 4))


class Command(unittest.TestCase):
    def run_with(self, ecs, *arguments, states=nobody):
        output = io.StringIO()
        with (
            mock.patch.object(orphans, "connected", return_value=(ecs, "lab-cluster", "lab")),
            mock.patch.object(orphans, "states_in_database", states),
            contextlib.redirect_stdout(output),
        ):
            code = orphans.main(list(arguments))
        return code, output.getvalue().splitlines()

    def test_lists_them(self):
        ecs = Ecs(fargate_task())
        lines = ["found: 1 d.odd_task of run r: Airflow does not know this task any more"]
        self.assertEqual(self.run_with(ecs), (0, lines))
        self.assertEqual(ecs.stopped, {})

    def test_stops_them(self):
        ecs = Ecs(fargate_task(1), fargate_task(2), refuses=(f"{PREFIX}2",))
        code, lines = self.run_with(ecs, "--stop")
        self.assertEqual((code, [line.split()[:2] for line in lines[-2:]]), (1, [["stopped:", "1"], ["left:", "2"]]))

    def test_there_are_none(self):
        self.assertEqual(self.run_with(Ecs(), "--stop"), (0, ["an Airflow task waits for every Fargate task"]))

    def test_another_word(self):
        self.assertEqual(self.run_with(Ecs(), "--kill")[0], 64)


class Begins(unittest.TestCase):
    def test_in_the_triggerer_of_a_deployment_alone(self):
        import stop_orphans

        for command, cluster, begins in (("triggerer", "lab", 1), ("scheduler", "lab", 0), ("triggerer", "", 0)):
            with (
                self.subTest(command=command, cluster=cluster),
                mock.patch.dict(os.environ, {"FARFLOW_CLUSTER": cluster}),
                mock.patch("sys.argv", ["airflow", command]),
                mock.patch.object(stop_orphans, "_BEGUN", []),
                mock.patch.object(Sweep, "begin") as begin,
            ):
                stop_orphans.on_starting(component=object())
                stop_orphans.on_starting(component=object())
                self.assertEqual(begin.call_count, begins)


if __name__ == "__main__":
    unittest.main()
