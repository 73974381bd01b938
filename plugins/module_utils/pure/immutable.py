# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS fixes when it creates a resource: refused before anything is done, in check mode too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..core.actions import Resource
from ..core.compare import differences
from ..core.errors import FarflowError


def refuse_changes(
    desired: Iterable[Resource], actual: Iterable[Resource], advice: Mapping[str, Mapping[str, str]]
) -> None:
    """Raises FarflowError when a property differs that ``advice`` names for the resource's type, with what differs
    and the advice on it.
    """
    existing = {(resource.type, resource.name): resource for resource in actual}
    refused = []
    for wanted in desired:
        found = existing.get((wanted.type, wanted.name))
        if found is None:
            continue
        for name, words in advice.get(wanted.type, {}).items():
            for difference in differences(wanted.properties.get(name), found.properties.get(name), (name,)):
                what = f"{wanted.type.replace('_', ' ')} {wanted.name}"
                refused.append(f"AWS cannot change {what} in place ({difference}): {words}")
    if refused:
        raise FarflowError("\n".join(refused))
