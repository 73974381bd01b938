# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ids of the resources that the tasks of a play have made since its plan, so that later tasks get the ids in place of
the plan's references (engine/references.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..module_utils.engine.references import AFTER, Key, references, resolved
from ..module_utils.environment.schema import SCHEMA
from ..module_utils.kinds import s3_bucket as s3_buckets
from ..module_utils.kinds.autoscaling import documents as scaling
from ..module_utils.kinds.codebuild_project import documents as codebuild_projects
from ..module_utils.kinds.ec2.network import documents as network
from ..module_utils.kinds.ec2.route_table import documents as route_tables
from ..module_utils.kinds.ec2.security_group import documents as security_groups
from ..module_utils.kinds.ecr_repository import documents as ecr_repositories
from ..module_utils.kinds.ecs.cluster import documents as ecs_clusters
from ..module_utils.kinds.ecs.service import documents as ecs_services
from ..module_utils.kinds.ecs.task_definition import documents as task_definitions
from ..module_utils.kinds.efs import documents as efs
from ..module_utils.kinds.iam_role import documents as iam_roles
from ..module_utils.kinds.load_balancer import documents as load_balancers
from ..module_utils.kinds.rds import subnet_group as subnet_groups
from ..module_utils.kinds.rds.instance import documents as rds_instances
from ..module_utils.kinds.rds.parameter_group import documents as parameter_groups
from ..module_utils.kinds.secret import documents as secrets
from ..module_utils.kinds.service_discovery import documents as service_discovery

#: Names of the variables in which the roles register the results of their tasks.
_REGISTERED = re.compile(r"__\w+_made_\w+")

#: For each list in a module's result: the resource type of its entries, and the keys of an entry's name and id.
_LISTS = (
    ("vpcs", network.VPC, "name", "id"),
    ("subnets", network.SUBNET, "name", "id"),
    ("internet_gateways", network.INTERNET_GATEWAY, "name", "id"),
    ("elastic_ips", network.ELASTIC_IP, "name", "id"),
    ("security_groups", security_groups.GROUP, "name", "group_id"),
    ("route_tables", route_tables.TYPE, "name", "route_table_id"),
    ("namespaces", service_discovery.NAMESPACE, "name", "namespace_id"),
    ("services", service_discovery.SERVICE, "name", "service_id"),
    ("secrets", secrets.TYPE, "name", "arn"),
    ("subnet_groups", subnet_groups.TYPE, "name", "arn"),
    ("parameter_groups", parameter_groups.TYPE, "name", "arn"),
    ("instances", rds_instances.TYPE, "identifier", "arn"),
    ("clusters", ecs_clusters.TYPE, "name", "arn"),
    ("repositories", ecr_repositories.TYPE, "name", "arn"),
    ("buckets", s3_buckets.TYPE, "name", "arn"),
    ("projects", codebuild_projects.TYPE, "name", "arn"),
    ("roles", iam_roles.TYPE, "name", "arn"),
    ("file_systems", efs.FILE_SYSTEM, "name", "file_system_id"),
    ("load_balancers", load_balancers.LOAD_BALANCER, "name", "arn"),
    ("task_definitions", task_definitions.TYPE, "family", "arn"),
    ("databases", SCHEMA, "name", "arn"),
    ("services", ecs_services.TYPE, "name", "arn"),
    ("scaling", scaling.POLICY, "name", "arn"),
)

#: The same for a dictionary of ids by name within an entry: list, type, the dictionary's key, form of the full name.
_PARTS = (
    ("load_balancers", load_balancers.TARGET_GROUP, "target_groups", "{part}"),
    ("load_balancers", load_balancers.LISTENER, "listeners", "{part}"),
    ("file_systems", efs.ACCESS_POINT, "access_points", "{whole}/{part}"),
)


def made(variables: Mapping[str, Any]) -> dict[Key, str]:
    """The ids of what tasks have made, by what they have registered in the play's variables."""
    registered = (value for name, value in variables.items() if _REGISTERED.fullmatch(name))
    return {key: id_ for result in registered for key, id_ in _of_result(result) if id_}


def refers(arguments: Mapping[str, Any], item: Any = None) -> bool:
    """Whether a task, or the ``item`` of its loop, refers to what had no id yet when the plan was made."""
    return bool(references((arguments, item)))


def given(arguments: Mapping[str, Any], ids: Mapping[Key, str], item: Any = None) -> dict[str, Any] | None:
    """A task's arguments with references replaced by these ids. List items that still hold an unresolved reference are
    left out. None where no item is left, or where another argument, or AFTER of the loop's ``item``, holds one.
    """
    found: dict[str, Any] = {}
    emptied = False
    for name, value in arguments.items():
        found[name] = resolved(value, ids)
        if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            found[name] = [_without_after(each) for each in found[name] if not references(each)]
            emptied = emptied or not found[name]
    lists = [value for value in found.values() if isinstance(value, list) and value]
    after = item.get(AFTER) if isinstance(item, Mapping) else None
    if (emptied and not lists) or references((found, resolved(after, ids))):
        return None
    return found


def _without_after(item: Any) -> Any:
    return {name: value for name, value in item.items() if name != AFTER} if isinstance(item, Mapping) else item


def _of_result(result: Mapping[str, Any]) -> Iterator[tuple[Key, str | None]]:
    for one in result.get("results", [result]):
        for list_, type_, name, id_ in _LISTS:
            for entry in one.get(list_) or []:
                yield (type_, entry.get(name, "")), entry.get(id_)
        for list_, type_, parts, called in _PARTS:
            for entry in one.get(list_) or []:
                for part, id_of_part in (entry.get(parts) or {}).items():
                    yield (type_, called.format(whole=entry["name"], part=part)), id_of_part
