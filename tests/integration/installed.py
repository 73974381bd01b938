"""The collection as a user has it: built into a tarball, and installed from that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.stack.playbooks import ROOT


def build(folder: Path) -> Path:
    """The tarball, made in an empty folder."""
    galaxy("build", str(ROOT), "--output-path", str(folder), home=folder)
    (built,) = folder.glob("farflow-airflow-*.tar.gz")
    return built


def install(tarball: Path, collections: Path) -> None:
    """Below a path of collections. What it depends on is there already."""
    galaxy("install", str(tarball), "--offline", "-p", str(collections), home=tarball.parent)


def galaxy(*arguments: str, home: Path) -> None:
    """`ansible-galaxy collection`, which has to succeed and reaches no server."""
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", *arguments]
    environment = {**os.environ, "ANSIBLE_HOME": str(home)}
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
