# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS tasks and their log lines: one thin function for each call. Takes and gives AWS's documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.clients import Clients, chunks, doing, pages, unless

_GONE = {"ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"}
_LINES_A_CALL = 10000


def run(clients: Clients, request: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Starts tasks; the tasks and the failures of RunTask's answer."""
    with doing("run", "ECS task", request["taskDefinition"]):
        answer = clients("ecs").run_task(**request)
    return answer.get("tasks", []), answer.get("failures", [])


def list_arns(clients: Clients, cluster: str, service: str, status: str) -> list[str]:
    """The ARNs of a service's tasks whose desired status is RUNNING or STOPPED; none when the service is gone."""
    arguments = {"cluster": cluster, "serviceName": service, "desiredStatus": status}
    with doing("list", f"{status} tasks of ECS service", service):
        found: list[str] = unless(_GONE, lambda: pages(clients("ecs"), "list_tasks", "taskArns", **arguments), [])
    return found


def list_all(clients: Clients, cluster: str) -> list[str]:
    """The ARNs of all tasks of a cluster that shall run; none when there is no such cluster."""
    call = partial(pages, clients("ecs"), "list_tasks", "taskArns", cluster=cluster, desiredStatus="RUNNING")
    with doing("list", "tasks of ECS cluster", cluster):
        found: list[str] = unless({"ClusterNotFoundException"}, call, [])
    return found


def without_service(clients: Clients, cluster: str) -> list[dict[str, Any]]:
    """The tasks of a cluster that shall run and that no service has started."""
    found = describe(clients, cluster, list_all(clients, cluster))
    return [task for task in found if not str(task.get("group", "")).startswith("service:")]


def describe(clients: Clients, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
    """Those of the tasks that AWS still knows: stopped ones for an hour or so."""
    found: list[dict[str, Any]] = []
    for some in chunks(arns, 100):
        with doing("describe", "ECS tasks", ", ".join(some)):
            found += clients("ecs").describe_tasks(cluster=cluster, tasks=some).get("tasks", [])
    return found


def protections(clients: Clients, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
    """``{taskArn, protectionEnabled, expirationDate?}`` of those of the tasks that a service runs."""
    found: list[dict[str, Any]] = []
    for some in chunks(arns, 100):
        with doing("describe", "the protection of ECS tasks", ", ".join(some)):
            found += clients("ecs").get_task_protection(cluster=cluster, tasks=some).get("protectedTasks", [])
    return found


def stop(clients: Clients, cluster: str, arn: str, reason: str) -> None:
    """Stops a task; one that is gone is fine."""
    with doing("stop", "ECS task", arn):
        unless(
            {"InvalidParameterException"}, lambda: clients("ecs").stop_task(cluster=cluster, task=arn, reason=reason)
        )


def last_lines(clients: Clients, group: str, stream: str, count: int) -> list[str]:
    """The newest lines of a log stream, oldest of them first; none when there is no such stream."""
    answer = _events(clients, group, stream, limit=min(count, _LINES_A_CALL), startFromHead=False)
    return _messages(answer)[-count:]


def all_lines(clients: Clients, group: str, stream: str) -> list[str]:
    """Every line of a log stream; none when there is no such stream."""
    answer = _events(clients, group, stream, startFromHead=True)
    lines = _messages(answer)
    token = None
    # at the end of a stream CloudWatch Logs answers with the token that it was given
    while answer.get("nextForwardToken") != token:
        token = answer["nextForwardToken"]
        answer = _events(clients, group, stream, startFromHead=True, nextToken=token)
        lines += _messages(answer)
    return lines


def next_lines(clients: Clients, group: str, stream: str, token: str | None) -> tuple[list[str], str | None]:
    """The lines that have come since the call that gave the token, all where there is none, and the next token."""
    more = {"nextToken": token} if token else {}
    answer = _events(clients, group, stream, startFromHead=True, **more)
    return _messages(answer), answer.get("nextForwardToken", token)


def _events(clients: Clients, group: str, stream: str, **arguments: Any) -> dict[str, Any]:
    call = partial(clients("logs").get_log_events, logGroupName=group, logStreamName=stream, **arguments)
    with doing("read", "log stream", f"{group} {stream}"):
        return dict(unless({"ResourceNotFoundException"}, call, {}))


def _messages(answer: Mapping[str, Any]) -> list[str]:
    return [event["message"].rstrip("\n") for event in answer.get("events", [])]
