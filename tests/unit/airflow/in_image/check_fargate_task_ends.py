"""How Fargate tasks have ended that no Airflow task has seen the end of: what is noted, and what is left alone."""

from __future__ import annotations

import json
import unittest
import uuid
from datetime import UTC, datetime, timedelta

from airflow.models import import_all_models
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from check_fargate_task_orphans import PREFIX, Ecs, fargate_task
from fargate_doubles import own
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from farflow import fargate_task_ends as ends
from farflow import fargate_task_note as note
from farflow.fargate_task_owner import Owner

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = {
    "task": "multi_task",
    "arn": f"{PREFIX}1",
    "task_url": "https://ecs",
    "log_url": "https://log",
    "size": "1 vCPU",
}


def stopped(number=1, **changes):
    """A task that has run for an hour, and failed."""
    hour = {"createdAt": BEGUN, "pullStartedAt": BEGUN, "stoppedAt": BEGUN + timedelta(hours=1)}
    size = {"cpu": "1024", "memory": "2048", "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}]}
    of = {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "containers": [own(3)]}
    return {**fargate_task(number, arguments={"wait_for_completion": False}), **hour, **size, **of, **changes}


class Looks(unittest.TestCase):
    """What is asked of ECS, and handed on."""

    def setUp(self):
        self.asked = []
        self.later = []

    def note_all(self, ended, environment):
        self.asked.append({arn.removeprefix(PREFIX): owner for arn, (owner, _unused) in ended.items()})
        return [arn for arn in ended if arn not in self.later], self.later

    def test_each_is_looked_at_once(self):
        ecs, found = Ecs(stopped(1), stopped(2, lastStatus="DEPROVISIONING")), ends.Ends()
        owner = Owner("d", "odd_task", "r", -1)
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [f"{PREFIX}1"])
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [])
        ecs.tasks[f"{PREFIX}2"]["lastStatus"] = "STOPPED"
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [f"{PREFIX}2"])
        self.assertEqual(self.asked, [{"1": owner}, {"2": owner}])

    def test_one_whose_airflow_task_may_see_the_end_is_looked_at_again(self):
        ecs, found = Ecs(stopped(1)), ends.Ends()
        self.later = [f"{PREFIX}1"]
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [])
        self.later = []
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [f"{PREFIX}1"])

    def test_nobody_elses(self):
        ecs, found = Ecs(stopped(1, tags=[]), stopped(2, startedBy="ecs-svc/1")), ends.Ends()
        self.assertEqual(found.once(ecs, "lab-cluster", "lab", self.note_all), [])
        self.assertEqual(self.asked, [])

    def test_what_ecs_has_forgotten_is_forgotten(self):
        ecs, found = Ecs(stopped(1)), ends.Ends()
        found.once(ecs, "lab-cluster", "lab", self.note_all)
        ecs.tasks.clear()
        found.once(ecs, "lab-cluster", "lab", self.note_all)
        self.assertEqual(found._done, set())


class Written(unittest.TestCase):
    """On a database of the two tables."""

    def setUp(self):
        import_all_models()
        engine = create_engine("sqlite://")
        for model in (XComModel, TaskInstance):
            model.__table__.create(engine)
        self.addCleanup(engine.dispose)
        self.session = Session(engine)
        self.addCleanup(self.session.close)
        self.numbers = iter(range(100))

    def add(self, state="success", noted=None, run_id="r"):
        noted = BEFORE if noted is None else noted
        of = {"dag_id": "d", "run_id": run_id, "task_id": "odd_task", "map_index": -1}
        more = {"pool": "default_pool", "pool_slots": 1, "queue": "default", "state": state, "try_number": 1}
        self.session.execute(TaskInstance.__table__.insert().values(id=uuid.uuid4(), **of, **more))
        xcom = {"dag_run_id": next(self.numbers), "key": note.KEY, "value": noted, "timestamp": BEGUN}
        self.session.execute(XComModel.__table__.insert().values(**xcom, **of))

    def write(self, **changes):
        task = stopped(**changes)
        owner = Owner("d", "odd_task", changes.get("run_id", "r"), -1)
        return ends.write(self.session, {task["taskArn"]: (owner, task)}, "lab")

    def notes(self):
        return list(self.session.scalars(select(XComModel.__table__.c.value)))

    def test_the_end_is_added(self):
        self.add()
        self.assertEqual(self.write(), ([f"{PREFIX}1"], []))
        outcome = {
            "exit_code": 3,
            "stop_code": "EssentialContainerExited",
            "seconds": 3600.0,
            "cost": "0.0494 USD by prices of 2026-10-01",
        }
        self.assertEqual(self.notes(), [{**BEFORE, **outcome}])
        self.assertEqual(self.write(), ([], []))

    def test_one_that_airflow_has_marked_or_cleared(self):
        for number, state in enumerate(("failed", "skipped", None, "up_for_retry")):
            with self.subTest(state):
                self.session.execute(TaskInstance.__table__.delete())
                self.session.execute(XComModel.__table__.delete())
                self.add(state)
                self.assertEqual(self.write(), ([f"{PREFIX}1"], []), number)

    def test_one_that_may_see_the_end_itself(self):
        for state in ("running", "deferred", "queued", "scheduled", "restarting"):
            with self.subTest(state):
                self.session.execute(TaskInstance.__table__.delete())
                self.session.execute(XComModel.__table__.delete())
                self.add(state)
                self.assertEqual(self.write(), ([], [f"{PREFIX}1"]))
                self.assertEqual(self.notes(), [BEFORE])

    def test_what_is_left_alone(self):
        for noted in (
            {**BEFORE, "arn": f"{PREFIX}9"},
            {**BEFORE, "cost": "1 USD"},
            ["x"],
            "x",
            {"__classname__": "no.X"},
        ):
            with self.subTest(noted):
                self.session.execute(TaskInstance.__table__.delete())
                self.session.execute(XComModel.__table__.delete())
                self.add(noted=noted)
                self.assertEqual(self.write(), ([], []))
                self.assertEqual(self.notes(), [noted])

    def test_one_that_airflow_does_not_know_any_more(self):
        self.assertEqual(self.write(), ([], []))

    def test_a_note_that_is_text(self):
        """As an XCom is that was not set by a task."""
        self.add(noted=json.dumps(BEFORE))
        self.assertEqual(self.write(), ([f"{PREFIX}1"], []))


if __name__ == "__main__":
    unittest.main()
