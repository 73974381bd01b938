"""The whole stack on the embedded AWS, with containers: from nothing to a green DAG, and back to nothing.

The tests are one story and run in their order.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import boto3
import pytest
from playwright.sync_api import expect

from tests.embedded_aws.base_images import DEBIAN
from tests.stack.airflow_calls import OPERATIONS
from tests.stack.listing import difference, listing
from tests.stack.playbooks import ROOT
from tests.stack.strict import ALWAYS

from .browser import chromium, open_fargate, open_run, open_task, screenshot, sign_in, unfold_log
from .conftest import ARTIFACTS
from .plain_http import Browser

#: The lines that FargateTask adds to the log of a container.
TOLD = ("Fargate task started: ", "Its log: ", "Fargate task ended: ")
COMPONENTS = {"api-server", "dag-processor", "scheduler", "triggerer", "worker"}
PRINTED = {
    "odd_task": [f"odd number: {number}" for number in (1, 3, 5, 7, 9)],
    "even_task": [f"even number: {number}" for number in (2, 4, 6, 8, 10)],
    "numbers_task": [f"number: {number}" for number in range(1, 11)],
}
FARGATE_TASKS = ROOT / "tests" / "e2e" / "fargate_tasks"
TASKS = {"start_process", "on_worker_task", *PRINTED}


@pytest.fixture
def pointed(aws, monkeypatch):
    """This process's environment after `eval "$(python tests/embedded_aws env)"`, the AWS variables of before gone."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = f'eval "$({shlex.quote(sys.executable)} tests/embedded_aws env --name {aws.name})" && env -0'
    output = subprocess.run(["sh", "-c", command], cwd=ROOT, env=bare, check=True, capture_output=True, text=True)
    environment = dict(line.split("=", 1) for line in output.stdout.split("\0") if line)
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    boto3.setup_default_session()
    yield
    boto3.setup_default_session()


@pytest.fixture
def ecs(pointed):
    return boto3.client("ecs")


def services_of(ecs):
    """The environment's ECS services by their names."""
    arns = ecs.list_services(cluster="local")["serviceArns"]
    described = ecs.describe_services(cluster="local", services=arns)["services"]
    return {service["serviceName"]: service for service in described}


def running(ecs):
    """What each service runs: task definition, deployments and tasks."""
    return {
        name: (
            service["taskDefinition"],
            sorted(deployment["id"] for deployment in service["deployments"]),
            sorted(ecs.list_tasks(cluster="local", serviceName=name)["taskArns"]),
        )
        for name, service in services_of(ecs).items()
    }


def families_of_dag_tasks(ecs):
    """Families that have an active revision, without those of Airflow's components."""
    families = set(ecs.list_task_definition_families(status="ACTIVE")["families"])
    return {family for family in families if not family.startswith("local-airflow")}


def mutating_calls(aws):
    """What playbooks changed since the last `reset_calls`; what Airflow itself does is not theirs."""
    calls = aws.calls(mutating=True)
    return [f"{call['service']} {call['operation']}" for call in calls if call["caller"] == "host"]


def test_deploys_from_nothing(deployed):
    assert deployed.code == 0, deployed.output[-6000:]


def test_deploy_tells_address_user_and_how_to_read_the_password(deployed, airflow, password):
    assert airflow.url in deployed.output
    assert "admin" in deployed.output
    assert "aws secretsmanager get-secret-value --secret-id farflow/local/admin-password" in deployed.output
    assert password not in deployed.output


def test_sample_dag_runs_green(airflow, run):
    assert run["state"] == "success"
    states = {each["task_id"]: each["state"] for each in airflow.task_instances("example", run["dag_run_id"])}
    assert states == dict.fromkeys(TASKS, "success")


def test_airflow_has_called_only_what_its_policies_are_made_for(aws, run):
    called = {(call["service"], call["operation"]) for call in aws.calls() if call["caller"] == "container"}
    assert ("ecs", "RunTask") in called
    assert called - OPERATIONS.keys() == set()


