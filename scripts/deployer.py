"""Writes docs/deployer-policy.json, the IAM policies of a deployer for the default variables and an account of AWS's
documentation, and the table of their statements in docs/permissions.md.

`deployer.py` writes them, `deployer.py --check` only says whether they are up to date. For `all` playbooks that call
AWS, and for `plan` alone, the file has what playbooks/deployer_policy.yml gives.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from generated import write

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # which is not there when this is run as a script, and what follows needs it

from plugins.module_utils.environment import deployer  # noqa: E402
from plugins.module_utils.environment.arns import Account  # noqa: E402
from plugins.module_utils.environment.guardrails import documents as guardrails  # noqa: E402
from plugins.plugin_utils import inputs as given  # noqa: E402

DOCUMENT = ROOT / "docs" / "deployer-policy.json"
PAGE = ROOT / "docs" / "permissions.md"
ACCOUNT = Account("aws", "eu-west-1", "123456789012")
VARIABLES = {"farflow_environment": "prod", "farflow_region": ACCOUNT.region}
_HEAD_OF_DENIALS = "| What the organization wants | What it forbids | What helps |"
_HEAD = "| Statement | Playbooks | Why it is not narrower |"

#: Defaults that are templates, and do not matter here.
_TEMPLATES = {"network_ingress_cidrs": [], "airflow_service_load_balancer_port": 80}


def policies() -> dict[str, list[dict[str, Any]]]:
    """By the playbook, and by ``all``, the documents."""
    inputs, problems = given.gather(
        given.declared(_load), {**given.defaults(_load), **_TEMPLATES, **VARIABLES}, lambda value: value
    )
    if problems:
        raise ValueError("; ".join(problems))
    doors = {"all": deployer.DOORS, "plan": ("plan",)}
    return {name: deployer.documents(inputs, ACCOUNT, some) for name, some in doors.items()}


def text(found: dict[str, list[dict[str, Any]]]) -> str:
    """As JSON, with a line for each statement."""
    parts = []
    for name, documents in found.items():
        written = []
        for document in documents:
            lines = ",\n".join(f"        {json.dumps(statement)}" for statement in document["Statement"])
            written.append(f'    {{"Version": "{document["Version"]}", "Statement": [\n{lines}\n    ]}}')
        parts.append(f'  "{name}": [\n' + ",\n".join(written) + "\n  ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def table() -> str:
    """A Markdown table, a row a statement."""
    rows = []
    for scope in deployer.SCOPES:
        doors = [door for door in deployer.DOORS if scope.needed_by(frozenset({door}))]
        who = "all" if len(doors) == len(deployer.DOORS) else ", ".join(f"`{door}`" for door in doors)
        rows.append(f"| {scope.sid} | {who} | {scope.why} |")
    return "\n".join([_HEAD, "| --- | --- | --- |", *rows]) + "\n"


def _load(path: str) -> Any:
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def usual_denials() -> str:
    """A Markdown table, a row each."""
    rows = [f"| {each.why} | {', '.join(sorted(each.actions))} | {each.helps} |" for each in guardrails.USUAL]
    return "\n".join([_HEAD_OF_DENIALS, "| --- | --- | --- |", *rows]) + "\n"


def main() -> int:
    wanted = PAGE.read_text(encoding="utf-8")
    for head, rows in ((_HEAD, table()), (_HEAD_OF_DENIALS, usual_denials())):
        pattern = rf"^{re.escape(head)}\n(\|.*\n)+"
        wanted = re.sub(pattern, lambda _found, rows=rows: rows, wanted, flags=re.MULTILINE)
    return write({DOCUMENT: text(policies()), PAGE: wanted}, "the actions of a deployer", ROOT)


if __name__ == "__main__":
    sys.exit(main())
