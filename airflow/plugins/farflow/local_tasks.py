# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plugin of pytest for tests of DAGs: `dags`, and every FargateTask as a container on this machine.

    def test_report(dags):
        run = dags["report"].test()
        assert run.state == "success"

playbooks/dags_test.yml runs such tests, in a container of Airflow's image that reaches the Docker engine by its socket.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from farflow import fargate_task_request, fargate_task_results

#: A file with what each DAG task is run with: `{task: {image, command, environment}}`.
TASKS = "FARFLOW_LOCAL_TASKS"
SOCKET = "/var/run/docker.sock"

_STREAM_HEADER = 8  # bytes before each piece of a log: the stream, three zeros, the length


class Engine:
    """As much of the Docker engine's API as it takes to run a container. Standard library only."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path

    def run(self, image: str, command: list[str] | None, environment: Mapping[str, str]) -> Iterator[str]:
        """Runs a container to its end and gives the lines of its log, while they come.

        Raises RuntimeError when it ends with another exit code than 0, or can't be started.
        """
        variables = [f"{name}={value}" for name, value in environment.items()]
        body = {"Image": image, "Env": variables, "Labels": {"farflow": "dags-test"}}
        if command:
            body["Cmd"] = command
        container = self._call("POST", "/containers/create", body)["Id"]
        try:
            self._call("POST", f"/containers/{container}/start")
            yield from self._log(container)
            code = self._call("POST", f"/containers/{container}/wait")["StatusCode"]
        finally:
            self._call("DELETE", f"/containers/{container}?force=true&v=true")
        if code:
            raise RuntimeError(f"the container of image {image} ended with exit code {code}")

    def _log(self, container: str) -> Iterator[str]:
        answer = self._ask("GET", f"/containers/{container}/logs?follow=true&stdout=true&stderr=true")
        rest = b""
        while header := answer.read(_STREAM_HEADER):
            *lines, rest = (rest + answer.read(int.from_bytes(header[4:], "big"))).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
        if rest:
            yield rest.decode(errors="replace")

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        content = self._ask(method, path, body).read()
        found: dict[str, Any] = json.loads(content) if content.strip() else {}
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        connection = _UnixConnection(self._path)
        headers = {"Content-Type": "application/json"}
        connection.request(method, quote(path, safe="/?=&"), json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        if answer.status >= 400:
            raise RuntimeError(f"the Docker engine refuses {method} {path}: {answer.read().decode(errors='replace')}")
        return answer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def run_here(operator: Any, context: Any, engine: Engine | None = None) -> Any:
    """What `FargateTask.execute` does in a test: a container of the task's image, with what task.yml and the DAG say,
    its log in the Airflow task's, its result as on ECS.
    """
    tasks = json.loads(Path(os.environ[TASKS]).read_text())
    name = operator.task_name
    if name not in tasks:
        raise RuntimeError(f"DAG task {name!r}: there is no such folder in tasks/, but {', '.join(sorted(tasks))}")
    if operator.result == "prefix":
        raise RuntimeError(f"DAG task {name!r}: result='prefix' needs the bucket of an environment, and here is none")
    task = tasks[name]
    told = fargate_task_request.of_container(operator, context)
    environment = {**task.get("environment", {}), **told["environment"]}
    last, marked = None, None
    for line in (engine or Engine()).run(task["image"], told["command"] or task.get("command"), environment):
        line = fargate_task_results.storable(line)
        operator.log.info("%s", line)
        last, marked = line, line if line.startswith(fargate_task_results.MARK) else marked
    if operator.result == "json":
        return fargate_task_results.parsed(marked)
    return last if operator.do_xcom_push else None


@pytest.fixture(scope="session", autouse=True)
def _database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty database of Airflow's own, which goes with the tests."""
    from airflow.utils import db

    db.initdb()


@pytest.fixture(scope="session")
def dags(_database: None) -> Mapping[str, Any]:
    """The DAGs by their ids. A file that can't be imported fails the tests that ask for them."""
    from airflow import settings
    from airflow.dag_processing.dagbag import BundleDagBag

    folder = Path(settings.DAGS_FOLDER)
    bag = BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder", load_op_links=False)
    if bag.import_errors:
        pytest.fail("\n".join(f"{file}: {error}" for file, error in bag.import_errors.items()), pytrace=False)
    return dict(bag.dags)


@pytest.fixture(autouse=True)
def _fargate_tasks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from farflow import FargateTask

    if TASKS in os.environ:
        monkeypatch.setattr(FargateTask, "execute", run_here)
