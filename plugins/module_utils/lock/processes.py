# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Processes of this machine, told apart by their number and when they started."""

from __future__ import annotations

import socket
from pathlib import Path

from ..engine.commands import run
from .claim import Machine

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19  # of /proc/<number>/stat, counted from behind the name


def machine() -> Machine:
    """This machine since it booted; in a container, that container."""
    boot = _PROC / "sys/kernel/random/boot_id"
    if not boot.exists():
        return Machine(socket.gethostname(), "")
    return Machine(socket.gethostname(), f"{boot.read_text().strip()} {(_PROC / 'self/ns/pid').readlink()}")


def started(process: int) -> str:
    """When a process was started, in the machine's own measure; empty when there is none that runs."""
    if (_PROC / "self/stat").exists():
        return _started_by_proc(process)
    return _started_by_ps(process)


def _started_by_proc(process: int) -> str:
    try:
        stat = (_PROC / str(process) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    found = stat.rpartition(")")[2].split()  # the name, in brackets, may hold anything
    return "" if found[_STATE] in "ZX" else found[_STARTED]


def _started_by_ps(process: int) -> str:
    """Where there is no /proc, as on macOS."""
    code, told = run(["ps", "-o", "stat=,lstart=", "-p", str(process)])
    state, _unused, since = told.strip().partition(" ")
    return "" if code or state.startswith("Z") else since.strip()
