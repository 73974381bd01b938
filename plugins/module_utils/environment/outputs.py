# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a look tells of an environment beside what there is to do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import contains_unknown
from ..engine.known import Existing
from ..kinds.ecs.service import documents as ecs_services
from . import containers, dags, image_builder, names, security_groups, settings
from .components import COMMAND, SCHEDULER, components

Inputs = Mapping[str, Any]


def outputs(inputs: Inputs, known: Existing) -> dict[str, Any]:
    """Where Airflow is and how to get in, and the repositories of its images. ``run_task`` is what ecs_run_task needs
    for a command of Airflow's, and ``run_dag_task`` the same for a DAG task, by whose name ``families`` has the task
    definition; ``codebuild`` is what ecr_images needs where CodeBuild builds. ``unsteady_services`` are being deployed,
    or run fewer tasks than they should; ``command_secrets`` is where a command of Airflow's may refer to secrets, and
    ``dags_bucket`` where versions of the DAGs are; ``security_group_rules`` are those that the groups shall have. What
    does not exist yet is null.
    """
    secret = names.secret(inputs, "admin-password")
    run_task = {
        "cluster": names.cluster(inputs),
        "task_definition": names.component_family(inputs, COMMAND.name),
        "container": COMMAND.name,
        "network_configuration": containers.network_configuration(inputs, known, COMMAND.group),
    }
    run_dag_task = {
        "cluster": names.cluster(inputs),
        "families": {task.name: task.family for task in inputs["dag_tasks"]},
        "network_configuration": containers.network_configuration(inputs, known, "tasks"),
    }
    services = [names.service(inputs, component.name) for component in components(inputs) if component.service]
    found = {
        "url": settings.base_url(inputs, known),
        "username": inputs["airflow_service_admin_username"],
        "password_command": _read_secret(inputs, secret),
        "cluster": names.cluster(inputs),
        "services": services,
        "scheduler": names.service(inputs, SCHEDULER.name),
        "unsteady_services": [name for name in services if _is_unsteady(known.get(ecs_services.TYPE, name))],
        "airflow_repository": names.airflow_repository(inputs),
        "task_repository": names.task_repository(inputs),
        "security_group_rules": security_groups.rules(inputs, known),
        "run_task": run_task,
        "run_dag_task": run_dag_task,
        "command_secrets": names.secret(inputs, settings.COMMANDS),
        "codebuild": image_builder.place(inputs, known),
        "dags_bucket": dags.bucket(inputs, known) if dags.are_versions(inputs) else None,
    }
    return {name: None if contains_unknown(value) else value for name, value in found.items()}


def _is_unsteady(service: Resource | None) -> bool:
    return service is not None and bool(service.attributes[ecs_services.UNSTEADY])


def _read_secret(inputs: Inputs, secret: str) -> str:
    command = ["aws", "secretsmanager", "get-secret-value", "--secret-id", secret, "--region", inputs["farflow_region"]]
    if inputs["farflow_profile"]:
        command += ["--profile", inputs["farflow_profile"]]
    if inputs["farflow_endpoint_url"]:
        command += ["--endpoint-url", inputs["farflow_endpoint_url"]]
    return shlex.join([*command, "--query", "SecretString", "--output", "text"])
