"""docs/tasks.md as an author follows it: its files as they stand are checked and tested, and no account is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.stack.playbooks import ROOT
from tests.stack.project import copied

from .stack import mutating_calls

PAGE = ROOT / "docs" / "tasks.md"
#: A path at the end of a paragraph, and the file that it names.
_FILE = re.compile(r"`((?:tasks|airflow)/[\w./]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def files() -> dict[str, str]:
    """The files that the page shows whole, by their paths in a project."""
    return dict(_FILE.findall(PAGE.read_text()))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, str]:
    """The extra variables of a new project to which the author has added the page's files, and nothing else."""
    project: Path = tmp_path_factory.mktemp("project")
    variables = copied(project)
    for name, text in files().items():
        path = project / name
        path.parent.mkdir(exist_ok=True)
        assert not path.exists(), "a file of the sample"
        path.write_text(text)
    return variables


def test_the_page_shows_all_files_of_a_dag():
    assert set(files()) == {
        "tasks/count_rows/Dockerfile",
        "tasks/count_rows/count_rows.py",
        "tasks/count_rows/task.yml",
        "airflow/dags/report.py",
        "airflow/tests/test_report.py",
    }


def test_they_are_right(playbooks, folders):
    outcome = playbooks.run("dags_check", **folders)
    assert outcome.code == 0, outcome.output[-5000:]


def test_their_test_passes_with_the_task_as_a_container(playbooks, folders):
    outcome = playbooks.run("dags_test", dags_test_arguments=["-k", "report", "-s"], **folders)
    assert outcome.code == 0, outcome.output[-5000:]
    assert re.search(r"10 rows on \d{4}-\d\d-\d\d", outcome.output), outcome.output[-5000:]
    assert mutating_calls(playbooks.aws) == []
