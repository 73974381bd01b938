# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's components as ECS task definitions and services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import naming
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.service_discovery import documents as service_discovery
from . import names, network, policies, pools, security_groups, settings
from .arns import account
from .broker import broker
from .components import API_SERVER, CORE, DAG_PROCESSOR, Component, Container, sizing

Inputs = Mapping[str, Any]
Document = dict[str, Any]

#: Where Airflow writes; everything else of a container's file system is read-only.
_WRITABLE = {"logs": "/opt/airflow/logs", "tmp": "/tmp"}


#: New tasks before the old ones end; but of two dag-processors that read DAGs from different places, each would take
#: the other's for deleted. Meanwhile nothing is parsed, and everything runs.
_ROLLING = {
    False: {"maximum_percent": 200, "minimum_healthy_percent": 100},
    True: {"maximum_percent": 100, "minimum_healthy_percent": 0},
}


def task_definition(inputs: Inputs, known: Existing, component: Component, image: str) -> Document:
    """The arguments of a component's task definition. ``image`` is pinned by its digest."""
    size = sizing(inputs, component)
    document = {
        "family": names.component_family(inputs, component.name),
        "cpu": str(size["cpu"]),
        "memory": str(size["memory"]),
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "runtime_platform": {
            "cpu_architecture": architecture(inputs, component),
            "operating_system_family": "LINUX",
        },
        "execution_role_arn": policies.role_arn(inputs, known, names.execution_role(inputs, "airflow")),
        "task_role_arn": policies.role_arn(inputs, known, names.component_role(inputs, component.name)),
        "volumes": [{"name": name} for name in _WRITABLE],
        "container_definitions": [_container(inputs, known, component, each, image) for each in component.containers],
        "tags": _tag_list(inputs, component),
    }
    if component.pool and (storage := pools.pool(inputs, component.pool).ephemeral_storage):
        document["ephemeral_storage"] = {"size_in_gib": storage}
    return document


def architecture(inputs: Inputs, component: Component) -> str:
    """That of the processors on which a component runs."""
    if component.pool:
        return pools.pool(inputs, component.pool).architecture
    return str(inputs["airflow_service_architecture"])


def _command(inputs: Inputs, component: Component, which: Container) -> list[str]:
    """The names of a pool's queue are those of one queue of SQS: a worker that listened to each would ask them in
    turn.
    """
    queues = ["--queues", broker.queue(inputs, component.pool)] if component.pool else []
    return [*which.command, *queues]


def _capacity(inputs: Inputs, component: Component) -> list[Document]:
    """On demand, or with a share on Spot above a base on demand."""
    pool = pools.pool(inputs, component.pool) if component.pool else None
    if not pool or not pool.spot:
        return [{"capacity_provider": "FARGATE", "weight": 1, "base": 0}]
    spot = {"capacity_provider": "FARGATE_SPOT", "weight": pool.spot, "base": 0}
    if pool.spot == 100 and not pool.base:
        return [spot]
    return [{"capacity_provider": "FARGATE", "weight": 100 - pool.spot, "base": pool.base}, spot]


def _tag_list(inputs: Inputs, component: Component) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags(inputs, component.role).items()]


def _container(inputs: Inputs, known: Existing, component: Component, which: Container, image: str) -> Document:
    environment = settings.environment(inputs, known, component)
    secrets = settings.secrets(inputs, known, component)
    container: Document = {
        "name": which.name,
        "image": image,
        "command": _command(inputs, component, which),
        "essential": True,
        "environment": [{"name": name, "value": value} for name, value in sorted(environment.items())],
        "secrets": [{"name": name, "value_from": arn} for name, arn in sorted(secrets.items())],
        "log_configuration": {
            "log_driver": "awslogs",
            "options": {
                "awslogs-group": naming.airflow_log_group(names.environment(inputs)),
                "awslogs-region": inputs["farflow_region"],
                "awslogs-stream-prefix": component.name if component.pool else which.name,
            },
        },
        "readonly_root_filesystem": not inputs["airflow_service_enable_execute_command"],
        "mount_points": [
            {"source_volume": name, "container_path": path, "read_only": False} for name, path in _WRITABLE.items()
        ],
        "stop_timeout": component.stop_timeout,
    }
    if which.port:
        container["port_mappings"] = [{"container_port": which.port, "protocol": "tcp"}]
    if component.healthcheck:
        container["health_check"] = {
            "command": ["CMD", "airflow-healthcheck", which.name],
            "interval": 10,
            "timeout": 10,
            "retries": 6,
            "start_period": component.start_period,
        }
    return container


def service(inputs: Inputs, known: Existing, component: Component, definition: str, **more: Any) -> Document:
    """The arguments of a component's service. ``more`` overrides or adds members."""
    document: Document = {
        "service_name": names.service(inputs, component.name),
        "cluster": names.cluster(inputs),
        "task_definition": definition,
        "desired_count": sizing(inputs, component)["count"],
        "capacity_provider_strategy": _capacity(inputs, component),
        "platform_version": "LATEST",
        "availability_zone_rebalancing": "ENABLED" if component.rebalanced else "DISABLED",
        "network_configuration": network_configuration(inputs, known, component.group),
        "deployment_configuration": {
            **_ROLLING[component is DAG_PROCESSOR],
            "deployment_circuit_breaker": {"enable": True, "rollback": True},
        },
        "enable_ecs_managed_tags": True,
        "propagate_tags": "SERVICE",
        "enable_execute_command": inputs["airflow_service_enable_execute_command"],
        "tags": _tag_list(inputs, component),
    }
    if component is API_SERVER:
        document.update(_reachable(inputs, known))
    if component.pool:
        document["drains"] = True
    return {**document, **more}


def network_configuration(inputs: Inputs, known: Existing, group: str) -> Document:
    """Private subnets, one security group, no public address."""
    return {
        "awsvpc_configuration": {
            "subnets": network.subnet_ids(inputs, known, network.PRIVATE),
            "security_groups": [known.id(security_groups.GROUP, security_groups.group_name(inputs, group))],
            "assign_public_ip": "DISABLED",
        }
    }


def _reachable(inputs: Inputs, known: Existing) -> Document:
    """What connects the api-server to the load balancer, and gives it its private name."""
    registry = known.id(service_discovery.SERVICE, names.api_server(inputs))
    return {
        "load_balancers": [
            {
                "target_group_arn": known.id(network_load_balancer.TARGET_GROUP, names.target_group(inputs)),
                "container_name": CORE.name,
                "container_port": CORE.port,
            }
        ],
        "service_registries": [
            {"registry_arn": account(known, inputs["farflow_region"]).arn("servicediscovery", f"service/{registry}")}
        ],
        "health_check_grace_period_seconds": 180,
    }
