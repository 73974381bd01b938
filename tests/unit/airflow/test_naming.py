"""The names' contract between the deploy and a DAG: within AWS's limits, allowed characters, stable, no two alike."""

from __future__ import annotations

import importlib.util
import re
import string
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
IN_IMAGE = ROOT / "airflow" / "plugins" / "farflow" / "naming.py"
IN_COLLECTION = ROOT / "plugins" / "module_utils" / "naming.py"


def _load():
    spec = importlib.util.spec_from_file_location("naming_in_image", IN_IMAGE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


naming = _load()

environments = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True).filter(lambda name: "--" not in name)
tasks = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=300)


def test_the_image_and_the_collection_hold_the_same_file():
    assert IN_IMAGE.read_bytes() == IN_COLLECTION.read_bytes()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (naming.task_family("prod", "multi_task"), "prod-multi_task"),
        (naming.task_family("prod", "airflow_report"), "prod-airflow_report"),
        # No DAG may run prod-airflow-...
        (naming.task_family("prod", "airflow-worker"), "prod--airflow-worker"),
        (naming.task_role("prod", "multi_task"), "prod-task-multi_task"),
        (naming.task_role("prod", "airflow-worker"), "prod-task-airflow-worker"),
        (naming.task_log_stream_prefix("multi_task"), "multi_task"),
        (naming.task_log_group("prod"), "/farflow/prod/tasks"),
        (naming.airflow_log_group("prod"), "/farflow/prod/airflow"),
        (naming.resource("prod", "airflow", "web", limit=32), "prod-airflow-web"),
        # A change of these would make a second resource beside the one that exists.
        (naming.resource("prod", "a" * 40, limit=32), "prod-aaaaaaaaaaaaaaaaaa-c7e55783"),
        (naming.task_role("prod", "a" * 60), "prod-task-" + "a" * 45 + "-676d5fd7"),
    ],
)
def test_names(name, expected):
    assert name == expected


@pytest.mark.parametrize(
    "name", ["", "a", "Prod", "1st", "-a", "a-", "a--b", "a_b", "a.b", "a b", "ab\n", "é1", "a" * 33]
)
def test_refuses_what_is_no_environment(name):
    with pytest.raises(ValueError, match="environment"):
        naming.validate_environment(name)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a.b", "é", "a\n"])
def test_refuses_what_is_no_task(name):
    with pytest.raises(ValueError, match="task"):
        naming.task_family("prod", name)


def test_refuses_a_limit_without_room_for_the_hash():
    with pytest.raises(ValueError, match="no room"):
        naming.resource("prod", "database", limit=9)


@given(environments, tasks)
def test_families_and_roles_are_what_aws_takes(environment, task):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", naming.task_family(environment, task))
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", naming.task_role(environment, task))
    assert re.fullmatch(r"[A-Za-z0-9_/.#-]{1,512}", naming.task_log_group(environment))


@given(environments, tasks, tasks)
def test_two_tasks_of_an_environment_never_share_a_name(environment, one, other):
    assume(one != other)
    assert naming.task_family(environment, one) != naming.task_family(environment, other)
    assert naming.task_role(environment, one) != naming.task_role(environment, other)


@given(environments, st.lists(tasks, min_size=1, max_size=3), st.integers(min_value=10, max_value=255))
def test_a_name_is_the_whole_one_or_ends_with_its_hash(environment, parts, limit):
    name, whole = naming.resource(environment, *parts, limit=limit), "-".join([environment, *parts])
    assert len(name) <= limit
    if len(whole) <= limit:
        assert name == whole
    else:
        kept, _unused, digest = name.rpartition("-")
        assert whole.startswith(kept)
        assert re.fullmatch(r"[0-9a-f]{8}", digest)


@given(environments, st.text("ab", min_size=300, max_size=300), st.text("ab", min_size=300, max_size=300))
def test_long_names_that_begin_alike_differ(environment, one, other):
    assume(one != other)
    prefix = "x" * 250
    assert naming.task_family(environment, prefix + one) != naming.task_family(environment, prefix + other)
