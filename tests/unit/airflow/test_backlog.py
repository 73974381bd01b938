"""Tasks that wait for a worker far longer than a message may: what has to be set so that none of them fails.

All times are scaled down. By the real ones 30 minutes are `[scheduler] task_queued_timeout` here 20 seconds.
"""

from __future__ import annotations

from collections import Counter

import pytest
from airflow_lab import airflow_lab, options_of, running

TIMEOUT = 20
HELD = 90
SETTINGS = {
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": TIMEOUT,
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": 2,
    "AIRFLOW__API_AUTH__JWT_LEEWAY": 0,
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
}


@pytest.fixture(scope="module")
def lab(docker, airflow_image, base_images):
    with airflow_lab("backlog", docker, airflow_image, base_images.POSTGRES, **SETTINGS) as lab:
        yield lab


pytestmark = pytest.mark.thorough


def ends(docker, airflow_image, lab, dag, tasks, settings, seconds):
    """How the tasks of a run end that is queued while two others hold the only worker, and the run's events."""
    settings = {**lab.variables, **settings}
    with lab.worker(concurrency=2) as worker:
        holding = lab.queue("holds_1", "holds_2", dag="holds")
        worker.wait_for(lambda: {*lab.states(holding, "holds_1", "holds_2").values()} == {"running"})
        run = lab.queue(dag=dag)

        def states():
            return Counter(state for (state,) in lab.rows(f"SELECT state FROM task_instance WHERE run_id = '{run}'"))

        with running(docker, airflow_image, "scheduler", options=options_of(settings)) as scheduler:
            finished = {"success", "failed"}
            scheduler.wait_for(lambda: states().total() == tasks and {*states()} <= finished, seconds=seconds)
            ended = states()
        # Nothing is left, of former messages either.
        worker.wait_for(lambda: lab.queue_of_workers.counts() == (0, 0), seconds=300)
    return ended, Counter(event for (event,) in lab.rows(f"SELECT event FROM log WHERE run_id = '{run}'"))


@pytest.mark.parametrize(
    ("retries", "expected"),
    [(-(-HELD // TIMEOUT), {"success": 6}), (1, {"failed": 6})],
)
def test_none_fails_where_they_are_sent_again_often_enough(docker, airflow_image, lab, retries, expected):
    settings = {"AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": retries}
    ended, events = ends(docker, airflow_image, lab, "backlog", 6, settings, 300)
    assert ended == expected
    assert events["running"] == expected.get("success", 0)
    assert events["stuck in queued reschedule"] >= 6


def test_two_hundred_behind_a_full_pool_end_well(docker, airflow_image, lab):
    """With the retries of a deploy, 24 times a minute for twelve hours, and with its parallelism: so many are sent as
    its pools have places. Were all sent again each minute, the worker would come to nothing but dropping messages,
    of which it can drop some four in a second.
    """
    settings = {
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": 60,
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": 24,
        "AIRFLOW__CORE__PARALLELISM": 64,
    }
    ended, events = ends(docker, airflow_image, lab, "long_backlog", 200, settings, 24 * 60)
    assert ended == {"success": 200}
    assert events["running"] == 200
    print(f"sent again {events['stuck in queued reschedule']} times in all")
    assert events["stuck in queued reschedule"] >= 64
