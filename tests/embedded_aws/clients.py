"""The playbooks that run against one embedded AWS, with all that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def end_all(ansible_home: Path) -> None:
    """End every process whose ANSIBLE_HOME this is, as a machine that is lost does.

    Ansible's workers have process groups of their own and outlive their parent, so only this mark tells.
    """
    while processes := _processes(f"ANSIBLE_HOME={ansible_home}".encode()):
        for each in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        time.sleep(0.02)


def _processes(mark: bytes) -> list[int]:
    return [
        int(environment.parent.name)
        for environment in Path("/proc").glob("[0-9]*/environ")
        if mark in _content(environment).split(b"\0")
    ]


def _content(path: Path) -> bytes:
    """The content of a file of /proc; nothing when its process has ended, or is not ours to read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
