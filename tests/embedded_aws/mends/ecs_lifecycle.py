"""ECS: how tasks end, get healthy and fail, told by the engine's events."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import requests.exceptions
from docker.errors import DockerException, NotFound
from ministack.core.responses import get_account_id, get_region
from ministack.services import ecs

from ..settings import Settings
from .ecs_containers import STOP_LABEL

logger = logging.getLogger("embedded_aws")
_EVENTS = ["die", "oom", "health_status"]
#: How long a container that has stopped may take to have its last lines read: seconds.
_LAST_LINES = 120


class ContainerStates:
    """What the engine said of this instance's containers, by container id."""

    def __init__(self, settings: Settings) -> None:
        self._label = settings.container_label
        self.ended: set[str] = set()
        self.out_of_memory: set[str] = set()
        self.health: dict[str, str] = {}

    def listen(self) -> None:
        """Follow the events for ever; after a break, look once at what ended meanwhile."""
        while True:
            try:
                with closing(docker.from_env(timeout=None)) as client:
                    events = client.events(decode=True, filters={"label": self._label, "event": _EVENTS})
                    for container in client.containers.list(
                        all=True, filters={"label": self._label, "status": "exited"}
                    ):
                        self.ended.add(container.id)
                    for event in events:
                        self._note(event)
            except (DockerException, requests.exceptions.RequestException) as error:
                logger.warning("the engine's events broke off: %s", error)
            time.sleep(1)

    def _note(self, event: dict[str, Any]) -> None:
        action, container = event["Action"], event["id"]
        if action == "die":
            self.ended.add(container)
        elif action == "oom":
            self.out_of_memory.add(container)
        elif action.startswith("health_status: "):
            self.health[container] = action.removeprefix("health_status: ").upper()


#: Containers whose logs are being read.
_read: set[str] = set()


def wait_for_last_lines(identifiers: list[str]) -> None:
    """Until the logs of these containers, which have stopped, are in CloudWatch Logs."""
    deadline = time.monotonic() + _LAST_LINES
    while _read.intersection(identifiers) and time.monotonic() < deadline:
        time.sleep(0.05)


def apply(settings: Settings) -> None:
    states = ContainerStates(settings)
    threading.Thread(target=states.listen, daemon=True, name="engine-events").start()
    ecs._maybe_mark_stopped = look_when_something_happened(ecs._maybe_mark_stopped, states)
    ecs._start_awslogs_forwarder = note_start_of_log(ecs._start_awslogs_forwarder)
    ecs._forward_awslogs = note_end_of_log(ecs._forward_awslogs)
    ecs._record_service_task_healthy = wait_for_health_checks(ecs._record_service_task_healthy)
    ecs._fail_task_start = name_the_failure(ecs._fail_task_start)
    ecs._remove_docker_container = stop_with_patience(ecs._remove_docker_container)


def look_when_something_happened(look, states: ContainerStates):
    """Faults: the engine is asked ten times a second for each task, which costs a core; containers' health
    checks are not told; running out of memory is not told."""

    def handler(task: dict[str, Any], docker_client: Any = None) -> None:
        identifiers = list(task.get("_docker_ids") or [])
        for container, identifier in zip(task.get("containers", []), identifiers, strict=False):
            container["healthStatus"] = states.health.get(identifier, container["healthStatus"])
        _note_health(task, identifiers)
        ended = states.ended.intersection(identifiers)
        if ended and ended.isdisjoint(_read):
            for container, identifier in zip(task["containers"], identifiers, strict=False):
                if identifier in states.out_of_memory:
                    container["reason"] = "OutOfMemoryError: Container killed due to memory usage"
            look(task, docker_client)

    return handler