def test_five_services_run_what_they_shall(ecs, run):
    services = services_of(ecs)
    assert {name.removeprefix("local-airflow-").removeprefix("local-") for name in services} == COMPONENTS
    assert {name: (each["desiredCount"], each["runningCount"]) for name, each in services.items()} == dict.fromkeys(
        services, (1, 1)
    )


def test_each_task_folder_is_a_family(ecs, run):
    assert families_of_dag_tasks(ecs) == {"local-multi_task", "local-number_task"}


def test_fargate_tasks_of_the_run_ended_well(ecs, run):
    stopped = ecs.list_tasks(cluster="local", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster="local", tasks=stopped)["tasks"]
    families = [each["taskDefinitionArn"].split("/")[-1].split(":")[0] for each in tasks]
    of_run = [
        (family, task["launchType"], task["lastStatus"], [container["exitCode"] for container in own_containers(task)])
        for family, task in zip(families, tasks, strict=True)
        if family in ("local-multi_task", "local-number_task")
    ]
    ended = ("FARGATE", "STOPPED", [0])
    assert sorted(of_run) == [
        ("local-multi_task", *ended),
        ("local-multi_task", *ended),
        ("local-number_task", *ended),
    ]


def own_containers(task):
    """Those of a task that its definition has, without the one that GuardDuty puts beside them."""
    return [each for each in task["containers"] if not each["name"].startswith("aws-guardduty-agent-")]


@pytest.mark.parametrize("task", PRINTED)
def test_log_holds_what_the_container_printed(airflow, run, task):
    log = airflow.log("example", run["dag_run_id"], task)
    assert [line for line in PRINTED[task] if line not in log] == []


def test_browser_shows_the_run_green_and_its_logs(aws, airflow, run):
    with chromium(aws.settings.host) as page:
        sign_in(page, airflow)
        open_run(page, "example", run["dag_run_id"])
        for task in TASKS:
            expect(page.get_by_role("row", name=task)).to_contain_text("Success")
        screenshot(page, ARTIFACTS / "dag-run.png")
        for task, lines in PRINTED.items():
            open_task(page, task)
            unfold_log(page)
            for line in lines:
                expect(page.get_by_text(re.compile(rf" {line}$"))).to_be_visible()
            screenshot(page, ARTIFACTS / f"log-of-{task}.png")
            page.go_back()


def test_browser_shows_dag_tasks_and_their_runs(aws, airflow, run):
    with chromium(aws.settings.host) as page:
        sign_in(page, airflow)
        frame = open_fargate(page)
        for task in ("multi_task", "number_task"):
            expect(frame.locator("#tasks").get_by_role("cell", name=task, exact=True)).to_be_visible()
        ended = frame.locator("#runs").get_by_role("row").filter(has_text="odd_task")
        expect(ended.first).to_contain_text("success, exit code 0")
        expect(frame.locator("#running")).to_contain_text("Running (0)")
        expect(frame.locator("#versions").get_by_role("row")).to_have_count(2)
        expect(frame.locator("#errors")).to_contain_text("All files of DAGs can be imported.")
        screenshot(page, ARTIFACTS / "fargate.png")
        ended.first.get_by_role("link", name="odd_task").click()
        page.wait_for_url("**/tasks/odd_task")


def test_second_deploy_changes_nothing(aws, playbooks, run):
    aws.reset_calls()
    again = playbooks.deploy()
    assert again.changed == 0, again.output[-6000:]
    assert mutating_calls(aws) == []


def test_equal_folders_elsewhere_change_nothing(aws, playbooks, project, run):
    aws.reset_calls()
    again = playbooks.deploy(**folders(project))
    assert again.changed == 0, again.output[-6000:]
    assert mutating_calls(aws) == []


@pytest.fixture(scope="module")
def hello(project):
    """The folder of one DAG task more."""
    (project / "tasks" / "hello").mkdir()
    (project / "tasks" / "hello" / "Dockerfile").write_text(
        f'FROM {DEBIAN}\nCMD ["echo", "hello from its own folder"]\n'
    )


