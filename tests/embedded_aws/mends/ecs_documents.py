"""ECS: what was said is what is described. ministack keeps only the members that it knows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import botocore.session
from ministack.core.responses import json_response
from ministack.services import ecs

Handler = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]

_MODEL = botocore.session.get_session().get_service_model("ecs")
_TASK_DEFINITION_MEMBERS = frozenset(_MODEL.shape_for("TaskDefinition").members)
_SERVICE_MEMBERS = frozenset(_MODEL.shape_for("Service").members)
_DEPLOYMENT_MEMBERS = frozenset(_MODEL.shape_for("Deployment").members) - _SERVICE_MEMBERS
# Handled by ministack itself, or not told back by DescribeServices.
_HANDLED_BY_UPDATE = frozenset({"desiredCount", "taskDefinition", "tags", "capacityProviderStrategy"})
# A change of one of these rolls the service on AWS.
_ROLLING_MEMBERS = (
    "networkConfiguration",
    "platformVersion",
    "capacityProviderStrategy",
    "loadBalancers",
    "serviceRegistries",
)


def apply() -> None:
    ecs._make_deployment = _begin_every_deployment(ecs._make_deployment)
    actions = ecs._ACTION_MAP
    ecs._run_task = actions["RunTask"] = tag_as_the_definition(ecs._run_task)
    actions["RegisterTaskDefinition"] = keep_task_definition(actions["RegisterTaskDefinition"])
    actions["DescribeTaskDefinition"] = tags_only_when_asked(actions["DescribeTaskDefinition"])
    actions["ListTaskDefinitions"] = match_the_whole_family(actions["ListTaskDefinitions"])
    actions["DescribeTasks"] = tell_the_deployment(actions["DescribeTasks"])
    actions["CreateService"] = keep_new_service(actions["CreateService"])
    actions["UpdateService"] = keep_updated_service(actions["UpdateService"])


def keep_task_definition(register: Handler) -> Handler:
    """Fault: enableFaultInjection and newer members are dropped, AWS's defaults are not filled in, and
    members that were not said come back as empty strings."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked = copy.deepcopy(data)
        answer = register(data)
        if answer[0] != 200:
            return answer
        arn = json.loads(answer[2])["taskDefinition"]["taskDefinitionArn"]
        record = ecs._task_defs[arn.rsplit("/", 1)[1]]
        for member in _TASK_DEFINITION_MEMBERS & asked.keys():
            if not record.get(member):
                record[member] = asked[member]
        for member in [member for member, value in record.items() if value in ("", None)]:
            del record[member]
        for container in record["containerDefinitions"]:
            _fill_container_defaults(container, record["networkMode"])
        for volume in record["volumes"]:
            if "efsVolumeConfiguration" in volume:
                volume["efsVolumeConfiguration"].setdefault("rootDirectory", "/")
        document = {"taskDefinition": record}
        if asked.get("tags"):
            document["tags"] = asked["tags"]
        return json_response(document)

    return handler


def _fill_container_defaults(container: dict[str, Any], network_mode: str) -> None:
    """What AWS adds to a container definition."""
    container.setdefault("essential", True)
    for member in ("environment", "mountPoints", "volumesFrom", "portMappings", "systemControls"):
        container.setdefault(member, [])
    for port in container["portMappings"]:
        port.setdefault("protocol", "tcp")
        if network_mode == "awsvpc" and "containerPort" in port:
            port.setdefault("hostPort", port["containerPort"])
    if "healthCheck" in container:
        for member, value in (("interval", 30), ("timeout", 5), ("retries", 3)):
            container["healthCheck"].setdefault(member, value)


def tags_only_when_asked(describe: Handler) -> Handler:
    """Fault: DescribeTaskDefinition tells tags that were not asked for with include=[TAGS]."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        answer = describe(data)
        if answer[0] != 200 or "TAGS" in data.get("include", []):
            return answer
        return json_response({"taskDefinition": json.loads(answer[2])["taskDefinition"]})

    return handler


def match_the_whole_family(list_definitions: Handler) -> Handler:
    """Fault: familyPrefix matches families that merely start with it; on AWS it is the family's whole name."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        family = data.get("familyPrefix")
        if not family:
            return list_definitions(data)
        status = data.get("status", "ACTIVE")
        found = [
            record for record in ecs._task_defs.values() if (record["family"], record["status"]) == (family, status)
        ]
        found.sort(key=lambda record: record["revision"], reverse=data.get("sort") == "DESC")
        start, size = int(data.get("nextToken") or 0), data.get("maxResults", 100)
        document: dict[str, Any] = {
            "taskDefinitionArns": [record["taskDefinitionArn"] for record in found[start : start + size]]
        }
        if start + size < len(found):
            document["nextToken"] = str(start + size)
        return json_response(document)

    return handler


