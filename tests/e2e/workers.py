"""Workers of the environment `local`, as ECS has them, and what keeps them busy and ends them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import docker

from tests.stack.project import copied

CLUSTER = "local"
DEFAULT, HEAVY = "local-worker", "local-worker-heavy"


def service(ecs: Any, name: str) -> dict[str, Any]:
    """A service, as DescribeServices has it."""
    found: dict[str, Any] = ecs.describe_services(cluster=CLUSTER, services=[name])["services"][0]
    return found


def running(ecs: Any, name: str = DEFAULT) -> set[str]:
    """The ARNs of a service's tasks that shall run."""
    return set(ecs.list_tasks(cluster=CLUSTER, serviceName=name, desiredStatus="RUNNING")["taskArns"])


def started(ecs: Any, name: str) -> set[str]:
    """Those of them that do run."""
    arns = running(ecs, name)
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=sorted(arns))["tasks"] if arns else []
    return {task["taskArn"] for task in tasks if task["lastStatus"] == "RUNNING"}


def protected(ecs: Any, tasks: Iterable[str]) -> set[str]:
    """Those that ECS does not end by a deployment or when it scales in."""
    found = ecs.get_task_protection(cluster=CLUSTER, tasks=sorted(tasks))["protectedTasks"] if tasks else []
    return {each["taskArn"] for each in found if each["protectionEnabled"]}


def run_alone(ecs: Any, family: str, *command: str) -> str:
    """Starts a task that is of no service, as tasks of DAGs do, and waits until it runs; its ARN."""
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    container = {"name": definition["containerDefinitions"][0]["name"], "command": list(command)}
    [task] = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration=service(ecs, DEFAULT)["networkConfiguration"],
        overrides={"containerOverrides": [container]},
    )["tasks"]
    arn: str = task["taskArn"]
    until(lambda: ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING", 60)
    return arn


def kill(task: str) -> None:
    """kill -9 of all that runs in the containers of a task."""
    for container in _containers(task):
        with contextlib.suppress(docker.errors.APIError):  # it has ended by itself
            container.kill()


def kill_process(task: str, words: str) -> None:
    """kill -9 of the processes in the containers of a task that have these words in their command line."""
    processes = [process for container in _containers(task) for process in container.top()["Processes"]]
    found = [int(pid) for _user, pid, *_unused, command in processes if words in command]
    assert found, f"task {task} has no process {words!r}: {processes}"
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def _containers(task: str) -> list[Any]:
    return list(docker.from_env().containers.list(filters={"label": f"com.amazonaws.ecs.task-arn={task}"}))


def until(what: Callable[[], Any], limit: float = 300) -> float:
    """Waits until it is so; the seconds that it took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < limit, f"not so after {limit} s"
        time.sleep(1)
    return time.monotonic() - begun


def start(airflow: Any, dag_id: str, seconds: int) -> dict[str, Any]:
    """Starts one of the DAGs below, whose tasks take so many seconds; the run."""
    airflow.until_known(dag_id)
    run: dict[str, Any] = airflow.call(
        "POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": {"seconds": seconds}}
    )
    return run


#: The texts of files of DAGs. The tasks of these go to two queues, 40 at once.
SLEEPS = '''
import time

from airflow.sdk import Param, dag, task

SECONDS = {"seconds": Param(5, type="integer")}


def sleep(name, number, seconds):
    print(f"told by {name} {number}: begins")
    time.sleep(seconds)
    print(f"told by {name} {number}: ends")


@dag(dag_id="sleeps", schedule=None, catchup=False, max_active_tasks=100, params=SECONDS)
def sleeps():
    """All in the queue of a pool."""

    @task(queue="heavy", retries=3, retry_delay=5)
    def heavy(number, params):
        sleep("heavy", number, params["seconds"])

    heavy.expand(number=list(range(40)))


@dag(dag_id="both", schedule=None, catchup=False, max_active_tasks=100, params=SECONDS)
def both():
    """16 in that of the default pool, and 24 in that of another."""

    @task
    def light(number, params):
        sleep("light", number, params["seconds"])

    @task(queue="heavy")
    def heavy(number, params):
        sleep("heavy", number, params["seconds"])

    light.expand(number=list(range(16)))
    heavy.expand(number=list(range(24)))


sleeps()
both()
'''

#: And this is a single task, which prints all the time.
LONG = """
import time

from airflow.sdk import Param, dag, task


@dag(dag_id="long", schedule=None, catchup=False, params={"seconds": Param(60, type="integer")})
def long():
    @task
    def sleep(params):
        for second in range(0, params["seconds"], 5):
            print(f"told by sleep: {second}")
            time.sleep(5)
        print("told by sleep: ends")

    sleep()


long()
"""


def with_dags(project: Path, **texts: str) -> dict[str, str]:
    """A copy of the project's own folders, with files of DAGs by their names; the extra variables that deploy it."""
    variables = copied(project)
    for name, text in texts.items():
        (project / "airflow" / "dags" / f"{name}.py").write_text(text)
    return variables
