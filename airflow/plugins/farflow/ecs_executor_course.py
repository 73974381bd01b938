# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the ECS task of an Airflow task goes, by what DescribeTasks tells.

Only the container of the task definition counts. What AWS puts beside it, such as GuardDuty's agent, ends in its own
way: it is killed with the task, or never starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from farflow.ecs_advice import stop_of

RUNS, SUCCEEDED, FAILED, NEVER_STARTED = "runs", "succeeded", "failed", "never started"

#: Who was stopped by somebody shall not be started again.
_ON_PURPOSE = "UserInitiated"


@dataclass(frozen=True)
class Course:
    """``state`` is one of those above; ``words`` say why it failed or never started."""

    state: str
    words: str = ""


def course(task: Mapping[str, Any], container: str) -> Course:
    """Of a member of DescribeTasks' answer. The own container says how it ended a while before its task has stopped."""
    code = next((each.get("exitCode") for each in task.get("containers") or [] if each["name"] == container), None)
    if code == 0:
        return Course(SUCCEEDED)
    if code is None and task["lastStatus"] != "STOPPED":
        return Course(RUNS)
    has_run = code is not None or bool(task.get("startedAt")) or task.get("stopCode") == _ON_PURPOSE
    return Course(FAILED if has_run else NEVER_STARTED, _words(task, container))


def _words(task: Mapping[str, Any], container: str) -> str:
    stop = stop_of(task, [container])
    advice = f"\nadvice: {stop.advice}" if stop.advice else ""
    return f"The ECS task {task['taskArn'].rpartition('/')[2]} of this task ended: {stop.told()}{advice}"
