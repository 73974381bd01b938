# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer dag_tasks: for every folder under tasks/ an image and a Fargate task definition, and what all of them
share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import naming
from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import efs as file_system
from ..kinds import log_group as log_groups
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from ..kinds.efs import documents as efs
from ..kinds.iam_role import documents as iam_roles
from ..project.task_folders import DagTask
from . import image_builder, images, names, network, policies, readers, security_groups
from .desire import made_by
from .named_things import documents as named_things
from .reader import named, reads

ROLE = "dag_tasks"
SHARED_VOLUME = "shared-volume"
_TASK_POLICY = "task"
_RESULTS_POLICY = "results"
SHARED_VOLUME_PATH = "/shared-volume"

#: On the volume every task is this POSIX user, whatever user its image has, so that each can read what another wrote.
_USER = 1000
_ACCESS_POINT: dict[str, Any] = {
    "posix_user": {"uid": _USER, "gid": _USER},
    "root_directory": {"path": "/tasks", "owner_uid": _USER, "owner_gid": _USER, "permissions": "0755"},
}

Inputs = Mapping[str, Any]
Document = dict[str, Any]


def volume_name(inputs: Inputs) -> str:
    return f"{names.environment(inputs)}-{SHARED_VOLUME}"


@reads(
    *(efs.FILE_SYSTEM, efs.MOUNT_TARGET, efs.ACCESS_POINT),
    own={efs.FILE_SYSTEM: named(lambda inputs, known: [volume_name(inputs)])},
)
def file_systems(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's file systems, with their mount targets and access points."""
    return file_system.find(clients, names.environment(inputs), [volume_name(inputs)])


READERS = (*readers.TASK_DEFINITIONS, file_systems, readers.all_secrets)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """Everything of the layer, in the order in which it is made. ``inputs["dag_tasks"]`` holds the DagTasks,
    ``inputs["task_images"]`` has the Image of each, by the name of the task.
    """
    tasks: list[DagTask] = inputs["dag_tasks"]
    group = naming.task_log_group(names.environment(inputs))
    retention = inputs["dag_tasks_log_retention_in_days"]
    log_group = {"name": group, "retention_in_days": retention, "tags": tags(inputs, ROLE)}
    return [
        images.repository(inputs, names.task_repository(inputs), ROLE),
        made_by(log_groups.desired, log_group),
        *(made_by(iam_roles.desired, role) for role in _roles(inputs, known, tasks, group)),
        *(made_by(efs.desired, _file_system(inputs, known)) if _has_volume(inputs, known, tasks) else []),
        *image_builder.desired(inputs, known),
        *images.desired(inputs["task_images"].values(), inputs, known),
        *(_task_definition(inputs, known, task) for task in tasks),
    ]


def makes(inputs: Inputs, resource: Resource) -> bool:
    """Whether a resource is the role or the task definition of a DAG task. That is seen without the task's folder,
    and without tags, which somebody may have removed.
    """
    environment = names.environment(inputs)
    if resource.type == iam_roles.TYPE:
        named = resource.name.startswith(naming.resource(environment, "task-", limit=naming.IAM_ROLE_LIMIT))
        found = set(resource.properties["policies"])
        return named and _TASK_POLICY in found and found <= {_TASK_POLICY, _RESULTS_POLICY}
    if resource.type != ecs_task_definitions.TYPE:
        return False
    ours = resource.attributes.get(ecs_task_definitions.OWNER) == environment
    return ours and not resource.name.startswith(names.component_family(inputs, ""))


def _has_volume(inputs: Inputs, known: Existing, tasks: list[DagTask]) -> bool:
    """Once made it stays, for the files on it, also when no task shares it any more."""
    made = known.get(efs.FILE_SYSTEM, volume_name(inputs))
    return made is not None or any(task.shared_volume for task in tasks)


def _roles(inputs: Inputs, known: Existing, tasks: list[DagTask], log_group: str) -> list[Document]:
    secrets = sorted(
        {_secret_arn(inputs, known, value, key=False) for task in tasks for value in task.secrets.values()}
    )
    others = images.foreign_repositories(inputs["task_images"].values(), inputs, known)
    repositories = [names.task_repository(inputs), *others]
    execution = policies.execution(inputs, known, repositories, log_group, secrets)
    results = {_RESULTS_POLICY: policies.results(inputs, known)}
    roles = [
        (names.execution_role(inputs, "tasks"), {"start-tasks": execution}),
        (names.plain_task_role(inputs), results),
    ]
    roles += [
        (
            naming.task_role(names.environment(inputs), task.name),
            {_TASK_POLICY: policies.document(list(task.policy)), **results},
        )
        for task in tasks
        if task.policy
    ]
    return [policies.role(inputs, known, ROLE, name, inline) for name, inline in roles]


def _secret_arn(inputs: Inputs, known: Existing, reference: str, key: bool = True) -> str:
    """The ARN of a secret that a task names by ARN, or by its name below the environment's. With ``key`` False
    without the JSON key and version that may follow an ARN.
    """
    if not reference.startswith("arn:"):
        return known.id("secret", names.secret(inputs, reference))
    return reference if key else named_things.without_key(reference)


def _file_system(inputs: Inputs, known: Existing) -> Document:
    name = volume_name(inputs)
    group = known.id(security_groups.GROUP, security_groups.group_name(inputs, SHARED_VOLUME))
    return {
        "name": name,
        "subnets": network.subnet_ids(inputs, known, network.PRIVATE),
        "security_groups": [group],
        "access_points": [{**_ACCESS_POINT, "name": _access_point_name(inputs)}],
        "tags": tags(inputs, ROLE, name),
    }


def _access_point_name(inputs: Inputs) -> str:
    """With the environment's name, as AWS takes it once in an account and region, whatever the file system."""
    return f"{names.environment(inputs)}-tasks"


def _task_definition(inputs: Inputs, known: Existing, task: DagTask) -> Resource:
    roles = names.execution_role(inputs, "tasks"), _task_role(inputs, task)
    made = (known.id(iam_roles.TYPE, role) for role in roles)
    return made_by(ecs_task_definitions.desired, _definition(inputs, known, task), *made)


def _task_role(inputs: Inputs, task: DagTask) -> str:
    return naming.task_role(names.environment(inputs), task.name) if task.policy else names.plain_task_role(inputs)


def _definition(inputs: Inputs, known: Existing, task: DagTask) -> Document:
    definition: Document = {
        "family": task.family,
        "cpu": str(task.cpu),
        "memory": str(task.memory),
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "runtime_platform": {"cpu_architecture": task.architecture, "operating_system_family": "LINUX"},
        "execution_role_arn": policies.role_arn(inputs, known, names.execution_role(inputs, "tasks")),
        "task_role_arn": policies.role_arn(inputs, known, _task_role(inputs, task)),
        "container_definitions": [_container(inputs, known, task)],
        "tags": [{"key": key, "value": value} for key, value in tags(inputs, ROLE).items()],
    }
    if task.ephemeral_storage:
        definition["ephemeral_storage"] = {"size_in_gib": task.ephemeral_storage}
    if task.shared_volume:
        name = volume_name(inputs)
        access_point = known.id(efs.ACCESS_POINT, f"{name}/{_access_point_name(inputs)}")
        volume = {
            "file_system_id": known.id(efs.FILE_SYSTEM, name),
            "transit_encryption": "ENABLED",
            "authorization_config": {"access_point_id": access_point},
        }
        definition["volumes"] = [{"name": SHARED_VOLUME, "efs_volume_configuration": volume}]
    return definition


def _container(inputs: Inputs, known: Existing, task: DagTask) -> Document:
    container: Document = {
        "name": task.family,
        "image": inputs["task_images"][task.name].uri(known),
        "essential": True,
        "environment": [{"name": name, "value": value} for name, value in sorted(task.environment.items())],
        "secrets": [
            {"name": name, "value_from": _secret_arn(inputs, known, reference)}
            for name, reference in sorted(task.secrets.items())
        ],
        "log_configuration": {
            "log_driver": "awslogs",
            "options": {
                "awslogs-group": naming.task_log_group(names.environment(inputs)),
                "awslogs-region": inputs["farflow_region"],
                "awslogs-stream-prefix": naming.task_log_stream_prefix(task.name),
            },
        },
    }
    if task.command:
        container["command"] = list(task.command)
    if task.readonly_root_filesystem:
        container["readonly_root_filesystem"] = True
    if task.stop_timeout is not None:
        container["stop_timeout"] = task.stop_timeout
    if task.capacity:
        container["docker_labels"] = {naming.CAPACITY_LABEL: task.capacity}
    if task.shared_volume:
        mount = {"source_volume": SHARED_VOLUME, "container_path": SHARED_VOLUME_PATH, "read_only": False}
        container["mount_points"] = [mount]
    return container
