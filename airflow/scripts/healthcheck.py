"""airflow-healthcheck api-server|scheduler|dag-processor|triggerer|worker: exit code 0 when that one here is healthy.

It asks what `airflow jobs check --local` asks, without loading Airflow: that takes seconds of CPU each time.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from urllib.request import urlopen

TIMEOUT = 5  # seconds


class Unhealthy(Exception):
    """Why a component is not healthy, in one line."""


def setting(section: str, key: str, default: str) -> str:
    return os.environ.get(f"AIRFLOW__{section}__{key}", default)


def answers(url: str) -> None:
    try:
        with urlopen(url, timeout=TIMEOUT):
            return
    except OSError as error:
        raise Unhealthy(f"{url}: {error}") from error


def api_server() -> None:
    answers(f"http://127.0.0.1:{setting('API', 'PORT', '8080')}/api/v2/version")


def scheduler() -> None:
    answers(f"http://127.0.0.1:{setting('SCHEDULER', 'SCHEDULER_HEALTH_CHECK_SERVER_PORT', '8974')}/health")


def dag_processor() -> None:
    beats("DagProcessorJob", float(setting("DAG_PROCESSOR", "HEALTH_CHECK_THRESHOLD", "30")))


def triggerer() -> None:
    beats("TriggererJob", float(setting("TRIGGERER", "TRIGGERER_HEALTH_CHECK_THRESHOLD", "30")))


def beats(job_type: str, threshold: float) -> None:
    """A job of this container has written its heartbeat into the database less than `threshold` seconds ago."""
    import psycopg2

    url = setting("DATABASE", "SQL_ALCHEMY_CONN", "")
    scheme, _unused, rest = url.partition("://")
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
    except psycopg2.Error as error:
        raise Unhealthy(f"database: {type(error).__name__}") from error
    if age is None or age > threshold:
        raise Unhealthy(f"{job_type}: " + ("not running here" if age is None else f"last heartbeat {age:.0f} s ago"))


def worker() -> None:
    """The worker's process lives. On SQS no worker can be asked anything: there is no remote control."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            arguments = (status.parent / "cmdline").read_bytes().split(b"\0")
            alive = "State:\tZ" not in status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended between the listing and the look
        if alive and {b"celery", b"worker"} <= set(arguments):
            return
    raise Unhealthy("no process `airflow celery worker`")


COMPONENTS = {
    "api-server": api_server,
    "scheduler": scheduler,
    "dag-processor": dag_processor,
    "triggerer": triggerer,
    "worker": worker,
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
