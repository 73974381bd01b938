"""What a deploy makes of AWS, by the layers themselves; of it, every policy document."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine import policy_documents as policy
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import (
    airflow_service,
    arns,
    dag_tasks,
    settings,
)
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database as rds
from ansible_collections.farflow.airflow.plugins.module_utils.environment import secrets as values
from ansible_collections.farflow.airflow.plugins.module_utils.environment import workers as worker_pool
from ansible_collections.farflow.airflow.plugins.module_utils.environment.images import Image
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.iam_role import documents as iam_roles
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.secret import documents as secrets
from ansible_collections.farflow.airflow.plugins.module_utils.project.task_folders import DagTask
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ENVIRONMENT = "dev"

#: A DAG task with rights, a secret and the shared volume; the other has nothing of that.
REPORTS = "arn:aws:s3:::reports"
API_KEY = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:api-key-a1b2c3"
_POOL_POLICY = [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"{REPORTS}/*"]}]
_TASK = {"path": "/nowhere", "cpu": 256, "memory": 512, "architecture": "X86_64"}
_TASKS = [
    DagTask("plain", family="dev-plain", **_TASK),
    DagTask(
        "reporter",
        family="dev-reporter",
        secrets={"API_KEY": API_KEY},
        policy=[{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"{REPORTS}/*"]}],
        readonly_root_filesystem=True,
        shared_volume=True,
        **_TASK,
    ),
]


def secret_arn(name: str, environment: str = ENVIRONMENT) -> str:
    """The ARN of a secret of an environment, with letters as AWS appends them."""
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:farflow/{environment}/{name}-a1b2c3"


@cache
def resources(execute_command: bool = False) -> tuple[Resource, ...]:
    """What all layers but the network and the cluster desire, by the default inputs and with CodeBuild."""
    return made(airflow_service_enable_execute_command=execute_command)


def made(**given: Any) -> tuple[Resource, ...]:
    """The same by these inputs."""
    wanted, known = _inputs(**given), Existing(_existing())
    layers = (rds, dag_tasks, airflow_service, worker_pool)
    return tuple(resource for layer in layers for resource in layer.desired(wanted, known))


def roles(execute_command: bool = False, of: tuple[Resource, ...] = ()) -> dict[str, Resource]:
    """The roles, of these resources or of all, by their names without the environment's."""
    found = [one for one in of or resources(execute_command) if one.type == iam_roles.TYPE]
    return {one.name.removeprefix(f"{ENVIRONMENT}-"): one for one in found}


def rights(role: Resource) -> list[dict[str, Any]]:
    """A role's own documents, as AWS gets them."""
    return [_told(document) for document in role.properties["policies"].values()]


def trust(role: Resource) -> dict[str, Any]:
    """Who may take a role."""
    return _told(role.properties["assume_role_policy"])


def resource_policies() -> dict[str, dict[str, Any]]:
    """The policies on resources, by type and name."""
    found = {}
    for one in resources():
        for member in ("policy", "repository_policy", "resource_policy"):
            document = one.properties.get(member)
            if isinstance(document, dict):
                found[f"{one.type} {one.name}"] = _told(document)
    return found


def _told(document: Any) -> dict[str, Any]:
    """A document as AWS is told it."""
    return json.loads(policy.to_json(policy.canonical(document)))


def _inputs(**given: Any) -> dict[str, Any]:
    def load(path: str) -> Any:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))

    wanted = {
        **inputs.defaults(load),
        "farflow_environment": ENVIRONMENT,
        "farflow_region": REGION,
        "farflow_image_builder": "codebuild",
        "network_ingress_cidrs": [],
        "airflow_service_executors": ["celery", "ecs"],
        "worker_pool_scaling": "work",
        "worker_pools": {"heavy": {"policy": _POOL_POLICY}},
        "airflow_service_load_balancer_port": 80,
        **given,
    }
    gathered, problems = inputs.gather(inputs.declared(load), wanted, lambda value: value)
    assert problems == []
    images = {task.name: Image(f"dev-tasks:{task.name}", {"repository": "dev-tasks"}) for task in _TASKS}
    airflow = Image("dev-airflow:airflow", {"repository": "dev-airflow"})
    return {**gathered, "dag_tasks": _TASKS, "task_images": images, "airflow_images": {"X86_64": airflow}}


def _existing() -> list[Resource]:
    names = {*settings.SHARED_SECRETS.values(), *settings.COMMAND_SECRETS.values(), values.DATABASE_PASSWORD}
    return [
        Resource(arns.IDENTITY, arns.IDENTITY, {}, ACCOUNT, {"partition": "aws"}),
        *(Resource(secrets.TYPE, f"farflow/{ENVIRONMENT}/{name}", {}, secret_arn(name)) for name in sorted(names)),
    ]
