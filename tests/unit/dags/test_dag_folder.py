"""The DAG folder as a version: the same from two checkouts, another with every change, refused where it is none."""

from __future__ import annotations

import io
import os
import shutil
import socket
import tarfile
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import dag_versions
from ansible_collections.farflow.airflow.plugins.module_utils.dags import folder as dag_folder
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def airflow(tmp_path):
    """A folder of Airflow's image with DAGs in which nothing is wrong."""
    dags = tmp_path / "airflow" / "dags"
    (dags / "reports").mkdir(parents=True)
    (dags / "example.py").write_text("A = 1\n")
    (dags / "reports" / "daily.py").write_text("B = 2\n")
    (dags / ".airflowignore").write_text("lib/\n")
    return tmp_path / "airflow"


def version(airflow):
    return dag_folder.read(airflow).version


def refusal(airflow):
    with pytest.raises(FarflowError) as error:
        dag_folder.read(airflow)
    return str(error.value)


def members(folder):
    with tarfile.open(fileobj=io.BytesIO(dag_folder.packed(folder))) as tar:
        return tar.getmembers()


def test_two_checkouts_are_one_version_and_one_archive(airflow, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(airflow, other)
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    assert version(airflow) == version(other)
    assert dag_folder.packed(dag_folder.read(airflow)) == dag_folder.packed(dag_folder.read(other))


@pytest.mark.parametrize(
    "change",
    [
        lambda dags: (dags / "example.py").write_text("A = 2\n"),
        lambda dags: (dags / "example.py").rename(dags / "sample.py"),
        lambda dags: (dags / "new.py").touch(),
        lambda dags: (dags / "example.py").unlink(),
        lambda dags: (dags / "example.py").chmod(0o755),
        lambda dags: (dags / ".airflowignore").write_text("other/\n"),
        lambda dags: (dags / "link.py").symlink_to("example.py"),
    ],
)
def test_every_change_is_another_version(airflow, change):
    before = version(airflow)
    change(airflow / "dags")
    assert version(airflow) != before


def test_what_python_and_editors_leave_behind_is_no_change(airflow):
    before = version(airflow)
    for path in ("__pycache__/example.pyc", ".DS_Store", "reports/.daily.py.swp", ".git/HEAD"):
        (airflow / "dags" / path).parent.mkdir(exist_ok=True)
        (airflow / "dags" / path).write_text("x")
    assert version(airflow) == before


def test_what_the_image_would_not_get_is_left_out(airflow):
    (airflow / ".dockerignore").write_text("dags/reports\n")
    assert list(dag_folder.read(airflow).files) == [".airflowignore", "example.py"]


def test_the_archive_holds_the_files_sorted_and_says_nothing_else(airflow):
    (airflow / "dags" / "run.sh").write_text("#!/bin/sh\n")
    (airflow / "dags" / "run.sh").chmod(0o750)
    found = members(dag_folder.read(airflow))
    assert [one.name for one in found] == [".airflowignore", "example.py", "reports/daily.py", "run.sh"]
    assert [oct(one.mode) for one in found] == ["0o644", "0o644", "0o644", "0o755"]
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in found} == {(0, 0, "", "", 315619200)}


def test_unpacked_it_is_the_same_version(airflow, tmp_path):
    (airflow / "dags" / "same.py").symlink_to("example.py")
    (airflow / "dags" / "folder").symlink_to("reports")
    folder = dag_folder.read(airflow)
    with tarfile.open(fileobj=io.BytesIO(dag_folder.packed(folder))) as tar:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # which Python 3.11.2 has not yet
        tar.extractall(tmp_path / "unpacked", **safely)
    assert dag_versions.version_of(dag_versions.files_in(tmp_path / "unpacked")) == folder.version


def test_a_file_that_changes_while_it_is_packed_is_refused(airflow):
    folder = dag_folder.read(airflow)
    (airflow / "dags" / "example.py").write_text("A = 3\n")
    with pytest.raises(FarflowError, match="example.py changed while it was being packed: run again"):
        dag_folder.packed(folder)


@pytest.mark.parametrize("target", ["/etc/passwd", "../plugins/x.py", "reports/../../x.py"])
def test_a_link_out_of_the_folder_is_refused(airflow, target):
    (airflow / "dags" / "link.py").symlink_to(target)
    assert f"{airflow}/dags/link.py: is a link to {target}, out of the DAG folder, allowed:" in refusal(airflow)


def test_a_link_to_nothing_is_refused(airflow):
    (airflow / "dags" / "link.py").symlink_to("gone.py")
    assert "link.py: is a link to gone.py, which is no file or folder in the DAG folder" in refusal(airflow)


def test_a_folder_that_is_a_link_is_refused(airflow, tmp_path):
    (airflow / "dags").rename(tmp_path / "elsewhere")
    (airflow / "dags").symlink_to(tmp_path / "elsewhere")
    assert f"{airflow}/dags: is no folder, allowed: a folder with the DAG files" in refusal(airflow)


def test_a_pipe_is_refused_and_a_socket_is_nothing(airflow, monkeypatch):
    before = version(airflow)
    monkeypatch.chdir(airflow / "dags")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert version(airflow) == before
    os.mkfifo("pipe")
    assert f"{airflow}/dags/pipe: is a pipe, allowed: files, and links to them" in refusal(airflow)


def test_too_much_is_refused_with_the_largest_files(airflow, monkeypatch):
    monkeypatch.setattr(dag_folder, "MOST_BYTES", 1 << 20)
    (airflow / "dags" / "model.bin").write_bytes(b"x" * (2 << 20))
    assert "dags: has 2.0 MiB, allowed: 1.0 MiB" in refusal(airflow)
    assert "The largest files: model.bin (2.0 MiB), example.py (0.0 MiB)" in refusal(airflow)
    assert dag_folder.problems(airflow) == [refusal(airflow)]


def test_too_many_files_are_refused(airflow, monkeypatch):
    monkeypatch.setattr(dag_folder, "MOST_FILES", 2)
    assert refusal(airflow) == f"{airflow}/dags: has 3 files, allowed: 2"


def test_all_problems_are_told_at_once(airflow):
    (airflow / "dags" / "a.py").symlink_to("/etc/passwd")
    os.mkfifo(airflow / "dags" / "b")
    assert len(refusal(airflow).splitlines()) == 2


def test_what_differs_is_said_by_file():
    before, after = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert dag_folder.changes(before, after) == ["b changed", "c removed", "d added"]


def test_the_sample_folder_is_right():
    assert dag_folder.problems(ROOT / "airflow") == []
