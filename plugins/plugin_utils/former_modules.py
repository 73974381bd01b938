# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tasks that are written with the former name of a module, which took one resource by its own options. They work until
the version that meta/runtime.yml names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: By the former name, the option in whose list the module of today takes the resource.
LISTS = {
    "ecs_cluster": "clusters",
    "efs_file_system": "file_systems",
    "network_load_balancer": "load_balancers",
    "rds_instance": "instances",
}


def of_today(option: str, spec: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the module takes them that has this argument spec: a list of one. What it does not know stays
    at the top, where it is refused by name.
    """
    if option in arguments:
        return dict(arguments)
    of_resource = spec[option]["options"]
    resource = {name: value for name, value in arguments.items() if name in of_resource}
    return {option: [resource], **{name: value for name, value in arguments.items() if name not in of_resource}}


def as_formerly(option: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with what is told of the one resource at the top, too."""
    entries = result.get(option) or [{}]
    return {**entries[0], **result}
