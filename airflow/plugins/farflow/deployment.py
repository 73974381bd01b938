# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the deploy tells every Airflow container about where DAG tasks run: a handful of environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from farflow import naming

# The variables without which each of EcsRunTaskOperator's arguments can't be filled in.
VARIABLES: dict[str, tuple[str, ...]] = {
    "task_definition": ("FARFLOW_ENVIRONMENT",),
    "container_name": ("FARFLOW_ENVIRONMENT",),
    "cluster": ("FARFLOW_CLUSTER",),
    "network_configuration": ("FARFLOW_SUBNET_IDS", "FARFLOW_SECURITY_GROUP_IDS"),
    "awslogs_group": ("FARFLOW_TASKS_LOG_GROUP",),
    "region_name": ("AWS_REGION",),
}


def operator_arguments(task: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return EcsRunTaskOperator's arguments for a DAG task; those whose variables are not set are None."""
    environment = variables.get("FARFLOW_ENVIRONMENT")
    family = naming.task_family(environment, task) if environment else None
    arguments: dict[str, Any] = {
        "task_definition": family,
        "container_name": family,
        "cluster": variables.get("FARFLOW_CLUSTER"),
        "network_configuration": _network(variables),
        "awslogs_group": variables.get("FARFLOW_TASKS_LOG_GROUP"),
        "awslogs_stream_prefix": naming.task_log_stream_prefix(task),
        "awslogs_fetch_interval": timedelta(seconds=5),
        "region_name": variables.get("AWS_REGION"),
        "aws_conn_id": None,  # the rights of the container's own role, without looking for a connection
        "launch_type": "FARGATE",
        "platform_version": "LATEST",
        "propagate_tags": "TASK_DEFINITION",
        "deferrable": True,
        "reattach": True,
        "wait_for_completion": True,
        "number_logs_exception": 20,
    }
    if provider := variables.get("FARFLOW_CAPACITY_PROVIDER"):
        arguments["capacity_provider_strategy"] = [{"capacityProvider": provider, "weight": 1}]
    return arguments


def missing_variables(needed: set[str], variables: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that are not set and that the `needed` arguments come from."""
    names = {name for argument in needed for name in VARIABLES.get(argument, ())}
    return sorted(name for name in names if not variables.get(name))


def _network(variables: Mapping[str, str]) -> dict[str, Any] | None:
    subnets = _list(variables.get("FARFLOW_SUBNET_IDS", ""))
    security_groups = _list(variables.get("FARFLOW_SECURITY_GROUP_IDS", ""))
    if not subnets or not security_groups:
        return None
    return {
        "awsvpcConfiguration": {
            "subnets": subnets,
            "securityGroups": security_groups,
            "assignPublicIp": "DISABLED",
        }
    }


def _list(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]
