"""Tasks with executor="ecs": a container of their own, which a scheduler's end leaves, and which is started once."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.stack.airflow_calls import OPERATIONS
from tests.stack.project import copied

from .conftest import airflow_of
from .own_account import fixtures_of

pytestmark = pytest.mark.thorough

playbooks, aws = fixtures_of("e2e-ecs-executor")

FAMILY = "local-airflow-ecs-task"
DAG = """
import os, signal, time
from pathlib import Path

from airflow.sdk import dag, get_current_context, task

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of both versions
SECRETS = ("FERNET", "SQL_ALCHEMY", "RESULT_BACKEND", "SECRET_KEY", "JWT")
SIZE = {"overrides": {"cpu": "1024", "memory": "2048"}}


@dag(schedule=None)
def own_container():
    @task(executor="ecs", executor_config=SIZE, queue="of-no-worker")
    def resize():
        (limit,) = (path.read_text().strip() for path in map(Path, LIMITS) if path.exists())
        print("a limit of", limit, "bytes")
        # Airflow's supervisor adds to the environment of the task's own process.
        given = [each.partition("=")[0] for each in Path("/proc/1/environ").read_text().split("\\0")]
        print("secrets:", sorted(name for name in given if any(word in name for word in SECRETS)))
        for second in range(90):
            print("second", second)
            time.sleep(1)
        return os.environ["FARFLOW_ENVIRONMENT"]

    @task
    def on_a_worker(environment):
        print("from", environment)

    on_a_worker(resize())


@dag(schedule=None)
def killed():
    @task(executor="ecs", retries=1, retry_delay=1)
    def once():
        if get_current_context()["ti"].try_number == 1:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        print("the second time")

    once()


own_container()
killed()
"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    project = tmp_path_factory.mktemp("project")
    folders = copied(project)
    (project / "airflow" / "dags" / "own_container.py").write_text(DAG)
    return {**folders, "airflow_service_executors": ["celery", "ecs"]}


@pytest.fixture(scope="module")
def airflow(aws, playbooks, variables):
    playbooks.deploy(**variables)
    return airflow_of(aws)


@pytest.fixture
def ecs(aws):
    return aws.client("ecs")


def tasks(ecs):
    """The ECS tasks that the executor has started, those that have stopped too, the first one first."""
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="local", family=FAMILY, desiredStatus=status)["taskArns"]
    ]
    found = ecs.describe_tasks(cluster="local", tasks=arns, include=["TAGS"])["tasks"] if arns else []
    return sorted(found, key=lambda each: each["createdAt"])


