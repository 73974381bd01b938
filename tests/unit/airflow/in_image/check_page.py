"""The page "Fargate": what it shows to whom, and what it does where something can't be read."""

from __future__ import annotations

import importlib
import json
import os
import sys
import unittest
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest import mock

from airflow.api_fastapi.common.db.common import _get_session
from airflow.api_fastapi.core_api.security import get_user
from airflow.models import import_all_models
from airflow.models.errors import ParseImportError
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from botocore.exceptions import ClientError, EndpointConnectionError
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

os.environ.update({"FARFLOW_ENVIRONMENT": "dev", "AWS_REGION": "eu-west-1"})
sys.path.insert(0, os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER", "/opt/airflow/plugins"))

page, page_definitions, page_runs = map(
    importlib.import_module, ("farflow.page", "farflow.page_definitions", "farflow.page_runs")
)

NOTE = {
    "task": "report",
    "arn": "arn:aws:ecs:eu-west-1:123456789012:task/dev/0123",
    "task_url": "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/dev/tasks/0123",
    "log_url": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home",
    "size": "0.25 vCPU, 512 MiB",
    "image": "report@sha256:0",
    "exit_code": 3,
    "stop_code": "EssentialContainerExited",
    "seconds": 61.4,
    "cost": "0.0012 USD by prices of 2026-10-01",
}
BEGAN = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)


def run(state="failed", told=None, **changed):
    of = {"dag_id": "daily", "run_id": "manual__1", "task_id": "make", "map_index": -1, "try_number": 2}
    told = NOTE if told is None else told
    return page_runs.Run(**{**of, "state": state, "started": BEGAN, "ended": None, "told": told, **changed})


class ClientDouble:
    """ECS with these families, each with its revisions; counts what it is asked."""

    def __init__(self, **families):
        self.families = families
        self.described = []

    def get_paginator(self, operation):
        assert operation == "list_task_definitions"
        return self

    def paginate(self, status):
        assert status == "ACTIVE"
        arns = [
            f"arn:aws:ecs:eu-west-1:1:task-definition/{family}:{revision}"
            for family, (_group, revisions) in self.families.items()
            for revision in revisions
        ]
        return [{"taskDefinitionArns": arns[:2]}, {"taskDefinitionArns": arns[2:]}]

    def describe_task_definition(self, **named):
        self.described.append(named["taskDefinition"])
        family, revision = page_definitions.family_and_revision(named["taskDefinition"])
        options = {"awslogs-group": self.families[family][0], "awslogs-stream-prefix": family.partition("-")[2]}
        container = {"name": family, "image": f"{family}@sha256:0", "logConfiguration": {"options": options}}
        definition = {"family": family, "revision": revision, "cpu": "256", "memory": "512"}
        return {"taskDefinition": {**definition, "containerDefinitions": [container]}}


def definitions(client):
    found = page_definitions.Definitions("dev", "eu-west-1")
    found.__dict__["_client"] = client
    return found


def families(*names, group="/farflow/dev/tasks", revisions=(1,)):
    return dict.fromkeys(names, (group, revisions))


class TestDefinitions(unittest.TestCase):
    def test_the_newest_revision_of_each_dag_task_and_nothing_of_anybody_else(self):
        client = ClientDouble(
            **families("dev-report", revisions=(1, 12, 2)),
            **families("dev-airflow-scheduler", "prod-report", "dev"),
            **families("dev-x-report", group="/farflow/dev-x/tasks"),
        )
        found = definitions(client).read()
        self.assertEqual([(one.task, one.revision, one.size) for one in found], [("report", 12, "0.25 vCPU, 512 MiB")])

    def test_a_revision_is_asked_for_once(self):
        client = ClientDouble(**families("dev-a", "dev-b"))
        found = definitions(client)
        found.read()
        client.families["dev-a"] = ("/farflow/dev/tasks", (1, 2))
        self.assertEqual([one.revision for one in found.read()], [2, 1])
        self.assertEqual(len(client.described), 3)

    def test_of_many_new_ones_some_are_left_for_the_next_look(self):
        found = definitions(ClientDouble(**families(*(f"dev-{number:03}" for number in range(130)))))
        self.assertEqual((len(found.read()), found.unread), (100, 30))
        self.assertEqual((len(found.read()), found.unread), (130, 0))


