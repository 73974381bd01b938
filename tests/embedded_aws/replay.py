"""A report of playbooks/first_deploy_report.yml, from an account of somebody's, as values of behaviours: what took so
long there takes as long here. It names its observations as behaviours are named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .behaviours import REGISTRY

_FORMAT = 1


class ReplayError(ValueError):
    """The file is no report, or one that is not known how to be replayed; the text says why."""


def read(path: Path | str) -> dict[str, tuple[float, float]]:
    """By the behaviour the least and the most of AWS's seconds that were observed. What was not observed is left out.

    Raises ReplayError.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ReplayError(f"{path} can't be read: {error}") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ReplayError(f"{path} is no report of first_deploy_report.yml with format {_FORMAT}")
    observations = document.get("observations") or {}
    known = {name for name, each in REGISTRY.items() if _is_number(each.off)}
    if unknown := sorted(set(observations) - known):
        raise ReplayError(
            f"{path}: no behaviours of seconds: {', '.join(unknown)}; the report is of another version: use the "
            "embedded AWS of that, or take these observations out of the report"
        )
    observed = {name: row.get("observed") for name, row in observations.items()}
    return {name: _range(path, name, seconds) for name, seconds in observed.items() if isinstance(seconds, list)}


def _range(path: Path | str, name: str, seconds: list[Any]) -> tuple[float, float]:
    match seconds:
        case [least, most] if _is_number(least) and _is_number(most) and 0 <= least <= most:
            return float(least), float(most)
    raise ReplayError(f"{path}: {name} is {seconds}, allowed: the least and the most of its seconds")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