def test_new_folder_is_a_new_family_and_leaves_airflow_alone(aws, ecs, playbooks, project, hello, run):
    before = running(ecs)
    aws.reset_calls()

    outcome = playbooks.run("dag_tasks", **folders(project))

    assert outcome.code == 0, outcome.output[-6000:]
    assert families_of_dag_tasks(ecs) == {"local-multi_task", "local-number_task", "local-hello"}
    assert running(ecs) == before
    touched = [call for call in mutating_calls(aws) if call.startswith("ecs ")]
    assert set(touched) == {"ecs RegisterTaskDefinition"}


TELLER = """
import time

from airflow.sdk import dag, task

from teller_parts import PART
from farflow import FargateTask

OWN = "{version}"


@dag(dag_id="teller", schedule=None, catchup=False, doc_md=f"{{OWN}} {{PART}}")
def teller():
    @task
    def first():
        print(f"told by first: {{OWN}} {{PART}}")
        time.sleep({seconds})

    @task
    def second():
        print(f"told by second: {{OWN}} {{PART}}")

    first() >> second()


teller()
"""


def tell(project, version, seconds=1):
    """Has the DAG `teller` tell a version, from two files of which both have to be of that version."""
    dags = project / "airflow" / "dags"
    (dags / "teller.py").write_text(TELLER.format(version=version, seconds=seconds))
    (dags / "teller_parts.py").write_text(f'PART = "{version}"\n')


def put_dags(playbooks, project, code=0, **variables):
    outcome = playbooks.run("dags", **folders(project), **variables)
    assert outcome.code == code, outcome.output[-6000:]
    return outcome


def told(airflow, run_id):
    """What both tasks of a run told."""
    logs = [airflow.log("teller", run_id, task) for task in ("first", "second")]
    return [line.split(": ", 1)[1] for log in logs for line in log.splitlines() if "told by " in line]


def test_a_new_dag_is_seen_without_a_deploy_of_airflow(aws, airflow, ecs, playbooks, project, run):
    tell(project, "one", seconds=45)
    before = running(ecs)
    aws.reset_calls()
    put_dags(playbooks, project)
    assert airflow.until_dag_says("teller", "one one")
    assert running(ecs) == before
    assert set(mutating_calls(aws)) == {"s3 PutObject"}


def test_a_run_ends_with_the_code_that_it_began_with(airflow, ecs, playbooks, project, run):
    """Its later tasks, and the modules that they import; a run that begins after the change has the new ones."""
    begun = airflow.start("teller")
    airflow.until_task("teller", begun["dag_run_id"], "first", {"running"})
    before = running(ecs)
    tell(project, "two")
    put_dags(playbooks, project, dags_check=False)
    airflow.until_dag_says("teller", "two two")
    after = airflow.dag_run("teller")
    ended = airflow.until_ended(begun)
    assert (ended["state"], after["state"]) == ("success", "success")
    assert told(airflow, begun["dag_run_id"]) == ["one one", "one one"]
    assert told(airflow, after["dag_run_id"]) == ["two two", "two two"]
    assert begun["bundle_version"] != after["bundle_version"]
    assert running(ecs) == before


def test_a_broken_dag_is_refused_and_airflow_keeps_what_it_has(airflow, playbooks, project, run):
    broken = project / "airflow" / "dags" / "broken.py"
    broken.write_text("from airflow.sdk import DAG\nfrom farflow import FargteTask\n")
    refused = put_dags(playbooks, project, code=2).output
    assert "dags/broken.py:2: ImportError: cannot import name 'FargteTask' from 'farflow'" in refused
    broken.unlink()
    assert put_dags(playbooks, project).changed == 0
    assert airflow.call("GET", "/api/v2/importErrors")["import_errors"] == []


def test_back_to_the_version_before(aws, airflow, playbooks, project, run):
    listed = playbooks.run("dags_list").output
    current, before = re.findall(r"([0-9a-f]{16})  \S+Z", listed)[:2]
    put_dags(playbooks, project, dags_version=before)
    airflow.until_dag_says("teller", "one one")
    put_dags(playbooks, project, dags_version=current[:8])
    airflow.until_dag_says("teller", "two two")


