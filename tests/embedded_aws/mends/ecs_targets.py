"""ECS: a task behind a load balancer is healthy when its target is, and is replaced when that stays unhealthy.

Sources: "Optimize load balancer health check parameters for Amazon ECS" and "Amazon ECS service unhealthy event
messages" in the developer guide of Amazon ECS; `healthCheckGracePeriodSeconds` in its API reference.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import alb, ecs

from . import ecs_scheduler

logger = logging.getLogger("embedded_aws")

_STATE = r"<Target><Id>{}</Id><Port>{}</Port></Target>.*?<TargetHealth><State>(\w+)</State>"
_UNHEALTHY = "(service {}) (task {}) (port {}) is unhealthy in (target-group {}) due to (reason {})"
_REASONS = {"Target.Timeout": "Request timed out", "Target.ResponseCodeMismatch": "Health checks failed"}
_STOPPED = "Task failed ELB health checks in (target-group {})"


def apply() -> None:
    ecs._record_service_task_healthy = wait_for_targets(ecs._record_service_task_healthy)
    threading.Thread(target=_watch, daemon=True, name="targets").start()


def wait_for_targets(record):
    """Fault: a deployment is complete whatever the load balancer says of its tasks."""

    def handler(key: str, task: dict[str, Any]) -> None:
        service = ecs._services.get(key) or {}
        if all(_state(each, task)[0] == "healthy" for each in service.get("loadBalancers") or ()):
            record(key, task)

    return handler


def _watch() -> None:
    while True:
        time.sleep(1)
        for (account, region, key), service in ecs._services.all_items():
            if service["status"] != "ACTIVE" or not service.get("loadBalancers"):
                continue
            try:
                with request_scope(account, region):
                    _look_at(key, service)
            except Exception:
                logger.exception("the targets of %s were not looked at", key)


def _look_at(key: str, service: dict[str, Any]) -> None:
    for task in (task for tasks in ecs_scheduler.tasks_of(service) for task in tasks):
        if task["lastStatus"] == "RUNNING":
            task.setdefault("_running_since", time.monotonic())
            for balancer in service["loadBalancers"]:
                _look_at_target(key, service, task, balancer)


def _look_at_target(key: str, service: dict[str, Any], task: dict[str, Any], balancer: dict[str, Any]) -> None:
    """As often as the load balancer does; each second while a deployment may wait for it."""
    now, group = time.monotonic(), alb._tgs.get(balancer["targetGroupArn"])
    if group is None or (ecs_scheduler.is_steady(task) and now - task.get("_looked_at", 0) < _interval(group)):
        return
    task["_looked_at"] = now
    state, reason = _state(balancer, task)
    if state != "unhealthy":
        task.pop("_unhealthy_since", None)
        if state == "healthy" and not ecs_scheduler.is_steady(task):
            scope = get_account_id(), get_region()
            ecs._schedule_service_deployment_completion(key.split("/")[0], key, *scope, healthy_task=task)
        return
    since = task.setdefault("_unhealthy_since", now)
    is_over = now - task["_running_since"] >= (service.get("healthCheckGracePeriodSeconds") or 0)
    if is_over and now - since >= _interval(group) * int(group.get("UnhealthyThresholdCount") or 2):
        _replace(service, task, group, int(balancer["containerPort"]), _REASONS.get(reason, reason))


def _replace(service: dict[str, Any], task: dict[str, Any], group: dict[str, Any], port: int, reason: str) -> None:
    name, task_id = service["serviceName"], task["taskArn"].rpartition("/")[2]
    ecs_scheduler.tell(service, _UNHEALTHY.format(name, task_id, port, group["TargetGroupName"], reason))
    stopped = _STOPPED.format(group["TargetGroupArn"])
    if ecs._mark_task_stopped(task["taskArn"], task, stopped, "ServiceSchedulerInitiated"):
        ecs._record_service_task_failure(task)
        ecs._cleanup_task_resources(task, ecs._get_docker())


def _state(balancer: dict[str, Any], task: dict[str, Any]) -> tuple[str, str]:
    """The state of the task's target, and its reason. One that is not registered yet is `initial`."""
    told = alb._ACTION_MAP["DescribeTargetHealth"]({"TargetGroupArn": [balancer["targetGroupArn"]]})[2].decode()
    target = _STATE.format(re.escape(str(ecs._task_ip(task))), balancer["containerPort"])
    found = re.search(rf"{target}(?:<Reason>([^<]+)</Reason>)?", told, re.DOTALL)
    return (found[1], found[2] or "") if found else ("initial", "")


def _interval(group: dict[str, Any]) -> float:
    return float(group.get("HealthCheckIntervalSeconds") or 30)