def until(condition, limit=30):
    """A log is uploaded after the end of its task is told."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(1)


def restart_scheduler(ecs):
    """As a deploy does: it is told to stop, and another one takes its place."""
    before = ecs.list_tasks(cluster="local", serviceName="local-scheduler")["taskArns"]
    for arn in before:
        ecs.stop_task(cluster="local", task=arn, reason="restarted")
    return before


def scheduler_says(aws, words, since, limit=120):
    """Waits for lines in the logs of schedulers since a moment, in milliseconds."""
    end, said = time.monotonic() + limit, []
    while time.monotonic() < end:
        said = scheduler_log(aws, since)
        if lines := [each for each in said if words in each]:
            return lines
        time.sleep(1)
    raise TimeoutError(f"no scheduler says {words!r}:" + "".join(f"\n  {each}" for each in said[-30:]))


def scheduler_log(aws, since):
    logs, group = aws.client("logs"), "/farflow/local/airflow"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="scheduler/")["logStreams"]
    return [
        each["message"]
        for stream in streams
        for each in logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startTime=since, startFromHead=True
        )["events"]
    ]


def test_a_task_has_a_container_of_its_own_size_that_outlives_the_scheduler(aws, ecs, airflow):
    with aws.behaviours(guardduty_agent=True):
        run = airflow.start("own_container")
        airflow.until_task("own_container", run["dag_run_id"], "resize", {"running"})
        time.sleep(5)
        (task,) = tasks(ecs)
        meanwhile = airflow.log("own_container", run["dag_run_id"], "resize")
        assert task["lastStatus"] == "RUNNING", meanwhile
        stream = f"stream ecs-task/ecs-task/{task['taskArn'].rpartition('/')[2]}"
        assert f"log group /farflow/local/airflow, {stream}" in meanwhile
        since = int(time.time() * 1000)
        restart_scheduler(ecs)
        (line,) = scheduler_says(aws, "Took over 1 tasks", since)
        ended = airflow.until_ended(run)
        time.sleep(20)  # for a second start that shall not be
        (stopped,) = tasks(ecs)

    assert ended["state"] == "success"
    assert task["taskArn"].rsplit("/")[-1] in line
    assert stopped["taskArn"] == task["taskArn"]
    assert {each["name"]: each.get("exitCode") for each in stopped["containers"]} == {
        "aws-guardduty-agent-mfjGLB": 137,
        "ecs-task": 0,
    }
    log = airflow.log("own_container", run["dag_run_id"], "resize")
    assert log.count("Could not read served logs") == 0
    assert f"a limit of {2048 << 20} bytes" in log
    assert "second 0\n" in log and "second 89" in log, "it is whole"
    assert "secrets: ['AIRFLOW__CORE__FERNET_KEY']" in log
    assert "from local" in airflow.log("own_container", run["dag_run_id"], "on_a_worker")


def test_who_may_describe_tasks_sees_no_token(ecs, airflow):
    told = json.dumps(tasks(ecs), default=str)
    (override,) = tasks(ecs)[0]["overrides"]["containerOverrides"]
    assert override["command"][0] == "execute-workload"
    assert "eyJ" not in told and "dag_id" not in told, "no token, which begins so, and no workload"
    assert {each["key"] for each in tasks(ecs)[0]["tags"]} >= {"farflow:environment", "farflow:executor"}


def test_one_that_is_killed_is_tried_again_by_airflow_alone_and_its_log_says_why(ecs, airflow):
    before = len(tasks(ecs))
    run = airflow.dag_run("killed")
    assert run["state"] == "success"
    assert len(tasks(ecs)) - before == 2
    assert "container ecs-task exit code 137" in airflow.log("killed", run["dag_run_id"], "once", attempt=1)
    until(lambda: "the second time" in airflow.log("killed", run["dag_run_id"], "once", attempt=2))


def test_airflow_has_called_only_what_its_policies_are_made_for(aws, airflow):
    called = {(call["service"], call["operation"]) for call in aws.calls() if call["caller"] == "container"}
    assert ("ecs", "RunTask") in called
    assert called - OPERATIONS.keys() == set()


def test_a_second_deploy_changes_nothing(playbooks, airflow, variables):
    assert playbooks.deploy(**variables).changed == 0


def test_switched_off_nothing_of_it_is_left(aws, ecs, playbooks, airflow, variables):
    without = {**variables, "airflow_service_executors": ["celery"]}
    refused = playbooks.run("dags_check", **without)
    assert refused.code != 0
    assert "dags/own_container.py:" in refused.output
    assert "has executor 'ecs', which the environment does not have" in refused.output
    Path(variables["airflow_service_path"], "dags", "own_container.py").unlink()
    playbooks.deploy(**without)
    assert ecs.list_task_definitions(familyPrefix=FAMILY, status="ACTIVE")["taskDefinitionArns"] == []
    roles = {role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]}
    assert FAMILY not in roles and "local-airflow-worker" in roles
    scheduler = aws.client("iam").get_role_policy(RoleName="local-airflow-scheduler", PolicyName="scheduler")
    assert "ecs:RunTask" not in json.dumps(scheduler["PolicyDocument"])
    assert airflow_of(aws).dag_run("example")["state"] == "success"