def test_a_deleted_dag_goes(airflow, playbooks, project, run):
    for name in ("teller.py", "teller_parts.py"):
        (project / "airflow" / "dags" / name).unlink()
    put_dags(playbooks, project)
    airflow.until_gone("teller")
    assert airflow.call("GET", "/api/v2/dags/example")["is_stale"] is False


def test_versions_in_use_are_told_by_airflow(playbooks, run):
    outcome = playbooks.run("tests/e2e/versions_in_use.yml")
    assert outcome.code == 0, outcome.output[-6000:]
    assert re.search(r'dag versions in use: \[\\"[0-9a-f]{16}', outcome.output) or re.search(
        r'dag versions in use: \["[0-9a-f]{16}', outcome.output
    ), outcome.output[-3000:]


def test_a_dag_task_is_run_by_hand_with_its_log(playbooks, run):
    outcome = playbooks.run("run_task", task="number_task", command="python numbers.py 3")
    assert outcome.code == 0, outcome.output[-6000:]
    assert [line for line in ("number: 1", "number: 2", "number: 3") if line not in outcome.output] == []
    failed = playbooks.run("run_task", task="number_task", command=["python", "-c", "raise SystemExit(7)"])
    assert failed.code != 0
    assert "DAG task number_task ended with exit code 7" in failed.output
    misspelt = playbooks.run("run_task", task="numbr_task")
    assert (
        "task: is a text 'numbr_task', did you mean 'number_task'?, allowed: multi_task, number_task" in misspelt.output
    )


@pytest.fixture(scope="module")
def behind_tls(airflow, playbooks, project, hello, run):
    """Airflow with one line more in its DAG, and below a path of a base URL whose TLS ends before the load balancer."""
    dag = project / "airflow" / "dags" / "example.py"
    chain = "    start_process >> [odd_task"
    assert chain in dag.read_text()
    line = '    start_process >> FargateTask(task_id="hello_task", task="hello")\n'
    dag.write_text(dag.read_text().replace(chain, line + chain))
    shutil.copy(FARGATE_TASKS / "promises.py", project / "airflow" / "dags")
    for name in ("talk", "frugal"):
        (project / "tasks" / name).mkdir()
        (project / "tasks" / name / "Dockerfile").write_text(f'FROM {DEBIAN}\nCMD ["true"]\n')
    (project / "tasks" / "frugal" / "task.yml").write_text("capacity: spot_then_on_demand\n")
    path = "/tools/airflow"
    playbooks.deploy(
        **folders(project),
        airflow_service_base_url=f"https://airflow.example.org{path}",
        dags_allow_broken=["promises.py"],  # one of its tasks names a folder that is not there
    )
    return replace(airflow, url=f"{airflow.url}{path}")


def test_one_line_more_in_the_dag_runs_it(behind_tls):
    behind_tls.until_dag_has("example", "hello_task")
    changed = behind_tls.dag_run("example")

    assert changed["state"] == "success"
    assert "hello from its own folder" in behind_tls.log("example", changed["dag_run_id"], "hello_task")


@pytest.fixture(scope="module")
def promises(behind_tls):
    """A run of the DAG `promises`, ended: the states of its tasks."""
    run = behind_tls.dag_run("promises")
    return run["dag_run_id"], {
        (each["task_id"], each["map_index"]): each["state"]
        for each in behind_tls.task_instances("promises", run["dag_run_id"])
    }


def test_fargate_tasks_end_as_their_containers_do(behind_tls, promises):
    run, states = promises
    succeed = [("rows", -1), ("next", -1), ("typed", -1), ("mapped", 0), ("mapped", 1), ("talks", -1), ("detached", -1)]
    fail = [("fails", -1), ("late", -1), ("unknown", -1)]
    logs = [_content(behind_tls, "promises", run, task) for task in ("next", "rows")]
    assert states == {**dict.fromkeys(succeed, "success"), **dict.fromkeys(fail, "failed")}, logs


