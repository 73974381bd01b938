"""Writes meta/runtime.yml: how Ansible finds our modules, and which groups of defaults they are in.

`routing.py` writes it, `routing.py --check` only says whether it is up to date. Every module in plugins/modules/ is run
by the action in_process, but for those that have an action of their own name. Old names are in REDIRECTED.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from generated import write
from options import ROOT, Dumper

RUNTIME = ROOT / "meta" / "runtime.yml"
MODULES = ROOT / "plugins" / "modules"
COLLECTION = "farflow.airflow"

#: The names before version 0.2.0: the module that took its place, and how to write what it was given.
REDIRECTED = {
    "ecs_cluster": (
        "ecs_clusters",
        "the options of the cluster as an element of its list clusters; state stays at the top.",
    ),
    "efs_file_system": (
        "efs_file_systems",
        "the options of the file system as an element of its list file_systems; state, wait, wait_timeout and retain "
        "stay at the top.",
    ),
    "network_load_balancer": (
        "network_load_balancers",
        "the options of the load balancer as an element of its list load_balancers; state, wait and wait_timeout stay "
        "at the top.",
    ),
    "rds_instance": (
        "rds_instances",
        "the options of the instance as an element of its list instances; state, wait and wait_timeout stay at the "
        "top.",
    ),
}
_REMOVAL_VERSION = "0.3.0"

_TAGS = "farflow.airflow.tags"
_HEAD = """\
---
# Written by scripts/routing.py. `module_defaults: group/farflow.airflow.aws` sets region, endpoint and the like, for
# ours and amazon.aws's modules; `group/farflow.airflow.modules` sets what ours alone take, each of which keeps tags.
"""


def wanted() -> str:
    """The text that the file should have."""
    documentation = {path.stem: _documentation(path) for path in sorted(MODULES.glob("*.py"))}
    fragments = {name: each.get("extends_documentation_fragment", []) for name, each in documentation.items()}
    aws = [name for name, some in fragments.items() if "amazon.aws.common.modules" in some]
    keeping_tags = [name for name, some in fragments.items() if _TAGS in some]
    own_actions = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}
    routed = {name: {"action_plugin": f"{COLLECTION}.in_process"} for name in aws if name not in own_actions}
    redirected = {name: _redirect(*new) for name, new in REDIRECTED.items()}
    runtime = {
        "requires_ansible": yaml.safe_load(RUNTIME.read_text())["requires_ansible"],
        "action_groups": {
            "aws": [{"metadata": {"extend_group": ["amazon.aws.aws"]}}, *aws],
            "modules": keeping_tags,
        },
        "plugin_routing": {"modules": dict(sorted({**routed, **redirected}.items()))},
    }
    return _HEAD + yaml.dump(runtime, Dumper=Dumper, sort_keys=False, width=116)


def _documentation(path: Path) -> dict[str, Any]:
    text = re.search(r'^DOCUMENTATION = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return yaml.safe_load(text[1]) if text else {}


def _redirect(module: str, how: str) -> dict[str, Any]:
    words = f"Write {COLLECTION}.{module}, with {how}"
    return {
        "redirect": f"{COLLECTION}.{module}",
        "deprecation": {"removal_version": _REMOVAL_VERSION, "warning_text": words},
    }


def main() -> int:
    return write({RUNTIME: wanted()}, "the modules", ROOT)


if __name__ == "__main__":
    sys.exit(main())
