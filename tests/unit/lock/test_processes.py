from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.lock import processes

SLEEPING = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(params=["/proc", "ps"])
def source(request, monkeypatch):
    """Both ways to know processes."""
    if request.param == "ps":
        monkeypatch.setattr(processes, "_PROC", Path("/no/such/folder"))


def test_a_process_keeps_its_start(source):
    assert processes.started(os.getpid())
    assert processes.started(os.getpid()) == processes.started(os.getpid())


def test_a_process_that_has_ended_is_none_even_before_its_parent_knows(source):
    process = subprocess.Popen(SLEEPING)
    try:
        assert processes.started(process.pid)
    finally:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert processes.started(process.pid) == ""
        process.wait()
    assert processes.started(process.pid) == ""


def test_two_processes_started_apart_are_two():
    with subprocess.Popen(SLEEPING) as process:
        later = processes.started(process.pid)
        process.kill()
    assert later != processes.started(os.getpid())


def test_a_name_may_hold_anything(tmp_path):
    """The name stands before what is read, in brackets."""
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as process:
        assert processes.started(process.pid).isdigit()
        process.kill()


def test_this_machine_is_the_same_each_time(source):
    assert processes.machine() == processes.machine()
    assert processes.machine().host