def test_the_next_task_has_the_result_and_is_told_who_it_is(behind_tls, promises):
    log = behind_tls.log("promises", promises[0], "next")
    assert "rows 3, run by promises, results to s3://local-airflow-logs-" in log
    assert f"/results/promises/{promises[0]}/next/1/, inputs " in log
    assert '{"day": "2026-01-31"}' in log
    assert "with 0.25 vCPU, 1024 MiB on demand, image " in log


def test_the_log_is_the_containers_and_three_lines_of_ours(behind_tls, promises):
    lines = behind_tls.log("promises", promises[0], "rows").splitlines()
    for line in ("a stray line", "100 % done", 'FARFLOW_RESULT={"rows": 3}'):
        assert lines.count(line) == 1, lines
    assert [sum(line.startswith(begin) for line in lines) for begin in TOLD] == [1, 1, 1], lines
    assert [line for line in lines if "botocore" in line or "containerOverrides" in line] == []


def test_a_failure_says_why(behind_tls, promises):
    log = json.dumps(_content(behind_tls, "promises", promises[0], "fails"))
    assert "talk: exit code 3; EssentialContainerExited: " in log
    assert "advice: the program ended: its last log lines say why" in log
    assert "about to fail" in log
    log = json.dumps(_content(behind_tls, "promises", promises[0], "unknown"))
    assert "the nearest one is 'talk'" in log


def test_one_whose_time_is_over_tells_its_end(behind_tls, promises):
    lines = behind_tls.log("promises", promises[0], "late").splitlines()
    assert [sum(line.startswith(begin) for line in lines) for begin in TOLD] == [1, 1, 1], lines
    assert sum("is told to stop" in line for line in lines) == 1, lines
    log = json.dumps(_content(behind_tls, "promises", promises[0], "late"))
    assert "talk: execution_timeout, 0:00:15, is over; its container was stopped" in log
    assert _noted(behind_tls, promises[0], "late")["cost"]


def test_of_a_long_log_the_end_is_shown(behind_tls, promises):
    """How much of it depends on how far its reader had come when the container ended."""
    lines = behind_tls.log("promises", promises[0], "talks").splitlines()
    for line in ("30000", "FARFLOW_RESULT=1", "the end"):
        assert lines.count(line) == 1
    left_out = [line for line in lines if " lines of the container's log are left out here; all of it is in " in line]
    shown = sum(line.isdigit() for line in lines)
    assert shown + sum(int(line.split()[0]) for line in left_out) == 30000
    assert shown >= 1998


def test_the_end_of_a_container_that_nobody_waits_for_is_noted(behind_tls, promises):
    _until(lambda: _noted(behind_tls, promises[0], "detached").get("exit_code") == 5, seconds=240)


def test_no_container_outlives_its_task(aws, behind_tls, promises):
    [arn] = _started(aws, "promises", promises[0], "late")
    task = _described(aws, arn)
    assert task["stopCode"] == "UserInitiated"
    assert task["stoppedReason"] == "Airflow: execution_timeout is over"


@pytest.fixture(scope="module")
def orphan(aws, promises):
    """The ARN of a container whose Airflow task has ended long ago: as one that was started and then forgotten."""
    ecs = aws.client("ecs", sees_all=True)
    [former] = _started(aws, "promises", promises[0], "rows")
    [task] = ecs.describe_tasks(cluster="local", tasks=[former], include=["TAGS"])["tasks"]
    service = next(iter(services_of(ecs).values()))
    sleep = {"name": own_containers(task)[0]["name"], "command": ["sleep", "900"]}
    [started] = ecs.run_task(
        cluster="local",
        taskDefinition=task["taskDefinitionArn"],
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
        startedBy=task["startedBy"],
        tags=task["tags"],
        overrides={"containerOverrides": [sleep]},
    )["tasks"]
    return started["taskArn"]


