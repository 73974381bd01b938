# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Running a task to its end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.clients import Clients
from ..engine.errors import FarflowError
from ..engine.waiting import Clock, NotYet, wait_for
from ..kinds.ecs import task_calls as ecs_tasks
from ..kinds.ecs.patience import retry_while
from ..kinds.ecs.task_definition import calls as ecs_task_definitions
from . import run_task_documents
from .advice import cure, stop_of
from .stops import Log, account, log_of

_START_LIMIT = 120.0
# Seconds after which a task is started again that a new role has kept from starting.
_PAUSES = (15.0, 30.0)
_LOG_LIMIT = 10.0
_PAUSE_BETWEEN_LINES = 3.0
_LINES_OF_AN_ERROR = 50


class TooLong(FarflowError):
    """A task ran longer than it may, and was stopped."""


@dataclass(frozen=True)
class Ended:
    """A task that ended by itself and well. ``log_lines`` are the last ones that were asked for, or all."""

    task_arn: str
    exit_code: int
    stop_code: str | None
    stopped_reason: str
    log_lines: list[str]


def run_to_end(
    clients: Clients,
    task: Mapping[str, Any],
    limit: float = 1800.0,
    log_lines: int | None = _LINES_OF_AN_ERROR,
    tell: Callable[[str], None] = lambda line: None,
    clock: Clock = time,
    exit_codes: Collection[int] = (0,),
    show: Callable[[str], None] | None = None,
) -> Ended:
    """Starts a task and waits for its end; ``task`` is as ``pure.ecs_run_task.request`` takes it, with ``container``
    where its task definition has several: the task ended as that one did. ``log_lines`` is how many of the last ones
    are wanted, None means all; ``tell`` is called with a line for a person whenever the task's status changes, ``show``
    with each line of its log, while it runs.

    What IAM does not let start yet, as its roles are not the same everywhere at once, is started again, twice.

    Raises FarflowError when it can't start, ends otherwise than by itself with one of ``exit_codes`` (with the reason,
    what cures it and the last log lines), or runs longer than ``limit`` seconds: then it is stopped, and the
    error is TooLong.
    """
    container = task.get("container") or _only_container(clients, task["task_definition"])
    token = task.get("client_token") or str(uuid.uuid4())
    for attempt, pause in enumerate((*_PAUSES, None)):
        started = _start(clients, task, container, run_task_documents.token_of(token, attempt))
        arn = started["taskArn"]
        tell(f"task {arn} started")
        shown = _Shown(clients, started, container, show) if show else None
        ended = _await(clients, task["cluster"], arn, container, limit, tell, clock, shown)
        stop = stop_of(ended, [container])
        if pause is None or not run_task_documents.may_start_later(stop):
            break
        tell(f"task {arn} did not start, another one will in {pause:g} s: {stop.reason}")
        clock.sleep(pause)
    if shown:
        _log(clients, ended, container, 1, clock)  # the last lines come some moments after the end
        shown.more()
    if not run_task_documents.ended_well(stop, exit_codes):
        _log(clients, ended, container, 1, clock)
        told = account(clients, ended, log_lines or _LINES_OF_AN_ERROR, container)
        raise FarflowError(f"task {arn} failed: {told}")
    return Ended(arn, stop.exit_code or 0, stop.code, stop.reason, _log(clients, ended, container, log_lines, clock))


class _Shown:
    """The log of a task, each line of which is shown once."""

    def __init__(self, clients: Clients, task: Mapping[str, Any], container: str, show: Callable[[str], None]) -> None:
        self._log, self._show = Log(clients, task, container), show

    def more(self) -> None:
        """Shows what has come since."""
        for line in self._log.new_lines():
            self._show(line)


def _only_container(clients: Clients, task_definition: str) -> str:
    containers = ecs_task_definitions.describe(clients, task_definition)["taskDefinition"]["containerDefinitions"]
    names = [container["name"] for container in containers]
    if len(names) > 1:
        raise FarflowError(f"task {task_definition} has several containers, say which: {', '.join(names)}")
    return str(names[0])


def _start(clients: Clients, task: Mapping[str, Any], container: str, token: str) -> Mapping[str, Any]:
    # with a token, a repeated request starts no second task
    request = run_task_documents.request({**task, "client_token": token}, container)
    what = f"the start of task {request['taskDefinition']}"
    try:
        tasks, failures = retry_while(lambda: ecs_tasks.run(clients, request), _START_LIMIT, what)
    except FarflowError as error:
        advice = cure(str(error.__cause__ or ""))
        raise (FarflowError(f"{error} ({advice})") if advice else error) from error.__cause__
    if not tasks:
        raise FarflowError(
            f"could not run ECS task {request['taskDefinition']}: {run_task_documents.failures_told(list(failures))}"
        )
    return tasks[0]


def _await(
    clients: Clients,
    cluster: str,
    arn: str,
    container: str,
    limit: float,
    tell: Callable[[str], None],
    clock: Clock,
    shown: _Shown | None,
) -> dict[str, Any]:
    seen = {"status": ""}

    def check() -> dict[str, Any] | NotYet:
        found = next(iter(ecs_tasks.describe(clients, cluster, [arn])), None)
        status = found["lastStatus"] if found else "unknown"
        if status != seen["status"]:
            seen["status"] = status
            tell(f"task {arn} is {status}")
        if shown:
            shown.more()
        return found if found and status == "STOPPED" else NotYet(f"it is {status}")

    try:
        more = {"longest_pause": _PAUSE_BETWEEN_LINES} if shown else {}
        return wait_for(check, limit, f"the end of task {arn}", clock=clock, **more)
    except FarflowError as error:
        if error.__cause__ is not None:  # AWS did not answer: the task may well be fine
            raise
        ecs_tasks.stop(clients, cluster, arn, f"ran longer than {limit:g} s")
        lines = _last_lines(clients, cluster, arn, container)
        raise TooLong("\n".join([f"{error}; it was stopped", *lines])) from error


def _last_lines(clients: Clients, cluster: str, arn: str, container: str) -> list[str]:
    tasks = ecs_tasks.describe(clients, cluster, [arn])
    return [line for task in tasks for line in log_of(clients, task, _LINES_OF_AN_ERROR, container)]


def _log(clients: Clients, task: Mapping[str, Any], container: str, lines: int | None, clock: Clock) -> list[str]:
    """The log lines, read until they don't grow any more: they come in some moments after the end."""
    seen: dict[str, list[str]] = {}

    def check() -> list[str] | NotYet:
        found = log_of(clients, task, lines, container)
        settled = bool(found) and seen.get("lines") == found
        seen["lines"] = found
        return found if settled else NotYet("log lines are still coming in")

    try:
        return wait_for(check, _LOG_LIMIT, "the log lines", interval=1.0, clock=clock)
    except FarflowError as error:
        if error.__cause__ is not None:
            raise
        return seen["lines"]
