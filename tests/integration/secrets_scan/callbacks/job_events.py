"""What tasks were given and what came of them, as lines of JSON in the file that JOB_EVENTS names, as runners of jobs
keep it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: job_events
type: notification
short_description: Keep the events of a run
description: A line of JSON for each start of a task and each result.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "job_events"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._write("start", task, {})

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result.task, result.result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result.task, result.result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._write("item", result.task, result.result)

    def v2_runner_retry(self, result: Any) -> None:
        self._write("retry", result.task, result.result)

    def v2_on_file_diff(self, result: Any) -> None:
        self._write("diff", result.task, result.result)

    def _write(self, event: str, task: Any, result: Any) -> None:
        told = {"event": event, "task": task.get_name(), "args": task.args, "res": result}
        with Path(os.environ["JOB_EVENTS"]).open("a") as file:
            file.write(json.dumps(told, default=repr) + "\n")