def test_an_orphan_is_given_a_moment(aws, orphan):
    _until(lambda: _described(aws, orphan)["lastStatus"] == "RUNNING")


@pytest.mark.parametrize("way", ["failed", "success", "clear", "clear while its DAG is paused", "delete"])
def test_who_ends_the_airflow_task_ends_the_container(aws, behind_tls, way):
    behind_tls.until_known("long")
    run = behind_tls.call("POST", "/api/v2/dags/long/dagRuns", {"logical_date": None})["dag_run_id"]
    _until(lambda: _state(behind_tls, run) == "deferred")
    [arn] = _started(aws, "long", run, "sleeps")
    # Nobody is told of the end of a task that no triggerer has begun to wait for: that is left to the sweep.
    _until(lambda: _instance(behind_tls, run)["triggerer_job"])
    time.sleep(5)

    where = f"/api/v2/dags/long/dagRuns/{run}"
    if way.endswith("paused"):
        behind_tls.call("PATCH", "/api/v2/dags/long", {"is_paused": True})
    if way.startswith("clear"):
        body = {"dry_run": False, "dag_run_id": run, "task_ids": ["sleeps"], "only_failed": False}
        behind_tls.call("POST", "/api/v2/dags/long/clearTaskInstances", body)
    elif way == "delete":
        behind_tls.call("DELETE", "/api/v2/dags/long")
    else:
        behind_tls.call("PATCH", f"{where}/taskInstances/sleeps", {"new_state": way})

    _until(lambda: _described(aws, arn)["lastStatus"] == "STOPPED", seconds=240)
    # By its trigger; where the machine is so busy that the trigger takes more than a minute, by the sweep.
    assert _described(aws, arn)["stoppedReason"].startswith("Airflow: its task ")
    if way.endswith("paused"):
        assert _state(behind_tls, run) is None
        behind_tls.until_known("long")  # which lets it run again
    if way.startswith("clear"):
        _until(lambda: len(_started(aws, "long", run, "sleeps")) == 2 and _state(behind_tls, run) == "deferred")
        _until(lambda: _instance(behind_tls, run)["triggerer_job"])
        behind_tls.call("PATCH", f"{where}/taskInstances/sleeps", {"new_state": "failed"})
        [again] = {*_started(aws, "long", run, "sleeps")} - {arn}
        _until(lambda: _described(aws, again)["lastStatus"] == "STOPPED", seconds=240)


ON_SPOT, ON_DEMAND = ("FARGATE_SPOT", "TaskFailedToStart"), ("FARGATE", "EssentialContainerExited")
FALLS_BACK = "Fargate Spot has no capacity for it, so it runs on demand: Capacity is unavailable at this time"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("behaviour", "ran"), [("no_capacity", [ON_DEMAND]), ("no_capacity_later", [ON_SPOT, ON_DEMAND])]
)
def test_without_spot_capacity_it_runs_on_demand_in_the_same_try(aws, behind_tls, behaviour, ran):
    with aws.behaviours(**{behaviour: ["FARGATE_SPOT"]}):
        run = behind_tls.until_ended(_start_frugal(behind_tls, seconds=0))
    assert run["state"] == "success"
    assert _capacities(aws, run) == [("1", *one) for one in ran]
    lines = behind_tls.log("frugal", run["dag_run_id"], "waits").splitlines()
    assert [line for line in lines if line.startswith(FALLS_BACK)], lines
    assert [line for line in lines if "MiB on demand, image" in line], lines


@pytest.mark.thorough
def test_after_an_interruption_the_retry_runs_on_demand(aws, behind_tls):
    run = _start_frugal(behind_tls, seconds=900)
    run_id = run["dag_run_id"]
    _until(lambda: [one for one in _started(aws, "frugal", run_id, "waits") if _has_begun(aws, one)])
    [arn] = _started(aws, "frugal", run_id, "waits")
    aws.interrupt_spot(arn)
    assert behind_tls.until_ended(run)["state"] == "success"
    assert _capacities(aws, run) == [("1", "FARGATE_SPOT", "SpotInterruption"), ("2", *ON_DEMAND)]
    logs = [behind_tls.log("frugal", run_id, "waits", number).splitlines() for number in (1, 2)]
    for line, lines in zip(("MiB on Fargate Spot, image", "MiB on demand, image"), logs, strict=True):
        assert [one for one in lines if line in one], lines
    assert "AWS took its Spot capacity back; a retry runs on demand" in json.dumps(
        _content(behind_tls, "frugal", run_id, "waits")
    )


