"""FargateTask in a test of a DAG: a container of this machine, with what task.yml and the DAG say."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from farflow import FargateTask, local_tasks

TASKS = {
    "report": {"image": "farflow/tasks:report", "command": ["python", "main.py"], "environment": {"LEVEL": "info"}},
    "plain": {"image": "farflow/tasks:plain"},
}
CONTEXT = {"ti": SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)}


class Engine:
    """Takes what it is asked to run, and prints two lines."""

    def __init__(self, *lines):
        self.asked = []
        self.lines = lines or ("first", "last")

    def run(self, image, command, environment):
        told = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW_CTX_")}
        self.asked.append((image, command, told))
        return iter(self.lines)


class RunHere(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = Path(folder, "tasks.json")
        file.write_text(json.dumps(TASKS))
        self.enterContext(mock.patch.dict(os.environ, {local_tasks.TASKS: str(file)}))
        self.engine = Engine()

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

    def test_the_log_is_the_tasks(self):
        operator = FargateTask(task_id="t", task="plain")
        with mock.patch.object(FargateTask, "log") as log:
            local_tasks.run_here(operator, CONTEXT, self.engine)
        self.assertEqual([call.args for call in log.info.call_args_list], [("%s", "first"), ("%s", "last")])

    def test_no_result_where_none_is_wanted(self):
        self.assertIsNone(self.run_here(do_xcom_push=False))

    def test_a_result_of_json_is_the_marked_line(self):
        self.engine = Engine("FARFLOW_RESULT=[1, 2]", "bye")
        self.assertEqual(self.run_here(result="json"), [1, 2])
        self.engine = Engine("bye")
        with self.assertRaisesRegex(ValueError, "no line that begins with FARFLOW_RESULT="):
            self.run_here(result="json")

    def test_a_result_in_the_bucket_is_none_here(self):
        with self.assertRaisesRegex(RuntimeError, "result='prefix' needs the bucket of an environment"):
            self.run_here(result="prefix")

    def test_inputs_are_told(self):
        self.run_here(task="plain", inputs={"rows": 3})
        self.assertEqual(json.loads(self.engine.asked[0][2]["FARFLOW_INPUTS"]), {"rows": 3})

    def test_no_such_folder(self):
        with self.assertRaisesRegex(RuntimeError, "'reprot': there is no such folder in tasks/, but plain, report"):
            self.run_here(task="reprot")


if __name__ == "__main__":
    unittest.main()
