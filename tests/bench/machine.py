"""On what the bench ran."""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import yaml

from .contenders import ROOT


def description() -> dict[str, str]:
    """Date, machine and versions, in words."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{_cpu()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "ours": ", ".join([f"farflow.airflow {_our_version()}", f"Python {platform.python_version()}", *_packages()]),
        "peers": ", ".join(_peers()),
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _our_version() -> str:
    return str(yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"])


def _packages() -> list[str]:
    return [f"{name} {version(name)}" for name in ("ansible-core", "boto3", "ministack")]


def _peers() -> list[str]:
    import ansible_collections

    found = []
    for namespace in ansible_collections.__path__:
        manifest = Path(namespace, "community", "aws", "MANIFEST.json")
        if manifest.exists():
            found.append(f"community.aws {yaml.safe_load(manifest.read_text())['collection_info']['version']}")
    packages = yaml.safe_load((Path(__file__).parent / "cdk" / "package.json").read_text())["dependencies"]
    found += [f"{name} {packages[name]}" for name in ("aws-cdk", "aws-cdk-lib")]
    if shutil.which("node"):
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        found.append(f"Node {node.stdout.strip().removeprefix('v')}")
    return found