def _start_frugal(airflow, seconds):
    airflow.until_known("frugal")
    conf = {"logical_date": None, "conf": {"seconds": seconds}}
    return airflow.call("POST", "/api/v2/dags/frugal/dagRuns", conf)


def _has_begun(aws, arn):
    return _described(aws, arn)["lastStatus"] == "RUNNING"


def _capacities(aws, run):
    """Of the containers of a run: the try, what it ran on, and how it ended; in the order in which they were made."""
    ecs, arns = aws.client("ecs", sees_all=True), _started(aws, "frugal", run["dag_run_id"], "waits")
    tasks = ecs.describe_tasks(cluster="local", tasks=arns, include=["TAGS"])["tasks"]
    return [
        (
            next(tag["value"] for tag in task["tags"] if tag["key"] == "farflow:try_number"),
            task.get("capacityProviderName") or task["launchType"],
            task["stopCode"],
        )
        for task in sorted(tasks, key=lambda task: task["createdAt"])
    ]


def _content(airflow, dag, run, task):
    return airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/1")["content"]


def _noted(airflow, run, task):
    """What FargateTask has noted of it for the page."""
    place = f"/api/v2/dags/promises/dagRuns/{run}/taskInstances/{task}/xcomEntries/fargate_task"
    return airflow.call("GET", place)["value"]


def _instance(airflow, run):
    return airflow.call("GET", f"/api/v2/dags/long/dagRuns/{run}/taskInstances/sleeps")


def _state(airflow, run):
    return _instance(airflow, run)["state"]


def _started(aws, dag, run, task):
    """The ARNs of the Fargate tasks of an Airflow task, by their tags."""
    ecs = aws.client("ecs", sees_all=True)
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for page in ecs.get_paginator("list_tasks").paginate(cluster="local", desiredStatus=status)
        for arn in page["taskArns"]
    ]
    wanted = {"farflow:dag_id": dag, "farflow:run_id": re.sub(r"[^\w\s+\-=.:/@]", "_", run), "farflow:task_id": task}
    found = []
    for first in range(0, len(arns), 100):
        some = ecs.describe_tasks(cluster="local", tasks=arns[first : first + 100], include=["TAGS"])["tasks"]
        tags = {each["taskArn"]: {tag["key"]: tag["value"] for tag in each.get("tags", [])} for each in some}
        found += [arn for arn, has in tags.items() if wanted.items() <= has.items()]
    return found


def _described(aws, arn):
    ecs = aws.client("ecs", sees_all=True)
    return ecs.describe_tasks(cluster="local", tasks=[arn])["tasks"][0]


def _until(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.5)


def test_every_cookie_is_secure_and_no_redirect_leads_to_http(behind_tls):
    browser = Browser(behind_tls)
    browser.open("/auth/login")
    browser.sign_in()
    assert browser.open("/api/v2/dags").status == 200, "signed in by its cookie"
    browser.open("/auth/users/list")
    browser.open("/auth/logout")
    browser.open("/api/v2/dags")

    cookies = [cookie for answer in browser.answers for cookie in answer.cookies]
    assert {"session", "_token"} <= {cookie.partition("=")[0] for cookie in cookies}
    assert [cookie for cookie in cookies if "Secure" not in cookie.split("; ")] == []
    locations = {answer.location for answer in browser.answers if answer.location}
    assert any(location.startswith("https://") for location in locations)
    assert [location for location in locations if location.startswith("http:")] == []


