"""The check of DAG files: what it says of broken ones, of right ones, and of Airflow's own examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.dags import check as by
from ansible_collections.farflow.airflow.plugins.module_utils.dags import check_documents as dag_check
from ansible_collections.farflow.airflow.plugins.module_utils.dags import folder as dag_folder
from ansible_collections.farflow.airflow.plugins.module_utils.dags.check_documents import Allowed
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from broken_dags import BESIDE, BROKEN, ELSEWHERE, GOOD

ROOT = Path(__file__).parents[3]
SECONDS = 10
ALLOWED = Allowed(
    tasks=["number_task", "multi_task"],
    executors=["CeleryExecutor", "ecs"],
    queues=["lab-celery"],
    pools=["warehouse"],
    seconds=SECONDS,
    versions=True,
)
ENVIRONMENT = {"FARFLOW_ENVIRONMENT": "lab", "AIRFLOW__OPERATORS__DEFAULT_QUEUE": "lab-celery"}

_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def facts(image, airflow, seconds=SECONDS):
    return dag_check.facts(by.by_engine(dag_folder.read(airflow), image, seconds, ENVIRONMENT))


@pytest.fixture(scope="module")
def found(airflow_image, tmp_path_factory):
    """What the check has found in all of the files at once."""
    airflow = tmp_path_factory.mktemp("airflow")
    (airflow / "dags").mkdir()
    files = {**{name: text for name, (text, _unused) in BROKEN.items()}, **BESIDE, **GOOD, **ELSEWHERE}
    for name, text in files.items():
        (airflow / "dags" / name).write_bytes(text.encode(errors="surrogateescape"))
    return facts(airflow_image, airflow)


@pytest.fixture(scope="module")
def told(found):
    return dag_check.judge(found, ALLOWED)


def about(lines, name):
    return [line for line in lines if re.match(rf"dags/{re.escape(name)}[: ]", line)]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_file_and_line(told, name):
    _text, wanted = BROKEN[name]
    lines = about(told.problems, name)
    assert len(lines) == 1, told.problems
    assert [part for part in wanted if part not in lines[0]] == []


def test_there_are_thirty_and_all_are_told_at_once(told):
    assert len(BROKEN) >= 30
    assert len(told.problems) == len(BROKEN)
    assert told.files == len(BROKEN) + len(GOOD) + len(ELSEWHERE)


def test_a_right_file_is_let_pass(told):
    assert about([*told.problems, *told.warnings], "good.py") == []


def test_what_only_an_environment_has_is_a_warning(told):
    (line,) = about(told.warnings, "variable.py")
    assert line.startswith("dags/variable.py:4: was not checked, since it reads a variable or a connection while it is")
    assert about(told.problems, "variable.py") == []


def test_named_files_may_be_broken(found):
    told = dag_check.judge(found, Allowed(**{**vars(ALLOWED), "broken": ["zero.py", "dags/comm*", "gon.py"]}))
    named = [name for name in BROKEN if name == "zero.py" or name.startswith("comm")]
    assert {"zero.py", "command_text.py", "command_number.py"} <= set(named)
    for name in named:
        assert about(told.problems, name) == []
        assert "(let pass by dags_allow_broken)" in about(told.warnings, name)[0]
    assert len(told.problems) == len(BROKEN) - len(named)
    assert any(line.startswith("dags_allow_broken: is 'gon.py', which is no DAG file") for line in told.warnings)


def test_pools_that_nobody_knows_are_not_judged(found):
    told = dag_check.judge(found, Allowed(**{**vars(ALLOWED), "pools": None}))
    assert about(told.problems, "pool.py") == []


def test_a_run_needs_no_version_where_the_image_has_the_dags(found):
    told = dag_check.judge(found, Allowed(**{**vars(ALLOWED), "versions": False}))
    assert about(told.problems, "without_version.py") == []


def test_the_sample_dag_is_right(airflow_image):
    told = dag_check.judge(facts(airflow_image, ROOT / "airflow", 30), ALLOWED)
    assert (told.problems, told.warnings, told.files, told.dags) == ([], [], 1, 1)


def test_the_dags_of_the_documentation_are_right(airflow_image, tmp_path):
    (tmp_path / "dags").mkdir()
    shown = [text for page in sorted(ROOT.glob("docs/**/*.md")) for text in _PYTHON.findall(page.read_text())]
    dags = [text for text in shown if "@dag(" in text]
    for number, text in enumerate(dags):
        (tmp_path / "dags" / f"shown_{number}.py").write_text(text)
    allowed = Allowed(**{**vars(ALLOWED), "tasks": [*ALLOWED.tasks, "count_rows"]})
    told = dag_check.judge(facts(airflow_image, tmp_path, 30), allowed)
    assert (told.problems, told.warnings) == ([], [])
    assert told.dags == len(dags) >= 2


def test_airflows_own_examples(airflow_image, docker, tmp_path):
    """A foreign set. What it refuses, Airflow itself would not take here."""
    where = "import airflow.example_dags as e; print(next(iter(e.__path__)))"
    folder = docker("run", "--rm", airflow_image, "python", "-c", where).stdout.strip().splitlines()[-1]
    container = docker("create", airflow_image).stdout.strip()
    try:
        docker("cp", f"{container}:{folder}", str(tmp_path / "dags"))
    finally:
        docker("rm", "--volumes", container)
    told = dag_check.judge(facts(airflow_image, tmp_path, 30), ALLOWED)
    assert told.files > 50
    assert told.dags > 80
    refused = {line.split(":", 1)[0]: line for line in told.problems}
    assert {name: any(words in line for words in NOT_HERE) for name, line in refused.items()} == {
        "dags/example_custom_weight.py": True,
        "dags/example_workday_timetable.py": True,
    }


#: Why two of them can't be stored here: their plugins are no plugins of this image.
NOT_HERE = ("Unknown priority strategy", "is not registered")


def test_a_check_that_did_not_end_is_no_check():
    with pytest.raises(FarflowError, match="did not come to its end"):
        dag_check.facts(['dag-check: {"done": 2}', "killed"])


def test_an_engine_without_the_image_says_so(airflow_image):
    with pytest.raises(by.NoEngine, match="has no image farflow/nowhere:airflow"):
        by.by_engine(dag_folder.read(ROOT / "airflow"), "farflow/nowhere:airflow", 30, {})
