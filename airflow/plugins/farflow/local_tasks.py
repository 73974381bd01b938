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
import logging
import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout

from farflow import fargate_task_request
from farflow import fargate_task_results as results
from farflow.fargate_task_end import with_last_lines
from farflow.local_failures import ContainerError, Failure, Failures, of_import

#: A file with what each DAG task is run with: `{task: {image, command, environment}}`.
TASKS = "FARFLOW_LOCAL_TASKS"
SOCKET = "/var/run/docker.sock"

_FAILURES = pytest.StashKey[Failures]()
_TOLD = pytest.StashKey[list[Failure]]()
_OF_LIBRARIES = ("alembic.config", "fastapi.testclient")  # warnings about which an author can do nothing
_OF_CONTAINER = " | "  # between the name of a DAG task and a line that it has printed
_STREAM_HEADER = 8  # bytes before each piece of a log: the stream, three zeros, the length


class Ended(Exception):
    """A container has ended with another exit code than 0."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Engine:
    """As much of the Docker engine's API as it takes to run a container. Standard library only."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path

    def run(self, image: str, command: list[str] | None, environment: Mapping[str, str]) -> Iterator[str]:
        """Runs a container to its end and gives the lines of its log, while they come.

        Raises Ended when it ends with another exit code than 0, and RuntimeError when it can't be run.
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
            raise Ended(code)

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
            raise RuntimeError(f"the Docker engine refuses {method} {path}: {_message(answer.read())}")
        return answer


def _message(content: bytes) -> str:
    """What the engine says of a call that it refuses."""
    text = content.decode(errors="replace").strip()
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


class _Output:
    """What a container prints: shown line by line, and kept as far as it is needed when it has ended."""

    def __init__(self, name: str, kept_lines: int) -> None:
        self._name = name
        self.tail: deque[str] = deque(maxlen=kept_lines)
        self.last: str | None = None
        self.result: str | None = None
        self.misplaced: str | None = None

    def add(self, text: str) -> None:
        line = str(results.storable(text))
        print(f"{self._name}{_OF_CONTAINER}{line}", flush=True)
        self.tail.append(line)
        self.last = line
        if line.startswith(results.MARK):
            self.result = line
        elif results.is_misplaced(line):
            self.misplaced = line


def run_here(operator: Any, context: Any, engine: Engine | None = None) -> Any:
    """What `FargateTask.execute` does in a test: a container of the task's image, with what task.yml and the DAG say,
    its log in the output, its result as on ECS. Raises ContainerError with what is wrong.
    """
    name = operator.task_name
    output = _Output(name, operator.kept_lines)
    which = f"DAG task {name}, folder tasks/{name}"
    try:
        image, command, environment = _asked(operator, context)
        for line in (engine or Engine()).run(image, command, environment):
            output.add(line)
        return _returned(operator, output)
    except (Ended, AirflowTaskTimeout) as ended:
        last = list(output.tail) if operator.kept_lines else None
        if isinstance(ended, Ended):
            how = f"its container ended with exit code {ended.code}"
        else:
            how = f"its container ran for longer than execution_timeout, {operator.execution_timeout}, and was ended"
        said = with_last_lines(f"{which}: {how}", last)
        if isinstance(ended, Ended) and ended.code in operator.skip_on_exit_code:
            raise AirflowSkipException(said) from None
        raise ContainerError(said, name if last else "") from None
    except (ValueError, RuntimeError, OSError) as error:
        raise ContainerError(f"{which}: {error}") from None


def _asked(operator: Any, context: Any) -> tuple[str, list[str] | None, dict[str, str]]:
    """Image, command and environment. Raises ValueError with what is wrong with them."""
    tasks = json.loads(Path(os.environ[TASKS]).read_text())
    if operator.task_name not in tasks:
        raise ValueError(f"there is no such folder, allowed: {', '.join(sorted(tasks)) or 'none, there are no tasks'}")
    if operator.result == "prefix":
        raise ValueError("result='prefix' needs the bucket of an environment, and here is none")
    task = tasks[operator.task_name]
    told = fargate_task_request.of_container(operator, context)
    return (
        task["image"],
        told["command"] or task.get("command"),
        {**task.get("environment", {}), **told["environment"]},
    )


def _returned(operator: Any, output: _Output) -> Any:
    if operator.result == "json":
        value = results.parsed(output.result, output.misplaced)
        return results.taken_apart(value) if operator.multiple_outputs and operator.do_xcom_push else value
    return output.last if operator.do_xcom_push else None


def pytest_configure(config: pytest.Config) -> None:
    from airflow import settings

    tests = [Path(each) for each in config.args if Path(each).is_dir()]
    for module in _OF_LIBRARIES:
        config.addinivalue_line("filterwarnings", f"ignore:::{module}")
    config.stash[_FAILURES] = Failures([Path(settings.DAGS_FOLDER), *tests])


class BrokenDags(pytest.fail.Exception):
    """Why there are no DAGs: told with the first test that asks for them, and not again with each of the others."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Tells of the Airflow tasks that have failed in a test, where the test has."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, BrokenDags):
        call.excinfo.value.msg = "there are DAG files that can't be imported: the first of these errors says why"
    told = item.stash.setdefault(_TOLD, [])
    told += item.config.stash[_FAILURES].taken()
    if report.failed and told:
        # What they have printed last is told with them.
        names = [each.container for each in told if each.container]
        others = [(title, _without(text, names)) for title, text in report.sections]
        report.sections = [(title, text) for title, text in others if text.strip()]
        report.sections.append(("Airflow tasks that failed", "\n".join(each.text for each in told)))
    return report


def _without(text: str, names: Iterable[str]) -> str:
    """Captured output without the lines of these DAG tasks."""
    beginnings = tuple(f"{name}{_OF_CONTAINER}" for name in names)
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(beginnings))


@pytest.fixture(scope="session", autouse=True)
def _database(request: pytest.FixtureRequest) -> None:
    """An empty database of Airflow's own, which goes with the tests."""
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils import db

    db.initdb()
    get_listener_manager().add_listener(request.config.stash[_FAILURES])


@pytest.fixture(scope="session")
def dags(_database: None) -> Mapping[str, Any]:
    """The DAGs by their ids. A file that can't be imported fails the tests that ask for them."""
    from airflow import settings
    from airflow.dag_processing.dagbag import BundleDagBag

    folder = Path(settings.DAGS_FOLDER)
    logging.disable(logging.CRITICAL)  # what is wrong with a file is told here, once
    try:
        bag = BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder", load_op_links=False)
    finally:
        logging.disable(logging.NOTSET)
    if bag.import_errors:
        told = [of_import(folder, file, error) for file, error in sorted(bag.import_errors.items())]
        raise BrokenDags("\n".join(told), pytrace=False)
    return dict(bag.dags)


@pytest.fixture(autouse=True)
def _fargate_tasks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from farflow import FargateTask

    if TASKS in os.environ:
        monkeypatch.setattr(FargateTask, "execute", run_here)