@pytest.mark.parametrize("path", ["/execution/health", "//execution/health", "/execution/", "/execution/docs"])
def test_the_task_execution_api_is_not_answered_at_the_load_balancer(behind_tls, path):
    browser = Browser(behind_tls)
    assert browser.open("/api/v2/version").status == 200
    for method in ("GET", "PUT", "PATCH"):
        assert browser.open(path, method).status == 404


def test_airflow_command_shows_what_it_prints(playbooks, run):
    outcome = playbooks.run("airflow_command", command="dags list")
    assert outcome.code == 0, outcome.output[-6000:]
    assert any("example" in line.split("|")[0] for line in outcome.output.splitlines() if "|" in line), outcome.output
    for noise in ("Warning", "graphviz", "SUMMARY", "Left at"):
        assert noise not in outcome.output


def test_failing_airflow_command_fails_after_what_it_printed(playbooks, run):
    outcome = playbooks.run("airflow_command", command="dags trigger no_such_dag")
    assert outcome.code != 0
    printed, failure = outcome.output.split("fatal: ", 1)
    assert "Dag id no_such_dag not found" in printed
    assert "the command ended with exit code 1: what it printed above says why" in failure


def test_a_user_is_made_with_a_password_that_is_in_secrets_manager_alone(aws, behind_tls, playbooks, ecs):
    """Neither ECS, nor the log group, nor the output shows it; Airflow's audit log has its name."""
    secrets, name = aws.client("secretsmanager"), "farflow/local/commands/ada"
    who = "--username ada --role Admin --email ada@example.org --firstname Ada --lastname Lovelace"
    aws.reset_calls()
    try:
        command = f"users create {who} --password secret:ada"
        outcome = playbooks.run("airflow_command", command=command, generate_secret="ada")
        assert outcome.code == 0, outcome.output[-6000:]
        password = secrets.get_secret_value(SecretId=name)["SecretString"]
    finally:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert replace(behind_tls, username="ada", password=password, _token=None).call("GET", "/api/v2/dags")["dags"]
    assert 'User \\"ada\\" created' in outcome.output
    assert "ada@example.org" not in outcome.output

    audit = behind_tls.call("GET", "/api/v2/eventLogs?event=cli_users_create&order_by=-event_log_id&limit=1")
    assert password not in json.dumps(audit)
    [stopped] = ecs.list_tasks(cluster="local", family="local-airflow-command", desiredStatus="STOPPED")["taskArns"][
        -1:
    ]
    [task] = ecs.describe_tasks(cluster="local", tasks=[stopped])["tasks"]
    logs = aws.client("logs").filter_log_events(logGroupName="/farflow/local/airflow")["events"]
    for shown in (json.dumps(task, default=str), json.dumps(aws.calls(service="ecs")), str(logs), outcome.output):
        assert password not in shown


def test_the_triggerer_stops_an_orphan(aws, orphan):
    """At its second look at one that is older than two minutes."""
    _until(lambda: _described(aws, orphan)["lastStatus"] == "STOPPED", seconds=360)
    assert _described(aws, orphan)["stoppedReason"] == "Airflow: its task is success"


def test_orphans_lists_what_nobody_waits_for(playbooks, behind_tls):
    outcome = playbooks.run("orphans")
    assert outcome.code == 0, outcome.output[-6000:]
    assert "an Airflow task waits for every Fargate task" in outcome.output


def test_teardown_leaves_what_was_there_before(aws, playbooks, nothing, run):
    playbooks.teardown()
    assert difference(nothing, listing(aws)) == {}


def test_aws_was_at_its_hardest(aws):
    assert ALWAYS - set(aws.struck()) == set()


def test_second_teardown_is_content(aws, playbooks, nothing):
    aws.reset_calls()
    again = playbooks.teardown()
    assert again.changed == 0, again.output[-6000:]
    assert mutating_calls(aws) == []


def folders(project):
    """The extra variables that deploy from a project folder."""
    return {"dag_tasks_path": str(project / "tasks"), "airflow_service_path": str(project / "airflow")}
