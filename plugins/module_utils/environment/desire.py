# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A module's arguments as a desired resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ..engine.actions import Resource

Desired = TypeVar("Desired", Resource, list[Resource])


def made_by(desired: Callable[[Mapping[str, Any]], Desired], arguments: Mapping[str, Any], *after: str) -> Desired:
    """What a kind's ``desired`` sees in the arguments of its module, one resource or several, each with the arguments
    kept for that module. ``after`` are ids of what has to exist before.
    """
    made = desired(arguments)
    if isinstance(made, Resource):
        return replace(made, arguments=arguments, after=after)
    return [replace(resource, arguments=arguments, after=after) for resource in made]
