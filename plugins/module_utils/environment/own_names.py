# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names that a deploy of an environment can give, by kind of resource.

Anybody can write our tags on anything. What nobody desires is therefore an environment's own, and deleted, only if it
bears one of these names, too. The beginning of a name proves nothing: ``dev-x-...`` may be that of ``dev-x``.
Task definitions are told apart by their log group, and parts by what they are parts of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .. import naming
from ..engine.actions import Resource
from ..engine.known import Existing
from ..kinds.autoscaling import documents as application_autoscaling
from ..kinds.codebuild_project import documents as codebuild_projects
from ..kinds.ec2.network import documents as ec2_network
from ..kinds.ec2.route_table import documents as ec2_route_tables
from ..kinds.ec2.security_group import documents as ec2_security_groups
from ..kinds.ec2.vpc_endpoint import documents as ec2_vpc_endpoints
from ..kinds.ecr_repository import documents as ecr_repositories
from ..kinds.ecs.cluster import documents as ecs_clusters
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.efs import documents as efs
from ..kinds.iam_role import documents as iam_roles
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.log_group import documents as log_groups
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.parameter_group import documents as rds_parameter_groups
from ..kinds.rds.snapshot import documents as rds_snapshots
from ..kinds.rds.subnet_group import documents as rds_subnet_groups
from ..kinds.s3_bucket import documents as s3_buckets
from ..kinds.secret import documents as secrets
from ..kinds.service_discovery import documents as service_discovery
from ..kinds.sqs_queue import documents as sqs_queues
from . import arns, components, dag_tasks, names, network, security_groups
from . import secrets as values

Inputs = Mapping[str, Any]


def is_own(inputs: Inputs, known: Existing, resource: Resource) -> bool:
    """Whether a resource bears a name that a deploy of this environment can give; True of kinds that are told apart by
    something else.
    """
    test = _TESTS.get(resource.type)
    return test is None or test(inputs, known, resource)


def _buckets(inputs: Inputs, known: Existing) -> list[str]:
    account_id = known.id(arns.IDENTITY, arns.IDENTITY)
    return [names.log_bucket(inputs, account_id), names.context_bucket(inputs, account_id)]


def _repositories(inputs: Inputs) -> list[str]:
    return [names.task_repository(inputs), names.airflow_repository(inputs)]


def _security_groups(inputs: Inputs) -> list[str]:
    groups = (*security_groups.GROUPS, security_groups.DEFAULT)
    return [security_groups.group_name(inputs, group) for group in groups]


def _services(inputs: Inputs) -> list[str]:
    return [names.service(inputs, each.name) for each in components.ALL if each.service]


def _scaled(inputs: Inputs) -> list[str]:
    return [f"{names.cluster(inputs)}/{service}" for service in _services(inputs)]


def _is_role(inputs: Inputs, name: str) -> bool:
    environment = names.environment(inputs)
    fixed = {
        *(names.execution_role(inputs, of) for of in ("airflow", "tasks")),
        *(names.component_role(inputs, each.name) for each in components.ALL),
        names.plain_task_role(inputs),
        names.image_builder(inputs),
    }
    return name in fixed or name.startswith(naming.resource(environment, "task-", limit=naming.IAM_ROLE_LIMIT))


def _log_groups(inputs: Inputs) -> list[str]:
    environment = names.environment(inputs)
    of_airflow = naming.task_log_group(environment), naming.airflow_log_group(environment)
    return [*of_airflow, names.image_builder_log_group(inputs)]


def _is_database(inputs: Inputs, resource: Resource) -> bool:
    """The database, or what was restored beside it where only the environment's own databases are."""
    own = names.database(inputs)
    return resource.name == own or resource.properties["subnet_group_name"] == own


def _by_name(own: Callable[[Inputs], list[str]]) -> Callable[[Inputs, Existing, Resource], bool]:
    return lambda inputs, known, resource: resource.name in own(inputs)


def _by_tag(pattern: str) -> Callable[[Inputs, Existing, Resource], bool]:
    """What EC2 gives no name has a tag for it; its ``name`` is its id where another bears that as well."""

    def test(inputs: Inputs, known: Existing, resource: Resource) -> bool:
        name = resource.properties["tags"].get("Name", resource.name)
        return bool(re.fullmatch(f"{re.escape(names.environment(inputs))}{pattern}", name))

    return test


_NAT = _by_tag("-nat-[a-z]")

_TESTS: Mapping[str, Callable[[Inputs, Existing, Resource], bool]] = {
    ec2_network.VPC: _by_tag(""),
    ec2_network.INTERNET_GATEWAY: _by_tag(""),
    ec2_network.SUBNET: _by_tag(f"-({network.PUBLIC}|{network.PRIVATE})-[a-z]"),
    ec2_network.ELASTIC_IP: _NAT,
    ec2_network.NAT_GATEWAY: _NAT,
    ec2_route_tables.TYPE: _by_tag(f"-({network.PUBLIC}|{network.PRIVATE}(-[a-z])?)"),
    ec2_vpc_endpoints.TYPE: _by_tag("-s3"),
    ec2_security_groups.GROUP: _by_name(_security_groups),
    ec2_security_groups.RULES: _by_name(_security_groups),
    service_discovery.NAMESPACE: _by_name(lambda inputs: [names.namespace(inputs)]),
    service_discovery.SERVICE: _by_name(lambda inputs: [names.api_server(inputs)]),
    rds_subnet_groups.TYPE: _by_name(lambda inputs: [names.database(inputs)]),
    rds_parameter_groups.TYPE: lambda inputs, known, one: names.is_parameter_group(inputs, one.name),
    rds_instances.TYPE: lambda inputs, known, one: _is_database(inputs, one),
    rds_snapshots.TYPE: lambda inputs, known, one: one.properties["instance"] == names.database(inputs),
    ecs_clusters.TYPE: _by_name(lambda inputs: [names.cluster(inputs)]),
    ecs_services.TYPE: _by_name(_services),
    application_autoscaling.TARGET: _by_name(_scaled),
    network_load_balancer.LOAD_BALANCER: _by_name(lambda inputs: [names.load_balancer(inputs)]),
    network_load_balancer.TARGET_GROUP: _by_name(lambda inputs: [names.target_group(inputs)]),
    sqs_queues.TYPE: _by_name(lambda inputs: [names.queue(inputs)]),
    s3_buckets.TYPE: lambda inputs, known, one: one.name in _buckets(inputs, known),
    ecr_repositories.TYPE: _by_name(_repositories),
    codebuild_projects.TYPE: _by_name(lambda inputs: [names.image_builder(inputs)]),
    efs.FILE_SYSTEM: _by_name(lambda inputs: [dag_tasks.volume_name(inputs)]),
    log_groups.TYPE: _by_name(_log_groups),
    secrets.TYPE: _by_name(lambda inputs: [names.secret(inputs, each) for each in values.NAMES]),
    iam_roles.TYPE: lambda inputs, known, one: _is_role(inputs, one.name),
}
