# contract=2 (see entrypoint.sh)
"""airflow-healthcheck COMPONENT: exit code 0 when that component is healthy in this container.

    api-server | execution-api | scheduler | dag-processor | triggerer | worker

It asks what `airflow jobs check --local` asks, without loading Airflow: that takes seconds of CPU each time. A database
that can't be reached any more is no illness of this container: another one in its place would not reach it either. One
that has never reached it is not healthy yet, so that it takes no other one's place.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

PROCESSES = Path("/proc")
MEMORY = Path("/tmp")  # of this container
TIMEOUT = 5  # seconds
EXECUTION_API_PORT = 8081  # the deploy starts it there


class Unhealthy(Exception):
    """Why a component is not healthy, in one line."""


def setting(section: str, key: str, default: str) -> str:
    return os.environ.get(f"AIRFLOW__{section}__{key}", default)


def api_server() -> None:
    answers(f"http://127.0.0.1:{setting('API', 'PORT', '8080')}/api/v2/version")


def execution_api() -> None:
    """Airflow serves it below the path of its base URL."""
    path = urlsplit(setting("API", "BASE_URL", "")).path.rstrip("/")
    answers(f"http://127.0.0.1:{EXECUTION_API_PORT}{path}/execution/health")


def answers(url: str) -> None:
    try:
        with urlopen(url, timeout=TIMEOUT):
            return
    except OSError as error:
        raise Unhealthy(f"{url}: {error}") from error


def job(component: str, job_type: str, threshold: str) -> None:
    """Its process lives and, as far as the database can tell, has sent a heartbeat in time. ``threshold`` is the option
    in the component's section that says how many seconds that is.
    """
    lives(component)
    beats(job_type, float(setting(component.replace("-", "_").upper(), threshold, "30")))


def lives(*command: str) -> None:
    """A process `airflow <command>` runs in this container."""
    wanted = [each.encode() for each in command]
    for status in PROCESSES.glob("[0-9]*/status"):
        try:
            arguments = (status.parent / "cmdline").read_bytes().split(b"\0")
            alive = "State:\tZ" not in status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the listing and the look
        name = next((at for at, each in enumerate(arguments) if each.rpartition(b"/")[2] == b"airflow"), None)
        if alive and name is not None and arguments[name + 1 : name + 1 + len(wanted)] == wanted:
            return
    raise Unhealthy(f"no process `airflow {' '.join(command)}`")


def beats(job_type: str, threshold: float) -> None:
    """A job of this container has written its heartbeat into the database less than `threshold` seconds ago."""
    import psycopg2

    url = setting("DATABASE", "SQL_ALCHEMY_CONN", "")
    scheme, _unused, rest = url.partition("://")
    was_healthy = MEMORY / f"{job_type}-was-healthy"
    here = [socket.gethostname(), socket.getfqdn(), socket.gethostbyname(socket.gethostname())]
    try:
        connection = psycopg2.connect(f"{scheme.partition('+')[0]}://{rest}", connect_timeout=TIMEOUT)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM now() - max(latest_heartbeat)) FROM job"
                " WHERE job_type = %s AND state = 'running' AND hostname = ANY(%s)",
                (job_type, here),
            )
            age = cursor.fetchone()[0]
        connection.close()
    except psycopg2.OperationalError as error:
        if "authentication failed" in str(error):  # the container was given a password that has been changed since
            raise Unhealthy("database: refuses the password") from error
        if not was_healthy.exists():
            raise Unhealthy(f"database: {type(error).__name__}, and it was never healthy here") from error
        print(f"{job_type}: not judged, the database can't be asked: {type(error).__name__}")
        return
    except psycopg2.Error as error:
        raise Unhealthy(f"database: {type(error).__name__}") from error
    if age is None or age > threshold:
        raise Unhealthy(f"{job_type}: " + ("not running here" if age is None else f"last heartbeat {age:.0f} s ago"))
    was_healthy.touch()


COMPONENTS: dict[str, Callable[[], None]] = {
    "api-server": api_server,
    "execution-api": execution_api,
    "scheduler": partial(job, "scheduler", "SchedulerJob", "SCHEDULER_HEALTH_CHECK_THRESHOLD"),
    "dag-processor": partial(job, "dag-processor", "DagProcessorJob", "HEALTH_CHECK_THRESHOLD"),
    "triggerer": partial(job, "triggerer", "TriggererJob", "TRIGGERER_HEALTH_CHECK_THRESHOLD"),
    # On SQS no worker can be asked anything: there is no remote control.
    "worker": partial(lives, "celery", "worker"),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMPONENTS:
        print(f"usage: airflow-healthcheck {'|'.join(COMPONENTS)}", file=sys.stderr)
        return 64
    try:
        COMPONENTS[arguments[0]]()
    except Unhealthy as reason:
        print(f"{arguments[0]}: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
