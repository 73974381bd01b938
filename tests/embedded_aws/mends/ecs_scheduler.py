"""ECS: the scheduler of services, that starts tasks, stops them, and says when a deployment is complete.

In place of ministack's, which takes a deployment for complete while tasks of its predecessors run, stops protected
tasks, and does not look at a service again when one of its tasks has been stopped.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, new_uuid
from ministack.services import ecs

from .. import clock

Task = dict[str, Any]
Service = dict[str, Any]

#: A deployment lasts until the tasks of all those before it have stopped.
_MOST_DEPLOYMENTS = 5
_TOO_MANY = f"{_MOST_DEPLOYMENTS} active deployments exist, unable to create new deployment."
_PROTECTED = (
    "(service {}) was unable to reach steady state because task set ({}) was unable to scale in. Reason: The number of "
    "protected tasks are more than the desired count of tasks."
)
_MOST_EVENTS = 100
_locks: dict[tuple[str, str, str], threading.RLock] = {}


def apply() -> None:
    ecs._reconcile_service_tasks = reconcile
    ecs._complete_service_deployment = complete
    ecs._mark_task_stopped = go_on_after_a_stop(ecs._mark_task_stopped)
    actions = ecs._ACTION_MAP
    actions["UpdateService"] = refuse_too_many_deployments(actions["UpdateService"])


def reconcile(cluster: str, key: str) -> None:
    """Fault: see above. Starts and stops what brings the service ``key`` nearer to what it is to be, and completes its
    deployment when it is there.
    """
    with locked(key):
        service = ecs._services.get(key)
        while service and service["status"] == "ACTIVE" and _Round(cluster, service).does_something():
            pass
        _refresh(cluster, key)
        complete(cluster, key)


def complete(cluster: str, key: str, expected_deployment_id: str | None = None) -> None:
    """Fault: a deployment is complete although tasks of the one before it still run."""
    with locked(key):
        service = ecs._services.get(key)
        primary = ecs._primary_deployment(service) if service and service["status"] == "ACTIVE" else None
        if not primary or expected_deployment_id not in (None, primary["id"]):
            return
        current, stale = tasks_of(service)
        steady = sum(is_steady(task) for task in current)
        if primary["rolloutState"] != "IN_PROGRESS" or stale or not steady == len(current) == service["desiredCount"]:
            return
        primary["rolloutState"] = "COMPLETED"
        primary["rolloutStateReason"] = f"ECS deployment {primary['id']} completed."
        primary["updatedAt"] = ecs._iso()
        name = service["serviceName"]
        tell(service, f"(service {name}) (deployment {primary['id']}) deployment completed.")
        tell(service, f"(service {name}) has reached a steady state.")
        _refresh(cluster, key)


def go_on_after_a_stop(mark_stopped):
    """Fault: nothing takes the place of a task that somebody stopped, and a deployment that waits for old tasks does
    not go on when they end.
    """

    def handler(arn: str, task: Task, *rest: Any, **named: Any) -> bool:
        stopped = mark_stopped(arn, task, *rest, **named)
        if stopped and (key := key_of(task)):
            clock.later(0, reconcile, key.split("/")[0], key)
        return stopped

    return handler


def refuse_too_many_deployments(update):
    """Fault: any number of deployments is begun, whatever the tasks of former ones do."""

    def handler(data: dict[str, Any]):
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        reference = ecs._resolve_service_ref(data.get("service", ""))
        service = ecs._services.get(f"{cluster}/{reference[0]}") if reference else None
        if service and _begins_deployment(service, data) and _unfinished(service) >= _MOST_DEPLOYMENTS:
            return error_response_json("InvalidParameterException", _TOO_MANY, 400)
        return update(data)

    return handler


@contextlib.contextmanager
def locked(key: str) -> Iterator[None]:
    """A context in which nobody else starts, stops or protects tasks of the service."""
    with _locks.setdefault((get_account_id(), get_region(), key), threading.RLock()):
        yield


def key_of(task: Task) -> str:
    """`<cluster>/<service>` of a service's task, and nothing for one of its own."""
    name = str(task.get("group", ""))
    cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    return f"{cluster}/{name.removeprefix('service:')}" if name.startswith("service:") else ""


def tasks_of(service: Service) -> tuple[list[Task], list[Task]]:
    """The service's tasks that run or start and are to go on: those of its newest deployment, and those of others."""
    primary = ecs._primary_deployment(service)
    current: list[Task] = []
    stale: list[Task] = []
    for task in ecs._tasks.values():
        if task.get("group") != f"service:{service['serviceName']}" or task["clusterArn"] != service["clusterArn"]:
            continue
        if task["lastStatus"] in ecs._PRE_STOP_STATUSES and task["desiredStatus"] != "STOPPED":
            (current if ecs._deployment_for_task(service, task) is primary else stale).append(task)
    return current, stale


def is_steady(task: Task) -> bool:
    """Whether it runs, has outlived its start, and is healthy where its health is checked."""
    return task["lastStatus"] == "RUNNING" and bool(task.get("_startup_stable"))


def is_protected(task: Task) -> bool:
    """Whether it is protected from scale-in now (ecs_protection.py)."""
    return task.get("_protected_until", 0.0) > ecs._ts()


def tell(service: Service, message: str) -> None:
    """An event of the service; not again while it is among the newest."""
    events = service["events"]
    if not any(event["message"] == message for event in events[:_MOST_DEPLOYMENTS]):
        events.insert(0, {"id": new_uuid(), "createdAt": ecs._iso(), "message": message})
        del events[_MOST_EVENTS:]


