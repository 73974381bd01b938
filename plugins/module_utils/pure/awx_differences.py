# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of wanted assets AWX has otherwise. ``awx import`` itself writes everything anew and can't be asked before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .awx_assets import Asset, Assets

# What AWX shows in place of a secret.
_HIDDEN = "$encrypted$"


def differing(wanted: Assets, exported: Mapping[str, list[Asset] | None]) -> tuple[Assets, list[str]]:
    """The assets that are missing or differ, and a line on each: `job_templates Airflow dev: Plan: playbook`.

    Fields that are not wanted, and what else is attached, are AWX's own affair. Values are not told: a hook's URL may
    hold a secret.
    """
    found: Assets = {}
    reasons = []
    for resource, assets in wanted.items():
        existing = {_frozen(each["natural_key"]): each for each in exported.get(resource) or []}
        for asset in assets:
            reason = _reason(asset, existing.get(_frozen(asset["natural_key"])))
            if reason:
                found.setdefault(resource, []).append(asset)
                reasons.append(f"{resource} {asset['name']}: {reason}")
    return found, reasons


def missing(wanted: list[Asset], exported: list[Asset] | None) -> list[Asset]:
    """The assets that AWX has not at all."""
    existing = {_frozen(each["natural_key"]) for each in exported or []}
    return [asset for asset in wanted if _frozen(asset["natural_key"]) not in existing]


def _reason(asset: Asset, existing: Asset | None) -> str:
    if existing is None:
        return "created"
    fields = [key for key in asset if key != "related" and not _same(asset[key], existing.get(key))]
    return ", ".join([*fields, *_related(asset.get("related", {}), existing.get("related", {}))])


def _related(wanted: Mapping[str, Any], existing: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        there = existing.get(name)
        if isinstance(value, list):
            if not all(any(_same(one, other) for other in there or []) for one in value):
                yield name
        elif not _same(value, there):
            yield name


def _same(wanted: Any, existing: Any) -> bool:
    """Whether everything that is wanted is there; a mapping may have more."""
    if existing == _HIDDEN:
        return True
    if isinstance(wanted, dict) and isinstance(existing, dict):
        return all(_same(value, existing.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(existing, list):
        return len(wanted) == len(existing) and all(map(_same, wanted, existing))
    return bool(wanted == existing)


def _frozen(key: Any) -> Any:
    """A natural key as a set of its members, for comparison."""
    return frozenset((name, _frozen(value)) for name, value in key.items()) if isinstance(key, dict) else key
