"""Writes the roles' options into playbooks/deploy.meta.yml, the list of all variables that a user can set.

`options.py` writes it, `options.py --check` only says whether it is up to date. Options that begin with farflow_ or
dags_ are written by hand in that file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from generated import write

ROOT = Path(__file__).parent.parent
META = ROOT / "playbooks" / "deploy.meta.yml"
OWN = ("farflow_", "dags_")  # the beginnings of options that no role has
ROLES = ("network", "rds", "ecs_cluster", "dag_tasks", "airflow_service", "worker_pool")


class Dumper(yaml.SafeDumper):
    """Without anchors, and with lists indented as yamllint wants them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def collected() -> str:
    """The text that deploy.meta.yml should have."""
    meta = yaml.safe_load(META.read_text())
    options = meta["argument_specs"]["deploy"]["options"]
    merged = {name: option for name, option in options.items() if name.startswith(OWN)}
    for role in ROLES:
        spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
        merged.update({name: _told(option) for name, option in spec["argument_specs"]["main"]["options"].items()})
    meta["argument_specs"]["deploy"]["options"] = merged
    head = "---\n# The options of the roles are written here by scripts/options.py.\n"
    return head + yaml.dump(meta, Dumper=Dumper, sort_keys=False, width=116, allow_unicode=True)


def _told(option: dict[str, Any]) -> dict[str, Any]:
    """The option with one string as its description: a playbook's option needs that, a role's may have a list."""
    description = option["description"]
    return {**option, "description": description if isinstance(description, str) else " ".join(description)}


def main() -> int:
    return write({META: collected()}, "the roles' argument specs", ROOT)


if __name__ == "__main__":
    sys.exit(main())
