"""ECS: containers that find what Fargate gives them, and are run as their definition says."""

from __future__ import annotations

import re
from typing import Any

from docker.types import EndpointConfig
from ministack.core.responses import get_region
from ministack.services import alb, ecs, servicediscovery

from ..authorization import principals, registry
from ..settings import Settings
from . import ecs_roles, ecs_volumes

STOP_LABEL = "embedded-aws.stop-timeout"
_API_VERSION = "1.41"
_NANOSECONDS = 10**9
#: In a definition of a container, which is a copy of the task's own.
_PASSWORD = "_password"
_ECR_HOST = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")


def apply(settings: Settings) -> None:
    ecs._register_metadata = give_credentials(ecs._register_metadata, settings)
    ecs._build_run_kwargs = run_as_defined(ecs._build_run_kwargs, settings)
    ecs._start_task_worker = pull_from_here(ecs._start_task_worker, settings)
    ecs._resolve_repository_credentials = sign_in(ecs._resolve_repository_credentials)
    ecs._run_docker_container = pull_as_fargate(ecs._run_docker_container)


def give_credentials(register, settings: Settings):
    """Fault: no region, and a credential URL that boto3 refuses. A task has keys of its own, those of its task role, or
    none, and nobody else to ask for them. What the task definition says comes first.
    """

    def register_metadata(task_arn, cluster_arn, definition, container, launch_type, environment, *rest):
        said = dict(environment)
        token = register(task_arn, cluster_arn, definition, container, launch_type, environment, *rest)
        for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
            environment.pop(name, None)
        if "AWS_ACCESS_KEY_ID" not in said:
            role = ecs_roles.role_of(definition, ecs._tasks[task_arn].get("overrides"), "taskRoleArn")
            environment.update(principals.keys_of_task(task_arn, role))
        environment.update(
            {
                "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
                "AWS_REGION": get_region(),
                "AWS_DEFAULT_REGION": get_region(),
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL": settings.endpoint_url,
                "ECS_CONTAINER_METADATA_URI_V4": f"{settings.endpoint_url}/v4/{token}",
                "ECS_AGENT_URI": f"{settings.endpoint_url}/_embedded/agent/{task_arn.rsplit('/', 1)[1]}",
            }
        )
        environment.update(said)
        return token

    return register_metadata


def run_as_defined(build, settings: Settings):
    """Fault: entryPoint, user, workingDirectory, readonlyRootFilesystem, healthCheck, init process, memory (that of
    overrides too), EFS and scratch volumes are ignored, Cloud Map names and load balancers do not resolve, and the
    containers of a task have each an address of its own."""

    def build_run_kwargs(
        container, definition, environment, ports, network, host_mode, task_id, task_arn, *rest
    ) -> dict[str, Any]:
        options = build(container, definition, environment, ports, network, host_mode, task_id, task_arn, *rest)
        options.update(_process_options(container, definition))
        if memory := (ecs._tasks[task_arn].get("overrides") or {}).get("memory"):
            options["mem_limit"] = f"{memory}m"
        options["labels"][STOP_LABEL] = str(container.get("stopTimeout", 30))
        options["volumes"] = options.get("volumes", []) + ecs_volumes.binds(container, definition, task_id, settings)
        started = ecs._tasks[task_arn].get("_docker_ids")
        if started and definition.get("networkMode") == "awsvpc":
            for option in ("network", "extra_hosts"):
                options.pop(option, None)
            options["network_mode"] = f"container:{started[0]}"
        elif not host_mode:
            options["network"] = settings.network
            names = _cloud_map_names(task_arn)
            options["networking_config"] = {settings.network: EndpointConfig(_API_VERSION, aliases=names)}
            options["extra_hosts"] = dict.fromkeys(_load_balancer_names(), settings.host)
        return options

    return build_run_kwargs


def pull_from_here(start, settings: Settings):
    """Fault: an ECR repository URI does not resolve. The engine pulls from the loopback in its place, with the password
    of the execution role.
    """

    def start_task_worker(task, definition, overrides, docker_client):
        role = ecs_roles.role_of(definition, task.get("overrides"), "executionRoleArn")
        keys = principals.keys_of_task(task["taskArn"], role)
        for container in definition.get("containerDefinitions", []):
            if keys and (image := ecs_roles.image_of(container)):
                container[_PASSWORD] = registry.password_for(keys, image["region"])
            container["image"] = _ECR_HOST.sub(f"127.0.0.1:{settings.port}/", container["image"])
        start(task, definition, overrides, docker_client)

    return start_task_worker


def sign_in(credentials_of):
    """The same fault."""

    def resolve(container: dict[str, Any]) -> dict[str, str] | None:
        if _PASSWORD in container:
            return {"username": registry.USER, "password": container[_PASSWORD]}
        return credentials_of(container)

    return resolve


def pull_as_fargate(run):
    """Fault: what the engine has is not pulled again. Fargate has nothing, and asks the registry for each task."""

    def run_container(docker_client, container, options, **how):
        if _PASSWORD in container:
            credentials = ecs._resolve_repository_credentials(container)
            how |= {"refresh_image": True, "allow_cached": False, "auth_config": credentials}
        return run(docker_client, container, options, **how)

    return run_container


def _process_options(container: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for member, option in (("entryPoint", "entrypoint"), ("user", "user"), ("workingDirectory", "working_dir")):
        if container.get(member):
            options[option] = container[member]
    if container.get("readonlyRootFilesystem"):
        options["read_only"] = True
    if container.get("linuxParameters", {}).get("initProcessEnabled"):
        options["init"] = True
    mebibytes = container.get("memory") or definition.get("memory")
    if mebibytes:
        options["mem_limit"] = f"{mebibytes}m"
    if container.get("healthCheck"):
        check = container["healthCheck"]
        options["healthcheck"] = {
            "test": check["command"],
            "interval": check["interval"] * _NANOSECONDS,
            "timeout": check["timeout"] * _NANOSECONDS,
            "retries": check["retries"],
            "start_period": check.get("startPeriod", 0) * _NANOSECONDS,
        }
    return options


def _cloud_map_names(task_arn: str) -> list[str]:
    """`<service>.<namespace>` of each registry of the task's service; the engine's DNS answers for them."""
    task = ecs._tasks[task_arn]
    cluster = ecs._cluster_name_from_arn(task["clusterArn"])
    service = ecs._services.get(f"{cluster}/{task['group'].removeprefix('service:')}", {})
    names = []
    for each in service.get("serviceRegistries", []):
        found = servicediscovery._services.get(each["registryArn"].rsplit("/", 1)[1])
        if found:
            names.append(f"{found['Name']}.{servicediscovery._namespaces[found['NamespaceId']]['Name']}")
    return names


def _load_balancer_names() -> list[str]:
    """Names under which the front serves the load balancers that exist when the container starts."""
    balancers = list(alb._lbs.values())
    return [balancer["DNSName"] for balancer in balancers] + [
        f"{balancer['LoadBalancerName']}.alb.localhost" for balancer in balancers
    ]
