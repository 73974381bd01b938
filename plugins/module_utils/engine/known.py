# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS has already told: the ids of existing resources, or references to those yet to be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from .actions import Resource
from .compare import UNKNOWN
from .references import reference


class Existing:
    """Existing resources by type and name. What AWS does not tell of one is UNKNOWN."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._resources: dict[tuple[str, str], Resource] = {}
        for resource in resources:
            self._resources.setdefault((resource.type, resource.name), resource)

    def get(self, type_: str, name: str) -> Resource | None:
        """The resource, or None."""
        return self._resources.get((type_, name))

    def id(self, type_: str, name: str) -> str:
        """The id that AWS gave it, or a reference to it while it has none."""
        resource = self.get(type_, name)
        return resource.id if resource and resource.id else reference(type_, name)

    def attribute(self, type_: str, name: str, key: str) -> Any:
        """What else AWS says of it, such as a database's address."""
        resource = self.get(type_, name)
        value = resource.attributes.get(key) if resource else None
        return UNKNOWN if value is None else value

    def without_ids(self, keys: Collection[tuple[str, str]]) -> Existing:
        """The same, but that the resources of these types and names have yet to get their ids."""
        return Existing(replace(one, id=None) if (one.type, one.name) in keys else one for one in self.all())

    def all(self) -> list[Resource]:
        """All existing resources."""
        return list(self._resources.values())

    def of_type(self, type_: str) -> list[Resource]:
        """All existing resources of a type."""
        return [resource for (found, _unused), resource in self._resources.items() if found == type_]
