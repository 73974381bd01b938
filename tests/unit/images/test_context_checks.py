from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images import build_context, context_checks
from ansible_collections.farflow.airflow.plugins.module_utils.images.build_context import BuildContext
from ansible_collections.farflow.airflow.plugins.module_utils.project import task_folders as dag_tasks_folder


@pytest.fixture
def folder(tmp_path):
    """A build context in which nothing is wrong."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def problems(folder):
    return context_checks.survey(BuildContext(folder)).problems


def test_a_good_context_has_no_problems_and_a_size(folder):
    (folder / "ten").write_bytes(b"0123456789")
    assert context_checks.survey(BuildContext(folder)) == context_checks.Survey([], 10 + len("FROM scratch\n"))


def test_no_file_is_opened_but_the_dockerfile(folder, monkeypatch):
    (folder / "large").touch()
    read = []
    monkeypatch.setattr(build_context.Entry, "chunks", lambda entry: read.append(entry.path))
    assert (problems(folder), read) == ([], [])


@pytest.mark.parametrize("file", ["Dockerfile", ".dockerignore"])
def test_a_pipe_is_not_waited_for(folder, file):
    (folder / file).unlink(missing_ok=True)
    os.mkfifo(folder / file)
    assert f"{folder}/{file}: is no file that can be read, allowed: a text file" in problems(folder)


def test_a_task_yml_that_is_a_pipe_is_not_waited_for(tmp_path):
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "Dockerfile").write_text("FROM scratch\n")
    os.mkfifo(tmp_path / "hello" / "task.yml")
    _unused, told = dag_tasks_folder.explore(tmp_path, "test", dag_tasks_folder.DEFAULTS)
    assert told == [f"{tmp_path}/hello/task.yml: is no file that can be read, allowed: a text file"]


def test_a_pipe_in_a_context_is_named_unless_it_is_ignored(folder):
    os.mkfifo(folder / "queue")
    (line,) = problems(folder)
    assert line.startswith(f"{folder}/queue: is a pipe, which no image can hold")
    (folder / ".dockerignore").write_text("queue\n")
    assert problems(folder) == []


def test_what_could_be_ignored_names_the_ignore_file_that_counts(folder):
    (folder / "Dockerfile.dockerignore").write_text("# nothing\n")
    (folder / "out").symlink_to("..")
    os.mkfifo(folder / "queue")
    assert [line.endswith("list it in Dockerfile.dockerignore") for line in problems(folder)] == [True, True]


def test_a_socket_is_passed_over(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")
        assert problems(folder) == []
    assert [entry.path for entry in build_context.entries(BuildContext(folder))] == ["Dockerfile"]


def test_a_link_to_what_the_build_makes_is_right(folder):
    (folder / "latest").symlink_to("made-later")
    assert problems(folder) == []


@pytest.mark.parametrize("content", ["", "# FROM scratch\n", "RUN true\n"])
def test_a_dockerfile_without_from_is_named(folder, content):
    (folder / "Dockerfile").write_text(content)
    assert problems(folder) == [
        f"{folder}/Dockerfile: has no line that begins with FROM, allowed: a Dockerfile with at least one"
    ]


@pytest.mark.parametrize(
    "content",
    [b"FROM scratch\n", b"\xef\xbb\xbfFROM scratch", b"ARG A=b\n  from ${A} AS c\n", b"# caf\xe9\nFROM scratch\n"],
)
def test_a_dockerfile_needs_nothing_but_from(folder, content):
    (folder / "Dockerfile").write_bytes(content)
    assert problems(folder) == []


def test_names_that_are_no_text_are_escaped(folder):
    (folder / os.fsdecode(b"caf\xe9")).symlink_to("/etc")
    (line,) = problems(folder)
    assert line.isprintable()


def test_everything_that_is_wrong_is_told(folder):
    (folder / "Dockerfile").write_bytes(b"# FROM \xff")
    (folder / "out").symlink_to("..")
    os.mkfifo(folder / "queue")
    assert [line.rpartition(f"{folder}/")[2].split(": ")[0] for line in problems(folder)] == [
        "Dockerfile",
        "out",
        "queue",
    ]
