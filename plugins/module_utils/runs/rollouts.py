# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waiting until services run what they were told to, all of them in one go. Old tasks that protect themselves, since
they have work in hand, are not waited for.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.waiting import Clock, NotYet, wait_for
from ..kinds.ecs import task_calls as ecs_tasks
from ..kinds.ecs.service import calls
from ..kinds.ecs.service.documents import has_all_tasks, is_autoscaled, primary
from . import draining
from .advice import telling_event
from .draining import Protected
from .stops import account

_LOG_LINES = 20
_MOST_STOPPED = 100
_EVENTS = 10
_CHECKS_EVERY = 3.0  # seconds
_SHOWN_AFTER = 20  # checks: DescribeServices may not know a new deployment for a moment

Service = Mapping[str, Any]


class Rollouts:
    """The newest deployments of some services of one cluster, watched until each is COMPLETED and runs as many tasks
    as are desired; how many those are at the moment is an autoscaler's own affair.
    """

    def __init__(
        self,
        clients: Clients,
        cluster: str,
        names: Sequence[str],
        started: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """``started`` has the deployments that were just started, by service; without, the newest one is watched.
        ``tell`` is called with a line for a person whenever the state of a service changes.
        """
        self._clients = clients
        self._cluster = cluster
        self._names = list(names)
        self._tell = tell
        self._deployments = dict(started or {})
        self._seen: set[str] = set()
        self._missed: Counter[str] = Counter()
        self._states: dict[str, str] = {}
        self._draining: dict[str, list[Protected]] = {}

    def wait(self, limit: float, clock: Clock = time) -> list[Protected]:
        """Returns when all are as they shall be: with the tasks of earlier deployments that still have work in hand.

        Raises FarflowError when a deployment fails or is rolled back, or when ``limit`` seconds are over: with the
        reason of the newest stopped task, what cures it and its last log lines.
        """
        what = f"the services {', '.join(self._names)}"
        try:
            failed = wait_for(self._check, limit, what, interval=_CHECKS_EVERY, clock=clock)
        except FarflowError as error:
            if error.__cause__ is not None:  # AWS did not answer: there is nothing to tell of the services
                raise
            late = [name for name, state in self._states.items() if state]
            raise FarflowError("\n".join([str(error), *map(self._account, late)])) from error
        if failed:
            raise FarflowError("\n".join(f"{problem}\n{self._account(name)}" for name, problem in failed.items()))
        return [task for tasks in self._draining.values() for task in tasks]

    def _check(self) -> dict[str, str] | NotYet:
        """What failed for good; nothing when all are as desired."""
        services = {each["serviceName"]: each for each in calls.describe(self._clients, self._cluster, self._names)}
        failed = {}
        for name in self._names:
            state, problem = self._state(name, services.get(name))
            if problem:
                failed[name] = f"service {name} {problem}"
            if state != self._states.get(name):
                self._tell(f"{name}: {state or 'as desired'}")
            self._states[name] = state
        waiting = [f"{name} {state}" for name, state in self._states.items() if state]
        return NotYet("; ".join(waiting)) if waiting and not failed else failed

    def _state(self, name: str, service: Service | None) -> tuple[str, str | None]:
        """What is still missing (empty when nothing is), and what went wrong for good."""
        if service is None or service["status"] == "INACTIVE":
            return "is not there", None
        newest = primary(service).get("id", "")
        watched = self._deployments.setdefault(name, newest)
        deployment: Service = next((each for each in service["deployments"] if each.get("id", "") == watched), {})
        if not deployment and watched not in self._seen:
            self._missed[watched] += 1
            if self._missed[watched] <= _SHOWN_AFTER:
                return "does not show its deployment yet", None
        self._seen.add(watched)
        rollout = deployment.get("rolloutState", "COMPLETED")
        counts = f"{service.get('runningCount', 0)} of {service['desiredCount']} tasks run"
        if newest != watched or rollout == "FAILED":
            why = deployment.get("rolloutStateReason") or "another deployment has taken its place"
            return f"failed, {counts}", f"did not come up: {why}"
        if rollout == "COMPLETED" and (
            is_autoscaled(service) or service.get("runningCount", 0) == service["desiredCount"]
        ):
            return "", None
        drains = rollout == "IN_PROGRESS" and has_all_tasks(service)
        if drains and (left := draining.only_drains(self._clients, self._cluster, name, watched)):
            self._draining[name] = left
            return "", None
        return f"{rollout}, {counts}", None

    def _account(self, name: str) -> str:
        arns = ecs_tasks.list_arns(self._clients, self._cluster, name, "STOPPED")[:_MOST_STOPPED]
        tasks = ecs_tasks.describe(self._clients, self._cluster, arns)
        ours = [each for each in tasks if each.get("startedBy") == self._deployments.get(name)]
        if not ours:
            return f"service {name}: {self._events(name)}"
        newest = max(ours, key=lambda task: str(task.get("stoppedAt") or task.get("createdAt") or ""))
        task_id = newest["taskArn"].rsplit("/", 1)[1]
        return f"service {name}, task {task_id}: {account(self._clients, newest, _LOG_LINES)}"

    def _events(self, name: str) -> str:
        """What the service itself tells since the deployment began."""
        for service in calls.describe(self._clients, self._cluster, [name]):
            deployments = {each.get("id"): each for each in service["deployments"]}
            since = deployments.get(self._deployments.get(name), {}).get("createdAt")
            told = [each["message"] for each in service.get("events", []) if not since or each["createdAt"] >= since]
            if told:
                return f"no task of it has stopped, its last event: {telling_event(told[:_EVENTS]) or told[0]}"
        return "no task has stopped, and it has no events"
