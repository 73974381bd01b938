"""The Docker engine: found, or on a bare Debian machine installed and started by hand."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException

from .progress import say
from .settings import STATE_ROOT

_FOLDER = STATE_ROOT / ".engine"
_PACKAGES = ("docker.io", "iptables", "ca-certificates")
_COMMAND = ["dockerd"]
_START_SECONDS = 60
_HOW_TO_INSTALL = (
    "No Docker engine answers, and only root on Debian or Ubuntu can have one installed here. "
    "Install Docker, start it, or set DOCKER_HOST; `up --fast` needs none."
)


class EngineError(Exception):
    """No usable Docker engine; the text says what to do."""


def ensure() -> None:
    """Make a Docker engine answer.

    Raises: EngineError with what to install, or where the engine's log is.
    """
    if answers():
        return
    if host := os.environ.get("DOCKER_HOST"):
        raise EngineError(f"No Docker engine answers at DOCKER_HOST, {host}. Start it there, or unset the variable.")
    if os.geteuid() != 0:
        raise EngineError(_HOW_TO_INSTALL)
    if not shutil.which("dockerd"):
        if not shutil.which("apt-get"):
            raise EngineError(_HOW_TO_INSTALL)
        install_packages(_PACKAGES)
        if answers():  # where an init system runs, the package has started it
            return
    _start()


@contextmanager
def running() -> Iterator[None]:
    """A Docker engine for as long as it takes; one that had to be started is stopped at the end.

    Raises: EngineError
    """
    there = answers()
    ensure()
    try:
        yield
    finally:
        if not there:
            stop()


def answers() -> bool:
    try:
        with closing(docker.from_env(timeout=10)) as client:
            return client.ping()
    except DockerException:
        return False


def install_packages(packages: tuple[str, ...]) -> None:
    """Install Debian packages, renewing the package lists only when they do not do.

    Raises: EngineError with the end of apt-get's output.
    """
    say(f"installing {' '.join(packages)}")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update"], install):
        run = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if command is install and run.returncode == 0:
            return
    raise EngineError(f"{' '.join(install)} failed:\n{run.stdout[-2000:]}")


def stop() -> bool:
    """Stop the engine if we started it. Returns whether there was one of ours."""
    pid_file = _FOLDER / "dockerd.pid"
    if not pid_file.exists():
        return False
    pid = int(pid_file.read_text())
    if _is_dockerd(pid):
        say("stopping the Docker engine that was started here")
        os.kill(pid, signal.SIGTERM)
        _wait_until(lambda: not _is_dockerd(pid), "the Docker engine did not stop")
    shutil.rmtree(_FOLDER)
    return True


def gateway() -> str:
    """Address of the default bridge: the host, for itself and for every container.

    Raises: EngineError when the engine does not run on this machine's own network.
    """
    with closing(docker.from_env()) as client:
        options = client.networks.get("bridge").attrs["Options"]
    bridge = options.get("com.docker.network.bridge.name", "docker0")
    try:
        return _interface_address(bridge)
    except OSError as error:
        raise EngineError(f"The Docker engine's bridge {bridge} is not on this machine: {error}") from error


def _start() -> None:
    say("starting dockerd")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    log = _FOLDER / "dockerd.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    (_FOLDER / "dockerd.pid").write_text(str(process.pid))

    def up() -> bool:
        if process.poll() is not None:
            raise EngineError(f"dockerd ended with {process.returncode}, see {log}")
        return answers()

    _wait_until(up, f"dockerd does not answer, see {log}")


def _wait_until(condition, complaint: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise EngineError(f"{complaint} (waited {_START_SECONDS} s)")
        time.sleep(0.2)


def _is_dockerd(pid: int) -> bool:
    """A stale pid file may name a process of someone else: look at its name; a zombie has ended."""
    try:
        name, state = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name == "dockerd" and state.split()[0] != "Z"


def _interface_address(interface: str) -> str:
    get_interface_address = 0x8915  # SIOCGIFADDR of linux/sockios.h
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        answer = fcntl.ioctl(probe, get_interface_address, struct.pack("256s", interface[:15].encode()))
    return socket.inet_ntoa(answer[20:24])
