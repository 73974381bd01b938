"""The image's health checks: what is an illness of the container, and what is not."""

from __future__ import annotations

import importlib.util
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg2
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.environment import security_groups
from ansible_collections.farflow.airflow.plugins.module_utils.environment.components import ALL

ROOT = Path(__file__).parents[3]
JOBS = ["scheduler", "dag-processor", "triggerer"]


def _load():
    spec = importlib.util.spec_from_file_location("healthcheck", ROOT / "airflow" / "scripts" / "healthcheck.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


healthcheck = _load()


@pytest.fixture(autouse=True)
def memory(monkeypatch, tmp_path):
    """That of a container that was not healthy yet."""
    monkeypatch.setattr(healthcheck, "MEMORY", tmp_path)


@pytest.fixture
def has_run(running):
    """All jobs have been healthy in this container."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg2, "connect", lambda *_unused, **_options: Connection(1))
        assert [healthcheck.main([component]) for component in JOBS] == [0, 0, 0]


@pytest.fixture
def running(monkeypatch):
    """All of Airflow's processes live."""
    monkeypatch.setattr(healthcheck, "lives", lambda *command: None)


class Connection:
    """To a database in which the last heartbeat is so many seconds old."""

    def __init__(self, age):
        self.age = age

    def __enter__(self):
        return self

    def __exit__(self, *_unused):
        return None

    def cursor(self):
        return self

    def close(self):
        return None

    def execute(self, _statement, parameters):
        self.job_type, _unused = parameters

    def fetchone(self):
        return (self.age,)


@pytest.fixture
def database(monkeypatch):
    """`database(age)` is one with a heartbeat; `database(error)` one that can't be asked."""

    def database(answer):
        def connect(*_unused, **_options):
            if isinstance(answer, Exception):
                raise answer
            return Connection(answer)

        monkeypatch.setattr(psycopg2, "connect", connect)

    return database


@pytest.mark.parametrize("component", JOBS)
@pytest.mark.parametrize(("age", "code"), [(3, 0), (31, 1), (None, 1)])
def test_a_job_is_healthy_when_its_heartbeat_is_fresh(running, database, component, age, code):
    database(age)
    assert healthcheck.main([component]) == code


@pytest.mark.parametrize("component", JOBS)
def test_a_database_that_refuses_connections_is_no_illness_of_the_container(has_run, monkeypatch, component):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg2://airflow:x@127.0.0.1:{unused.getsockname()[1]}/airflow"
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", url)
        assert healthcheck.main([component]) == 0


@pytest.mark.parametrize("component", JOBS)
def test_nor_is_one_that_does_not_answer_and_the_check_ends_in_time(has_run, monkeypatch, component):
    monkeypatch.setattr(healthcheck, "TIMEOUT", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg2://airflow:x@127.0.0.1:{silent.getsockname()[1]}/airflow"
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", url)
        assert healthcheck.main([component]) == 0


@pytest.mark.parametrize("component", JOBS)
@pytest.mark.parametrize("answer", [psycopg2.OperationalError("timeout expired"), None])
def test_a_job_that_has_not_reached_the_database_yet_is_not_healthy_yet(running, database, capsys, component, answer):
    """It may be the network of this very container; what it is to replace still runs."""
    database(answer)
    assert healthcheck.main([component]) == 1
    database(psycopg2.OperationalError("timeout expired"))
    assert healthcheck.main([component]) == 1
    assert "database: OperationalError, and it was never healthy here" in capsys.readouterr().err
    database(1)
    assert healthcheck.main([component]) == 0
    database(psycopg2.OperationalError("timeout expired"))
    assert healthcheck.main([component]) == 0


@pytest.mark.parametrize("component", JOBS)
def test_a_job_without_a_process_is_ill_whatever_the_database_says(database, monkeypatch, tmp_path, component):
    monkeypatch.setattr(healthcheck, "PROCESSES", tmp_path)
    database(psycopg2.OperationalError("could not connect to server"))
    assert healthcheck.main([component]) == 1
    database(1)
    assert healthcheck.main([component]) == 1


@pytest.mark.parametrize(
    "error",
    [
        psycopg2.errors.UndefinedTable('relation "job" does not exist'),
        psycopg2.OperationalError('FATAL:  password authentication failed for user "airflow"'),
    ],
)
def test_what_another_container_would_do_better_is_an_illness(running, database, capsys, error):
    database(error)
    assert healthcheck.main(["triggerer"]) == 1
    assert capsys.readouterr().err.startswith("triggerer: database: ")


def test_the_process_is_found_by_its_command_line(monkeypatch, tmp_path):
    for number, (state, *arguments) in enumerate(
        [
            ("S", "/opt/python/bin/python", "-I", "/opt/airflow/scripts/healthcheck.py", "scheduler"),
            ("Z", "/opt/python/bin/python", "/opt/python/bin/airflow", "triggerer"),
            ("S", "/opt/python/bin/python", "/opt/python/bin/airflow", "celery", "worker"),
        ]
    ):
        process = tmp_path / str(number)
        process.mkdir()
        (process / "status").write_text(f"Name:\tx\nState:\t{state}\n")
        (process / "cmdline").write_bytes(b"\0".join(each.encode() for each in [*arguments, ""]))
    monkeypatch.setattr(healthcheck, "PROCESSES", tmp_path)
    assert [healthcheck.main([component]) for component in ("scheduler", "triggerer", "worker")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        (None, "/execution/health"),
        ("https://airflow.example.org", "/execution/health"),
        ("https://host/airflow/", "/airflow/execution/health"),
    ],
)
def test_the_execution_api_is_asked_where_airflow_serves_it(monkeypatch, base_url, path):
    if base_url:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", base_url)
    with _answering(path) as port:
        monkeypatch.setattr(healthcheck, "EXECUTION_API_PORT", port)
        assert healthcheck.main(["execution-api"]) == 0
    assert healthcheck.main(["execution-api"]) == 1


@contextmanager
def _answering(path):
    """A server that knows one path; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == path else 404)
            self.end_headers()

        def log_message(self, *_unused):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_deploy_and_image_agree_on_names_and_port():
    assert security_groups.EXECUTION_API_PORT == healthcheck.EXECUTION_API_PORT
    checked = {each.name for component in ALL if component.healthcheck for each in component.containers}
    assert checked == set(healthcheck.COMPONENTS)
