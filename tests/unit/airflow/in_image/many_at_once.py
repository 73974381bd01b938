"""Runs many FargateTasks at once, on an AWS that the environment names: workers that start them and take their ends,
and one triggerer's event loop in which all of them wait. Prints as JSON how many ended well.

    many_at_once.py COUNT
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import structlog
from airflow.sdk.exceptions import TaskDeferred

from farflow import FargateTask
from farflow.fargate_task_trigger import FargateTaskTrigger
from farflow.fargate_task_watch import close_shared

WORKERS = 16  # one worker's processes, or two's


def context(number: int) -> dict[str, Any]:
    server = SimpleNamespace(next_method=None)
    facts = {"dag_id": "many", "task_id": "task", "run_id": "r", "map_index": number, "try_number": 1}
    instance = SimpleNamespace(**facts, max_tries=0, _ti_context_from_server=server, xcom_push=lambda **_unused: None)
    run = SimpleNamespace(run_id="r", logical_date=None, team_name=None)
    return {"ti": instance, "task_instance": instance, "dag_run": run}


def task(number: int) -> FargateTask:
    return FargateTask(task_id=f"task_{number}", task="hello")


def start(number: int) -> dict[str, Any]:
    """As a worker does: what the trigger is made of."""
    with suppress(TaskDeferred):
        FargateTask.execute.__wrapped__(made := task(number), context(number))
    assert made.arn
    return json.loads(json.dumps(made._deferred))


def complete(number: int, event: dict[str, Any]) -> Any:
    return task(number).execute_complete(context(number), event)


async def one(number: int, workers: ThreadPoolExecutor) -> Any:
    loop = asyncio.get_running_loop()
    arguments = await loop.run_in_executor(workers, start, number)
    [event] = [event async for event in FargateTaskTrigger(**arguments).run()]
    return await loop.run_in_executor(workers, complete, number, json.loads(json.dumps(event.payload)))


async def main(count: int) -> None:
    with ThreadPoolExecutor(WORKERS) as workers:
        ends = await asyncio.gather(*(one(number, workers) for number in range(count)), return_exceptions=True)
        await close_shared()
    failed = [repr(end) for end in ends if isinstance(end, BaseException)]
    print(
        json.dumps(
            {"ended": len(ends) - len(failed), "failed": failed[:5], "last_lines": sorted({*map(str, ends)})[:3]}
        )
    )


def as_few_processes_would() -> None:
    """Each worker process has one client, and Airflow puts the trigger's arguments into its database."""
    clients = threading.local()
    defer = FargateTask.defer

    def client(self: FargateTask) -> Any:
        if not hasattr(clients, "ecs"):
            clients.ecs = self.hook.conn
        return clients.ecs

    def remember(self: FargateTask, *, trigger: FargateTaskTrigger, **rest: Any) -> None:
        self._deferred = trigger.serialize()[1]
        defer(self, trigger=trigger, **rest)

    FargateTask.defer = remember
    FargateTask.client = property(client)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    as_few_processes_would()
    asyncio.run(main(int(sys.argv[1])))
