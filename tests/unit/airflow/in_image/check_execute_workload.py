"""The command by which a container runs one task of Airflow, as the deploy runs it: with the Fernet key and no other
secret of Airflow's.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

from airflow.models import crypto
from check_ecs_executor import KEY, TOKEN, workload

from farflow.ecs_workload import encrypted

COMMAND = ["/opt/airflow/entrypoint.sh", "execute-workload"]


class Api(BaseHTTPRequestHandler):
    """A task execution API that is well, and does not know the task."""

    asked: list[tuple[str, str]] = []

    def do_GET(self):
        self._answer(200, {"status": "healthy"})

    def do_PATCH(self):
        self.asked.append((self.path, self.headers["Authorization"]))
        self._answer(404, {"detail": {"reason": "not_found", "message": "Task Instance not found"}})

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_unused):
        pass


class ExecuteWorkload(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, {"AIRFLOW__CORE__FERNET_KEY": KEY}))
        crypto.get_fernet.cache_clear()
        self.addCleanup(crypto.get_fernet.cache_clear)
        server = HTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}/execution/"

    def run_with(self, *arguments):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__DATABASE__")}
        environment = {**kept, "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": self.url}
        return subprocess.run(
            [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def test_the_task_execution_api_is_asked_with_the_token_and_nobody_else_sees_it(self):
        task = workload()
        done = self.run_with(encrypted(task.model_dump_json()))
        (path, authorization) = Api.asked[0]
        self.assertIn(f"/task-instances/{task.ti.id}/run", path)
        self.assertEqual(authorization, f"Bearer {TOKEN}")
        self.assertNotEqual(done.returncode, 0, "the task is not there")
        self.assertIn("resize1", done.stdout + done.stderr)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_what_nobody_has_encrypted_is_not_run(self):
        done = self.run_with(workload().model_dump_json())
        self.assertEqual(done.returncode, 65)
        self.assertIn("execute-workload: the workload was encrypted with another Fernet key", done.stderr)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_without_a_workload_it_says_what_it_takes(self):
        done = self.run_with()
        self.assertEqual(done.returncode, 64)
        self.assertIn("takes one argument", done.stderr)


if __name__ == "__main__":
    unittest.main()
