"""What one command used: CPU, time, memory, and calls of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.embedded_aws import EmbeddedAWS

_LAUNCHER = Path(__file__).with_name("launcher.py")
_NOT_REPEATED_SECONDS = 60
_END_SECONDS = 10


class Failed(Exception):
    """A command that is measured did not succeed; the text ends with what it printed last."""


@dataclass(frozen=True)
class Usage:
    """What a command and everything that it started used."""

    cpu_seconds: float
    wall_seconds: float
    memory_mib: float
    calls: int


class Meter:
    """Runs commands against an embedded AWS; each one's output is a file below ``logs``."""

    def __init__(self, aws: EmbeddedAWS, logs: Path) -> None:
        self._aws = aws
        self._logs = logs
        self._count = 0

    def run(self, name: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> Usage:
        """Measures one run.

        Raises: Failed
        """
        self._count += 1
        stem = f"{self._count:03}-{name}"
        log, result = self._logs / f"{stem}.log", self._logs / f"{stem}.json"
        self._aws.reset_calls()
        with log.open("wb") as output:
            launcher = subprocess.Popen(
                [sys.executable, str(_LAUNCHER), str(result), *command],
                cwd=folder,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                launcher.wait()
            finally:
                _end(launcher)
        used = json.loads(result.read_text()) if result.exists() else {"code": launcher.returncode}
        if used["code"] != 0:
            raise Failed(f"{' '.join(command)} ended with {used['code']}, see {log}:\n{log.read_text()[-3000:]}")
        return Usage(used["cpu_seconds"], used["wall_seconds"], used["memory_mib"], len(self._aws.calls()))


def _end(launcher: subprocess.Popen[bytes]) -> None:
    """Ends what an interrupted run has left: the launcher takes all that it started with it."""
    if launcher.poll() is None:
        launcher.terminate()
        launcher.wait(_END_SECONDS)


def cheapest(run: Callable[[], Usage], repetitions: int) -> Usage:
    """The run with the least CPU of several. One that takes long is not repeated."""
    best = run()
    for _unused in range(repetitions - 1):
        if best.wall_seconds > _NOT_REPEATED_SECONDS:
            break
        best = min(best, run(), key=lambda usage: usage.cpu_seconds)
    return best
