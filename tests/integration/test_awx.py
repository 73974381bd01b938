"""The job templates that playbooks/awx.yml makes, run by ansible-runner, the engine inside AWX.

Its folders are as AWX lays them out. The project is one of a user's, laid down by init; the collection is installed
beside it, as a project update does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.embedded_aws import EmbeddedAWS
from tests.stack.listing import difference, listing

from .awx_wanted import wanted
from .installed import build, install
from .stack import mutating_calls

ASSETS = wanted()
PREFIX = "Airflow dev: "
TEMPLATES = {one["name"].removeprefix(PREFIX): one for one in ASSETS["job_templates"] if PREFIX in one["name"]}
# What AWX's credential type Amazon Web Services sets.
CREDENTIAL = {"AWS_ACCESS_KEY_ID": "embedded", "AWS_SECRET_ACCESS_KEY": "embedded"}
_LIMIT = 900


@dataclass(frozen=True)
class Job:
    """How a job ended, what it printed, and its artifacts: what the playbook gave to set_stats."""

    status: str
    output: str
    artifacts: dict[str, Any]


@dataclass
class Runner:
    """AWX's part: a private data folder a job, from a job template and answers to its survey."""

    folder: Path
    project: Path
    collections: Path
    account: EmbeddedAWS
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _count: int = 0

    def launch(
        self, name: str, limit: str | None = None, handed_on: dict[str, Any] | None = None, **answers: Any
    ) -> Job:
        """Runs a job to its end. Another limit than the template's may be given, and what a workflow hands on."""
        template = {**TEMPLATES[name], **({"limit": limit} if limit else {})}
        check_answers(template["related"]["survey_spec"]["spec"], answers)
        self._count += 1
        private = self.folder / f"awx_{self._count}"
        self._lay_out(private, template, {**(handed_on or {}), **answers})
        before = content(private / "project")
        command = [tool("ansible-runner"), "run", str(private), "-p", template["playbook"], "--ident", "7", "-q"]
        environment = {**os.environ, "HOME": str(private / "home"), "TMPDIR": str(private / "tmp")}
        environment = {key: value for key, value in environment.items() if not key.startswith(("AWS_", "ANSIBLE_"))}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        self._processes.append(process)
        process.wait(_LIMIT)
        artifacts = private / "artifacts" / "7"
        assert content(private / "project") == before
        return Job(
            (artifacts / "status").read_text(), (artifacts / "stdout").read_text(), stats(artifacts / "job_events")
        )

    def workflow(self, name: str, approve: Callable[[dict[str, Job]], bool]) -> dict[str, Job]:
        """Runs a workflow to its end, by node. `approve` is asked with the jobs before an approval.

        Artifacts of the jobs before are extra variables of the next; what a node or a person answers goes before them.
        """
        (workflow,) = (one for one in ASSETS["workflow_job_templates"] if one["name"] == PREFIX + name)
        nodes = {one["identifier"]: one for one in workflow["related"]["workflow_nodes"]}
        later = {key["identifier"] for one in nodes.values() for key in one["related"]["success_nodes"]}
        (current,) = set(nodes) - later
        jobs: dict[str, Job] = {}
        artifacts: dict[str, Any] = {}
        while True:
            node = nodes[current]
            if "unified_job_template" in node:
                template = node["unified_job_template"]["name"].removeprefix(PREFIX)
                jobs[current] = self.launch(template, handed_on=artifacts, **node["extra_data"])
                artifacts = {**artifacts, **jobs[current].artifacts}
                succeeded = jobs[current].status == "successful"
            else:
                succeeded = approve(jobs)
            if not succeeded or not node["related"]["success_nodes"]:
                return jobs
            (following,) = node["related"]["success_nodes"]
            current = following["identifier"]

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _lay_out(self, private: Path, template: dict[str, Any], answers: dict[str, Any]) -> None:
        for each in ("env", "inventory", "home", "tmp", "cp"):
            (private / each).mkdir(parents=True)
        shutil.copytree(self.project, private / "project", symlinks=True)
        shutil.copytree(self.collections, private / "requirements_collections")
        environment = {
            **CREDENTIAL,
            "JOB_ID": "7",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_COLLECTIONS_PATH": str(private / "requirements_collections"),
            "ANSIBLE_CALLBACKS_ENABLED": "farflow.airflow.summary",
            "AWS_ENDPOINT_URL": self.account.endpoint_url,
        }
        arguments = ["-u", "root", "--diff", "-l", template["limit"]]
        files = {
            "extravars": {**answers, "awx_job_id": 7, "awx_user_name": "admin", "tower_job_id": 7},
            "envvars": environment,
            "settings": {"job_timeout": _LIMIT, "idle_timeout": _LIMIT},
            "passwords": {"^yes$": "yes"},
        }
        for name, data in files.items():
            (private / "env" / name).write_text(yaml.safe_dump(data))
        (private / "env" / "cmdline").write_text(" ".join(arguments))
        hosts = private / "inventory" / "hosts"
        hosts.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(self._inventory())!r})\n")
        hosts.chmod(0o700)

    def _inventory(self) -> dict[str, Any]:
        """What AWX's inventory holds after its source was read."""
        (source,) = (one for one in ASSETS["inventory_sources"] if one["source_path"] == "inventories/dev")
        command = [tool("ansible-inventory"), "-i", source["source_path"], "--list", "--export"]
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def tool(name: str) -> str:
    """A program of this Python environment."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def check_answers(survey: list[dict[str, Any]], answers: dict[str, Any]) -> None:
    """What AWX checks before it launches a job."""
    questions = {each["variable"]: each for each in survey}
    assert set(answers) <= set(questions)
    assert {name for name, each in questions.items() if each["required"]} <= set(answers)
    for name, answer in answers.items():
        question = questions[name]
        assert isinstance(answer, {"integer": int, "multiselect": list}.get(question["type"], str)), name
        if question["choices"]:
            assert set([answer] if isinstance(answer, str) else answer) <= set(question["choices"]), name


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def stats(events: Path) -> dict[str, Any]:
    """What the last event of a playbook carries as artifacts; nothing when it came to no end."""
    found = [json.loads(path.read_text()) for path in events.glob("*.json")]
    last = [each for each in found if each["event"] == "playbook_on_stats"]
    return last[0]["event_data"].get("artifact_data", {}) if last else {}


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    folder = tmp_path_factory.mktemp("awx")
    collections = folder / "collections"
    install(build(tmp_path_factory.mktemp("tarball")), collections)
    account = EmbeddedAWS("integration-awx", fast=True)
    account.down()  # what a run that was killed has left
    runner = None
    try:
        account.up()
        runner = Runner(folder, users_project(folder, collections, account), collections, account)
        yield runner
    finally:
        if runner:
            runner.close()
        account.down()


def users_project(folder: Path, collections: Path, account: EmbeddedAWS) -> Path:
    """A project laid down by init, with images of a few bytes, for the environment on the embedded AWS."""
    project = folder / "project"
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(folder / "home")}
    command = [tool("ansible-playbook"), "farflow.airflow.init", "-e", f"farflow_init_path={project}"]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    for dockerfile in project.rglob("Dockerfile"):
        dockerfile.write_text("FROM scratch\nCOPY . /\n")
    variables = {
        "farflow_environment": "dev",
        "farflow_region": "us-east-1",
        "farflow_registry": account.registry,
        "farflow_teardown_keep": [],
        "airflow_service_base_url": "http://dev-airflow.alb.localhost",
        "dags_check": False,  # there is no Airflow in such an image
    }
    (project / "vars" / "dev.yml").write_text(yaml.safe_dump(variables))
    return project


def workers(account: EmbeddedAWS) -> int:
    found = account.client("ecs").describe_services(cluster="dev", services=["dev-worker"])["services"]
    return found[0]["desiredCount"]


@pytest.mark.thorough
def test_a_life_of_an_environment_by_job_templates(runner):
    account = runner.account
    before = listing(account)

    account.reset_calls()
    plan = runner.launch("Plan")
    assert plan.status == "successful", plan.output
    assert plan.artifacts["farflow_pending"] > 50
    assert "PLAN" in plan.output
    assert mutating_calls(account) == []

    (drift,) = runner.workflow("Drift", approve=lambda _jobs: False).values()
    assert drift.status == "failed"
    assert "the environment is not what the variables say" in drift.output
    assert drift.artifacts["farflow_counts"]["create"] == drift.artifacts["farflow_pending"]
    assert "network: create vpc" in drift.artifacts["farflow_reasons"][0]

    deploy = runner.launch("Deploy", worker_pool_count=2, airflow_service_enable_execute_command="false")
    assert deploy.status == "successful", deploy.output[-6000:]
    assert deploy.artifacts["farflow_url"] == "http://dev-airflow.alb.localhost"
    assert "SUMMARY" in deploy.output
    assert workers(account) == 2

    quiet = runner.launch("Plan", worker_pool_count=2, farflow_plan_must_be_empty="true")
    assert quiet.status == "successful", quiet.output
    assert quiet.artifacts["farflow_pending"] == 0

    asked = []
    account.reset_calls()
    denied = runner.workflow("Deploy with approval", approve=lambda jobs: asked.append(jobs["plan"]) or False)
    assert [*denied] == ["plan"]
    assert mutating_calls(account) == []
    # The answer counted for that one job: Git has one worker.
    assert asked[0].artifacts["farflow_counts"] == {"create": 0, "change": 1, "delete": 0}
    assert any("worker" in reason for reason in asked[0].artifacts["farflow_reasons"])
    jobs = runner.workflow("Deploy with approval", approve=lambda _jobs: True)
    assert {name: job.status for name, job in jobs.items()} == dict.fromkeys(("plan", "deploy", "check"), "successful")
    assert jobs["check"].artifacts["farflow_pending"] == 0
    assert workers(account) == 1

    (runner.project / "tasks" / "number_task" / "numbers.py").write_text("print('other')\n")
    revision = account.client("ecs").describe_task_definition(taskDefinition="dev-number_task")["taskDefinition"]
    tasks = runner.launch("DAG tasks")
    assert tasks.status == "successful", tasks.output
    newer = account.client("ecs").describe_task_definition(taskDefinition="dev-number_task")["taskDefinition"]
    assert newer["revision"] > revision["revision"]

    account.reset_calls()
    wrong = runner.launch("Teardown", farflow_teardown_confirm="prod")
    assert wrong.status == "failed"
    assert "farflow_teardown_confirm is 'prod', the environment is 'dev'" in wrong.output
    assert mutating_calls(account) == []

    gone = runner.launch("Teardown", farflow_teardown_confirm="dev")
    assert gone.status == "successful", gone.output[-6000:]
    assert difference(before, listing(account)) == {}


def test_what_a_job_tells_is_no_wrong_input_of_the_next(runner):
    told = {"farflow_url": "http://x", "farflow_username": "admin", "farflow_password_command": "aws ..."}
    runner.account.reset_calls()
    jobs = runner.workflow("Deploy with approval", approve=lambda _jobs: False)
    assert jobs["plan"].status == "successful", jobs["plan"].output
    assert set(jobs["plan"].artifacts) == {"farflow_pending", "farflow_counts", "farflow_reasons"}
    again = runner.launch("Plan", handed_on={**jobs["plan"].artifacts, **told})
    assert again.status == "successful", again.output
    assert again.artifacts == jobs["plan"].artifacts
    assert mutating_calls(runner.account) == []


def test_a_limit_without_localhost_does_nothing(runner):
    runner.account.reset_calls()
    job = runner.launch("Plan", limit="elsewhere")
    assert job.status == "failed"
    assert "elsewhere" in job.output
    assert runner.account.calls() == []