class _Round:
    """One look at a service, and what follows from it."""

    def __init__(self, cluster: str, service: Service) -> None:
        self._cluster = cluster
        self._service = service
        self._primary = ecs._primary_deployment(service) or {}
        self._current, self._stale = tasks_of(service)
        self._desired = int(service["desiredCount"])

    def does_something(self) -> bool:
        """Whether tasks were stopped or started."""
        stopped = self._stop(self._current, len(self._current) - self._desired)
        if not self._has_failed():
            kept = max(0, self._desired - sum(is_steady(task) for task in self._current))
            stopped += self._stop(self._stale, len(self._stale) - kept)
            self._share_out(kept)
        return bool(stopped) or self._start()

    def _has_failed(self) -> bool:
        """A deployment that has failed starts nothing more, and leaves what there was."""
        return self._primary.get("rolloutState") == "FAILED"

    def _stop(self, tasks: list[Task], number: int) -> int:
        """Stops so many of the tasks, the newest first, but for protected ones; how many that are."""
        if number <= 0:
            return 0
        free = [task for task in tasks if not is_protected(task)]
        free.sort(key=lambda task: (not is_steady(task), str(task["createdAt"])))
        free.reverse()  # several may be of one moment: the later ones stand behind then
        for task in free[:number]:
            reason = f"Scaling activity initiated by (deployment {self._primary.get('id')})"
            if ecs._mark_task_stopped(task["taskArn"], task, reason, "ServiceSchedulerInitiated", exit_code=0):
                ecs._cleanup_task_resources(task, ecs._get_docker())
            tasks.remove(task)
        if number > len(free):
            self._tell_of_protected(tasks)
        return len(free[:number])

    def _tell_of_protected(self, tasks: list[Task]) -> None:
        for deployment in sorted({str(task.get("_deployment_id")) for task in tasks if is_protected(task)}):
            tell(self._service, _PROTECTED.format(self._service["serviceName"], deployment))

    def _share_out(self, kept: int) -> None:
        """Tells former deployments how many of their tasks are still wanted."""
        for deployment in self._service["deployments"]:
            if deployment is not self._primary:
                there = sum(ecs._deployment_for_task(self._service, task) is deployment for task in self._stale)
                deployment["desiredCount"] = min(kept, there)
                kept -= deployment["desiredCount"]

    def _start(self) -> bool:
        missing = 0 if self._has_failed() else self._desired - len(self._current)
        if missing <= 0:
            return False
        number = min(missing, self._room(missing))
        definition = ecs._task_defs.get(ecs._resolve_td_key(self._service["taskDefinition"]))
        if number <= 0 or not definition:
            return False
        if ecs._get_docker() and ecs._deployment_needs_first_task(self._primary, definition, self._service):
            # Tags of images are resolved by a deployment's first task, for all of them.
            if self._current:
                return False
            number = 1
        ecs._run_task(request(self._cluster, self._service, self._primary, number))
        return len(tasks_of(self._service)[0]) >= len(self._current) + number

    def _room(self, missing: int) -> int:
        """How many more tasks the deployment's percentages allow; old ones make room where that leaves enough."""
        configuration = self._service.get("deploymentConfiguration") or {}
        most = max(1, self._desired * int(configuration.get("maximumPercent", 200)) // 100)
        least = math.ceil(self._desired * int(configuration.get("minimumHealthyPercent", 100)) / 100)
        room = max(0, most - len(self._current) - len(self._stale))
        if room < missing:
            steady = sum(is_steady(task) for task in self._current + self._stale)
            room += self._stop(self._stale, min(missing - room, steady - least))
        return room


def request(cluster: str, service: Service, deployment: dict[str, Any], number: int) -> dict[str, Any]:
    """What RunTask is told for a service."""
    return {
        "cluster": cluster,
        "taskDefinition": service["taskDefinition"],
        "count": number,
        "group": f"service:{service['serviceName']}",
        "startedBy": service["serviceName"],
        "launchType": service.get("launchType"),
        "capacityProviderStrategy": service.get("capacityProviderStrategy"),
        "platformVersion": service.get("platformVersion", ""),
        "networkConfiguration": service.get("networkConfiguration", {}),
        "enableExecuteCommand": service.get("enableExecuteCommand", False),
        "_deploymentId": deployment.get("id"),
    }


def _refresh(cluster: str, key: str) -> None:
    """Counts again, and forgets deployments that have no tasks any more, but for those that have failed."""
    service = ecs._services.get(key)
    if not service:
        return
    ecs._refresh_service_state(cluster, f"service:{service['serviceName']}")
    ecs._recount_cluster(cluster)
    living = {task.get("_deployment_id") for tasks in tasks_of(service) for task in tasks}
    service["deployments"] = [
        deployment
        for deployment in service["deployments"]
        if deployment["status"] == "PRIMARY" or deployment["rolloutState"] == "FAILED" or deployment["id"] in living
    ]


def _begins_deployment(service: Service, data: dict[str, Any]) -> bool:
    if data.get("forceNewDeployment"):
        return True
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")), {})
    return definition.get("taskDefinitionArn", service["taskDefinition"]) != service["taskDefinition"]


def _unfinished(service: Service) -> int:
    """How many deployments of the service are not over."""
    living = {task.get("_deployment_id") for tasks in tasks_of(service) for task in tasks}
    return sum(one["status"] == "PRIMARY" or one["id"] in living for one in service["deployments"])
