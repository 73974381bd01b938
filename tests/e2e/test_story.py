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

from .browser import chromium, open_run, open_task, screenshot, sign_in
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
        (family, task["launchType"], task["lastStatus"], [container["exitCode"] for container in task["containers"]])
        for family, task in zip(families, tasks, strict=True)
        if family in ("local-multi_task", "local-number_task")
    ]
    ended = ("FARGATE", "STOPPED", [0])
    assert sorted(of_run) == [
        ("local-multi_task", *ended),
        ("local-multi_task", *ended),
        ("local-number_task", *ended),
    ]


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
            for line in lines:
                expect(page.get_by_text(re.compile(rf" {line}$"))).to_be_visible()
            screenshot(page, ARTIFACTS / f"log-of-{task}.png")
            page.go_back()


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


def test_new_folder_is_a_new_family_and_leaves_airflow_alone(aws, ecs, playbooks, project, run):
    (project / "tasks" / "hello").mkdir()
    (project / "tasks" / "hello" / "Dockerfile").write_text(
        f'FROM {DEBIAN}\nCMD ["echo", "hello from its own folder"]\n'
    )
    before = running(ecs)
    aws.reset_calls()

    outcome = playbooks.run("dag_tasks", **folders(project))

    assert outcome.code == 0, outcome.output[-6000:]
    assert families_of_dag_tasks(ecs) == {"local-multi_task", "local-number_task", "local-hello"}
    assert running(ecs) == before
    touched = [call for call in mutating_calls(aws) if call.startswith("ecs ")]
    assert set(touched) == {"ecs RegisterTaskDefinition"}


@pytest.fixture(scope="module")
def behind_tls(airflow, playbooks, project, run):
    """Airflow with one line more in its DAG, and below a path of a base URL whose TLS ends before the load balancer."""
    dag = project / "airflow" / "dags" / "example.py"
    chain = "    start_process >> [odd_task"
    assert chain in dag.read_text()
    line = '    start_process >> FargateTask(task_id="hello_task", task="hello")\n'
    dag.write_text(dag.read_text().replace(chain, line + chain))
    shutil.copy(FARGATE_TASKS / "promises.py", project / "airflow" / "dags")
    (project / "tasks" / "talk").mkdir()
    (project / "tasks" / "talk" / "Dockerfile").write_text(f'FROM {DEBIAN}\nCMD ["true"]\n')
    path = "/tools/airflow"
    playbooks.deploy(**folders(project), airflow_service_base_url=f"https://airflow.example.org{path}")
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
    succeed = [("rows", -1), ("next", -1), ("typed", -1), ("mapped", 0), ("mapped", 1)]
    fail = [("fails", -1), ("late", -1), ("unknown", -1)]
    logs = [_content(behind_tls, "promises", run, task) for task in ("next", "rows")]
    assert states == {**dict.fromkeys(succeed, "success"), **dict.fromkeys(fail, "failed")}, logs


def test_the_next_task_has_the_result_and_is_told_who_it_is(behind_tls, promises):
    log = behind_tls.log("promises", promises[0], "next")
    assert "rows 3, run by promises, results to s3://local-airflow-logs-" in log
    assert f"/results/promises/{promises[0]}/next/1/, inputs " in log
    assert '{"day": "2026-01-31"}' in log
    assert "with 0.25 vCPU, 1024 MiB, image " in log


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


def test_no_container_outlives_its_task(aws, behind_tls, promises):
    [arn] = _started(aws, "promises", promises[0], "late")
    task = _described(aws, arn)
    assert task["stopCode"] == "UserInitiated"
    assert task["stoppedReason"] == "Airflow: execution_timeout is over"


@pytest.mark.parametrize("way", ["failed", "success", "clear", "delete"])
def test_who_ends_the_airflow_task_ends_the_container(aws, behind_tls, way):
    behind_tls.until_known("long")
    run = behind_tls.call("POST", "/api/v2/dags/long/dagRuns", {"logical_date": None})["dag_run_id"]
    _until(lambda: _state(behind_tls, run) == "deferred")
    [arn] = _started(aws, "long", run, "sleeps")
    # Nobody is told of the end of a task that no triggerer has begun to wait for: that is left to the sweep.
    _until(lambda: _instance(behind_tls, run)["triggerer_job"])
    time.sleep(5)

    where = f"/api/v2/dags/long/dagRuns/{run}"
    if way == "clear":
        body = {"dry_run": False, "dag_run_id": run, "task_ids": ["sleeps"], "only_failed": False}
        behind_tls.call("POST", "/api/v2/dags/long/clearTaskInstances", body)
    elif way == "delete":
        behind_tls.call("DELETE", "/api/v2/dags/long")
    else:
        behind_tls.call("PATCH", f"{where}/taskInstances/sleeps", {"new_state": way})

    _until(lambda: _described(aws, arn)["lastStatus"] == "STOPPED")
    assert _described(aws, arn)["stoppedReason"].startswith("Airflow: its task was ended by a user")
    if way == "clear":
        _until(lambda: len(_started(aws, "long", run, "sleeps")) == 2 and _state(behind_tls, run) == "deferred")
        behind_tls.call("PATCH", f"{where}/taskInstances/sleeps", {"new_state": "failed"})


def test_orphans_lists_what_nobody_waits_for(playbooks, behind_tls):
    outcome = playbooks.run("orphans")
    assert outcome.code == 0, outcome.output[-6000:]
    assert "an Airflow task waits for every Fargate task" in outcome.output


def _content(airflow, dag, run, task):
    return airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/1")["content"]


def _instance(airflow, run):
    return airflow.call("GET", f"/api/v2/dags/long/dagRuns/{run}/taskInstances/sleeps")


def _state(airflow, run):
    return _instance(airflow, run)["state"]


def _started(aws, dag, run, task):
    """The ARNs of the Fargate tasks of an Airflow task, by their tags."""
    ecs = aws.client("ecs")
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
    return aws.client("ecs").describe_tasks(cluster="local", tasks=[arn])["tasks"][0]


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


def test_teardown_leaves_what_was_there_before(aws, playbooks, nothing, run):
    playbooks.teardown()
    assert difference(nothing, listing(aws)) == {}


def test_second_teardown_is_content(aws, playbooks, nothing):
    aws.reset_calls()
    again = playbooks.teardown()
    assert again.changed == 0, again.output[-6000:]
    assert mutating_calls(aws) == []


def folders(project):
    """The extra variables that deploy from a project folder."""
    return {"dag_tasks_path": str(project / "tasks"), "airflow_service_path": str(project / "airflow")}
