"""Tasks that hold all workers for a while, and tasks that wait meanwhile."""

from __future__ import annotations

import time

from airflow.sdk import dag, task

SECONDS = 90


@dag(schedule=None, default_args={"retries": 0})
def holds():
    for number in (1, 2):

        @task(task_id=f"holds_{number}")
        def holds():
            time.sleep(SECONDS)

        holds()


def make_backlog(name: str, tasks: int):
    @dag(name, schedule=None, max_active_tasks=256, default_args={"retries": 0})
    def backlog():
        @task
        def is_short(number: int):
            print(number)

        is_short.expand(number=[*range(tasks)])

    backlog()


holds()
make_backlog("backlog", 6)
make_backlog("long_backlog", 200)
