"""What the tests of DAGs are run with, as far as it needs no Docker engine."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.dags import folder as dag_folder
from ansible_collections.farflow.airflow.plugins.module_utils.dags import tests as dag_tests
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError

TASKS = [{"name": "report", "secrets": ["API_KEY"]}, {"name": "plain", "secrets": []}]


def file_with(tmp_path, text):
    file = tmp_path / "dags-test-secrets.yml"
    file.write_text(text)
    return str(file)


def test_secrets_come_from_the_file(tmp_path):
    file = file_with(tmp_path, "report:\n  API_KEY: a key\n")
    assert dag_tests.read_secrets(file, TASKS) == {"report": {"API_KEY": "a key"}}
    assert dag_tests.lacking(file, TASKS) == []


@pytest.mark.parametrize("file", [None, "/no/such/file"])
def test_without_a_file_the_tasks_that_want_secrets_are_told(file):
    assert dag_tests.read_secrets(file, TASKS) == {}
    (line,) = dag_tests.lacking(file, TASKS)
    assert line.startswith("DAG task report runs without its secrets API_KEY: give them in")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("report: {API_KEY: [hunter2\n", ":2: is no YAML, allowed: DAG tasks"),
        ("- report\n", "is no mapping, allowed: DAG tasks"),
        ("report: hunter2\n", "report: is no mapping, allowed: variables and their values"),
        ("repotr: {API_KEY: hunter2}\n", "repotr: is no DAG task, allowed: plain, report"),
        ("report: {API_KYE: hunter2}\n", "report.API_KYE: is no secret of tasks/report/task.yml, allowed: API_KEY"),
        ("plain: {API_KEY: hunter2}\n", "plain.API_KEY: is no secret of tasks/plain/task.yml, allowed: none"),
        ("report: {API_KEY: 1234}\n", "report.API_KEY: is no text, allowed: a text; write it in quotes"),
    ],
)
def test_a_wrong_file_is_refused_and_no_value_is_shown(tmp_path, text, says):
    with pytest.raises(FarflowError) as error:
        dag_tests.read_secrets(file_with(tmp_path, text), TASKS)
    assert says in str(error.value)
    assert "hunter2" not in str(error.value) and "1234" not in str(error.value)


def test_secrets_reach_the_container_in_a_file_that_its_user_alone_reads(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "a.py").touch()
    (tmp_path / "tests" / "__pycache__").mkdir(parents=True)
    (tmp_path / "tests" / "test_a.py").touch()
    tasks = {"report": {"environment": {"API_KEY": "a key"}}}
    dags, others = dag_tests._archives(dag_folder.read(tmp_path), tmp_path / "tests", tasks)
    with tarfile.open(fileobj=io.BytesIO(dags)) as tar:
        assert tar.getnames() == ["tested/dags", "tested/dags/a.py"]
    with tarfile.open(fileobj=io.BytesIO(others)) as tar:
        assert tar.getnames() == ["tested/tests", "tested/tests/test_a.py", "tested/tasks.json"]
        member = tar.getmember("tested/tasks.json")
        assert (member.mode, member.uid) == (0o400, 50000)
        assert json.load(tar.extractfile(member)) == tasks


def test_without_tests_it_says_where_they_are_looked_for(tmp_path):
    parameters = {"path": str(tmp_path), "secrets_file": None, "tasks": []}
    with pytest.raises(FarflowError, match="tests: is no folder, allowed: a folder with the tests of the DAGs"):
        dag_tests.run(parameters, print)
