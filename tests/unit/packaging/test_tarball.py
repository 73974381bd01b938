"""What `ansible-galaxy collection build` packs, from a folder that has been worked in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

FOLDERS = {
    "airflow",
    "awx",
    "changelogs",
    "docs",
    "inventories",
    "meta",
    "playbooks",
    "plugins",
    "roles",
    "tasks",
    "vars",
}
FILES = {"CHANGELOG.rst", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "bindep.txt", "requirements.txt"}

LOCAL = [
    ".build-ca.pem",
    ".embedded-aws/demo/calls.jsonl",
    ".env",
    ".venv/bin/python",
    "airflow/.build-ca.pem",
    "airflow/plugins/farflow/__pycache__/naming.cpython-311.pyc",
    "artifacts/bench.json",
    "farflow-airflow-0.0.1.tar.gz",
    "plugins/.mypy_cache/3.11/cache.db",
    "plugins/modules/__pycache__/sqs_queues.cpython-313.pyc",
    "tasks/number_task/__pycache__/numbers.cpython-311.pyc",
]


def committed() -> list[str]:
    """Every file that git has or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in found if name and os.path.lexists(ROOT / name)]


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> list[tarfile.TarInfo]:
    """The members of the tarball that is built from a copy of this folder with what work leaves behind."""
    folder = tmp_path_factory.mktemp("collection")
    for name in committed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    for name in LOCAL:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("local")
    built = tmp_path_factory.mktemp("built")
    galaxy = str(Path(sys.executable).with_name("ansible-galaxy"))
    command = [galaxy, "collection", "build", str(folder), "--output-path", str(built)]
    environment = {**os.environ, "ANSIBLE_HOME": str(built)}
    subprocess.run(command, cwd=built, env=environment, capture_output=True, text=True, check=True)
    with tarfile.open(next(built.glob("*.tar.gz"))) as tar:
        return tar.getmembers()


def test_nothing_local_and_nothing_that_git_does_not_have(packed):
    files = {member.name for member in packed if member.isfile()}
    assert files - set(committed()) == {"FILES.json", "MANIFEST.json"}


def test_files_and_folders_only(packed):
    assert [member.name for member in packed if not (member.isfile() or member.isdir())] == []


def test_holds_what_a_user_needs_and_no_more(packed):
    names = {(member.name.partition("/")[0], "/" in member.name or member.isdir()) for member in packed}
    assert {name for name, is_folder in names if is_folder} == FOLDERS
    assert {name for name, is_folder in names if not is_folder} == FILES


@pytest.mark.parametrize(
    "name",
    [
        "airflow/.dockerignore",
        "playbooks/deploy.meta.yml",
        "playbooks/deploy.yml",
        "plugins/action/environment_plan.py",
        "plugins/module_utils/environment/airflow_service.py",
        "roles/rds/meta/argument_specs.yml",
        "tasks/number_task/Dockerfile",
        "vars/prod.yml",
    ],
)
def test_holds(packed, name):
    assert name in {member.name for member in packed}
