# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the user may make and use in AWX. Each of its lists has a filter for the objects in which a user has a role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .awx import Object
from .awx_look import LISTS, Look

#: The role of an organization with which a user makes objects of a resource there.
_MAKER = {
    "credentials": "credential_admin_role",
    "execution_environments": "execution_environment_admin_role",
    "notification_templates": "notification_admin_role",
    "projects": "project_admin_role",
    "inventory": "inventory_admin_role",
    "workflow_job_templates": "workflow_admin_role",
}
#: By resource the fields, and the resources of what they name, which the user has to be allowed to use.
_USES = {
    "projects": {"credential": "credentials"},
    "inventory_sources": {"source_project": "projects"},
    "job_templates": {"project": "projects", "inventory": "inventory"},
}


class Rights:
    """What the user lacks, in words. A superuser lacks nothing, so nothing is asked."""

    def __init__(self, look: Look, organization: str) -> None:
        self._look, self._organization = look, organization

    def to_make(self, resource: str) -> Iterator[str]:
        """A word when the user may not make objects of a resource."""
        role = _MAKER.get(resource)
        if role and not self._has("organizations", self._look.organization, role):
            yield f"{self._look.user} may not create {resource} in the organization {self._organization}"

    def to_set(self, resource: str, fields: Mapping[str, Any]) -> Iterator[str]:
        """A word for each object that fields name, by id, and that the user may not use."""
        for field, used in _USES.get(resource, {}).items():
            for one in self._look.objects[used]:
                if one["id"] == fields.get(field):
                    yield from self.to_use(used, one)

    def to_use(self, resource: str, one: Object) -> Iterator[str]:
        """A word when the user may not use an object."""
        if not self._has(LISTS.get(resource, resource), one["id"], "use_role"):
            yield f"{self._look.user} may not use the {resource.removesuffix('s').replace('_', ' ')} {one['name']!r}"

    def _has(self, path: str, identifier: int, role: str) -> bool:
        if self._look.is_superuser:
            return True
        return bool(self._look.client.all(path, id=identifier, role_level=role))
