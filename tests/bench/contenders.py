"""Who is measured: our two doors, and what else registers the same task definitions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.settings import ACCOUNT_ID, REGION

from .workload import ENVIRONMENT, Workload

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_INSTALLED = ROOT / ".tools" / "bench-cdk"

NO_OP = "no-op"
PLAN = "no-op, --check"
PREBUILT = "no-op, template made before"


class Missing(Exception):
    """What a contender needs is not at hand; the text says what."""


@dataclass(frozen=True)
class Place:
    """Where a contender runs: an account, and a folder for its own files."""

    aws: EmbeddedAWS
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of its commands: AWS is the embedded one, Ansible's own files are in the folder."""
        home = self.folder / "ansible"
        tools = Path(sys.executable).parent
        return {
            **os.environ,
            **self.aws.environment,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
            "ANSIBLE_ASYNC_DIR": str(home / "async"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "TMPDIR": str(self.folder),
            **more,
        }


@dataclass(frozen=True)
class Command:
    """What is run, and where."""

    arguments: list[str]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Playbook:
    """``name`` in the table; one of our playbooks, and the arguments of each kind of no-op."""

    name: str
    playbook: str
    no_ops: Mapping[str, list[str]]

    def prepare(self, place: Place) -> None:
        """Nothing has to be there before."""

    def command(self, place: Place, workload: Workload, more: list[str]) -> Command:
        """Deploys the workload."""
        variables = {
            "farflow_environment": ENVIRONMENT,
            "dag_tasks_path": str(workload.tasks_folder),
            "airflow_service_path": str(workload.airflow),
            "dags_check": False,  # its image holds no Airflow
        }
        playbook = ["ansible-playbook", "-i", "inventories/local", f"playbooks/{self.playbook}.yml"]
        return Command([*playbook, "-e", json.dumps(variables), *more], ROOT, place.environment())


@dataclass(frozen=True)
class Loop:
    """The module of community.aws, in a loop, in a playbook of its own."""

    name: str = "community.aws in a loop"
    no_ops: Mapping[str, list[str]] = field(default_factory=lambda: {NO_OP: []})

    def prepare(self, place: Place) -> None:
        """Nothing has to be there before."""

    def command(self, place: Place, workload: Workload, more: list[str]) -> Command:
        """Deploys the workload."""
        arguments = ["ansible-playbook", str(_HERE / "loop.yml"), "-e", f"@{workload.definitions_file}", *more]
        return Command(arguments, place.folder, place.environment())


@dataclass(frozen=True)
class Cdk:
    """The AWS CDK with an app of one stack. Its account has to be bootstrapped, which is not measured."""

    name: str
    flags: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    no_ops: Mapping[str, list[str]] = field(default_factory=lambda: {NO_OP: []})

    def prepare(self, place: Place) -> None:
        """Installs what package-lock.json names, and bootstraps the account.

        Raises: Missing
        """
        install_cdk()
        command = [str(_cdk()), "bootstrap", f"aws://{ACCOUNT_ID}/{REGION}"]
        environment = self._environment(place)
        done = subprocess.run(command, cwd=place.folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"cdk bootstrap does not succeed:\n{(done.stdout + done.stderr)[-2000:]}")

    def command(self, place: Place, workload: Workload, more: list[str]) -> Command:
        """Deploys the workload."""
        app = [] if "--app" in more else ["--app", f"node {_INSTALLED / 'app.js'}"]
        arguments = [str(_cdk()), "deploy", "--require-approval", "never", *app, *self.flags, *more]
        environment = self._environment(place, BENCH_TASK_DEFINITIONS=str(workload.definitions_file))
        return Command(arguments, place.folder, environment)

    def _environment(self, place: Place, **more: str) -> dict[str, str]:
        return place.environment(CDK_HOME=str(place.folder / "cdk"), **self.settings, **more)


def _cdk() -> Path:
    return _INSTALLED / "node_modules" / ".bin" / "cdk"


def install_cdk() -> None:
    """Puts the CDK into ``.tools``, which stays for the next run.

    Raises: Missing
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("Node and npm are not at hand")
    names = ("package.json", "package-lock.json", "app.js")
    if _cdk().exists() and all(_same(_HERE / "cdk" / name, _INSTALLED / name) for name in names[:2]):
        shutil.copy(_HERE / "cdk" / names[2], _INSTALLED)
        return
    shutil.rmtree(_INSTALLED, ignore_errors=True)
    _INSTALLED.mkdir(parents=True)
    for name in names:
        shutil.copy(_HERE / "cdk" / name, _INSTALLED)
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=_INSTALLED, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(_INSTALLED)
        raise Missing(f"npm cannot install the CDK:\n{done.stderr[-2000:]}")


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


Contender = Playbook | Loop | Cdk

STACK = Playbook("farflow.airflow, whole stack", "deploy", {NO_OP: [], PLAN: ["--check"]})
DOOR = Playbook("farflow.airflow, DAG tasks", "dag_tasks", {NO_OP: [], PLAN: ["--check"]})
LOOP = Loop()
CDK = Cdk("AWS CDK")
CDK_TUNED = Cdk(
    "AWS CDK, tuned",
    (
        "--method=direct",
        "--no-staging",
        "--no-version-reporting",
        "--no-path-metadata",
        "--no-asset-metadata",
        "--no-notices",
    ),
    {"CDK_VALIDATION": "false", "CDK_DISABLE_CLI_TELEMETRY": "true"},
    {NO_OP: [], PREBUILT: ["--app", "cdk.out"]},
)
OURS = (STACK, DOOR)
PEERS: dict[str, tuple[Contender, ...]] = {"loop": (LOOP,), "cdk": (CDK, CDK_TUNED)}


def empty_playbook(place: Place) -> Command:
    """What Ansible costs before it does anything."""
    playbook = str(_HERE.relative_to(ROOT) / "empty.yml")
    return Command(["ansible-playbook", "-i", "inventories/local", playbook], ROOT, place.environment())


def task_definition(aws: EmbeddedAWS, family: str) -> dict[str, Any]:
    """The newest ACTIVE revision of a family."""
    return dict(aws.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"])
