"""The publisher of the workers wanted, in a scheduler's container, on Airflow's own database."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from airflow_lab import airflow_lab, options_of, running


@pytest.fixture(scope="module")
def lab(docker, airflow_image, base_images):
    with airflow_lab("wanted", docker, airflow_image, base_images.POSTGRES) as lab:
        yield lab


@pytest.fixture
def scheduler(docker, airflow_image, lab):
    """`scheduler()` is a context: a scheduler with a publisher beside it."""
    pools = {
        "default": {"queues": [lab.queue_of_workers.name, "default"], "concurrency": 2},
        "heavy": {"queues": ["heavy"], "concurrency": 1},
    }
    more = {"FARFLOW_WORKER_POOLS": json.dumps(pools), "FARFLOW_ENVIRONMENT": "lab"}

    def scheduler(*command):
        options = options_of({**lab.variables, **more})
        return running(docker, airflow_image, *(command or ["scheduler"]), options=options)

    return scheduler


def published(lab, pool):
    """The greatest value of the last two minutes; None without any."""
    now = datetime.now(tz=UTC)
    found = lab.aws.client("cloudwatch").get_metric_statistics(
        Namespace="farflow/airflow",
        MetricName="WorkersWanted",
        Dimensions=[{"Name": "Environment", "Value": "lab"}, {"Name": "Pool", "Value": pool}],
        StartTime=now - timedelta(minutes=2),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max((each["Maximum"] for each in found), default=None)


LEADS = "are published from here, for default, heavy"
KILL = 'for each in /proc/[0-9]*; do grep -qa "scripts/[p]ublish" $each/cmdline && kill -9 ${each#/proc/}; done; true'


#: Two, as a deadline that was missed makes them, sent to a worker.
CALLBACKS = """
INSERT INTO callback (id, type, fetch_method, data, state, priority_weight, created_at)
SELECT gen_random_uuid(), 'executor', 'import_path', '{}', 'queued', 1, now() FROM generate_series(1, 2)
"""


@pytest.mark.thorough
def test_one_publishes_and_another_takes_over(docker, lab, scheduler):
    with scheduler() as first:
        first.wait_for(lambda: LEADS in first.log())
        first.wait_for(lambda: published(lab, "default") == 0 and published(lab, "heavy") == 0)
        check = ["exec", first.name, "airflow-healthcheck", "scheduler"]
        first.wait_for(lambda: docker(*check, check=False).returncode == 0)
        lab.queue("sleeps", "is_deaf", "is_a_program")  # and there is no worker
        first.wait_for(lambda: published(lab, "default") == 2)
        assert "workers wanted: default 2 (3 tasks queued, 0 running on 0 workers)" in first.log()
        lab.rows(CALLBACKS)
        first.wait_for(lambda: published(lab, "default") == 3)
        docker("exec", first.name, "sh", "-c", KILL)
        first.wait_for(lambda: first.log().count(LEADS) == 2)
        assert "has ended, and begins again" in first.log()
        with scheduler("python", "-I", "/opt/airflow/scripts/publish_workers_wanted.py") as second:
            time.sleep(5)
            assert second.log() == ""
            first.terminate()
            first.wait_for(lambda: first.exit_code() is not None)
            assert first.exit_code() == 0
            second.wait_for(lambda: LEADS in second.log())


@pytest.mark.thorough
def test_a_scheduler_without_it_ends_alike(docker, airflow_image, lab):
    with running(docker, airflow_image, "scheduler", options=options_of(lab.variables)) as scheduler:
        scheduler.wait_for(lambda: "Starting the scheduler" in scheduler.log())
        scheduler.terminate()
        scheduler.wait_for(lambda: scheduler.exit_code() is not None)
        assert scheduler.exit_code() == 0
        assert "workers wanted" not in scheduler.log()
