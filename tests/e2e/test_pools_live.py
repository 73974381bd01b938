"""Two pools that wake from zero, go back to it, and lose no task whatever is killed: with AWS's own minutes."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from .conftest import airflow_of
from .own_account import fixtures_of
from .workers import (
    DEFAULT,
    HEAVY,
    SLEEPS,
    kill,
    kill_process,
    running,
    service,
    start,
    started,
    until,
    with_dags,
)

pytestmark = pytest.mark.thorough

playbooks, aws = fixtures_of("pools-live")

POOLS = {
    "worker_pools": {
        "default": {"min": 0, "max": 3, "cpu": 1024, "memory": 4096, "concurrency": 8},
        "heavy": {"min": 0, "max": 4, "cpu": 2048, "memory": 6144, "concurrency": 10, "spot": 100},
    }
}


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    return {**with_dags(tmp_path_factory.mktemp("project"), sleeps=SLEEPS), **POOLS}


@pytest.fixture(scope="module")
def airflow(aws, playbooks, variables):
    playbooks.deploy(**variables)
    return airflow_of(aws)


@pytest.fixture(scope="module")
def ecs(aws):
    return aws.client("ecs")


def at_zero(ecs):
    return not running(ecs, DEFAULT) and not running(ecs, HEAVY)


def states(airflow, run):
    return [each["state"] for each in airflow.task_instances(run["dag_id"], run["dag_run_id"])]


def test_both_wake_to_the_exact_number_and_go_back_to_zero(airflow, ecs):
    until(lambda: at_zero(ecs), 600)
    run = start(airflow, "both", 60)
    counted, most = time.monotonic(), {DEFAULT: 0, HEAVY: 0}

    def is_over():
        for name in most:
            most[name] = max(most[name], service(ecs, name)["desiredCount"])
        return not {*states(airflow, run)} - {"success", "failed", "upstream_failed"}

    until(lambda: started(ecs, DEFAULT) and started(ecs, HEAVY), 600)
    print(f"a worker of each runs after {time.monotonic() - counted:.0f} s")
    until(is_over, 900)
    print(f"all tasks have ended after {time.monotonic() - counted:.0f} s; at most {most} workers")
    instances = airflow.task_instances("both", run["dag_run_id"])
    waits = sorted(seconds(each["queued_when"], each["start_date"]) for each in instances)
    print(f"waits for a worker: p50 {waits[20]:.0f} s, p95 {waits[37]:.0f} s, longest {waits[-1]:.0f} s")
    assert len(instances) == 40
    assert {(each["state"], each["try_number"]) for each in instances} == {("success", 1)}
    assert most == {DEFAULT: 2, HEAVY: 3}
    until(lambda: at_zero(ecs), 900)
    print(f"both are at zero after {time.monotonic() - counted:.0f} s")
    assert [service(ecs, name)["desiredCount"] for name in most] == [0, 0]


def seconds(earlier, later):
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def tries(airflow, run, instance):
    path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances/{instance['task_id']}"
    return airflow.call("GET", f"{path}/{instance['map_index']}/tries")["task_instances"]


def test_whatever_is_killed_no_task_is_lost(aws, airflow, ecs):
    """The publisher, the scheduler and a worker by kill -9, and half of the workers by an interruption of Spot."""
    until(lambda: at_zero(ecs), 600)
    run = start(airflow, "sleeps", 180)
    until(lambda: states(airflow, run).count("running") == 40, 900)
    workers = sorted(started(ecs, HEAVY))
    assert len(workers) == 4

    (scheduler,) = started(ecs, "local-scheduler")
    kill_process(scheduler, "publish_workers_wanted.py")
    time.sleep(10)
    kill(scheduler)
    kill(workers[0])
    interrupted = aws.interrupt_spot(*workers[1:3])
    assert interrupted == workers[1:3]

    ended = airflow.until_ended(run, 2400)
    instances = airflow.task_instances("sleeps", run["dag_run_id"])
    assert len(instances) == 40
    assert ended["state"] == "success"
    assert {each["state"] for each in instances} == {"success"}
    again = [tries(airflow, run, each) for each in instances if each["try_number"] > 1]
    for first, second in sorted((each[:2] for each in again), key=lambda pair: pair[0]["hostname"]):
        ran = seconds(first["start_date"], first["end_date"])
        waited = seconds(first["end_date"], second["start_date"])
        print(
            f"{first['hostname']} {first['map_index']}: {first['state']} after {ran:.0f} s, again {waited:.0f} s later"
        )
    assert {len(each) for each in again} == {2}, "each at most twice"
    ends = {}
    for first, _second in again:
        ends.setdefault(first["hostname"], []).append(first["end_date"])
    *of_interrupted, of_killed = sorted(ends.values())
    assert max(map(max, of_interrupted)) < min(of_killed), "an interruption is not waited for until the heartbeat fails"
    assert 0 < len(again) <= 30, "what the fourth worker had in hand went on"
    until(lambda: at_zero(ecs), 900)


def test_teardown_leaves_nothing(playbooks, variables, airflow):
    playbooks.teardown(**variables)
