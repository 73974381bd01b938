"""ECS: what AWS refuses is refused, and a family means its newest ACTIVE revision."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ec2, ecs

from .ecs_roles import image_of

_LONGEST_OVERRIDES = 8192

# Fargate's CPU units, and the MiB that go with each.
_FARGATE_MEMORY = {
    "256": (512, 1024, 2048),
    "512": range(1024, 4096 + 1, 1024),
    "1024": range(2048, 8192 + 1, 1024),
    "2048": range(4096, 16384 + 1, 1024),
    "4096": range(8192, 30720 + 1, 1024),
    "8192": range(16384, 61440 + 1, 4096),
    "16384": range(32768, 122880 + 1, 8192),
}


def apply() -> None:
    ecs._resolve_td_key = mean_newest_active(ecs._resolve_td_key)
    actions = ecs._ACTION_MAP
    register = refuse_without_execution_role(actions["RegisterTaskDefinition"])
    actions["RegisterTaskDefinition"] = refuse_size(register)
    run_task = refuse_overridden_size(refuse_long_overrides(actions["RunTask"]))
    actions["RunTask"] = answer_token_again(refuse_task(run_task), _has_task)
    actions["CreateService"] = answer_token_again(refuse_task(actions["CreateService"]), _has_service)
    actions["DeleteCluster"] = refuse_busy_cluster(actions["DeleteCluster"])


def mean_newest_active(resolve):
    """Fault: a bare family means its newest revision even when that is INACTIVE."""

    def handler(reference: str) -> str | None:
        name = reference.rsplit("/", 1)[-1]
        if ":" in name:
            return resolve(reference)
        revisions = [
            record["revision"]
            for record in ecs._task_defs.values()
            if (record["family"], record["status"]) == (name, "ACTIVE")
        ]
        return f"{name}:{max(revisions)}" if revisions else f"{name}:0"

    return handler


def refuse_size(register):
    """Fault: pairs of CPU and memory that Fargate has not are registered."""

    def handler(data: dict[str, Any]):
        fits = int(data.get("memory", 0)) in _FARGATE_MEMORY.get(data.get("cpu", ""), ())
        if "FARGATE" in data.get("requiresCompatibilities", []) and not fits:
            return _refusal("ClientException", "No Fargate configuration exists for given values.")
        return register(data)

    return handler


def refuse_without_execution_role(register):
    """Fault: a definition is registered though nobody may pull its images, write its logs or read its secrets. In the
    words of aws/aws-cdk#1279.
    """

    def handler(data: dict[str, Any]):
        complaint = "" if data.get("executionRoleArn") else _role_complaint(data)
        return _refusal("ClientException", complaint) if complaint else register(data)

    return handler


def _role_complaint(definition: dict[str, Any]) -> str:
    containers = definition.get("containerDefinitions") or []
    if any(each.get("secrets") for each in containers):
        return "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
    if "FARGATE" not in definition.get("requiresCompatibilities", []):
        return ""
    needs = "Fargate requires task definition to have execution role ARN to support"
    if any(map(image_of, containers)):
        return f"{needs} ECR images."
    drivers = {(each.get("logConfiguration") or {}).get("logDriver") for each in containers}
    return f"{needs} log driver awslogs." if "awslogs" in drivers else ""


def refuse_task(start):
    """Faults: an unknown cluster is made, an INACTIVE definition is run, networks are not looked at."""

    def handler(data: dict[str, Any]):
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        if cluster not in ecs._clusters:
            return _refusal("ClusterNotFoundException", "Cluster not found.")
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")))
        if definition is None:
            return _refusal("ClientException", "Unable to find task definition.")
        if definition["status"] != "ACTIVE":
            return _refusal("ClientException", "TaskDefinition is inactive")
        if definition["networkMode"] == "awsvpc":
            network = data.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
            complaint = _network_complaint(network)
            if complaint:
                return _refusal("InvalidParameterException", complaint)
        return start(data)

    return handler


def refuse_long_overrides(start):
    """Fault: overrides of any length are taken. AWS counts "the JSON formatting characters" too."""

    def handler(data: dict[str, Any]):
        if len(json.dumps(data.get("overrides", {}), ensure_ascii=False)) > _LONGEST_OVERRIDES:
            return _refusal(
                "InvalidParameterException", f"Container Overrides length must be at most {_LONGEST_OVERRIDES}"
            )
        return start(data)

    return handler


def refuse_overridden_size(start):
    """Fault: a task is started with a size that Fargate has not, where the overrides ask for that."""

    def handler(data: dict[str, Any]):
        overrides = data.get("overrides", {})
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
        cpu, memory = (str(overrides.get(name) or definition.get(name) or 0) for name in ("cpu", "memory"))
        asked = "cpu" in overrides or "memory" in overrides
        if asked and int(memory) not in _FARGATE_MEMORY.get(cpu, ()):
            return _refusal("ClientException", "No Fargate configuration exists for given values.")
        return start(data)

    return handler


def _network_complaint(network: dict[str, Any]) -> str | None:
    if not network.get("subnets"):
        return "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    for subnet in network["subnets"]:
        if subnet not in ec2._subnets:
            return f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist"
    for group in network.get("securityGroups", []):
        if group not in ec2._security_groups:
            return f"Error retrieving security group information for [{group}]: it does not exist"
    return None


def answer_token_again(call, has_made):
    """Fault: the same clientToken starts tasks again, or a service is refused as it is there; on AWS it gets the first
    answer, also when that is still to come.
    """
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
    one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def handler(data: dict[str, Any]):
        token = data.get("clientToken")
        if token is None:
            return call(data)
        key = f"{data.get('cluster', 'default')} {token}"
        with one_at_a_time[key]:
            if key in answers and has_made(json.loads(answers[key][2])):
                return answers[key]
            answer = call(data)
            if answer[0] == 200:
                answers[key] = answer
        return answer

    return handler


def _has_task(answer: dict[str, Any]) -> bool:
    return any(task["taskArn"] in ecs._tasks for task in answer["tasks"])


def _has_service(answer: dict[str, Any]) -> bool:
    arn = answer["service"]["serviceArn"]
    return any(service["serviceArn"] == arn and service["status"] == "ACTIVE" for service in ecs._services.values())


def refuse_busy_cluster(delete):
    """Fault: a cluster is deleted under its services and tasks."""

    def handler(data: dict[str, Any]):
        name = ecs._resolve_cluster_name(data.get("cluster", "default"))
        arn = ecs._clusters.get(name, {}).get("clusterArn")
        if any(service["clusterArn"] == arn and service["status"] == "ACTIVE" for service in ecs._services.values()):
            return _refusal(
                "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
            )
        if any(task["clusterArn"] == arn and task["lastStatus"] != "STOPPED" for task in ecs._tasks.values()):
            return _refusal("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        return delete(data)

    return handler


def _refusal(code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    return error_response_json(code, message, 400)