def _note_health(task: dict[str, Any], identifiers: list[str]) -> None:
    """The task's health from its containers': all that have a check have to be healthy. A service replaces an unhealthy
    task."""
    definition = ecs._task_defs[task["taskDefinitionArn"].rsplit("/", 1)[1]]
    with_check = {each["name"] for each in definition["containerDefinitions"] if each.get("healthCheck")}
    checked = {each["healthStatus"] for each in task.get("containers", []) if each["name"] in with_check}
    if len(identifiers) < len(task["containers"]) or not checked & {"HEALTHY", "UNHEALTHY"}:
        return
    if "UNHEALTHY" not in checked and "UNKNOWN" in checked:
        return
    before, now = task.get("healthStatus"), "UNHEALTHY" if "UNHEALTHY" in checked else "HEALTHY"
    task["healthStatus"] = now
    if before == now or not task.get("group", "").startswith("service:"):
        return
    if now == "UNHEALTHY":
        if ecs._mark_task_stopped(
            task["taskArn"], task, "Task failed container health checks", "ServiceSchedulerInitiated"
        ):
            ecs._record_service_task_failure(task)
            ecs._cleanup_task_resources(task, ecs._get_docker())
        return
    cluster = ecs._cluster_name_from_arn(task["clusterArn"])
    key = f"{cluster}/{task['group'].removeprefix('service:')}"
    ecs._schedule_service_deployment_completion(cluster, key, get_account_id(), get_region(), healthy_task=task)


def note_start_of_log(start):
    """Fault: a task is STOPPED before its last lines are in CloudWatch Logs. See `note_end_of_log`."""

    def handler(container: Any, definition: dict[str, Any], task_id: str) -> None:
        if ecs._awslogs_config(definition, task_id, container.id):
            _read.add(container.id)
        start(container, definition, task_id)

    return handler


def note_end_of_log(forward):
    """The forwarder ends with its container's last line; only then the task is looked at."""

    def handler(container: Any, *rest: Any) -> None:
        try:
            forward(_WholeLog(container), *rest)
        finally:
            _read.discard(container.id)

    return handler


class _WholeLog:
    """A container whose log is followed to its last line. Docker 20.10 ends a log that is followed when it is told to
    stop the container, however far the reader has come."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def logs(self, **options: Any) -> Iterator[bytes]:
        read = 0
        for chunk in self._container.logs(**options):
            read += len(chunk)
            yield chunk
        self._container.wait()
        for chunk in self._container.logs(**{**options, "follow": False}):
            skipped = min(read, len(chunk))
            read -= skipped
            yield chunk[skipped:]


def wait_for_health_checks(record):
    """Fault: a task counts as steady a second after its start, whatever its health check says."""

    def handler(key: str, task: dict[str, Any]) -> None:
        definition = ecs._task_defs[task["taskDefinitionArn"].rsplit("/", 1)[1]]
        has_check = any(container.get("healthCheck") for container in definition["containerDefinitions"])
        if not has_check or task.get("healthStatus") == "HEALTHY":
            record(key, task)

    return handler


def name_the_failure(fail):
    """Fault: a failed pull and a command that is not there are told as ResourceInitializationError."""

    def handler(task: dict[str, Any], docker_client: Any, reason: str) -> None:
        for cause, pattern in (
            ("CannotPullContainerError: ", r"images/create|No such image|manifest unknown"),
            ("CannotStartContainerError: ", r"/start: |runc create failed"),
        ):
            if reason.startswith("ResourceInitializationError: unable to pull image") and re.search(pattern, reason):
                reason = cause + reason.split("start container: ", 1)[1]
        for container in task.get("containers", []):
            container["reason"] = reason
        fail(task, docker_client, reason)

    return handler


def stop_with_patience(remove):
    """Faults: every container has five seconds to stop, while the caller waits. On AWS it has its stopTimeout,
    and StopTask answers at once. And lines are lost that a container has printed and that are still on their way to
    CloudWatch Logs when it is removed."""

    def stop(docker_client: Any, container: Any) -> None:
        try:
            if isinstance(container, str):
                container = docker_client.containers.get(container)
            container.stop(timeout=int(container.labels.get(STOP_LABEL, "30")))
            wait_for_last_lines([container.id])
        except NotFound:
            return
        remove(docker_client, container)

    def handler(docker_client: Any, container_or_id: Any) -> None:
        if docker_client and container_or_id is not None:
            threading.Thread(
                target=stop, args=(docker_client, container_or_id), daemon=True, name="stop-container"
            ).start()

    return handler