class TestRuns(unittest.TestCase):
    def test_each_dag_task_has_the_youngest_run_that_is_its_own(self):
        tasks = [SimpleNamespace(task="report"), SimpleNamespace(task="other")]
        young = run()
        self.assertEqual(page_runs.with_last_runs(tasks, [young, run(try_number=1)])[0][1], young)
        self.assertIsNone(page_runs.with_last_runs(tasks, [young])[1][1])

    def test_a_run_has_its_place_in_airflow(self):
        found = run(dag_id="a/b", run_id="scheduled__2026-11-02T00:00:00+00:00", map_index=3)
        path = "/dags/a%2Fb/runs/scheduled__2026-11-02T00%3A00%3A00%2B00%3A00/tasks/make/mapped/3"
        self.assertEqual(found.path, path)


class PageCase(unittest.TestCase):
    """The page with these runs, tasks and versions, as a user sees it who may read the DAG ``daily``."""

    sees_errors = True

    def setUp(self):
        self.manager = mock.Mock()
        self.manager.get_authorized_dag_ids.return_value = {"daily"}
        self.manager.is_authorized_view.side_effect = lambda **_given: self.sees_errors
        self.tasks = mock.Mock(unread=0)
        self.tasks.read.return_value = []
        for target, double in {
            "get_auth_manager": lambda: self.manager,
            "_definitions": lambda: self.tasks,
            "_versions": self.versions,
        }.items():
            self.enterContext(mock.patch.object(page, target, double))
        self.runs = self.enterContext(mock.patch.object(page_runs, "runs", return_value=[]))
        self.errors = self.enterContext(mock.patch.object(page_runs, "import_errors", return_value=[]))
        page.app.dependency_overrides = {get_user: lambda: "ada", _get_session: lambda: None}
        self.addCleanup(page.app.dependency_overrides.clear)
        self.client = TestClient(page.app)

    def versions(self):
        return []

    def shown(self):
        answer = self.client.get("/")
        self.assertEqual(answer.status_code, 200)
        return answer.text


class TestPage(PageCase):
    def test_nobody_who_is_not_signed_in_sees_it(self):
        page.app.dependency_overrides.pop(get_user)
        self.assertEqual(self.client.get("/").status_code, 401)

    def test_nothing_there_is_said_in_words(self):
        text = self.shown()
        for words in ("No Fargate task", "No DAG task is deployed", "come with Airflow&#39;s image", "can be imported"):
            self.assertIn(words.replace("&#39;", "'"), text)

    def test_what_ran_is_told_with_exit_code_duration_cost_and_links(self):
        self.runs.return_value = [run()]
        text = self.shown()
        for words in ("exit code 3", "61 s", "0.0012 USD", NOTE["task_url"], "/dags/daily/runs/manual__1/tasks/make"):
            self.assertIn(words, text)

    def test_runs_are_those_of_dags_that_the_user_may_read(self):
        self.shown()
        self.assertEqual(self.runs.call_args.args[1], {"daily"})

    def test_a_run_that_goes_on_is_apart_from_those_that_ended(self):
        note = {name: NOTE[name] for name in ("task", "arn", "task_url", "log_url", "size", "image")}
        self.runs.return_value = [run("deferred", note)]
        text = self.shown()
        self.assertIn("Running (1)", text)
        self.assertIn("No Fargate task has ended", text)

    def test_a_note_that_says_nothing_breaks_no_page(self):
        self.runs.return_value = [run(told={}), run("running", {})]
        self.assertIn("daily.make", self.shown())

    def test_a_note_that_somebody_else_wrote_breaks_no_page(self):
        """XComs are anybody's: a DAG's author writes what they like under any key."""
        strange = {"task": ["x"], "seconds": "abc", "exit_code": "<b>", "cost": {}, "size": 3, "stop_code": []}
        links = {"task_url": "javascript:alert(1)", "log_url": "http://example.org"}
        self.runs.return_value = [run(told={**strange, **links}), run(told={"seconds": float("nan")}), run(told=["x"])]
        text = self.shown()
        self.assertIn("daily.make", text)
        for words in ("javascript:", "http://example.org", "abc", "exit code"):
            self.assertNotIn(words, text)

    def test_whatever_a_name_holds_is_text(self):
        self.runs.return_value = [run(told={**NOTE, "task": "<script>alert(1)</script>"})]
        self.assertNotIn("<script>alert", self.shown())

    def test_import_errors_are_for_those_who_may_see_them(self):
        self.errors.return_value = [page_runs.Broken("late.py", "dags-folder", BEGAN, "NameError: x")]
        self.assertIn("NameError: x", self.shown())
        self.sees_errors = False
        self.assertNotIn("late.py", self.shown())

    def test_what_aws_refuses_is_told_in_its_place(self):
        self.tasks.read.side_effect = ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListTaskDefinitions")
        self.runs.return_value = [run()]
        text = self.shown()
        self.assertIn("AWS did not tell them", text)
        self.assertIn("exit code 3", text)


