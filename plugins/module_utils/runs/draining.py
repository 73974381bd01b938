# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tasks of services that protect themselves, since they have work in hand: others take their place, and ECS lets them
run on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..engine.clients import Clients
from ..kinds.ecs import task_calls


@dataclass(frozen=True)
class Protected:
    """A running task that ECS does not stop before ``until``, and the name of its service."""

    service: str
    task: str
    until: datetime | None

    @property
    def words(self) -> str:
        """As a person reads it."""
        until = f", at the latest until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.service}, task {self.task}{until}"


def protected(clients: Clients, cluster: str, tasks: Mapping[str, str]) -> list[Protected]:
    """Those of the tasks that are protected. ``tasks`` are the names of their services, by the ARN of the task."""
    found = task_calls.protections(clients, cluster, list(tasks))
    return [
        Protected(tasks[one["taskArn"]], one["taskArn"].rsplit("/", 1)[1], one.get("expirationDate"))
        for one in found
        if one["protectionEnabled"]
    ]


def of_nobody(clients: Clients, cluster: str) -> list[str]:
    """In words the tasks that no service runs, such as those of DAGs."""
    tasks = task_calls.without_service(clients, cluster)
    return [
        f"task {task['taskArn'].rsplit('/', 1)[1]} of {task['taskDefinitionArn'].rsplit('/', 1)[1]}" for task in tasks
    ]


def of_services(clients: Clients, cluster: str, services: Sequence[str]) -> list[Protected]:
    """The protected tasks of these services."""
    tasks = {arn: service for service in services for arn in task_calls.list_arns(clients, cluster, service, "RUNNING")}
    return protected(clients, cluster, tasks)


def only_drains(clients: Clients, cluster: str, service: str, deployment: str) -> list[Protected] | None:
    """What is left of earlier deployments of a service whose newest ``deployment`` has all its tasks: the protected
    tasks, if there is nothing else and the new tasks are healthy. None while another task runs, or one is not healthy.
    """
    arns = task_calls.list_arns(clients, cluster, service, "RUNNING")
    tasks = task_calls.describe(clients, cluster, arns)
    old: list[str] = [task["taskArn"] for task in tasks if task.get("startedBy") != deployment]
    new = [task for task in tasks if task["taskArn"] not in old]
    if not old or any(task.get("healthStatus") != "HEALTHY" for task in new):
        return None
    found = protected(clients, cluster, dict.fromkeys(old, service))
    return found if len(found) == len(old) else None
