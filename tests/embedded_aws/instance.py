"""One embedded AWS from the outside: start it, point clients at it, read its calls, stop it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import base_images, behaviours, clients, docker_objects, engine, late, replay
from .network import packet_filter
from .progress import say
from .settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Settings, folder_of, load

RESET = "/_ministack/reset"
_PACKAGE = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_START_SECONDS = 60
_STOP_SECONDS = 30


class EmbeddedAWSError(Exception):
    """The embedded AWS cannot be started, or does not run, or its name cannot be one; the text says why."""


class EmbeddedAWS:
    """`with EmbeddedAWS(name="x", fast=True) as aws: aws.client("ecs")`.

    name: of its folder, label and network. On one machine there is one instance of a name.
    port: where it listens; 0 takes a free one.
    fast: no containers and no Docker engine. Tasks succeed after a short time, services run immediately.
    database_seconds: with `fast`, how long a new database stays `creating`.
    clock: how many times faster the time passes that AWS counts (clock.py).
    strict: every behaviour that is as AWS is at its hardest is on from the start (behaviours.py), and again after each
    `behaviours`.
    seed: of what happens by chance.
    replay: a report of first_deploy_report.yml: what it has observed lasts as long, from the start and after each
    `behaviours`.
    """

    def __init__(
        self,
        name: str,
        *,
        port: int = 0,
        fast: bool = True,
        database_seconds: float = 0,
        clock: float = 1.0,
        strict: bool = False,
        seed: int = 0,
        replay: Path | str | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise EmbeddedAWSError(f"a name is made of lower-case letters, digits and hyphens: {name}")
        report = str(Path(replay).absolute()) if replay else ""
        if report:
            _refuse_wrong(report)
        self.name = name
        self._wanted = Settings(
            name,
            "127.0.0.1",
            port,
            fast,
            database_seconds,
            str(folder_of(name)),
            clock=clock,
            strict=strict,
            seed=seed,
            replay=report,
        )
        self._settings: Settings | None = load(name)

    def __enter__(self) -> EmbeddedAWS:
        self.up()
        return self

    def __exit__(self, *_unused: object) -> None:
        self.down()

    @property
    def settings(self) -> Settings:
        """Raises: EmbeddedAWSError when it was not started."""
        if self._settings is None:
            raise EmbeddedAWSError(f"the embedded AWS {self.name} is not up: start it by python tests/embedded_aws up")
        return self._settings

    @property
    def endpoint_url(self) -> str:
        return self.settings.endpoint_url

    @property
    def registry(self) -> str:
        """Where images are pushed: `<registry>/<repository>`. Docker takes plain HTTP from registries on the loopback
        address only.
        """
        return f"127.0.0.1:{self.settings.port}"

    @property
    def ansible_home(self) -> Path:
        """ANSIBLE_HOME of the playbooks that tests run. When this AWS goes down, every process with this ANSIBLE_HOME
        is ended.
        """
        return folder_of(self.name) / "ansible"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point boto3, the AWS CLI and Ansible at it, once the variables that
        `accounts` lists are removed.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "EMBEDDED_AWS_REGISTRY": self.registry,
        }

    def client(
        self,
        service: str,
        *,
        identity: Mapping[str, str] | None = None,
        sees_all: bool = False,
        **options: Any,
    ) -> Any:
        """A boto3 client of it, whatever AWS_* variables there are, of the account's root or with the keys of an
        `identity`. To one that sees all nothing is shown late.
        """
        import boto3
        from botocore.config import Config

        keys = identity or self.environment
        if sees_all:
            config = Config(user_agent_extra=late.SEES_ALL)
            options["config"] = options["config"].merge(config) if "config" in options else config
        defaults = {
            "endpoint_url": self.endpoint_url,
            "region_name": REGION,
            "aws_access_key_id": keys["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": keys.get("AWS_SESSION_TOKEN"),
        }
        return boto3.client(service, **{**defaults, **options})

    def is_up(self) -> bool:
        if self._settings is None:
            return False
        try:
            self._request("GET", "/_ministack/health")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def up(self) -> None:
        """Start it, with all that it needs. Does nothing when it is up already.

        Raises: EmbeddedAWSError, engine.EngineError, base_images.ImageError
        """
        if self.is_up():
            return
        self._clear()
        settings = self._wanted
        if not settings.fast:
            engine.ensure()
            base_images.ensure()
            settings = dataclasses.replace(settings, host=engine.gateway())
        self._settings = self._start(settings)

    def down(self) -> None:
        """Stop it and remove every container, network, process and file that it made; also after a crash.

        Playbooks that still run against it are ended first.
        """
        clients.end_all(self.ansible_home)
        if self.is_up():
            self.reset()
        self._clear()
        self._settings = None

    @contextlib.contextmanager
    def databases_held(self) -> Iterator[None]:
        """A context: within it, with `fast` and `database_seconds`, new databases stay `creating`."""
        held = self.settings.held_databases
        held.touch()
        try:
            yield
        finally:
            held.unlink(missing_ok=True)

    def reset(self) -> None:
        """Empty the account, and remove its containers."""
        self._request("POST", RESET)
        if not self.settings.fast:
            docker_objects.remove_idle_volumes(self.name)

    def calls(self, *, service: str | None = None, mutating: bool | None = None) -> list[dict[str, Any]]:
        """AWS calls since the last `reset_calls`, oldest first.

        Each: time (epoch seconds), seconds, service, operation, mutating, status, error, request_id,
        caller (`host` or `container`), principal (its ARN), user_agent.
        """
        calls = json.loads(self._request("GET", "/_embedded/calls"))["calls"]
        return [call for call in calls if service in (None, call["service"]) and mutating in (None, call["mutating"])]

    def reset_calls(self) -> None:
        self._request("POST", "/_embedded/calls/reset")

    @contextlib.contextmanager
    def behaviours(self, *, seed: int | None = None, **values: Any) -> Iterator[None]:
        """A context: within it the behaviours that `behaviours.py` names are switched on, beside those of a strict
        account. Those that strike by chance do so by the seed, the account's where none is given.
        """
        behaviours.refuse_unknown(values)
        self._request("POST", "/_embedded/behaviours", {"seed": seed, **values})
        try:
            yield
        finally:
            self._request("POST", "/_embedded/behaviours", {})

    def identity(
        self, policies: Sequence[Mapping[str, Any]], boundary: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """The environment variables of somebody who has these policies, and at most the rights of the boundary, until
        the account is emptied. IAM lists neither.

        Raises: EmbeddedAWSError for a policy without statements.
        """
        asked = {"policies": list(policies), "boundary": boundary}
        return {**self.environment, **json.loads(self._request("POST", "/_embedded/identities", asked))["answer"]}

    @contextlib.contextmanager
    def organization(self, *levels: Sequence[Mapping[str, Any]]) -> Iterator[None]:
        """A context: within it the account is in an organization whose levels have these service control policies."""
        self._request("POST", "/_embedded/organization", {"levels": [list(level) for level in levels]})
        try:
            yield
        finally:
            self._request("POST", "/_embedded/organization", {"levels": []})

    def struck(self) -> dict[str, int]:
        """How often each behaviour has struck since the start, without those that never did."""
        return {name: each["struck"] for name, each in self._behaviours().items() if each["struck"]}

    def values(self) -> dict[str, Any]:
        """The value of each behaviour that is on."""
        told = {name: each["value"] for name, each in self._behaviours().items()}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        return {name: value for name, value in values.items() if value != behaviours.REGISTRY[name].off}

    def _behaviours(self) -> dict[str, dict[str, Any]]:
        told: dict[str, dict[str, Any]] = json.loads(self._request("GET", "/_embedded/behaviours"))
        return told

    def interrupt_spot(
        self, *tasks: str, share: float | None = None, service: str | None = None, seed: int = 0
    ) -> list[str]:
        """AWS takes the capacity of these tasks on Fargate Spot away, or of a share of all of them, or of those of a
        service: the ARNs of the tasks.

        Raises: EmbeddedAWSError for a task that does not run on Spot.
        """
        which = {"tasks": tasks} if share is None else {"share": share, "service": service, "seed": seed}
        return list(json.loads(self._request("POST", "/_embedded/interruptions", which))["answer"])

    def put_metric(self, namespace: str, name: str, value: float, *, unit: str = "None", **dimensions: str) -> None:
        """A value of a metric of AWS's own, which nobody else can put: `AWS/ECS`, `CPUUtilization`."""
        metric = {"namespace": namespace, "name": name, "value": value, "unit": unit, "dimensions": dimensions}
        self._request("POST", "/_embedded/metrics", metric)

    def published(self) -> list[dict[str, str]]:
        """What was published to topics of SNS since the last reset, the oldest first: topic, subject, message."""
        return list(json.loads(self._request("POST", "/_embedded/published", {}))["answer"])

    def listener(self, arn: str) -> str:
        """Where a listener of a network load balancer hears on this machine: `host:port`. The port is its own, or
        another one where that was not to be had.

        Raises: EmbeddedAWSError where there is no such listener.
        """
        for each in self.listeners():
            if each["arn"] == arn:
                return str(each["address"])
        raise EmbeddedAWSError(f"{self.name} has no open listener {arn}")

    def listeners(self) -> list[dict[str, Any]]:
        """All of them: arn, protocol, port, address."""
        return list(json.loads(self._request("POST", "/_embedded/listeners", {}))["answer"])

    @contextlib.contextmanager
    def clock(self, factor: float) -> Iterator[None]:
        """A context: within it the time that AWS counts (clock.py) passes so many times faster than it really does."""
        self._request("POST", "/_embedded/clock", {"factor": factor})
        try:
            yield
        finally:
            self._request("POST", "/_embedded/clock", {"factor": self.settings.clock})

    def _request(self, method: str, path: str, document: dict[str, Any] | None = None) -> bytes:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.endpoint_url + path, body, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
            raise EmbeddedAWSError(json.loads(error.read())["message"]) from error

    def _start(self, settings: Settings) -> Settings:
        settings.path("tmp").mkdir(parents=True)
        if not settings.fast:
            settings = dataclasses.replace(settings, container_cidr=docker_objects.create_network(self.name))
            try:
                packet_filter.start(self.name)
            except packet_filter.PacketFilterError as error:
                raise EmbeddedAWSError(f"what a VPC does not let through can't be held back: {error}") from error
        log = settings.path("server.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(_PACKAGE), "serve", *_as_arguments(settings)],
                env=_clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        settings.path("server.pid").write_text(str(process.pid))
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EmbeddedAWSError(f"the emulators ended with {process.returncode}:\n{log.read_text()[-2000:]}")
            self._settings = load(self.name)
            if self.is_up():
                return self.settings
            time.sleep(0.05)
        raise EmbeddedAWSError(f"the emulators do not answer after {_START_SECONDS} s, see {log}")

    def _clear(self) -> None:
        """Stop the process if it lives, remove leftover containers, then the folder."""
        folder = folder_of(self.name)
        pid_file = folder / "server.pid"
        if pid_file.exists():
            _stop_process(int(pid_file.read_text()), self.name)
        was_fast = (self._settings or self._wanted).fast
        if not was_fast and engine.answers():
            docker_objects.remove_all(self.name)
        if folder.exists():
            shutil.rmtree(folder)


def _as_arguments(settings: Settings) -> list[str]:
    arguments = ["--name", settings.name, "--port", str(settings.port), "--host", settings.host]
    arguments += ["--container-cidr", settings.container_cidr]
    arguments += ["--database-seconds", str(settings.database_seconds), "--clock", str(settings.clock)]
    arguments += ["--seed", str(settings.seed), "--replay", settings.replay]
    return [*arguments, *(f"--{name}" for name in ("fast", "strict") if getattr(settings, name))]


def _refuse_wrong(report: str) -> None:
    try:
        replay.read(report)
    except replay.ReplayError as error:
        raise EmbeddedAWSError(str(error)) from error


def accounts() -> list[str]:
    """The names in the environment that lead AWS clients to accounts, profiles and endpoints of the caller's own."""
    return sorted(name for name in os.environ if name.startswith("AWS_"))


def forget_accounts() -> None:
    """Takes them out of this process's environment."""
    for name in accounts():
        del os.environ[name]


def _clean_environment() -> dict[str, str]:
    """The caller's environment without what would lead the emulators elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINISTACK_", "MOTO_"))}


def _stop_process(pid: int, name: str) -> None:
    """End our server, known by its command line: a stale pid file may name someone else's process."""
    if not _is_server(pid, name):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_server(pid, name):
        if time.monotonic() > deadline:
            say(f"{name}: the emulators do not stop, killing them")
            os.killpg(pid, signal.SIGKILL)
            deadline += _STOP_SECONDS
        time.sleep(0.05)


def _is_server(pid: int, name: str) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return [b"serve", b"--name", name.encode()] == arguments[2:5]
