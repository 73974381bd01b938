# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of wanted values AWX has otherwise. What is not wanted is a user's own, and stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

# What AWX shows in place of a secret.
_HIDDEN = "$encrypted$"


def differing(wanted: Mapping[str, Any], existing: Mapping[str, Any], initial: Collection[str] = ()) -> dict[str, Any]:
    """The fields to write, each whole: a mapping with what the user has set beside ours.

    Fields in ``initial`` are those of a new object alone, as is the key of a mapping that is there as ``field.key``.
    """
    ours = {name: _without(name, value, existing.get(name), initial) for name, value in wanted.items()}
    return {
        name: merged(value, existing.get(name))
        for name, value in ours.items()
        if name not in initial and not same(value, existing.get(name))
    }


def _without(name: str, wanted: Any, existing: Any, initial: Collection[str]) -> Any:
    """A field without the keys that are the user's."""
    if not isinstance(wanted, dict) or not isinstance(existing, dict):
        return wanted
    return {key: value for key, value in wanted.items() if f"{name}.{key}" not in initial or key not in existing}


def same(wanted: Any, existing: Any) -> bool:
    """Whether everything that is wanted is there; a mapping may have more."""
    if existing == _HIDDEN:
        return True
    if isinstance(wanted, dict) and isinstance(existing, dict):
        return all(same(value, existing.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(existing, list):
        return len(wanted) == len(existing) and all(map(same, wanted, existing))
    return bool(wanted == existing)


def merged(wanted: Any, existing: Any) -> Any:
    """A mapping has also what the existing one has; AWX takes a secret that it has hidden as it stands."""
    if isinstance(wanted, dict) and isinstance(existing, dict):
        return {**existing, **{name: merged(value, existing.get(name)) for name, value in wanted.items()}}
    return existing if existing == _HIDDEN else wanted
