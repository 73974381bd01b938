# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Airflow is told of the executor that runs each task in an ECS task of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.known import Existing
from . import executors, names, network, security_groups
from .components import ECS_TASK

Inputs = Mapping[str, Any]

SECTION = "aws_ecs_executor"

#: The tag by which the scheduler may stop what it has started, and nothing else.
TAG = "farflow:executor"

#: What a user may set otherwise.
FREE = ("max_run_task_attempts", "platform_version")

#: How often one whose container never started is started.
_ATTEMPTS = 3


def settings(inputs: Inputs, known: Existing) -> dict[tuple[str, str], str]:
    """Airflow's settings, by section and key; none where it has no such executor. The api-server has them too: it asks
    an executor for the log of a task that runs. Without a connection the rights of the container's role are used.
    Airflow's own look at its start would end the scheduler, and be made by StopTask; without it there is one before the
    first task.
    """
    if not executors.has_ecs(inputs):
        return {}
    given = {
        "conn_id": "",
        "region_name": inputs["farflow_region"],
        "cluster": names.cluster(inputs),
        "container_name": ECS_TASK.name,
        "task_definition": names.component_family(inputs, ECS_TASK.name),
        "subnets": network.private_subnets(inputs, known),
        "security_groups": known.id(security_groups.GROUP, security_groups.group_name(inputs, ECS_TASK.group)),
        "assign_public_ip": "False",
        "platform_version": "LATEST",
        "max_run_task_attempts": str(_ATTEMPTS),
        "check_health_on_startup": "False",
        "run_task_kwargs": json.dumps(_run_task(inputs)),
    }
    return {("core", "executor"): executors.setting(inputs), **{(SECTION, key): value for key, value in given.items()}}


def _run_task(inputs: Inputs) -> dict[str, Any]:
    """The arguments of RunTask for which Airflow has no setting, or reads it wrongly. Those with an underscore are
    written with capitals by Airflow itself.
    """
    return {
        "capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "propagate_tags": "TASK_DEFINITION",
        "enableECSManagedTags": True,
        "enableExecuteCommand": inputs["airflow_service_enable_execute_command"],
        "tags": [{"key": TAG, "value": executors.ECS}],
    }
