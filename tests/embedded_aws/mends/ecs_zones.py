"""ECS: tasks are spread over the zones of their subnets; and the behaviour `rebalances`."""

from __future__ import annotations

import collections
import json
import logging
import threading
from typing import Any

from ministack.core.responses import json_response, request_scope
from ministack.services import ec2, ecs

from .. import clock
from ..behaviours import REBALANCES
from . import ecs_scheduler

logger = logging.getLogger("embedded_aws")

#: How often it is looked whether somebody has asked for the behaviour, in AWS's seconds.
_OTHERWISE = 60
_UNEVEN = "(service {}) is not AZ balanced with {}. AZ Rebalancing in progress."
_STARTED = "(service {}) has started 1 tasks in {} to AZ Rebalance: {}."
_STOPPED = "(service {}) has stopped 1 running tasks in {} due to AZ rebalancing: {}."
_EVEN = "(service {}) is AZ balanced with {}."


def apply() -> None:
    ecs._run_task = spread(ecs._run_task)
    ecs._ACTION_MAP["RunTask"] = spread(ecs._ACTION_MAP["RunTask"])
    threading.Thread(target=_watch, daemon=True, name="zones").start()


def spread(run_task):
    """Fault: every task is in the region's first zone. AWS spreads those of a group over the zones of their subnets."""

    def handler(data: dict[str, Any]):
        subnets = _subnets(data)
        if not subnets:
            return run_task(data)
        tasks: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        for _unused in range(data.get("count", 1)):
            subnet = min(subnets, key=lambda each: _number_in(data, _zone(each)))
            rest = [each for each in subnets if each != subnet]
            answer = run_task({**_with_subnets(data, [subnet, *rest]), "count": 1})
            if answer[0] != 200:
                return answer
            told = json.loads(answer[2])
            for task in told["tasks"]:
                task["availabilityZone"] = ecs._tasks[task["taskArn"]]["availabilityZone"] = _zone(subnet)
            tasks += told["tasks"]
            failures += told["failures"]
        return json_response({"tasks": tasks, "failures": failures})

    return handler


def rebalance(cluster: str, key: str) -> None:
    """The behaviour `rebalances`, for one service: while a zone has two tasks more than another, one is started there,
    and one is stopped here, the newest that is not protected.
    """
    with ecs_scheduler.locked(key):
        service = ecs._services.get(key)
        while service and _is_steady(service) and _moves_one(cluster, service):
            pass


def _moves_one(cluster: str, service: dict[str, Any]) -> bool:
    """Whether a task was moved to another zone."""
    name, network = service["serviceName"], service.get("networkConfiguration") or {}
    subnets = _subnets({"networkConfiguration": network})
    by_zone = _by_zone(service, subnets)
    least, most = (choose(by_zone, key=lambda zone: len(by_zone[zone])) for choose in (min, max))
    free = [task for task in by_zone[most] if not ecs_scheduler.is_protected(task)]
    if len(by_zone[most]) - len(by_zone[least]) < 2 or not free:
        return False
    REBALANCES.strike()
    ecs_scheduler.tell(service, _UNEVEN.format(name, _words(by_zone)))
    request = ecs_scheduler.request(cluster, service, ecs._primary_deployment(service), 1)
    there = [each for each in subnets if _zone(each) == least]
    answer = ecs._run_task(_with_subnets(request, there))
    started = json.loads(answer[2])["tasks"] if answer and answer[0] == 200 else []
    if not started:
        return False
    ecs_scheduler.tell(service, _STARTED.format(name, least, started[0]["taskArn"].rpartition("/")[2]))
    stopped = max(free, key=lambda task: str(task["createdAt"]))
    reason = f"Scaling activity initiated by (deployment {request['_deploymentId']})"
    ecs._mark_task_stopped(stopped["taskArn"], stopped, reason, "ServiceSchedulerInitiated", exit_code=0)
    ecs._cleanup_task_resources(stopped, ecs._get_docker())
    ecs_scheduler.tell(service, _STOPPED.format(name, most, stopped["taskArn"].rpartition("/")[2]))
    ecs_scheduler.tell(service, _EVEN.format(name, _words(_by_zone(service, subnets))))
    return True


def _watch() -> None:
    while True:
        clock.next_tick(REBALANCES.value if REBALANCES.is_on else _OTHERWISE)
        for (account, region, key), _service in ecs._services.all_items() if REBALANCES.is_on else ():
            try:
                with request_scope(account, region):
                    rebalance(key.split("/")[0], key)
            except Exception:
                logger.exception("the tasks of %s were not rebalanced", key)


def _is_steady(service: dict[str, Any]) -> bool:
    """Whether its tasks may be moved, and nothing else is going on."""
    primary = ecs._primary_deployment(service) or {}
    most = int((service.get("deploymentConfiguration") or {}).get("maximumPercent", 200))
    is_even_wanted = service.get("availabilityZoneRebalancing") == "ENABLED" and most > 100
    return service["status"] == "ACTIVE" and is_even_wanted and primary.get("rolloutState") == "COMPLETED"


def _by_zone(service: dict[str, Any], subnets: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The tasks of the newest deployment by the zones in which they may be."""
    current, _stale = ecs_scheduler.tasks_of(service)
    zones = sorted({_zone(each) for each in subnets}) or [""]
    return {zone: [task for task in current if task["availabilityZone"] == zone] for zone in zones}


def _words(by_zone: dict[str, list[dict[str, Any]]]) -> str:
    return ", ".join(f"{len(tasks)} tasks in {zone}" for zone, tasks in by_zone.items())


def _number_in(data: dict[str, Any], zone: str) -> int:
    """How many tasks of the group, and of its deployment where it has one, are in a zone."""
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    there = collections.Counter(
        task["availabilityZone"]
        for task in ecs._tasks.values()
        if task["lastStatus"] != "STOPPED"
        and task.get("group", "") == data.get("group", "")
        and task.get("_deployment_id") == data.get("_deploymentId")
        and ecs._cluster_name_from_arn(task["clusterArn"]) == cluster
    )
    return there[zone]


def _subnets(data: dict[str, Any]) -> list[str]:
    network = (data.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return [each for each in network.get("subnets") or [] if each in ec2._subnets]


def _with_subnets(data: dict[str, Any], subnets: list[str]) -> dict[str, Any]:
    network = data["networkConfiguration"]
    return {
        **data,
        "networkConfiguration": {"awsvpcConfiguration": {**network["awsvpcConfiguration"], "subnets": subnets}},
    }


def _zone(subnet: str) -> str:
    return str(ec2._subnets[subnet]["AvailabilityZone"])
