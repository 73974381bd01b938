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


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("retries", "ended"),
    [(-(-HELD // TIMEOUT), {"success": 6}), (1, {"failed": 6})],
)
def test_none_fails_where_they_are_sent_again_often_enough(docker, airflow_image, lab, retries, ended):
    settings = {**lab.variables, "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": retries}
    with lab.worker(concurrency=2) as worker:
        holding = lab.queue("holds_1", "holds_2", dag="holds")
        worker.wait_for(lambda: {*lab.states(holding, "holds_1", "holds_2").values()} == {"running"})
        run = lab.queue(dag="backlog")

        def states():
            return Counter(state for (state,) in lab.rows(f"SELECT state FROM task_instance WHERE run_id = '{run}'"))

        with running(docker, airflow_image, "scheduler", options=options_of(settings)) as scheduler:
            finished = {"success", "failed"}
            scheduler.wait_for(lambda: states().total() == 6 and {*states()} <= finished, seconds=300)
            assert states() == ended
        # Nothing is left, of former messages either.
        worker.wait_for(lambda: lab.queue_of_workers.counts() == (0, 0), seconds=300)
    events = Counter(event for (event,) in lab.rows(f"SELECT event FROM log WHERE run_id = '{run}'"))
    assert events["running"] == ended.get("success", 0)
    assert events["stuck in queued reschedule"] >= 6
