"""What is told of a command's use of the machine is that of everything that it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "bench" / "launcher.py"

BUSY = "import time\nwhile time.process_time() < 0.4: pass\n"
LARGE = "import time\nheld = bytearray(64 << 20)\ntime.sleep(0.4)\n"

#: Starts a program that outlives it, out of its session.
LEAVES = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)\n"


def used(folder, *command):
    result = folder / "result.json"
    subprocess.run([sys.executable, LAUNCHER, result, *command], check=True, timeout=60)
    return json.loads(result.read_text())


@pytest.fixture
def python():
    return [sys.executable, "-S", "-c"]


def test_cpu_of_the_command(tmp_path, python):
    assert used(tmp_path, *python, BUSY)["cpu_seconds"] > 0.4


def test_cpu_of_what_outlives_the_command(tmp_path, python):
    told = used(tmp_path, *python, LEAVES, BUSY)
    assert told["cpu_seconds"] > 0.4


def test_memory_of_what_outlives_the_command(tmp_path, python):
    assert used(tmp_path, *python, LEAVES, LARGE)["memory_mib"] > 60


def test_the_code_of_the_command(tmp_path, python):
    assert used(tmp_path, *python, "raise SystemExit(3)")["code"] == 3


def test_an_end_from_outside_ends_all_that_was_started(tmp_path, python):
    told = tmp_path / "process"
    sleeps = f"import os, time, pathlib\npathlib.Path({str(told)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    launcher = subprocess.Popen([sys.executable, LAUNCHER, tmp_path / "result.json", *python, LEAVES, sleeps])
    try:
        while not (told.exists() and told.read_text()):
            assert launcher.poll() is None
            time.sleep(0.02)
    finally:
        launcher.terminate()
    assert launcher.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
