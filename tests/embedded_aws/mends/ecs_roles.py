"""ECS, where IAM is enforced: what it does with the roles of a task before the containers of the task start.

What the execution role needs is in "Amazon ECS task execution IAM role" in the developer guide of Amazon ECS. The words
for what it lacks are those of "ResourceInitializationError" there, aws/aws-cdk#29876, aws/containers-roadmap#2493 and
terraform-aws-modules/terraform-aws-ecs#313.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_region
from ministack.services import cloudwatch_logs, ecs

from ..authorization import principals, services
from ..behaviours import ENFORCED_IAM
from ..settings import ACCOUNT_ID

Definition = Mapping[str, Any]

_PRINCIPAL = "ecs-tasks.amazonaws.com"
_IMAGE = re.compile(
    r"(?P<host>(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com|127\.0\.0\.1:\d+)"
    r"/(?P<repository>[^:@]+)[:@]?(?P<reference>.*)"
)
_UNPREPARED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve "
)
_NO_TOKEN = _UNPREPARED + "ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: {words}"
_NO_PARAMETER = _UNPREPARED + (
    "secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: {words}"
)
_NO_SECRET = _UNPREPARED + (
    "secret from asm: service call has been retried 1 time(s): failed to fetch secret {SecretId} from secrets manager: "
    "AccessDeniedException: {words}"
)
_NO_LOG = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    "create Cloudwatch log {what}: AccessDeniedException: {words} : exit status 1"
)
_UNRESOLVED = "pull image manifest has been retried 1 time(s): failed to resolve ref {image}: "
_BLOB = "https://{host}/v2/{repository}/blobs/{reference}: 403 Forbidden"
#: What is called to pull an image, and how AWS says that it may not be.
_PULLS = {
    "BatchGetImage": _UNRESOLVED
    + "pulling from host {host} failed with status code [manifests {reference}]: 403 Forbidden",
    "BatchCheckLayerAvailability": _UNRESOLVED + "unexpected status from HEAD request to " + _BLOB,
    "GetDownloadUrlForLayer": "ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: "
    "unexpected status code " + _BLOB,
}


@dataclass(frozen=True)
class _Call:
    """A call of the execution role's, and how the task tells that it is refused."""

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    told: str
    named: Mapping[str, Any]


def apply() -> None:
    ecs._awslogs_config = write_with_the_role(ecs._awslogs_config)
    ecs._emit_awslogs_event = lose_what_is_refused(ecs._emit_awslogs_event)


def write_with_the_role(config_of):
    """Whether the role may write lines of a container is judged as its stream is opened."""

    def handler(container: Definition, task_id: str, container_id: str) -> dict[str, Any] | None:
        config = config_of(container, task_id, container_id)
        if config and ENFORCED_IAM.is_on and (keys := _keys_of(task_id)):
            named = {"logGroupName": config["group"], "logStreamName": config["stream"]}
            region = config["region"] or get_region()
            config["refused"] = services.refused(keys, "logs", "PutLogEvents", region, **named)
        return config

    return handler


def lose_what_is_refused(emit):
    """The task runs, and its lines are lost."""

    def handler(config: dict[str, Any], message: str) -> None:
        if not config.get("refused"):
            emit(config, message)

    return handler


def unassumable(definition: Definition, overrides: Mapping[str, Any] | None) -> str:
    """The ARN of a role of a task that ECS may not assume, if any. It does so for all clusters of the region: "Using
    the aws:SourceArn condition key to specify a specific cluster is not currently supported", as the guide says.
    """
    source = f"arn:aws:ecs:{get_region()}:{ACCOUNT_ID}:*"
    roles = (role_of(definition, overrides, kind) for kind in ("executionRoleArn", "taskRoleArn"))
    return next((role for role in roles if role and not services.may_assume(_PRINCIPAL, role, source)), "")


