"""`make test-all`: everything, by shards, from a seed, resumed where it stopped; plugin of pytest.

--thorough        as many examples as it takes instead of a few, and the tests that are marked `thorough`
--seed 7          what tests that choose by chance begin with
--shard 1/3       one part of three, by files
--results FILE    a line of JSON for each test that ends; a test that passed there, of the same commit and seed,
                  isn't run again
"""

from __future__ import annotations

import json
import os
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

THOROUGH = pytest.mark.thorough

_THOROUGH = "FARFLOW_TEST_THOROUGH"
_SEED = "FARFLOW_TEST_SEED"


def seeds(few: int, many: int) -> list[int]:
    """Seeds for a test that chooses by chance: a few of them, or many in a thorough run."""
    first = int(os.environ.get(_SEED, "0"))
    return list(range(first, first + (many if os.environ.get(_THOROUGH) else few)))


def some(rows: Sequence[Any], every: int) -> list[Any]:
    """All rows of a table, of which `make test` takes the first one and then one in so many."""
    return [
        row if number % every == 0 else pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=THOROUGH)
        for number, row in enumerate(rows)
    ]


def pytest_addoption(parser):
    group = parser.getgroup("thorough")
    group.addoption("--thorough", action="store_true", help="as many examples as it takes")
    group.addoption("--seed", type=int, default=0, help="what tests that choose by chance begin with")
    group.addoption("--shard", default="1/1", help="a part of the tests, such as 1/3")
    group.addoption("--results", type=Path, help="file of results, from which an interrupted run is resumed")


def pytest_configure(config):
    config.addinivalue_line("markers", "thorough: run by `make test-all` alone")
    # By way of the environment, since tests are collected in processes of their own, too.
    if config.getoption("thorough"):
        os.environ[_THOROUGH] = "1"
        os.environ[_SEED] = str(config.getoption("seed"))
    path = config.getoption("results")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(path, config.getoption("seed")), "results")


def pytest_collection_modifyitems(config, items):
    part, _unused, parts = config.getoption("shard").partition("/")
    passed = Results(path, config.getoption("seed")).passed() if (path := config.getoption("results")) else set()

    def is_wanted(item):
        if item.get_closest_marker("thorough") and not config.getoption("thorough"):
            return False
        return zlib.crc32(item.path.name.encode()) % int(parts) == int(part) - 1 and item.nodeid not in passed

    wanted = [item for item in items if is_wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


class Results:
    """A file of results, of any number of runs."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._run = {"commit": _commit(), "seed": seed}

    def passed(self) -> set[str]:
        """The tests that passed in runs like this one."""
        if not self._path.exists():
            return set()
        lines = [json.loads(line) for line in self._path.read_text().splitlines()]
        latest = {line["test"]: line["outcome"] for line in lines if self._run.items() <= line.items()}
        return {test for test, outcome in latest.items() if outcome == "passed"}

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        line = {**self._run, "test": report.nodeid, "outcome": report.outcome, "seconds": round(report.duration, 2)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _commit() -> str:
    """The commit, and whether the files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
