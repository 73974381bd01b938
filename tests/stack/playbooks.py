"""Runs our playbooks on an embedded AWS, as a person would, and keeps what they print."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.embedded_aws import EmbeddedAWS, clients

ROOT = Path(__file__).parents[2]
_RECAP = re.compile(r"^localhost\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)
_LIMIT = 900

#: What is printed is kept back, and what is compiled is kept, as anybody's is.
_NOT_INHERITED = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")


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

    They are called in `folder`. Ansible's own files live in a folder of the embedded AWS, and go with it; `close`
    stops what still runs.
    """

    def __init__(
        self, aws: EmbeddedAWS, logs: Path, inventory: str | None = "inventories/local", folder: Path = ROOT
    ) -> None:
        self.aws = aws
        self._inventory = ["-i", inventory] if inventory else []
        self._folder = folder
        self._logs = logs
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        self._home = aws.ansible_home
        self._home.mkdir()
        self._count = 0
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self, playbook: str, *arguments: str, limit: float = _LIMIT, **variables: Any) -> Outcome:
        """Runs one of our playbooks by its name, or any by its path or full name, to its end; variables are extra vars.

        Raises TimeoutError when it runs for longer than `limit` seconds.
        """
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
        """Starts a playbook: the process, and the file that it prints to."""
        self._count += 1
        name = re.split(r"[/.]", playbook.removesuffix(".yml"))[-1]
        log = self._logs / f"{self._count:02}-{name}.log"
        command = [str(Path(sys.executable).with_name("ansible-playbook")), *self._inventory]
        path = playbook if "." in playbook else f"playbooks/{playbook}.yml"
        command += [path, *arguments, "-e", json.dumps(variables)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process, log

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Ends a playbook as a machine that is lost does: Ansible's workers, modules and background jobs with it."""
        process.kill()
        process.wait()
        clients.end_all(self._home)

    def close(self) -> None:
        for process in self._running:
            self.kill(process)
        shutil.rmtree(self._home)

    def _environment(self) -> dict[str, str]:
        tools = Path(sys.executable).parent
        return {
            **{name: value for name, value in os.environ.items() if name not in _NOT_INHERITED},
            **self.aws.environment,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_HOME": str(self._home),
            "ANSIBLE_REMOTE_TEMP": str(self._home / "remote"),
            "ANSIBLE_ASYNC_DIR": str(self._home / "async"),
            "ANSIBLE_NOCOLOR": "1",
            "TMPDIR": str(self._home),
        }


@contextlib.contextmanager
def playbooks_on(name: str, logs: Path, fast: bool, folder: Path = ROOT, **options: Any) -> Iterator[Playbooks]:
    """The playbooks of a folder on an empty account of their own, which goes with them. ``options`` are those of
    EmbeddedAWS.
    """
    aws = EmbeddedAWS(name, fast=fast, **options)
    aws.down()  # what a run that was killed has left
    with contextlib.ExitStack() as ending:
        ending.callback(aws.down)
        aws.up()
        playbooks = Playbooks(aws, logs, folder=folder)
        ending.callback(playbooks.close)
        yield playbooks