def tell_the_deployment(describe: Handler) -> Handler:
    """Fault: a service's tasks are said to be started by the service; on AWS that is the id of the deployment."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        answer = describe(data)
        if answer[0] != 200:
            return answer
        document = json.loads(answer[2])
        for task in document["tasks"]:
            record = ecs._tasks.get(task["taskArn"]) or {}
            task["startedBy"] = record.get("_deployment_id") or task.get("startedBy", "")
        return json_response(document)

    return handler


def tag_as_the_definition(run_task: Handler) -> Handler:
    """Fault: RunTask with propagateTags TASK_DEFINITION gives a task only the tags of the request. On AWS it has those
    of its task definition too; where both have a key, the request's value wins."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if data.get("propagateTags") != "TASK_DEFINITION":
            return run_task(data)
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
        asked = data.get("tags") or []
        keys = {tag["key"] for tag in asked}
        inherited = [tag for tag in ecs._tags.get(definition.get("taskDefinitionArn"), []) if tag["key"] not in keys]
        return run_task({**data, "tags": [*asked, *inherited]})

    return handler


def keep_new_service(create: Handler) -> Handler:
    """Fault: availabilityZoneRebalancing, placement, Service Connect are dropped; defaults not filled in;
    tags stay as they were at creation."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked = copy.deepcopy(data)
        answer = create(data)
        if answer[0] != 200:
            return answer
        record = _service_of(answer)
        _keep(record, asked)
        _fill_service_defaults(record)
        record.pop("tags", None)  # ministack's tag store answers include=[TAGS]
        return json_response({"service": ecs._sanitize(record)})

    return handler


def keep_updated_service(update: Handler) -> Handler:
    """Fault: UpdateService drops propagateTags, enableECSManagedTags, serviceRegistries and others, and
    does not roll the service when its network or the like changes."""

    def handler(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked = copy.deepcopy(data)
        before = _find_service(data)
        if before and any(member in data and data[member] != before.get(member) for member in _ROLLING_MEMBERS):
            data["forceNewDeployment"] = True
        if before and "deploymentConfiguration" in data:
            # AWS changes only the members that are said.
            data["deploymentConfiguration"] = {**before["deploymentConfiguration"], **data["deploymentConfiguration"]}
            asked["deploymentConfiguration"] = data["deploymentConfiguration"]
        answer = update(data)
        if answer[0] != 200:
            return answer
        record = _service_of(answer)
        _keep(record, {member: value for member, value in asked.items() if member not in _HANDLED_BY_UPDATE})
        for member in ("launchType", "capacityProviderStrategy"):  # those of before, in a new deployment
            ecs._primary_deployment(record)[member] = record.get(member)
        _fill_service_defaults(record)
        return json_response({"service": ecs._sanitize(record)})

    return handler


def _keep(record: dict[str, Any], asked: dict[str, Any]) -> None:
    for member in _SERVICE_MEMBERS & asked.keys() - {"taskDefinition", "desiredCount", "launchType", "tags"}:
        record[member] = asked[member]
    if "role" in asked:
        record["roleArn"] = asked["role"]
    for member in _DEPLOYMENT_MEMBERS & asked.keys():
        record["deployments"][0][member] = asked[member]


def _fill_service_defaults(record: dict[str, Any]) -> None:
    """What AWS adds to a Fargate service."""
    record["platformVersion"] = record.get("platformVersion") or "LATEST"
    record["platformFamily"] = record.get("platformFamily") or "Linux"
    record.setdefault("availabilityZoneRebalancing", "ENABLED")
    for member in ("placementConstraints", "placementStrategy"):
        record.setdefault(member, [])
    network = record.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if network is not None:
        network.setdefault("assignPublicIp", "DISABLED")
        network.setdefault("securityGroups", [])
    configuration = record["deploymentConfiguration"]
    configuration.setdefault("maximumPercent", 200)
    configuration.setdefault("minimumHealthyPercent", 100)
    configuration.setdefault("strategy", "ROLLING")
    configuration.setdefault("bakeTimeInMinutes", 0)
    configuration.setdefault("deploymentCircuitBreaker", {"enable": False, "rollback": False})
    if not record.get("roleArn"):
        account = record["serviceArn"].split(":")[4]
        record["roleArn"] = f"arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def _begin_every_deployment(make: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Fault: a service's first deployment is COMPLETED at birth, so its circuit breaker never acts."""

    def make_deployment(*arguments: Any, **options: Any) -> dict[str, Any]:
        deployment = make(*arguments, **options)
        deployment["rolloutState"] = "IN_PROGRESS"
        deployment["rolloutStateReason"] = ""
        return deployment

    return make_deployment


def _service_of(answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    return ecs._services["/".join(json.loads(answer[2])["service"]["serviceArn"].split("/")[-2:])]


def _find_service(data: dict[str, Any]) -> dict[str, Any] | None:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    reference = ecs._resolve_service_ref(data.get("service", ""))
    return ecs._services.get(f"{cluster}/{reference[0]}") if reference else None
