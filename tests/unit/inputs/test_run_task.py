"""What may be given to run_task.yml."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment.inputs import dag_task_command

TASKS = ["number_task", "multi_task"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", []),
        ("python numbers.py 10", ["python", "numbers.py", "10"]),
        ("sh -c 'echo a b'", ["sh", "-c", "echo a b"]),
        (["sh", "-c", "echo a b"], ["sh", "-c", "echo a b"]),
    ],
)
def test_a_command_is_a_line_or_a_list(command, words):
    assert dag_task_command.words(command) == words
    assert dag_task_command.problems("number_task", command, 60, TASKS) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            ("numbr_task", "", 60),
            "task: is a text 'numbr_task', did you mean 'number_task'?, allowed: multi_task",
        ),
        (("", "", 60), "task: is a text '', allowed: multi_task, number_task"),
        (("number_task", "echo 'a", 60), "command: no closing quotation"),
        (("number_task", ["echo", 5], 60), "command: is a list"),
        (("number_task", {"a": 1}, 60), "command: is"),
        (("number_task", "", 0), "wait_minutes: is '0', allowed: 1 to 600 minutes"),
    ],
)
def test_what_is_wrong_is_a_sentence(given, says):
    (line,) = dag_task_command.problems(*given, TASKS)
    assert line.startswith(says)


def test_without_tasks_it_says_so():
    (line,) = dag_task_command.problems("x", "", 60, [])
    assert line.endswith("allowed: none, as there is no folder with a Dockerfile in tasks/")
