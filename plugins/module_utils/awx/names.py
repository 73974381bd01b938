# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names that our objects in AWX have. AWX copies a description with its mark, so a mark alone does not say it."""

from __future__ import annotations

from collections.abc import Collection

from ..naming import validate_environment
from .settings import Settings

#: Those of which a project has one.
_OF_PROJECT = ("projects", "notification_templates", "inventory_sources")
#: Those of which an environment has one.
_OF_ENVIRONMENT = ("inventory", "credentials")


def environment_of(resource: str, name: str, settings: Settings, templates: Collection[str]) -> str | None:
    """The environment that a name of ours is made with: '' where it is made with none, None when it is none of ours.

    ``templates`` are the names of job templates and workflows without prefix and environment.
    """
    if resource in _OF_PROJECT:
        return "" if name == settings.project else None
    if resource == "execution_environments":
        return "" if name == settings.execution_environment else None
    if not name.startswith(f"{settings.name_prefix} "):
        return None
    environment, separator, template = name.removeprefix(f"{settings.name_prefix} ").partition(": ")
    if separator and template not in templates or bool(separator) == (resource in _OF_ENVIRONMENT):
        return None
    return environment if _is_environment(environment) else None


def prefix_of(resource: str, name: str, templates: Collection[str]) -> str | None:
    """The prefix that the name of a template or an inventory is made with; None when no prefix makes it."""
    before, separator, template = name.rpartition(": ")
    prefix, space, environment = (before if separator else name).rpartition(" ")
    known = resource in _OF_ENVIRONMENT if not separator else template in templates
    return prefix if known and space and _is_environment(environment) else None


def _is_environment(name: str) -> bool:
    try:
        validate_environment(name)
    except ValueError:
        return False
    return True
