"""FargateTask in a test of a DAG: a container of this machine, with what task.yml and the DAG say."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout

from farflow import FargateTask, local_tasks
from farflow.local_failures import ContainerError

TASKS = {
    "report": {"image": "farflow/tasks:report", "command": ["python", "main.py"], "environment": {"LEVEL": "info"}},
    "plain": {"image": "farflow/tasks:plain"},
}
CONTEXT = {"ti": SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)}


class Engine:
    """Takes what it is asked to run, prints two lines, and may fail then."""

    def __init__(self, *lines, error=None):
        self.asked = []
        self.lines = lines or ("first", "last")
        self.error = error

    def run(self, image, command, environment):
        told = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW_CTX_")}
        self.asked.append((image, command, told))
        yield from self.lines
        if self.error:
            raise self.error


class RunHere(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = Path(folder, "tasks.json")
        file.write_text(json.dumps(TASKS))
        self.enterContext(mock.patch.dict(os.environ, {local_tasks.TASKS: str(file)}))
        self.engine = Engine()
        self.output = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def run_here(self, **arguments):
        operator = FargateTask(**{"task_id": "t", "task": "report", **arguments})
        return local_tasks.run_here(operator, CONTEXT, self.engine)

    def test_what_task_yml_says(self):
        self.assertEqual(self.run_here(), "last")
        self.assertEqual(self.engine.asked, [("farflow/tasks:report", ["python", "main.py"], {"LEVEL": "info"})])

    def test_what_the_dag_says_goes_before(self):
        self.run_here(command=["sh"], environment={"LEVEL": "debug", "DAY": "monday"})
        (asked,) = self.engine.asked
        self.assertEqual(asked, ("farflow/tasks:report", ["sh"], {"LEVEL": "debug", "DAY": "monday"}))

    def test_a_task_without_task_yml(self):
        self.run_here(task="plain")
        self.assertEqual(self.engine.asked, [("farflow/tasks:plain", None, {})])

    def test_its_log_is_in_the_output(self):
        self.run_here(task="plain")
        self.assertEqual(self.output.getvalue(), "plain | first\nplain | last\n")

    def fails(self, engine=None, kind=ContainerError, **arguments):
        self.engine = engine or self.engine
        with self.assertRaises(kind) as failed:
            self.run_here(**arguments)
        return str(failed.exception)

    def test_a_container_that_fails(self):
        engine = Engine(*map(str, range(30)), error=local_tasks.Ended(3))
        said = "DAG task report, folder tasks/report: its container ended with exit code 3"
        self.assertEqual(self.fails(engine, number_logs_exception=2), f"{said}\nlast log lines:\n  28\n  29")
        self.assertEqual(self.fails(engine, number_logs_exception=0), said)
        self.assertIn("\n  10\n", self.fails(engine))

    def test_an_exit_code_that_skips(self):
        engine = Engine(error=local_tasks.Ended(99))
        self.assertIn("exit code 99", self.fails(engine, AirflowSkipException, skip_on_exit_code=99))
        self.assertIn("exit code 99", self.fails(engine, skip_on_exit_code=98))

    def test_a_container_that_runs_for_too_long(self):
        engine = Engine(error=AirflowTaskTimeout("Timeout, PID: 7"))
        said = "its container ran for longer than execution_timeout, 0:00:05, and was ended\nlast log lines:\n  first\n"
        self.assertIn(said, self.fails(engine, execution_timeout=timedelta(seconds=5)))

    def test_an_engine_that_refuses(self):
        engine = Engine(error=RuntimeError("the Docker engine refuses it"))
        self.assertEqual(self.fails(engine), "DAG task report, folder tasks/report: the Docker engine refuses it")

    def test_no_result_where_none_is_wanted(self):
        self.assertIsNone(self.run_here(do_xcom_push=False))

    def test_a_result_of_json_is_the_marked_line(self):
        self.engine = Engine("FARFLOW_RESULT=[1, 2]", "bye")
        self.assertEqual(self.run_here(result="json"), [1, 2])
        self.engine = Engine("bye")
        self.assertIn("has printed no line that begins with FARFLOW_RESULT=", self.fails(result="json"))
        self.assertIn("'INFO FARFLOW_RESULT=1'", self.fails(Engine("INFO FARFLOW_RESULT=1"), result="json"))

    def test_a_result_that_is_taken_apart(self):
        arguments = {"result": "json", "multiple_outputs": True}
        self.engine = Engine('FARFLOW_RESULT={"a": 1}')
        self.assertEqual(self.run_here(**arguments), {"a": 1})
        self.assertIn("the result is [1], of type list", self.fails(Engine("FARFLOW_RESULT=[1]"), **arguments))

    def test_a_result_in_the_bucket_is_none_here(self):
        self.assertIn("result='prefix' needs the bucket of an environment", self.fails(result="prefix"))

    def test_inputs_are_told(self):
        self.run_here(task="plain", inputs={"rows": 3})
        self.assertEqual(json.loads(self.engine.asked[0][2]["FARFLOW_INPUTS"]), {"rows": 3})

    def test_no_such_folder(self):
        said = "DAG task reprot, folder tasks/reprot: there is no such folder, allowed: plain, report"
        self.assertEqual(self.fails(task="reprot"), said)


DAGS = """
from airflow.sdk import dag, task
from farflow import FargateTask

