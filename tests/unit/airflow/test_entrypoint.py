"""The image's entry point, as far as it needs no image: the contract, and what a worker waits for."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment import pools, settings
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import ALL
from ansible_collections.farflow.airflow.plugins.module_utils.images import contract as image_contract

AIRFLOW = Path(__file__).parents[3] / "airflow"
URL = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"


def _load(name):
    spec = importlib.util.spec_from_file_location(name, AIRFLOW / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


waiting = _load("wait_for_execution_api")


def entrypoint(*command, **variables):
    script = ["sh", str(AIRFLOW / "entrypoint.sh"), *command]
    return subprocess.run(
        script, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=False
    )


def test_this_folder_has_the_contract_that_is_needed():
    (contract,) = re.findall(r"^contract=(\d+)$", (AIRFLOW / "entrypoint.sh").read_text(), re.MULTILINE)
    assert int(contract) == image_contract.NEEDED


@pytest.mark.parametrize("needed", [None, "0", str(image_contract.NEEDED)])
def test_an_image_with_the_contract_runs(needed):
    variables = {} if needed is None else {image_contract.VARIABLE: needed}
    assert entrypoint("echo", "runs", **variables).stdout == "runs\n"


def test_an_image_with_less_than_the_deploy_needs_runs_nothing_and_says_why():
    more = str(image_contract.NEEDED + 1)
    refused = entrypoint("echo", "runs", **{image_contract.VARIABLE: more})
    assert (refused.returncode, refused.stdout) == (64, "")
    assert f"has contract {image_contract.NEEDED}, and the deploy needs {more}" in refused.stderr


def test_every_component_is_told_what_the_deploy_needs(monkeypatch):
    monkeypatch.setattr(settings, "_airflow", lambda *_unused: {})
    monkeypatch.setattr(settings.network, "subnet_ids", lambda *_unused: [])
    inputs = {
        "farflow_environment": "test",
        "farflow_region": "eu-west-1",
        "airflow_service_architecture": "X86_64",
        "worker_pools": {},
        "airflow_service_executors": ["celery"],
        "worker_drain_hours": 12,
        **pools.OF_DEFAULT,
        "airflow_service_admin_username": "admin",
        "airflow_service_config": {},
        "airflow_service_environment": {},
    }
    known = settings.Existing()
    told = {settings.environment(inputs, known, component).get(image_contract.VARIABLE) for component in ALL}
    assert told == {str(image_contract.NEEDED)}


@pytest.fixture
def beside(tmp_path):
    """`beside(**variables)` runs a scheduler that takes three seconds, with a publisher that ends with 3 and then does
    not; returns what was run, in order, and the scheduler's exit code.
    """
    log, ended = tmp_path / "log", tmp_path / "ended"
    commands = {
        "airflow": f'echo "airflow $*" >> {log}; sleep 3; exit 5',
        "python": f'echo "$*" >> {log}; [ -e {ended} ] && exec sleep 60; touch {ended}; exit 3',
        "sleep": 'case "$1" in 15) exec /bin/sleep 0.2 ;; *) exec /bin/sleep "$1" ;; esac',
    }
    for name, words in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / name).chmod(0o755)

    def beside(**variables):
        script = ["sh", str(AIRFLOW / "entrypoint.sh"), "scheduler"]
        # In a group of its own, which ends as a container does when its first process has ended.
        process = subprocess.Popen(
            script,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", **variables},
            stdout=subprocess.DEVNULL,
            stderr=(tmp_path / "stderr").open("w"),
            start_new_session=True,
        )
        try:
            code = process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return log.read_text().splitlines(), code

    return beside


def test_the_publisher_runs_beside_the_scheduler_and_is_begun_again(beside, tmp_path):
    ran, code = beside(FARFLOW_WORKER_POOLS='{"default": {}}')
    publisher = "-I /opt/airflow/scripts/publish_workers_wanted.py"
    assert sorted(ran) == [publisher, publisher, "airflow scheduler"]
    assert code == 5
    assert "has ended, and begins again" in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("variables", [{}, {"FARFLOW_WORKER_POOLS": ""}])
def test_without_pools_that_follow_the_work_there_is_no_publisher(beside, variables):
    assert beside(**variables) == (["airflow scheduler"], 5)


@pytest.fixture
def server():
    """A server that answers the first two requests with 503, the third with 200, and counts them."""

    class Handler(BaseHTTPRequestHandler):
        asked: list[str] = []

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(200 if len(self.asked) > 2 else 503)
            self.end_headers()

        def log_message(self, *_unused):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, Handler.asked
        server.shutdown()


def test_a_worker_waits_until_the_task_execution_api_answers(server, monkeypatch, capsys):
    running, asked = server
    monkeypatch.setattr(waiting, "PAUSE", 0)
    monkeypatch.setenv(URL, f"http://127.0.0.1:{running.server_port}/airflow/execution/")
    assert waiting.main() == 0
    assert asked == ["/airflow/execution/health"] * 3
    assert capsys.readouterr().err.count("waiting for the task execution API") == 1


def test_but_not_for_ever(monkeypatch, capsys):
    clock = iter(range(0, 1000, 50))
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(waiting.time, "sleep", lambda _seconds: None)
    monkeypatch.setenv(URL, "http://127.0.0.1:1/execution/")
    assert waiting.main() == 0
    assert "does not answer" in capsys.readouterr().err
    monkeypatch.delenv(URL)
    assert waiting.main() == 0
