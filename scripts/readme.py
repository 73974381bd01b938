"""Writes the tables of inputs into docs/variables.md and roles/*/README.md.

`readme.py` writes them, `readme.py --check` only says which file is not up to date. Those of docs/variables.md come
from playbooks/deploy.meta.yml, a role's from its meta/argument_specs.yml. They stand between two comments.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from generated import write
from options import META, ROLES, ROOT

BEGIN = "<!-- inputs: written by scripts/readme.py -->"
END = "<!-- end of inputs -->"

#: Ansible's markup for code: C(), O(), V() and the like.
_MARKUP = re.compile(r"\b[A-Z]\(([^)]*)\)")

Option = Mapping[str, Any]


def documents() -> dict[Path, str]:
    """The text that each file should have."""
    specs = {role: _spec(ROOT / "roles" / role / "meta" / "argument_specs.yml", "main") for role in ROLES}
    options = _spec(META, "deploy")["options"]
    titles = {role: spec["short_description"] for role, spec in specs.items()}
    tables = {ROOT / "docs" / "variables.md": grouped(options, titles)}
    for role, spec in specs.items():
        tables[ROOT / "roles" / role / "README.md"] = table(spec["options"])
    return {path: with_table(path.read_text(), made) for path, made in tables.items()}


def _spec(path: Path, entry_point: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["argument_specs"][entry_point]
    return found


def grouped(options: Mapping[str, Option], titles: Mapping[str, str]) -> str:
    """A heading and a table for the environment, and for each role, whose ``titles`` say what it makes."""
    parts = ["## The environment", table(_below("farflow", options))]
    if dags := _below("dags", options):
        parts += ["## DAGs", table(dags)]
    for role, title in titles.items():
        parts += [f"## [{role}](../roles/{role}/README.md)", f"{title}.", table(_below(role, options))]
    return "\n\n".join(parts)


def _below(prefix: str, options: Mapping[str, Option]) -> dict[str, Option]:
    return {name: option for name, option in options.items() if name.startswith(f"{prefix}_")}


def table(options: Mapping[str, Option]) -> str:
    """A Markdown table, a row an option."""
    rows = [("Name", "Type", "Default", "Description"), ("---",) * 4]
    rows += [(f"`{name}`", _type(option), _default(option), _description(option)) for name, option in options.items()]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _type(option: Option) -> str:
    return f"list of {option['elements']}" if "elements" in option else str(option["type"])


def _default(option: Option) -> str:
    if option.get("required"):
        return "required"
    return code(option["default"]) if "default" in option else ""


def _description(option: Option) -> str:
    text = option["description"]
    sentences = [plain(text if isinstance(text, str) else " ".join(text))]
    if "choices" in option:
        quantity = "Any" if option["type"] == "list" else "One"
        sentences.append(f"{quantity} of {', '.join(map(code, option['choices']))}.")
    defaults = {key: each["default"] for key, each in option.get("options", {}).items() if "default" in each}
    if defaults:
        sentences.append(f"A key that is left out is as in {code(defaults)}.")
    return " ".join(sentences)


def plain(text: str) -> str:
    """Ansible's markup as Markdown."""
    return html.unescape(_MARKUP.sub(r"`\1`", text))


def code(value: Any) -> str:
    """A value as YAML, on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=sys.maxsize)
    return f"`{text.removesuffix('...' + chr(10)).strip()}`"


def with_table(text: str, made: str) -> str:
    """A README with what stands between the two comments replaced.

    Raises: ValueError when they are not there.
    """
    head, begin, rest = text.partition(BEGIN)
    _unused, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no place for the inputs: {BEGIN} and {END} are missing")
    return f"{head}{BEGIN}\n\n{made}\n\n{END}{tail}"


def main() -> int:
    return write(documents(), "the argument specs", ROOT)


if __name__ == "__main__":
    sys.exit(main())