def refusal(task: Mapping[str, Any], definition: Definition) -> str:
    """Why the containers of a task do not start, in AWS's words: what its execution role may not do."""
    role = role_of(definition, task.get("overrides"), "executionRoleArn")
    if not role or not ENFORCED_IAM.is_on:
        return ""
    keys = principals.keys_of_task(task["taskArn"], role)
    for call in _calls(definition, task["taskArn"].rpartition("/")[2]):
        if words := services.refused(keys, call.service, call.operation, call.region, **call.parameters):
            return call.told.format(words=words, **call.named)
    return ""


def image_of(container: Definition) -> dict[str, str] | None:
    """Parts of the name of a container's image that is in ECR; what is on the loopback is in ours of this region."""
    found = _IMAGE.fullmatch(container["image"])
    ours = {"account": ACCOUNT_ID, "region": get_region()}
    return (
        {**ours, "image": found[0], **{name: text for name, text in found.groupdict().items() if text is not None}}
        if found
        else None
    )


def role_of(definition: Definition, overrides: Mapping[str, Any] | None, kind: str) -> str:
    return str((overrides or {}).get(kind) or definition.get(kind) or "")


def _keys_of(task_id: str) -> dict[str, str]:
    """Those of the execution role of a task."""
    task = next(task for arn, task in ecs._tasks.items() if arn.endswith(f"/{task_id}"))
    definition = ecs._task_defs[task["taskDefinitionArn"].rpartition("/")[2]]
    return principals.keys_of_task(task["taskArn"], role_of(definition, task.get("overrides"), "executionRoleArn"))


def _calls(definition: Definition, task_id: str) -> Iterator[_Call]:
    """In the order in which Fargate makes them."""
    containers = definition["containerDefinitions"]
    images = [found for each in containers if (found := image_of(each))]
    for region in sorted({each["region"] for each in images}):
        yield _Call("ecr", "GetAuthorizationToken", region, {}, _NO_TOKEN, {})
    for each in containers:
        yield from _secrets(each)
    for image in images:
        yield from _pulls(image)
    for each in containers:
        yield from _logs(each, task_id)


def _secrets(container: Definition) -> Iterator[_Call]:
    options = (container.get("logConfiguration") or {}).get("secretOptions") or []
    given = [each["valueFrom"] for each in (*(container.get("secrets") or []), *options)]
    registry = (container.get("repositoryCredentials") or {}).get("credentialsParameter")
    for arn in [*([registry] if registry else []), *(each for each in given if ":secretsmanager:" in each)]:
        named = {"SecretId": ":".join(arn.split(":")[:7])}
        yield _Call("secretsmanager", "GetSecretValue", arn.split(":")[3], named, _NO_SECRET, named)
    for name in (each for each in given if ":secretsmanager:" not in each):
        region = name.split(":")[3] if name.startswith("arn:") else get_region()
        asked = {"Names": [name.partition(":parameter")[2] or name], "WithDecryption": True}
        yield _Call("ssm", "GetParameters", region, asked, _NO_PARAMETER, {})


def _pulls(image: Mapping[str, str]) -> Iterator[_Call]:
    asked = {"registryId": image["account"], "repositoryName": image["repository"]}
    for operation, told in _PULLS.items():
        yield _Call("ecr", operation, image["region"], asked, f"CannotPullContainerError: {told}", image)


def _logs(container: Definition, task_id: str) -> Iterator[_Call]:
    config = ecs._awslogs_config(container, task_id, task_id)
    if not config:
        return
    region, group = config["region"] or get_region(), {"logGroupName": config["group"]}
    if config["create_group"] and config["group"] not in cloudwatch_logs._log_groups:
        yield _Call("logs", "CreateLogGroup", region, group, _NO_LOG, {"what": "group"})
    stream = {**group, "logStreamName": config["stream"]}
    yield _Call("logs", "CreateLogStream", region, stream, _NO_LOG, {"what": "stream"})
