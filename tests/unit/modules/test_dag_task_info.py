from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.modules import dag_task_info as module


@pytest.fixture
def folder(tmp_path):
    for name in ("load", "extract"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def test_returns_the_tasks_and_changes_nothing(folder, run_module):
    (folder / "load" / "task.yml").write_text("cpu: 512\nmemory: 1024\n")
    result = run_module(module, path=str(folder), environment="test")
    assert result["changed"] is False
    assert [(task["family"], task["cpu"], task["memory"]) for task in result["tasks"]] == [
        ("test-extract", 256, 512),
        ("test-load", 512, 1024),
    ]


def test_check_mode_is_the_same(folder, run_module):
    arguments = {"path": str(folder), "environment": "test"}
    assert run_module(module, check_mode=True, **arguments)["tasks"] == run_module(module, **arguments)["tasks"]


def test_defaults_are_taken(folder, run_module):
    result = run_module(
        module, path=str(folder), environment="test", defaults={"architecture": "ARM64", "memory": 2048}
    )
    assert {(task["architecture"], task["memory"]) for task in result["tasks"]} == {("ARM64", 2048)}


def test_every_complaint_is_in_the_message(folder, run_module):
    (folder / "load" / "task.yml").write_text("cpu: 5\nmemroy: 1\n")
    (folder / "extract" / "Dockerfile").unlink()
    result = run_module(module, path=str(folder), environment="test")
    assert result["failed"] is True
    assert len(result["msg"].splitlines()) == 3
    assert "task.yml:2: memroy is not a known key, did you mean 'memory'?" in result["msg"]


def test_a_huge_context_is_a_warning(folder, run_module):
    with (folder / "load" / "big").open("wb") as file:
        file.truncate(2 << 30)
    result = run_module(module, path=str(folder), environment="test")
    assert "2.0 GiB" in str(result["warnings"])