@dag(schedule=None)
def report():
    FargateTask(task_id="count", task="report")
    @task
    def boom():
        raise ValueError("no rows")
    boom()

report()
"""
TESTS = """
def test_one(dags):
    print("printed by the test")
    assert dags["report"].test().state == "success"

def test_two(dags):
    assert dags["report"].test().state == "success"

def test_three(dags):
    print("not shown")
"""
#: In the place of the Docker engine: the container prints two lines, and fails.
ENGINE = """
from farflow import local_tasks

def run(self, image, command, environment):
    yield from ("first", "last")
    raise local_tasks.Ended(3)

local_tasks.Engine.run = run
"""


class Told(unittest.TestCase):
    """What an author reads of tests that fail."""

    def told(self, dags=DAGS):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, text in {
            "dags/report.py": dags,
            "tests/test_report.py": TESTS,
            "tests/conftest.py": ENGINE,
            "tasks.json": json.dumps(TASKS),
        }.items():
            folder.joinpath(name).parent.mkdir(exist_ok=True)
            folder.joinpath(name).write_text(text)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            local_tasks.TASKS: str(folder / "tasks.json"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__AUTH_MANAGER": (
                "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
            ),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "task=CRITICAL",
            "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "100",
        }
        command = [sys.executable, "-m", "pytest", "-p", "farflow.local_tasks", "-p", "no:cacheprovider"]
        ran = subprocess.run(
            [*command, str(folder / "tests")], env=environment, capture_output=True, text=True, check=False
        )
        self.assertEqual(ran.returncode, 1, ran.stdout + ran.stderr)
        return ran.stdout

    def test_each_task_that_failed_once_in_each_test(self):
        text = self.told()
        failed = (
            "DAG report, task count: DAG task report, folder tasks/report: its container ended with exit code 3\n"
            "last log lines:\n  first\n  last\n"
        )
        own = 'DAG report, task boom: ValueError: no rows\n  dags/report.py:10 in boom: raise ValueError("no rows")\n'
        self.assertEqual((text.count(failed), text.count(own)), (2, 2))
        self.assertEqual((text.count("exit code 3"), text.count("first")), (2, 2))
        self.assertIn("printed by the test", text)
        for words in ("Traceback", "task_runner.py", "alembic", "not shown"):
            self.assertNotIn(words, text)

    def test_a_file_that_can_not_be_imported_is_told_once(self):
        text = self.told(f"{DAGS}\nimport pandsa\n")
        place = f"dags/report.py:{DAGS.count(chr(10)) + 2}"
        self.assertEqual(text.count(f"{place}: ModuleNotFoundError: No module named 'pandsa'"), 1)
        self.assertEqual(text.count("there are DAG files that can't be imported"), 2)
        self.assertNotIn("Traceback", text)


if __name__ == "__main__":
    unittest.main()
