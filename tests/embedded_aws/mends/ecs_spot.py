"""ECS: tasks on Fargate Spot from which AWS takes the capacity away. A task is told to stop, has two minutes, or the
stopTimeout of its containers where that is less, and is killed; its service starts another at once.
"""

from __future__ import annotations

import random
import threading
from typing import Any

from docker.errors import DockerException
from ministack.core.concurrency import resource_lock
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs, ecs_metadata

from .. import behaviours, capacity, clock
from . import ecs_scheduler
from .ecs_lifecycle import wait_for_last_lines

_CODE = "SpotInterruption"
_REASON = "Your Spot Task was interrupted."
_WARNING = 120
_DEFAULT_STOP_TIMEOUT = 30
#: Without containers: what stands for a program ends as it is told to.
_ENDED_BY_SIGTERM = 143
#: How often it is looked whether a task runs that is to be interrupted then.
_OFTEN = 0.1


def interrupt(document: dict[str, Any]) -> list[str]:
    """Interrupts the `tasks` that are named by their ARNs, or a `share` of all that run on Spot, of a `service` if one
    is named, chosen by a `seed`: the ARNs of those that were. Raises ValueError for a task that does not run on Spot.
    """
    running = {
        task["taskArn"]: (account, region, task)
        for (account, region, _arn), task in ecs._tasks.all_items()
        if task.get("capacityProviderName") == capacity.SPOT and task["lastStatus"] == "RUNNING"
    }
    if "tasks" in document:
        chosen = list(document["tasks"])
    else:
        group = f"service:{document['service']}" if document.get("service") else None
        found = sorted(arn for arn, (*_place, task) in running.items() if group in (None, task["group"]))
        number = round(float(document["share"]) * len(found))
        chosen = sorted(random.Random(document.get("seed", 0)).sample(found, number))
    if unknown := set(chosen) - set(running):
        raise ValueError(f"these tasks do not run on Fargate Spot: {', '.join(sorted(unknown))}")
    for arn in chosen:
        account, region, task = running[arn]
        with request_scope(account, region):
            take_away(task)
    return chosen


def interrupt_once_it_runs(task: dict[str, Any]) -> None:
    """The behaviour `spot_interrupted`."""
    if task["lastStatus"] == "RUNNING":
        clock.later(0, take_away, task)
    elif ecs._task_is_active(task["taskArn"], task):
        clock.later(_OFTEN, interrupt_once_it_runs, task)


def take_away(task: dict[str, Any]) -> None:
    """The warning and what follows it."""
    arn = task["taskArn"]
    with resource_lock("ecs-task", arn):
        if not ecs._task_is_active(arn, task):
            return
        ecs._bump_task_version(task)
        now = ecs._iso()
        task |= {"desiredStatus": "STOPPED", "stopCode": _CODE, "stoppedReason": _REASON, "stoppingAt": now}
    ecs_metadata.set_task_status(arn, known_status=task["lastStatus"], desired_status="STOPPED")
    docker_client = ecs._get_docker()
    if docker_client is None:
        clock.later(behaviours.TASK_SECONDS.value, _end, task, [_ENDED_BY_SIGTERM])
    else:
        scope = get_account_id(), get_region()
        threading.Thread(target=_stop, args=(task, docker_client, *scope), daemon=True, name="spot").start()
    if key := ecs_scheduler.key_of(task):
        ecs_scheduler.reconcile(key.split("/")[0], key)


def _stop(task: dict[str, Any], docker_client: Any, account: str, region: str) -> None:
    """SIGTERM to all containers at once, and SIGKILL when their time is over."""
    definition = ecs._task_defs.get(task["taskDefinitionArn"].rsplit("/", 1)[1], {})
    seconds = [
        min(_WARNING, int(container.get("stopTimeout") or _DEFAULT_STOP_TIMEOUT))
        for container in definition.get("containerDefinitions", [])
    ]
    identifiers = list(task.get("_docker_ids") or [])
    codes: list[int | None] = [None] * len(identifiers)

    def stop_one(place: int) -> None:
        try:
            container = docker_client.containers.get(identifiers[place])
            container.stop(timeout=max(1, round(clock.real(seconds[place]))))
            codes[place] = container.wait()["StatusCode"]
        except DockerException:
            return

    threads = [threading.Thread(target=stop_one, args=(place,), daemon=True) for place in range(len(identifiers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for_last_lines(identifiers)
    with request_scope(account, region):
        _end(task, codes)
        ecs._cleanup_task_resources(task, docker_client)


def _end(task: dict[str, Any], codes: list[int | None]) -> None:
    """The task has stopped."""
    arn = task["taskArn"]
    with resource_lock("ecs-task", arn):
        if ecs._tasks.get(arn) is not task or task["lastStatus"] == "STOPPED":
            return
        ecs._bump_task_version(task)
        now = ecs._iso()
        task |= {"lastStatus": "STOPPED", "stoppedAt": now, "executionStoppedAt": now}
        for place, container in enumerate(task["containers"]):
            container["lastStatus"] = "STOPPED"
            if place < len(codes) and container.get("exitCode") is None:
                container["exitCode"] = codes[place]
    ecs_metadata.set_task_status(arn, known_status="STOPPED", desired_status="STOPPED")
    ecs_metadata.set_all_container_status(arn, "STOPPED")
    ecs._recount_cluster(ecs._cluster_name_from_arn(task["clusterArn"]))
    if key := ecs_scheduler.key_of(task):
        ecs_scheduler.reconcile(key.split("/")[0], key)
