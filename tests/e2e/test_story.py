"""The whole stack on the embedded AWS, with containers: from nothing to a green DAG, and back to nothing.

The tests are one story and run in their order.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
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

COMPONENTS = {"api-server", "dag-processor", "scheduler", "triggerer", "worker"}
PRINTED = {
    "odd_task": [f"odd number: {number}" for number in (1, 3, 5, 7, 9)],
    "even_task": [f"even number: {number}" for number in (2, 4, 6, 8, 10)],
    "numbers_task": [f"number: {number}" for number in range(1, 11)],
}
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
    path = "/tools/airflow"
    playbooks.deploy(**folders(project), airflow_service_base_url=f"https://airflow.example.org{path}")
    return replace(airflow, url=f"{airflow.url}{path}")


def test_one_line_more_in_the_dag_runs_it(behind_tls):
    behind_tls.until_dag_has("example", "hello_task")
    changed = behind_tls.dag_run("example")

    assert changed["state"] == "success"
    assert "hello from its own folder" in behind_tls.log("example", changed["dag_run_id"], "hello_task")


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
