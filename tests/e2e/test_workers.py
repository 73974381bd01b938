"""Workers that have a task in hand, live: no deploy and no scaling ends them, and pools follow the work from none and
back to none.
"""

from __future__ import annotations

import time

import pytest

from tests.stack.playbooks import playbooks_on
from tests.stack.project import copied

from .conftest import LOGS, airflow_of

#: A minute of CloudWatch's alarms and of cooldowns takes a quarter of one here.
CLOCK = 4

SLEEPS = """
import time

from airflow.sdk import Param, dag, task


@dag(dag_id="sleeps", schedule=None, catchup=False, max_active_tasks=100, params={"seconds": Param(5, type="integer")})
def sleeps():
    @task(queue="heavy", retries=3, retry_delay=5)
    def heavy(number, params):
        print(f"told by heavy {number}: begins")
        time.sleep(params["seconds"])
        print(f"told by heavy {number}: ends")

    heavy.expand(number=list(range(40)))


@dag(dag_id="long", schedule=None, catchup=False, params={"seconds": Param(60, type="integer")})
def long():
    @task
    def sleep(params):
        for second in range(0, params["seconds"], 5):
            print(f"told by sleep: {second}")
            time.sleep(5)
        print("told by sleep: ends")

    sleep()


sleeps()
long()
"""

POOLS = {
    "worker_pools": {
        "default": {"min": 1, "max": 2, "cpu": 1024, "memory": 2048, "concurrency": 4},
        "heavy": {"min": 0, "max": 3, "cpu": 1024, "memory": 2048, "concurrency": 20, "cooldown": 60},
    }
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The project's folders, with DAGs whose tasks take a while."""
    project = tmp_path_factory.mktemp("workers")
    variables = copied(project)
    (project / "airflow" / "dags" / "sleeps.py").write_text(SLEEPS)
    return variables


@pytest.fixture(scope="module")
def playbooks():
    with playbooks_on("e2e-workers", LOGS / "workers", fast=False) as playbooks, playbooks.aws.clock(CLOCK):
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


def service(ecs, name):
    return ecs.describe_services(cluster="local", services=[name])["services"][0]


def workers(ecs, name="local-worker"):
    return set(ecs.list_tasks(cluster="local", serviceName=name, desiredStatus="RUNNING")["taskArns"])


def until(what, limit=300):
    """Waits until it is so; the seconds that it took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < limit, f"not so after {limit} s"
        time.sleep(1)
    return time.monotonic() - begun


def start(airflow, dag_id, seconds):
    airflow.until_known(dag_id)
    return airflow.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": {"seconds": seconds}})


@pytest.fixture(scope="module")
def drained(playbooks, variables, airflow, ecs):
    """A deploy of a new revision while a task runs: the run, how the deploy ended, and the workers before and after."""
    begun = start(airflow, "long", 150)
    airflow.until_task("long", begun["dag_run_id"], "sleep", {"running"})
    before = workers(ecs)
    until(lambda: any(each["protectionEnabled"] for each in protection(ecs, before)), 60)
    changed = playbooks.deploy(**variables, airflow_service_environment={"CHANGED": "once"})
    return begun, changed, before, workers(ecs)


def protection(ecs, tasks):
    return ecs.get_task_protection(cluster="local", tasks=sorted(tasks))["protectedTasks"]


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
    until(lambda: not before & workers(ecs), 120)


def test_a_pool_follows_the_work_from_none_and_back_to_none(airflow, ecs, drained):
    assert workers(ecs, "local-worker-heavy") == set()
    run = start(airflow, "sleeps", 20)
    until(lambda: service(ecs, "local-worker-heavy")["desiredCount"] == 2, 240)
    assert airflow.until_ended(run, 400)["state"] == "success"
    instances = airflow.task_instances("sleeps", run["dag_run_id"])
    assert {(each["state"], each["try_number"]) for each in instances} == {("success", 1)}
    assert len(instances) == 40
    until(lambda: not workers(ecs, "local-worker-heavy"), 400)
    assert service(ecs, "local-worker-heavy")["desiredCount"] == 0


def test_teardown_leaves_nothing(playbooks, variables, airflow, drained):
    playbooks.teardown(**variables)
