"""A worker that ECS ends, and deploys can't keep: what becomes of the Airflow tasks that it runs."""

from __future__ import annotations

import pytest
from airflow_lab import airflow_lab
from ecs_double import EcsDouble

STOP_SECONDS = 50  # 30 before, tasks are asked to end


@pytest.fixture(scope="module")
def lab(docker, airflow_image, base_images):
    with airflow_lab("ends", docker, airflow_image, base_images.POSTGRES) as lab:
        yield lab


def test_tasks_of_ten_minutes_are_ended_before_the_limit_and_tried_again_at_once(lab):
    """Each by its own supervisor, which tells Airflow so; no message is left that would run one of them twice."""
    expected = {
        "sleeps": "up_for_retry",
        "is_a_program": "up_for_retry",
        "is_deaf": "up_for_retry",
        "is_not_tried_again": "failed",
    }
    with EcsDouble() as ecs, lab.worker(**ecs.variables, FARFLOW_WORKER_STOP_SECONDS=STOP_SECONDS) as worker:
        run = lab.queue(*expected)
        worker.wait_for(lambda: set(lab.states(run, *expected).values()) == {"running"})
        worker.wait_for(lambda: ecs.protected)
        worker.terminate()
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert worker.exit_code() == 0
        order = [
            "Told to end",
            "Gives back: 0 messages",
            "4 asked to end",
            "interrupted",
            "killed",
            "Ends: has no tasks",
        ]
        assert worker.told(*order) == order
    # Of one that a signal has ended the supervisor tells only Celery, from which the scheduler has it.
    assert lab.events() == {"sleeps": "success", "is_deaf": "success"}
    assert lab.states(run, *expected) == expected
    assert lab.queue_of_workers.counts() == (0, 0)
    logs = lab.task_logs()
    assert {task for task in expected if "ECS ends this worker: an interruption of Fargate Spot" in logs[task]} == {
        *expected
    }


@pytest.mark.thorough
def test_a_task_that_ends_by_itself_meanwhile_has_succeeded(lab):
    with EcsDouble() as ecs, lab.worker(concurrency=1, **ecs.variables) as worker:
        run = lab.queue("is_short")
        worker.wait_for(lambda: worker.told("Task execute_workload"))
        worker.terminate()
        worker.wait_for(lambda: worker.exit_code() is not None)
        assert worker.exit_code() == 0
    assert lab.states(run, "is_short") == {"is_short": "success"}
    assert "was here" in lab.task_logs()["is_short"]
    assert lab.queue_of_workers.counts() == (0, 0)
