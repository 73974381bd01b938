"""What a person calls on a bare machine gets itself a Docker engine, or says that there is none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

#: How each target that builds images or runs containers comes to its engine. Those that begin with another instance of
#: the embedded AWS than the tests have would end the tests' own here.
ENGINE = {
    "demo": [sys.executable, "tests/embedded_aws", "up", "--name", f"test-makefile-{os.getpid()}", "--port", "0"],
    "molecule": ["sh", "scripts/molecule.sh"],
    "dags-test": ["sh", "scripts/dags_test.sh"],
    "bench": ["sh", "scripts/bench.sh", "--sizes", "2"],
}
AS_DEMO = {"test", "test-all"}
NONE = {"help", "environment", "lock", "generate", "lint", "docs", "demo-down", "demo-env", "bench-workers"}


def run(*command, **environment):
    variables = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120)


def test_every_target_is_known():
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {*ENGINE, *AS_DEMO, *NONE} == set(targets)
    for target in ("demo", "test"):
        assert "embedded_aws up " in (ROOT / "scripts" / f"{target}.sh").read_text()


@pytest.mark.parametrize("target", ENGINE)
def test_where_there_can_be_no_docker_engine_it_says_so(target):
    """One that DOCKER_HOST names can't be started here; any other is."""
    ended = run(*ENGINE[target], DOCKER_HOST="tcp://127.0.0.1:1")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "No Docker engine answers at DOCKER_HOST, tcp://127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_without_a_demo_there_is_nothing_to_point_at():
    ended = run(sys.executable, "tests/embedded_aws", "env", "--name", "no-such-demo")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("embedded AWS: ")
