"""ECS: the behaviours `fargate_vcpus`, `cold_roles` and `cold_policies`, of tasks that are not started."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, new_uuid
from ministack.services import ecs

from .. import behaviours, capacity, clock

_NO_MORE = "You've reached the limit on the number of vCPUs you can run concurrently"
_SEE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
_COLD_ROLE = (
    "ECS was unable to assume the role '{}' that was provided for this task. Please verify that the role being passed "
    "has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)
_AGAIN_AFTER = 1.0


def apply() -> None:
    ecs._run_task = refuse_beyond_quota(ecs._run_task)
    ecs._ACTION_MAP["RunTask"] = refuse_cold_role(refuse_beyond_quota(ecs._ACTION_MAP["RunTask"]))


def refuse_cold_role(run_task):
    """The first RunTask of a definition whose role IAM has not told ECS of yet."""

    def handler(data: dict[str, Any]):
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
        refused = behaviours.COLD_ROLES.memory
        if len(refused) < behaviours.COLD_ROLES.value:
            refused[len(refused)] = True
            behaviours.COLD_ROLES.strike()
            return error_response_json("ClientException", _COLD_ROLE.format(definition.get("executionRoleArn")), 400)
        return run_task(data)

    return handler


def refuse_beyond_quota(run_task):
    """What the quota leaves room for is started; a service tells of the rest, and tries again."""

    def handler(data: dict[str, Any]):
        if not behaviours.FARGATE_VCPUS.is_on or _is_on_spot(data):
            return run_task(data)
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
        room = int((behaviours.FARGATE_VCPUS.value - _running()) // _vcpus(definition))
        wanted = data.get("count", 1)
        group = data.get("group", "")
        if wanted <= room:
            return run_task(data)
        behaviours.FARGATE_VCPUS.strike()
        if not group.startswith("service:"):
            return error_response_json("ClientException", f"{_NO_MORE}. {_SEE}", 400)
        _tell_service(data["cluster"], group.removeprefix("service:"))
        return run_task({**data, "count": room}) if room > 0 else None

    return handler


def _running() -> float:
    """vCPU of the tasks that have not stopped; those on Spot have another quota."""
    tasks = [task for task in ecs._tasks.values() if task.get("capacityProviderName") != capacity.SPOT]
    definitions = [task["taskDefinitionArn"] for task in tasks if task["lastStatus"] != "STOPPED"]
    return sum(_vcpus(ecs._task_defs[arn.rpartition("/")[2]]) for arn in definitions)


def _is_on_spot(data: dict[str, Any]) -> bool:
    return [item["capacityProvider"] for item in data.get("capacityProviderStrategy") or []] == [capacity.SPOT]


def _vcpus(definition: dict[str, Any]) -> float:
    return int(definition.get("cpu") or 256) / 1024


def _tell_service(cluster: str, name: str) -> None:
    service = ecs._services[f"{cluster}/{name}"]
    message = f"(service {name}) was unable to place a task. Reason: {_NO_MORE}. {_SEE}"
    if not any(event["message"] == message for event in service["events"][:1]):
        service["events"].insert(0, {"id": new_uuid(), "createdAt": ecs._iso(), "message": message})
    clock.later(_AGAIN_AFTER, ecs._reconcile_service_tasks, cluster, f"{cluster}/{name}")
