"""The sample DAG, as the dag-processor reads it: from the image's folders, without a deployment."""

from __future__ import annotations

import datetime
import unittest
from types import SimpleNamespace

from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

from farflow import FargateTask


class ExampleDag(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bag = DagBag("/opt/airflow/dags")
        cls.dag = cls.bag.dags["example"]

    def test_it_is_read_without_errors(self):
        self.assertEqual(self.bag.import_errors, {})

    def test_the_order_of_its_tasks(self):
        self.assertEqual(
            {task.task_id: task.downstream_task_ids for task in self.dag.tasks},
            {
                "start_process": {"odd_task", "even_task"},
                "odd_task": {"numbers_task"},
                "even_task": {"numbers_task"},
                "numbers_task": {"on_worker_task"},
                "on_worker_task": set(),
            },
        )

    def test_what_runs_where(self):
        on_fargate = {task.task_id for task in self.dag.tasks if isinstance(task, FargateTask)}
        self.assertEqual(on_fargate, {"odd_task", "even_task", "numbers_task"})

    def test_it_can_be_stored_in_the_database(self):
        stored = DagSerialization.from_dict(DagSerialization.to_dict(self.dag))
        self.assertEqual(set(stored.task_dict), {task.task_id for task in self.dag.tasks})

    def test_the_day_of_a_run_without_a_logical_date(self):
        """As the guide has it: `{{ ds }}` is undefined there."""
        run = SimpleNamespace(run_after=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC))
        template = self.dag.get_template_env().from_string("{{ dag_run.run_after | ds }}")
        self.assertEqual(template.render(dag_run=run), "2026-01-02")

    def test_the_helper_is_no_plugin(self):
        with self.assertNoLogs("airflow.plugins_manager", "ERROR"):
            plugins_manager.ensure_plugins_loaded()
        self.assertEqual(plugins_manager.get_import_errors(), {})
        self.assertEqual(
            [plugin for plugin in plugins_manager.get_plugin_info() if "farflow" in str(plugin["source"])], []
        )


if __name__ == "__main__":
    unittest.main()
