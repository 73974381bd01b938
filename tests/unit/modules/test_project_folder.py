from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.project import files as pure
from ansible_collections.farflow.airflow.plugins.modules import project_folder as module

FILES = {
    "playbooks/project/README.md": "read me",
    "airflow/Dockerfile": "FROM scratch",
    "airflow/entrypoint.sh": "#!/bin/sh",
    "airflow/plugins/__pycache__/naming.pyc": "left by Python",
    "airflow/.build-ca.pem": "of one build",
    "tasks/hello/Dockerfile": "FROM scratch",
}


@pytest.fixture
def collection(tmp_path) -> Path:
    """One that is whole, and small."""
    collection = tmp_path / "collection"
    singles = {source: "---" for source, target in pure.PARTS if source == target and source.endswith(".yml")}
    for name, content in {**FILES, **singles}.items():
        path = collection / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (collection / "airflow" / "entrypoint.sh").chmod(0o755)
    return collection


@pytest.fixture
def lay(run_module, collection, tmp_path):
    """`lay(**arguments)` runs the module on the folder `project`."""

    def lay(**arguments):
        return run_module(module, **{"path": str(tmp_path / "project"), "collection": str(collection), **arguments})

    return lay


@pytest.fixture
def project(tmp_path) -> Path:
    return tmp_path / "project"


def test_lays_down_all_parts_once(lay, project):
    result = lay()
    assert result["changed"]
    assert {"README.md", "airflow/Dockerfile", "tasks/hello/Dockerfile", "vars/dev.yml"} <= set(result["created"])
    assert (project / "README.md").read_text() == "read me"
    assert (project / "inventories/prod/group_vars/all/stack.yml").resolve() == project / "vars" / "prod.yml"
    again = lay()
    assert (again["changed"], again["created"], again["kept"]) == (False, [], [])


def test_leaves_behind_what_python_and_builds_leave(lay, project):
    lay()
    assert not (project / "airflow" / "plugins").exists()
    assert not (project / "airflow" / ".build-ca.pem").exists()


def test_what_can_be_executed_still_can(lay, project):
    lay()
    assert os.access(project / "airflow" / "entrypoint.sh", os.X_OK)
    assert not os.access(project / "airflow" / "Dockerfile", os.X_OK)


def test_check_mode_says_what_it_would_write_and_writes_nothing(lay, project):
    predicted = lay(check_mode=True)
    assert not project.exists()
    assert predicted == lay()


@pytest.mark.parametrize("other", ["changed", "link", "folder"])
def test_keeps_what_is_there_and_names_it(lay, project, other):
    lay()
    path = project / "airflow" / "Dockerfile"
    path.unlink()
    if other == "changed":
        path.write_text("mine")
    elif other == "link":
        path.symlink_to("nowhere")
    else:
        path.mkdir()
    result = lay()
    assert (result["changed"], result["kept"]) == (False, ["airflow/Dockerfile"])


@pytest.mark.parametrize("chosen", [".", "airflow", "airflow/Dockerfile"])
def test_overwrites_what_is_named(lay, project, chosen):
    lay()
    for name in ("airflow/Dockerfile", "vars/dev.yml"):
        (project / name).write_text("mine")
    result = lay(overwrite=[chosen])
    assert "airflow/Dockerfile" in result["overwritten"]
    assert (project / "airflow" / "Dockerfile").read_text() == "FROM scratch"
    assert ("vars/dev.yml" in result["kept"]) == (chosen != ".")


def test_a_link_of_the_users_is_replaced_and_not_written_through(lay, project, tmp_path):
    lay()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (project / "airflow" / "Dockerfile").unlink()
    (project / "airflow" / "Dockerfile").symlink_to(elsewhere)
    lay(overwrite=["airflow"])
    assert elsewhere.read_text() == "precious"
    assert (project / "airflow" / "Dockerfile").read_text() == "FROM scratch"


def test_what_a_killed_run_left_is_finished(lay, project):
    lay()
    (project / "README.md").rename(project / "README.md.unfinished")
    assert lay()["created"] == ["README.md"]
    assert not (project / "README.md.unfinished").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"overwrite": ["airflw"]}, "overwrite: a project has no airflw"),
        ({"path": "{collection}/inside"}, "lies in the collection itself"),
        ({"collection": "{collection}/airflow"}, "is not whole, install it again"),
        ({"path": "{collection}/../file/project"}, "file"),
        ({"path": "{collection}/../ring/project"}, "Too many levels of symbolic links"),
    ],
)
def test_refuses_with_the_reason(lay, collection, arguments, told):
    (collection.parent / "file").write_text("no folder")
    (collection.parent / "ring").symlink_to("ring")
    filled = {
        key: value.format(collection=collection) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    result = lay(**filled)
    assert result["failed"]
    assert told in result["msg"]


def test_refuses_to_put_a_file_where_a_folder_is(lay, project):
    lay()
    (project / "README.md").unlink()
    (project / "README.md").mkdir()
    result = lay(overwrite=["."])
    assert result["msg"] == "README.md: is not a file, move it away"


def test_says_what_of_the_users_own_lies_in_the_folders_that_it_writes_anew(lay, project):
    lay()
    for name in (
        "airflow/plugins/ours.py",
        "airflow/dags/reports/daily.py",
        ".git/config",
        "airflow/x.pyc",
        "tasks/a/b",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("ours")
    assert lay()["own"] == []
    assert lay(overwrite=["airflow/entrypoint.sh"])["own"] == []
    assert lay(overwrite=["airflow"])["own"] == ["airflow/dags/reports/daily.py", "airflow/plugins/ours.py"]
    everything = lay(overwrite=["."])
    assert everything["own"] == ["airflow/dags/reports/daily.py", "airflow/plugins/ours.py", "tasks/a/b"]
    assert (everything["changed"], (project / "tasks/a/b").read_text()) == (False, "ours")
