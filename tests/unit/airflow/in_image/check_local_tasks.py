"""FargateTask in a test of a DAG: a container of this machine, with what task.yml and the DAG say."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from farflow import FargateTask, local_tasks

TASKS = {
    "report": {"image": "farflow/tasks:report", "command": ["python", "main.py"], "environment": {"LEVEL": "info"}},
    "plain": {"image": "farflow/tasks:plain"},
}


class Engine:
    """Takes what it is asked to run, and prints two lines."""

    def __init__(self):
        self.asked = []

    def run(self, image, command, environment):
        self.asked.append((image, command, environment))
        return iter(["first", "last"])


class RunHere(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = Path(folder, "tasks.json")
        file.write_text(json.dumps(TASKS))
        self.enterContext(mock.patch.dict(os.environ, {local_tasks.TASKS: str(file)}))
        self.engine = Engine()

    def run_here(self, **arguments):
        operator = FargateTask(**{"task_id": "t", "task": "report", **arguments})
        return local_tasks.run_here(operator, {}, self.engine)

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
        with self.assertLogs(operator.log.name) as told:
            local_tasks.run_here(operator, {}, self.engine)
        self.assertEqual([record.getMessage() for record in told.records], ["first", "last"])

    def test_no_result_where_none_is_wanted(self):
        self.assertIsNone(self.run_here(do_xcom_push=False))

    def test_no_such_folder(self):
        with self.assertRaisesRegex(RuntimeError, "'reprot': there is no such folder in tasks/, but plain, report"):
            self.run_here(task="reprot")


if __name__ == "__main__":
    unittest.main()
