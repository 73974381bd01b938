"""Writes awx/assets.yml: what `awx import -f yaml` takes, for the settings in awx/settings.yml.

`awx.py` writes it, `awx.py --check` only says whether it is up to date with the settings and the argument specs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from plugins.module_utils.pure.awx_assets import Settings, assets  # noqa: E402

ASSETS = ROOT / "awx" / "assets.yml"
PREFIX = "farflow_awx_"
HEAD = "---\n# Written by scripts/awx.py, from awx/settings.yml and the argument specs.\n"


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with lists indented as yamllint wants them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _options(name: str) -> dict[str, Any]:
    meta = yaml.safe_load((ROOT / "playbooks" / f"{name}.meta.yml").read_text())
    options: dict[str, Any] = meta["argument_specs"][name]["options"]
    return options


def settings() -> Settings:
    """Those of awx/settings.yml, and the defaults of the others."""
    given = yaml.safe_load((ROOT / "awx" / "settings.yml").read_text())
    values = {name: given.get(name, option.get("default")) for name, option in _options("awx").items()}
    return Settings(**{name.removeprefix(PREFIX): value for name, value in values.items()})


def collected() -> str:
    """The text that awx/assets.yml should have."""
    wanted = assets(settings(), _options("deploy"))
    return HEAD + yaml.dump(wanted, Dumper=_Dumper, sort_keys=False, width=116, allow_unicode=True)


def main() -> int:
    wanted = collected()
    if ASSETS.exists() and ASSETS.read_text() == wanted:
        return 0
    if "--check" in sys.argv:
        print("awx/assets.yml differs from awx/settings.yml or the argument specs: run scripts/awx.py")
        return 1
    ASSETS.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