class TestVersions(PageCase):
    def versions(self):
        if self.fails:
            raise EndpointConnectionError(endpoint_url="https://s3")
        of = {"when": "2026-11-02T03:04:05+00:00", "by": "arn:aws:iam::1:user/ada", "commit": "abc+", "files": 3}
        return [{**of, "version": "b" * 16, "previous": "a" * 16}, {**of, "version": "a" * 16, "previous": None}]

    def test_the_history_is_told_the_current_one_first(self):
        self.fails = False
        text = self.shown()
        self.assertLess(text.index("(current)"), text.index(f"<code>{'a' * 16}</code></td><td>2026"))
        self.assertIn("arn:aws:iam::1:user/ada", text)

    def test_a_bucket_that_does_not_answer_is_told(self):
        self.fails = True
        self.assertIn("The bucket did not tell them", self.shown())


class TestDatabase(unittest.TestCase):
    """The queries, on a database of the three tables."""

    def setUp(self):
        import_all_models()
        engine = create_engine("sqlite://")
        tables = [each.__table__ for each in (XComModel, TaskInstance, ParseImportError)]
        for table in tables:
            table.create(engine)
        self.addCleanup(engine.dispose)
        self.session = Session(engine)
        self.addCleanup(self.session.close)
        self.tables = dict(zip(("xcom", "instance", "error"), tables, strict=True))

    def add(self, table, **values):
        self.session.execute(self.tables[table].insert().values(**values))

    def add_run(self, dag_id, key="fargate_task", at=BEGAN, state="success", note=None):
        of = {"dag_id": dag_id, "run_id": "r", "task_id": "make", "map_index": -1}
        more = {"pool": "default_pool", "pool_slots": 1, "queue": "default", "state": state, "try_number": 1}
        self.add("instance", id=uuid.uuid4(), **of, **more)
        self.add("xcom", dag_run_id=len(dag_id), key=key, value=json.dumps(note or NOTE), timestamp=at, **of)

    def test_runs_with_a_note_of_the_dags_that_are_asked_for_the_youngest_first(self):
        self.add_run("a")
        self.add_run("bb", at=BEGAN.replace(year=2027))
        self.add_run("ccc")
        self.add_run("dddd", key="return_value")
        found = page_runs.runs(self.session, {"a", "bb", "dddd"}, 10)
        self.assertEqual([(one.dag_id, one.state) for one in found], [("bb", "success"), ("a", "success")])
        self.assertEqual(found[0].told, NOTE)
        self.assertEqual([one.dag_id for one in page_runs.runs(self.session, {"a", "bb"}, 1)], ["bb"])
        self.assertEqual(page_runs.runs(self.session, set(), 10), [])

    def test_a_note_that_airflow_cannot_read_is_none(self):
        self.add_run("a", note={"__classname__": "no.such.Class", "__version__": 1, "__data__": {}})
        [found] = page_runs.runs(self.session, {"a"}, 10)
        self.assertEqual(found.told, {})

    def test_an_import_error_is_told_by_its_last_line(self):
        trace = "Traceback (most recent call last):\n  x\nNameError: name 'y' is not defined\n\n"
        self.add("error", id=1, timestamp=BEGAN, filename="late.py", bundle_name="dags-folder", stacktrace=trace)
        [found] = page_runs.import_errors(self.session, 5)
        self.assertEqual((found.file, found.why), ("late.py", "NameError: name 'y' is not defined"))


if __name__ == "__main__":
    unittest.main()
