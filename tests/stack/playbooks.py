"""Runs our playbooks on an embedded AWS, as a person would, and keeps what they print."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.embedded_aws import EmbeddedAWS

ROOT = Path(__file__).parents[2]
_RECAP = re.compile(r"^localhost\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)
_LIMIT = 900


@dataclass(frozen=True)
class Outcome:
    """How a playbook ended: its exit code and all that it printed."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, by the recap. Raises AssertionError when the play came to none."""
        found = _RECAP.search(self.output)
        assert found, self.output
        return int(found[1])


class Playbooks:
    """Playbooks against one embedded AWS. Each run's output is kept in a file of its own below `logs`.

    Ansible's own files live in a folder of this object; `close` stops what still runs and removes it.
    """

    def __init__(self, aws: EmbeddedAWS, logs: Path, inventory: str = "inventories/local") -> None:
        self.aws = aws
        self._inventory = inventory
        self._logs = logs
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        self._home = Path(tempfile.mkdtemp(prefix="farflow-ansible-"))
        self._count = 0
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self, playbook: str, *arguments: str, limit: float = _LIMIT, **variables: Any) -> Outcome:
        """Runs a playbook to its end; variables are extra vars. Raises TimeoutError after `limit` seconds."""
        process, log = self.start(playbook, *arguments, **variables)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill(process)
            raise TimeoutError(f"{playbook} runs for longer than {limit:g} s:\n{log.read_text()[-4000:]}") from None
        return Outcome(code, log.read_text())

    def deploy(self, *arguments: str, **variables: Any) -> Outcome:
        """deploy.yml, which has to succeed."""
        return self._succeed("deploy", *arguments, **variables)

    def teardown(self, *arguments: str, **variables: Any) -> Outcome:
        """teardown.yml, confirmed, which has to succeed."""
        return self._succeed("teardown", *arguments, **{"farflow_teardown_confirm": "local", **variables})

    def _succeed(self, playbook: str, *arguments: str, **variables: Any) -> Outcome:
        outcome = self.run(playbook, *arguments, **variables)
        assert outcome.code == 0, outcome.output[-6000:]
        return outcome

    def start(self, playbook: str, *arguments: str, **variables: Any) -> tuple[subprocess.Popen[bytes], Path]:
        """Starts a playbook in a process group of its own: the process, and the file that it prints to."""
        self._count += 1
        log = self._logs / f"{self._count:02}-{playbook}.log"
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", self._inventory]
        command += [f"playbooks/{playbook}.yml", *arguments, "-e", json.dumps(variables)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process, log

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Ends a playbook and its modules at once, as a crash does. What it left in the background goes on."""
        # Until it is waited for, the number is not anyone else's.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def background_jobs(self) -> list[int]:
        """The processes of modules that were left in the background: they outlive a playbook that is killed."""
        mark = str(self._home).encode()
        return [int(each.parent.name) for each in Path("/proc").glob("[0-9]*/cmdline") if mark in _content(each)]

    def wait_for_background_jobs(self, limit: float = 120) -> None:
        """Raises TimeoutError when they have not ended by then."""
        end = time.monotonic() + limit
        while jobs := self.background_jobs():
            if time.monotonic() > end:
                raise TimeoutError(f"the background jobs {jobs} still run after {limit:g} s")
            time.sleep(0.2)

    def close(self) -> None:
        for process in self._running:
            self.kill(process)
        for job in self.background_jobs():
            try:
                os.kill(job, signal.SIGKILL)
            except ProcessLookupError:
                continue
        shutil.rmtree(self._home)

    def _environment(self) -> dict[str, str]:
        tools = Path(sys.executable).parent
        return {
            **os.environ,
            **self.aws.environment,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_HOME": str(self._home),
            "ANSIBLE_REMOTE_TEMP": str(self._home / "remote"),
            "ANSIBLE_ASYNC_DIR": str(self._home / "async"),
            "ANSIBLE_NOCOLOR": "1",
            "TMPDIR": str(self._home),
        }


def _content(path: Path) -> bytes:
    """The content of a file of /proc; nothing when its process has ended."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
