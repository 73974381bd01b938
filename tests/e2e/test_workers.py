"""Workers that have a task in hand, live: no deploy and no scaling ends them, and pools follow the work from none and
back to none.
"""

from __future__ import annotations

import pytest

from tests.stack.playbooks import playbooks_on

from .conftest import ARTIFACTS, airflow_of
from .workers import HEAVY, LONG, SLEEPS, protected, run_alone, running, service, start, until, with_dags

#: A minute of CloudWatch's alarms and of cooldowns takes a quarter of one here.
CLOCK = 4

POOLS = {
    "worker_pools": {
        "default": {"min": 1, "max": 2, "cpu": 1024, "memory": 2048, "concurrency": 4},
        "heavy": {"min": 0, "max": 3, "cpu": 1024, "memory": 4096, "concurrency": 20, "cooldown": 60},
    }
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The project's folders, with DAGs whose tasks take a while."""
    return with_dags(tmp_path_factory.mktemp("workers"), sleeps=SLEEPS, long=LONG)


@pytest.fixture(scope="module")
def playbooks():
    with playbooks_on("e2e-workers", ARTIFACTS / "e2e-workers", fast=False) as playbooks, playbooks.aws.clock(CLOCK):
        yield playbooks


@pytest.fixture(scope="module")
def variables(folders):
    return {**folders, **POOLS}


@pytest.fixture(scope="module")
def airflow(playbooks, variables):
    playbooks.deploy(**variables)
    return airflow_of(playbooks.aws)


@pytest.fixture(scope="module")
def ecs(playbooks):
    return playbooks.aws.client("ecs")


@pytest.fixture(scope="module")
def drained(playbooks, variables, airflow, ecs):
    """A deploy of a new revision while a task runs: the run, how the deploy ended, and the workers before and after."""
    begun = start(airflow, "long", 200)
    airflow.until_task("long", begun["dag_run_id"], "sleep", {"running"})
    before = running(ecs)
    until(lambda: protected(ecs, before), 60)
    changed = playbooks.deploy(**variables, airflow_service_environment={"CHANGED": "once"})
    return begun, changed, before, running(ecs)


def test_a_deploy_is_through_while_an_old_worker_has_a_task(drained):
    _begun, changed, before, after = drained
    assert "an old worker ends after its task: local-worker, task " in changed.output
    assert before <= after
    assert after - before


def test_the_next_plan_is_empty_meanwhile(drained, playbooks, variables):
    plan = playbooks.run(
        "plan", **variables, airflow_service_environment={"CHANGED": "once"}, farflow_plan_must_be_empty=True
    )
    assert plan.code == 0, plan.output[-6000:]
    assert "an old worker has a task in hand, and ends after it" in plan.output


def test_the_task_ends_on_the_worker_where_it_began(drained, airflow, ecs):
    begun, _changed, before, _after = drained
    ended = airflow.until_ended(begun, 400)
    (instance,) = airflow.task_instances("long", begun["dag_run_id"])
    log = airflow.log("long", begun["dag_run_id"], "sleep")
    assert (ended["state"], instance["try_number"]) == ("success", 1)
    assert [line for line in log.splitlines() if "told by sleep" in line][-1].endswith("told by sleep: ends")
    assert log.count("told by sleep: 0\n") + log.count("told by sleep: 0 ") <= 1
    until(lambda: not before & running(ecs), 120)


def test_a_pool_follows_the_work_from_none_and_back_to_none(airflow, ecs, drained):
    assert running(ecs, HEAVY) == set()
    run = start(airflow, "sleeps", 20)
    until(lambda: service(ecs, HEAVY)["desiredCount"] == 2, 240)
    assert airflow.until_ended(run, 400)["state"] == "success"
    instances = airflow.task_instances("sleeps", run["dag_run_id"])
    assert {(each["state"], each["try_number"]) for each in instances} == {("success", 1)}
    assert len(instances) == 40
    until(lambda: not running(ecs, HEAVY), 400)
    assert service(ecs, HEAVY)["desiredCount"] == 0


def test_teardown_names_and_ends_what_a_task_of_a_dag_has_started(playbooks, variables, ecs, airflow, drained):
    task = run_alone(ecs, "local-multi_task", "python", "-c", "import time; time.sleep(600)").rpartition("/")[2]
    ended = playbooks.teardown(**variables)
    assert f"has work in hand, and the teardown ends it; farflow_teardown_wait_minutes would wait: task {task} of" in (
        " ".join(ended.output.split())
    )
    assert ecs.list_clusters()["clusterArns"] == []
