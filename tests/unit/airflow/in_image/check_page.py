"""The page "Fargate": what it shows to whom, and what it does where something can't be read."""

from __future__ import annotations

import importlib
import json
import os
import sys
import unittest
import uuid
from datetime import UTC, datetime, timedelta
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

page, page_containers, page_definitions, page_runs = map(
    importlib.import_module,
    ("farflow.page", "farflow.page_containers", "farflow.page_definitions", "farflow.page_runs"),
)

dag_versions, owner = map(importlib.import_module, ("farflow.dag_versions", "farflow.fargate_task_owner"))

NOTE = {
    "task": "report",
    "arn": "arn:aws:ecs:eu-west-1:123456789012:task/dev/0123",
    "task_url": "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/dev/tasks/0123",
    "log_url": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home",
    "size": "0.25 vCPU, 512 MiB",
    "capacity": "on Fargate Spot",
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

    def test_what_its_task_yml_says_of_the_capacity(self):
        client = ClientDouble(**families("dev-report", "dev-other"))
        describe = client.describe_task_definition

        def describe_with_label(**named):
            answer = describe(**named)
            if answer["taskDefinition"]["family"] == "dev-report":
                answer["taskDefinition"]["containerDefinitions"][0]["dockerLabels"] = {"farflow.capacity": "spot"}
            return answer

        client.describe_task_definition = describe_with_label
        self.assertEqual(
            [(one.task, one.capacity) for one in definitions(client).read()], [("other", None), ("report", "spot")]
        )

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


def container(number=1, **instance):
    """A member of DescribeTasks' answer: a Fargate task of this environment that runs."""
    of = {"dag_id": "daily", "task_id": "make", "run_id": "manual__1", "map_index": -1, "try_number": 2, **instance}
    return {
        "taskArn": f"arn:aws:ecs:eu-west-1:123456789012:task/dev/{number:04}",
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/dev-report:3",
        "startedBy": owner.started_by(SimpleNamespace(**of)),
        "tags": [{"key": key, "value": value} for key, value in owner.own_tags(SimpleNamespace(**of)).items()],
        "lastStatus": "RUNNING",
        "startedAt": BEGAN + timedelta(minutes=number),
        "cpu": "256",
        "memory": "512",
        "overrides": {"memory": "2048"},
    }


class Ecs:
    """A cluster in which these tasks run; counts how often it is asked."""

    def __init__(self, *tasks):
        self.tasks = tasks
        self.asked = 0

    def get_paginator(self, operation):
        assert operation == "list_tasks"
        return self

    def paginate(self, cluster, **wanted):
        assert (cluster, wanted) == ("cluster", {"desiredStatus": "RUNNING"})
        self.asked += 1
        return [{"taskArns": [task["taskArn"] for task in self.tasks]}]

    def describe_tasks(self, tasks, **given):
        return {"tasks": [task for task in self.tasks if task["taskArn"] in tasks]}


def containers(ecs, environment="dev"):
    found = page_containers.Containers(environment, "cluster", "eu-west-1")
    found.__dict__["_client"] = ecs
    return found


class TestContainers(unittest.TestCase):
    def test_those_of_the_environment_the_youngest_first(self):
        of_nobody = {**container(3), "tags": []}
        found = containers(Ecs(container(1), of_nobody, container(2, map_index=4))).read()
        self.assertEqual([one.arn[-4:] for one in found], ["0002", "0001"])
        young = found[0]
        self.assertEqual(young.owner, owner.Owner("daily", "make", "manual__1", 4))
        self.assertEqual(
            (young.task, young.try_number, young.size, young.status), ("report", 2, "0.25 vCPU, 2048 MiB", "RUNNING")
        )

    def test_one_answer_serves_all_for_some_seconds(self):
        ecs = Ecs(container())
        found = containers(ecs)
        self.assertEqual(len(found.read() + found.read()), 2)
        self.assertEqual(ecs.asked, 1)
        with mock.patch.object(page_containers, "_SECONDS", 0.0):
            found.read()
        self.assertEqual(ecs.asked, 2)

    def test_outside_of_a_deployment_there_are_none(self):
        self.assertEqual(containers(Ecs(container()), environment="").read(), [])


class TestWhatRuns(unittest.TestCase):
    """What ECS tells beside what Airflow does."""

    def runs(self, *found, **of):
        shown = containers(Ecs(container(123, **of))).read()
        running, ended = page_runs.what_runs(shown, found)
        return [(one.container is not None, one.run and one.run.state) for one in running], [one.state for one in ended]

    def test_a_container_and_its_run_are_one(self):
        self.assertEqual(self.runs(run("deferred"), run("success", {})), ([(True, "deferred")], ["success"]))

    def test_one_that_runs_on_when_its_airflow_task_has_ended_or_was_cleared(self):
        for state in ("success", "failed", "no status"):
            self.assertEqual(self.runs(run(state)), ([(True, state)], []))

    def test_one_that_nobody_has_noted(self):
        self.assertEqual(self.runs(), ([(True, None)], []))

    def test_a_run_that_goes_on_without_a_container(self):
        told = {**NOTE, "arn": "another"}
        self.assertEqual(self.runs(run("running", told)), ([(True, None), (False, "running")], []))


class PageCase(unittest.TestCase):
    """The page with these runs, tasks and versions, as a user sees it who may read the DAG ``daily``."""

    sees_errors = True

    def setUp(self):
        self.manager = mock.Mock()
        self.manager.get_authorized_dag_ids.return_value = {"daily"}
        self.manager.is_authorized_view.side_effect = lambda **_given: self.sees_errors
        self.tasks = mock.Mock(unread=0)
        self.tasks.read.return_value = []
        self.ecs = Ecs()
        for target, double in {
            "_containers": lambda: containers(self.ecs),
            "get_auth_manager": lambda: self.manager,
            "_definitions": lambda: self.tasks,
            "DagStore": lambda bucket: self.store,
        }.items():
            self.enterContext(mock.patch.object(page, target, double))
        self.enterContext(mock.patch.object(page.conf, "getjson", lambda *_unused, **_more: self.bundles))
        self.runs = self.enterContext(mock.patch.object(page_runs, "runs", return_value=[]))
        self.errors = self.enterContext(mock.patch.object(page_runs, "import_errors", return_value=[]))
        page.app.dependency_overrides = {get_user: lambda: "ada", _get_session: lambda: None}
        self.addCleanup(page.app.dependency_overrides.clear)
        self.client = TestClient(page.app)

    bundles = ()
    store = None

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
        for words in (
            "exit code 3",
            "61 s",
            "on Fargate Spot",
            "0.0012 USD",
            NOTE["task_url"],
            "/dags/daily/runs/manual__1/tasks/make",
        ):
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

    def test_what_runs_for_ecs_is_counted_whatever_airflow_says(self):
        """One that was cleared, one whose Airflow task does not wait, and one of a DAG that is gone."""
        on_spot = {**container(123), "capacityProviderName": "FARGATE_SPOT"}
        self.ecs.tasks = (on_spot, container(124, run_id="manual__2"), container(125, dag_id="secret"))
        self.runs.return_value = [run("no status", {name: NOTE[name] for name in ("task", "arn", "log_url")})]
        text = self.shown()
        for words in (
            "Running (2)",
            "no status",
            NOTE["log_url"],
            "/dags/daily/runs/manual__2/tasks/make",
            "2048 MiB",
            "on Fargate Spot",
        ):
            self.assertIn(words, text)
        for words in ("secret", "manual__1/tasks/make</td>"):
            self.assertNotIn(words, text)

    def test_ecs_may_not_be_asked(self):
        self.ecs.paginate = mock.Mock(side_effect=ClientError({"Error": {"Code": "AccessDenied"}}, "ListTasks"))
        self.runs.return_value = [run("deferred")]
        text = self.shown()
        self.assertIn("AWS did not tell what runs: An error occurred (AccessDenied)", text)
        self.assertIn("Running (1)", text)

    def test_a_container_that_failed_after_its_airflow_task_is_no_success(self):
        self.runs.return_value = [run("success")]
        self.assertIn('<span class="failed">success</span>, exit code 3', self.shown())
        self.runs.return_value = [run("skipped")]
        self.assertIn('<span class="skipped">skipped</span>, exit code 3', self.shown())

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


class Store:
    """A bucket with a pointer, and the pointers that there were."""

    def __init__(self, *moves):
        self.moves = moves
        self.current = dag_versions.written(moves[0])

    def earlier(self, most):
        return iter(self.moves)

    def pointer(self):
        if isinstance(self.current, Exception):
            raise self.current
        return "etag", self.current

    @staticmethod
    def address(key):
        return f"s3://lab/{key}"


def move(number, version, previous):
    of = {"when": "2026-11-02T03:04:05Z", "by": "arn:aws:iam::1:user/ada", "commit": "abc+", "files": 3}
    return {"number": number, "version": version, "previous": previous, "size": 1, "sha256": "0", "etag": "e", **of}


FIRST, SECOND = "a" * 16, "b" * 16


class TestVersions(PageCase):
    bundles = ({"classpath": "farflow.dag_bundle.VersionedDagBundle", "kwargs": {"bucket": "lab"}},)

    def setUp(self):
        super().setUp()
        self.store = Store(move(2, SECOND, FIRST), move(1, FIRST, None))

    def test_the_history_is_told_the_current_one_first(self):
        text = self.shown()
        self.assertLess(
            text.index(f"<code>{SECOND}</code> (current)"), text.index(f"<code>{FIRST}</code></td><td>2026")
        )
        self.assertIn("arn:aws:iam::1:user/ada", text)

    def test_the_current_one_is_the_pointers(self):
        """Its deploy was killed before it has left a copy."""
        self.store.current = dag_versions.written(move(3, FIRST, SECOND))
        text = self.shown()
        self.assertEqual(text.count("(current)"), 1)
        self.assertLess(
            text.index(f"<code>{FIRST}</code> (current)"), text.index(f"<code>{SECOND}</code></td><td>2026")
        )

    def test_one_that_was_put_anew_is_told_as_such(self):
        self.store = Store(move(2, FIRST, FIRST), move(1, FIRST, None))
        self.assertIn("the same, put right", self.shown())

    def test_none_is_the_current_one(self):
        for current, why in (
            (b"{}", "s3://lab/dags/current.json can&#39;t be used: it has no format"),
            (page.Gone("s3://lab/dags/current.json does not exist"), "s3://lab/dags/current.json does not exist"),
        ):
            with self.subTest(why):
                self.store.current = current
                text = self.shown()
                self.assertIn(f"None is the current one: {why}", text)
                self.assertNotIn("(current)", text)
                self.assertIn(f"<code>{SECOND}</code>", text)

    def test_a_bucket_that_does_not_answer_is_told(self):
        self.store.earlier = mock.Mock(side_effect=EndpointConnectionError(endpoint_url="https://s3"))
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
