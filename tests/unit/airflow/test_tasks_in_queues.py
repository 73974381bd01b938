"""Airflow tasks that no worker can take, that wait too long for one, and what becomes of their messages."""

from __future__ import annotations

import time

import pytest
from airflow_lab import airflow_lab

#: By which the task execution API takes a token that has expired.
LEEWAY = 10


@pytest.fixture(scope="module")
def lab(docker, airflow_image, base_images):
    with airflow_lab("queues", docker, airflow_image, base_images.POSTGRES) as lab:
        yield lab


def test_a_task_whose_queue_nobody_serves_fails_and_says_so_where_its_author_looks(lab):
    run = lab.queue("is_nobodys")
    assert lab.states(run, "is_nobodys") == {"is_nobodys": "up_for_retry"}  # as it has retries
    assert lab.queue_of_workers.counts() == (0, 0)
    words = f"There are the queues {lab.queue_of_workers.name}: give the task one of them"
    assert words in lab.task_logs()["is_nobodys"]
    events = dict(lab.rows(f"SELECT event, extra FROM log WHERE run_id = '{run}'"))
    assert words in events["queue not served"]


def test_a_message_that_has_become_too_old_runs_nothing_and_fails_nothing(lab):
    """The task is then still queued for Airflow, which sends it again. Who takes the former message drops it."""
    run = lab.queue("is_short", AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT=1)
    time.sleep(2)
    with lab.worker() as worker:
        worker.wait_for(lambda: "Discarding revoked task: execute_workload" in worker.log())
        worker.wait_for(lambda: lab.queue_of_workers.counts() == (0, 0))
        assert "Executing workload" not in worker.log()
    assert lab.events() == {}
    assert lab.states(run, "is_short") == {"is_short": "queued"}
    assert "is_short" not in lab.task_logs()


PLAIN = {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}


@pytest.mark.thorough
def test_airflows_own_executor_fails_it(lab):
    """Why there is another one: the day that this fails, it has become needless."""
    run = lab.queue("is_short", AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT=1, **PLAIN)
    time.sleep(1 + LEEWAY + 1)
    with lab.worker() as worker:
        worker.wait_for(lambda: "ServerResponseError: Invalid auth token" in worker.log())
        worker.wait_for(lambda: lab.queue_of_workers.counts() == (0, 0))
    # By ours it is none, however it was sent.
    assert lab.events() == {}
    assert lab.states(run, "is_short") == {"is_short": "queued"}
    assert "failed" in lab.events(**PLAIN).values()
    assert lab.states(run, "is_short") == {"is_short": "up_for_retry"}
