"""A task of ten minutes and all that a day has for its worker: a new image, a scale-in to zero, a second deploy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .conftest import airflow_of
from .own_account import fixtures_of
from .workers import LONG, protected, running, service, start, started, until, with_dags

pytestmark = pytest.mark.thorough

playbooks, aws = fixtures_of("long-task")

SECONDS = 600
POOLS = {"worker_pools": {"default": {"min": 0, "max": 2, "cpu": 1024, "memory": 2048, "concurrency": 4}}}


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    return {**with_dags(tmp_path_factory.mktemp("project"), long=LONG), **POOLS}


@pytest.fixture(scope="module")
def airflow(aws, playbooks, variables):
    playbooks.deploy(**variables)
    return airflow_of(aws)


class Events:
    """What happened when, to be read in the test's output."""

    def __init__(self, ecs):
        self._ecs, self._begun = ecs, time.monotonic()

    def add(self, what):
        tasks = sorted(running(self._ecs))
        told = self._ecs.describe_tasks(cluster="local", tasks=tasks)["tasks"] if tasks else []
        kept = protected(self._ecs, tasks)
        states = [
            f"{task['taskArn'][-6:]} revision {task['taskDefinitionArn'].rpartition(':')[2]} {task['lastStatus']}"
            + (" protected" if task["taskArn"] in kept else "")
            for task in told
        ]
        print(f"{time.monotonic() - self._begun:5.0f} s  {what}: {'; '.join(states) or 'no worker'}")


def test_it_ends_with_success_where_it_began(aws, playbooks, airflow, variables):
    ecs = aws.client("ecs")
    events = Events(ecs)
    events.add("before")
    run = start(airflow, "long", SECONDS)
    airflow.until_task("long", run["dag_run_id"], "sleep", {"running"}, 300)
    (own,) = started(ecs, "local-worker")
    events.add("the task runs")

    Path(variables["airflow_service_path"], "plugins", "ours.py").write_text("ANSWER = 42\n")
    first = playbooks.deploy(**variables)
    events.add("a deploy with a new image has ended")
    assert f"an old worker ends after its task: local-worker, task {own.rpartition('/')[2]}" in first.output

    ecs.update_service(cluster="local", service="local-worker", desiredCount=0)
    until(lambda: running(ecs) == {own}, 120)
    events.add("scaled in to zero")
    time.sleep(60)
    events.add("a minute later")
    assert running(ecs) >= {own}

    changed = {**variables, "airflow_service_environment": {"CHANGED": "once more"}}
    second = playbooks.deploy(**changed)
    events.add("a second deploy has ended")
    assert f"local-worker, task {own.rpartition('/')[2]}" in second.output
    assert airflow.task_instances("long", run["dag_run_id"])[0]["state"] == "running", "all that was in its time"
    plan = playbooks.run("plan", **changed, farflow_plan_must_be_empty=True)
    assert plan.code == 0, plan.output[-6000:]

    ended = airflow.until_ended(run, SECONDS)
    events.add("the task has ended")
    until(lambda: own not in running(ecs), 120)
    events.add("its worker has ended")
    (instance,) = airflow.task_instances("long", run["dag_run_id"])
    assert (ended["state"], instance["state"], instance["try_number"]) == ("success", "success", 1)
    log = airflow.log("long", run["dag_run_id"], "sleep")
    lines = [line for line in log.splitlines() if "told by sleep" in line]
    assert lines == [*(f"told by sleep: {second}" for second in range(0, SECONDS, 5)), "told by sleep: ends"]
    until(lambda: service(ecs, "local-worker")["desiredCount"] == 0 and not running(ecs), 600)
    events.add("the pool is at zero")
