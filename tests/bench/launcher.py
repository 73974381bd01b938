"""Runs one command as the ancestor of everything that it starts, and writes down what all of that used.

    python launcher.py RESULT COMMAND [ARGUMENT...]

RESULT becomes a JSON file: code, wall_seconds (until the command ended), cpu_seconds (user and system, of every process
that it started, also of those that outlive their parent), memory_mib (the highest sum of their proportional set sizes,
sampled). Nothing of that outlives this process. Linux only.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SAMPLED_EVERY = 0.05


def main(result: str, *command: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) or libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_all)
    memory = _Memory()
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    memory.start()
    code = process.wait()
    wall = time.monotonic() - started
    _wait_for_orphans()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = {
        "code": code,
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "memory_mib": memory.stop() / 1024,
    }
    Path(result).write_text(json.dumps(used))
    return 0


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


class _Memory(threading.Thread):
    """Samples the memory of all descendants. What it costs is this process's, so nobody's."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._done = threading.Event()
        self._highest = 0

    def run(self) -> None:
        while not self._done.wait(_SAMPLED_EVERY):
            self._highest = max(self._highest, sum(map(_proportional_set_size, _descendants(os.getpid()))))

    def stop(self) -> int:
        """The highest sum, in KiB."""
        self._done.set()
        self.join()
        return self._highest


def _descendants(process: int) -> list[int]:
    found = [int(child) for task in _tasks(process) for child in _text(f"{task}/children").split()]
    return found + [each for child in found for each in _descendants(child)]


def _tasks(process: int) -> list[str]:
    folder = f"/proc/{process}/task"
    try:
        return [task.path for task in os.scandir(folder)]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _proportional_set_size(process: int) -> int:
    lines = _text(f"/proc/{process}/smaps_rollup").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _text(path: str) -> str:
    """The content of a file of /proc; nothing when its process has ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _end_all(number: int, frame: object) -> None:
    while processes := _descendants(os.getpid()):
        for each in processes:
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            os.wait()
        except ChildProcessError:
            break
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
