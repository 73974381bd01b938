# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS fixes when it creates a resource: refused before anything is done, in check mode too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .actions import Resource
from .compare import contains_unknown, differences
from .errors import FarflowError

Advice = Mapping[str, Mapping[str, str]]


def refuse_changes(desired: Iterable[Resource], actual: Iterable[Resource], advice: Advice) -> None:
    """Raises FarflowError when a property differs that ``advice`` names for the resource's type, with what differs
    and the advice on it.
    """
    existing = {(resource.type, resource.name): resource for resource in actual}
    pairs = [(wanted, existing.get((wanted.type, wanted.name))) for wanted in desired]
    refused = [problem for wanted, found in pairs if found for problem in problems(wanted, found, advice)]
    if refused:
        raise FarflowError("\n".join(refused))


def problems(wanted: Resource, found: Resource, advice: Advice) -> list[str]:
    """What AWS cannot change of what is found into what is wanted, each with the advice on it. What is not known yet is
    no problem.
    """
    what = f"{wanted.type.replace('_', ' ')} {wanted.name}"
    return [
        f"AWS cannot change {what} in place ({difference}): {words}"
        for name, words in advice.get(wanted.type, {}).items()
        for difference in differences(wanted.properties.get(name), found.properties.get(name), (name,))
        if not contains_unknown((difference.before, difference.after))
    ]
