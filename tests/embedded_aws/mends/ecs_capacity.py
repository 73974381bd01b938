"""ECS: capacity providers of Fargate, over which tasks are spread, and the behaviours `no_capacity` and
`no_capacity_later`.
"""

from __future__ import annotations

import collections
import json
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from .. import behaviours, capacity, clock
from . import ecs_scheduler, ecs_spot

UNAVAILABLE = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_SEE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
_WINDOWS = "The specified platform does not satisfy the task definition's required capabilities."
_AGAIN_AFTER = 1.0
_STARTED, _REFUSED, _REFUSED_LATER, _INTERRUPTED = "started", "refused", "refused later", "interrupted"
#: How long a task is PROVISIONING for which there is no capacity.
_PROVISIONING = 0.1
#: In place of a deployment's id, while RunTask makes such a task: its containers are about to be started then.
_MARK = "there is no capacity"


def apply() -> None:
    ecs._start_task_worker = start_where_there_is_capacity(ecs._start_task_worker)
    ecs._run_task = spread(ecs._run_task)
    actions = ecs._ACTION_MAP
    actions["RunTask"] = refuse_strategy(spread(actions["RunTask"]))
    for name in ("CreateService", "UpdateService"):
        actions[name] = refuse_strategy(actions[name])


def refuse_strategy(call):
    """Fault: any strategy is taken, and Windows on Fargate Spot."""

    def handler(data: dict[str, Any]):
        strategy = data.get("capacityProviderStrategy")
        cluster = ecs._clusters.get(ecs._resolve_cluster_name(data.get("cluster", "default")), {})
        if strategy:
            if complaint := capacity.complaint(strategy, cluster.get("capacityProviders") or []):
                return error_response_json("InvalidParameterException", complaint, 400)
            definition = ecs._task_defs.get(ecs._resolve_td_key(_definition_of(data)), {})
            if capacity.SPOT in {item["capacityProvider"] for item in strategy} and _is_windows(definition):
                return error_response_json("PlatformTaskDefinitionIncompatibilityException", _WINDOWS, 400)
        return call(data)

    return handler


def spread(run_task):
    """Fault: all tasks of a strategy are placed with one of its providers."""

    def handler(data: dict[str, Any]):
        strategy = _strategy(data)
        if not strategy:
            return run_task(data)
        tasks: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        chosen = capacity.share_out(strategy, _present(data), data.get("count", 1))
        for (provider, fate), number in collections.Counter(_fates(data, chosen)).items():
            if fate == _REFUSED:
                failures += [{"reason": UNAVAILABLE}] * number
                continue
            mark = {"_deploymentId": _MARK} if fate == _REFUSED_LATER else {}
            answer = run_task({**data, **_with(provider), **mark, "count": number})
            if answer and answer[0] != 200:
                return answer
            started = [ecs._tasks[task["taskArn"]] for task in json.loads(answer[2])["tasks"]] if answer else []
            for task in started:
                _go_on(task, fate)
            tasks += [ecs._sanitize(task) for task in started]
        if failures and data.get("group", "").startswith("service:"):
            _tell_service(data["cluster"], data["group"].removeprefix("service:"))
        return json_response({"tasks": tasks, "failures": failures})

    return handler


def start_where_there_is_capacity(start):
    """With containers: those of a task for which there is no capacity are not started."""

    def handler(task: dict[str, Any], *rest: Any) -> None:
        if task.get("_deployment_id") != _MARK and not task.get("_never_starts"):
            start(task, *rest)

    return handler


def _strategy(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The one of the call, or the cluster's where the call says nothing of the kind."""
    if data.get("launchType") or data.get("capacityProviderStrategy"):
        return data.get("capacityProviderStrategy") or []
    cluster = ecs._clusters.get(ecs._resolve_cluster_name(data.get("cluster", "default")), {})
    return cluster.get("defaultCapacityProviderStrategy") or []


def _present(data: dict[str, Any]) -> collections.Counter[str]:
    """How many tasks of the service's newest deployment each provider has; none where it is no service's task."""
    group = data.get("group", "")
    service = ecs._services.get(f"{data.get('cluster')}/{group.removeprefix('service:')}")
    if not group.startswith("service:") or service is None:
        return collections.Counter()
    current, _stale = ecs_scheduler.tasks_of(service)
    return collections.Counter(task.get("capacityProviderName") for task in current)


def _with(provider: str) -> dict[str, Any]:
    return {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}]}


def _fates(data: dict[str, Any], chosen: list[str]) -> list[tuple[str, str]]:
    """What becomes of each task that a provider was chosen for."""
    one_off = not data.get("group", "").startswith("service:")
    fates = []
    for provider in chosen:
        fate = _STARTED
        if _is_short_of(behaviours.NO_CAPACITY, provider):
            fate = _REFUSED
        elif one_off and _is_short_of(behaviours.NO_CAPACITY_LATER, provider):
            fate = _REFUSED_LATER
        elif provider == capacity.SPOT and behaviours.SPOT_INTERRUPTED.is_on and behaviours.SPOT_INTERRUPTED.happens():
            fate = _INTERRUPTED
        fates.append((provider, fate))
    return fates


def _is_short_of(behaviour: behaviours.Behaviour, provider: str) -> bool:
    """Draws whether a provider has no capacity for a task, by a value such as `FARGATE_SPOT 0.5`."""
    for said in behaviour.value:
        name, _unused, share = said.partition(" ")
        if name == provider:
            is_short = behaviour.random.random() < float(share or 1)
            if is_short:
                behaviour.strike()
            return is_short
    return False


def _go_on(task: dict[str, Any], fate: str) -> None:
    """Begins what is to become of a task that was accepted."""
    if fate == _REFUSED_LATER:
        task |= {"_never_starts": True, "_deployment_id": None, "lastStatus": "PROVISIONING"}
        for moment in ("startedAt", "pullStartedAt", "pullStoppedAt"):
            task.pop(moment, None)
        for container in task["containers"]:
            container |= {"lastStatus": "PENDING", "runtimeId": None}
        clock.later(_PROVISIONING, _fail, task)
    if fate == _INTERRUPTED:
        ecs_spot.interrupt_once_it_runs(task)


def _fail(task: dict[str, Any]) -> None:
    ecs._mark_task_stopped(task["taskArn"], task, UNAVAILABLE, "TaskFailedToStart")


def _tell_service(cluster: str, name: str) -> None:
    key = f"{cluster}/{name}"
    message = f"(service {name}) was unable to place a task. Reason: {UNAVAILABLE}. {_SEE}"
    ecs_scheduler.tell(ecs._services[key], message)
    clock.later(_AGAIN_AFTER, ecs_scheduler.reconcile, cluster, key)


def _definition_of(data: dict[str, Any]) -> str:
    """That of the call, or of the service that it changes."""
    if data.get("taskDefinition"):
        return str(data["taskDefinition"])
    reference = ecs._resolve_service_ref(data.get("service", ""))
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    return str(ecs._services.get(f"{cluster}/{reference[0]}", {}).get("taskDefinition", "")) if reference else ""


def _is_windows(definition: dict[str, Any]) -> bool:
    return str(definition.get("runtimePlatform", {}).get("operatingSystemFamily", "")).startswith("WINDOWS")
