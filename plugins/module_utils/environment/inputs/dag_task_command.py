# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A DAG task and its command, as a person gives them to playbooks/run_task.yml, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...engine.errors import FarflowError
from ...validation.value_checks import nearest, shown
from . import airflow_command


def words(command: Any) -> list[str]:
    """The words of a command, which is a list of them, or one line as a shell splits it; none of an empty one.

    Raises FarflowError with what is wrong with it.
    """
    if not command:
        return []
    if isinstance(command, str):
        return airflow_command.words(command)
    if isinstance(command, (list, tuple)) and all(isinstance(each, str) for each in command):
        return list(command)
    raise FarflowError(f"command: is {shown(command)}, allowed: a line, or a list of texts")


def problems(task: Any, command: Any, wait_minutes: Any, tasks: Collection[str]) -> list[str]:
    """What is wrong with the variables of the playbook, a sentence each."""
    return [*_task(task, tasks), *_command(command), *airflow_command.wait_problems(wait_minutes)]


def _task(task: Any, tasks: Collection[str]) -> Iterator[str]:
    if task not in tasks:
        task = str(task) if isinstance(task, str) else task  # Ansible's own type of text
        like = nearest(task, tasks) if isinstance(task, str) else ""
        there = ", ".join(sorted(tasks)) or "none, as there is no folder with a Dockerfile in tasks/"
        yield f"task: is {shown(task)}{like}, allowed: {there}"


def _command(command: Any) -> Iterator[str]:
    try:
        words(command)
    except FarflowError as error:
        yield str(error)
