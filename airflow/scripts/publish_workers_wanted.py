# contract=3 (see entrypoint.sh)
"""Tells CloudWatch every half minute how many workers each pool is wanted to have: what scales the pools.

It runs beside every scheduler. The one that has a lock on Airflow's database does it for all; where it fails, it gives
the lock up. It does not load Airflow, which would take as much memory as the scheduler itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Without Airflow, which would put its folder of plugins there.
sys.path.append(str(Path(__file__).resolve().parents[1] / "plugins"))

from farflow.workers_wanted import NAMESPACE, Load, Pool, Wish, celery_names, metrics, pools, wishes  # noqa: E402

INTERVAL = 30.0  # seconds

#: `farflow` in ASCII: Airflow's own locks on its database have small numbers.
LOCK = 0x6661_7266_6C6F_77

_LOADS = """
SELECT queue,
       count(*) FILTER (WHERE state = 'queued'),
       count(*) FILTER (WHERE state <> 'queued'),
       array_agg(DISTINCT hostname) FILTER (WHERE state <> 'queued' AND hostname <> '')
FROM task_instance
WHERE state IN ('queued', 'running', 'restarting')
  AND queue = ANY(%s)
  AND (executor = ANY(%s) OR (executor IS NULL AND %s))
GROUP BY queue
"""

#: Callbacks that workers run, as of a deadline that was missed. Almost all go to the default queue.
_CALLBACKS = """
SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running')
FROM callback
WHERE type = 'executor' AND state IN ('queued', 'running')
"""

#: So that the database soon notices that a leader is gone without a word, and a leader that the database is.
_KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def say(words: str) -> None:
    print(f"workers wanted: {words}", flush=True)


def connect(url: str) -> Any:
    """A session of the database at SQLAlchemy's URL. Each statement is a transaction of its own."""
    import psycopg2

    scheme, _unused, rest = url.partition("://")
    on_server = " ".join(f"-c tcp_{name}={value}" for name, value in _KEEPALIVES.items())
    connection = psycopg2.connect(
        f"{scheme.partition('+')[0]}://{rest}",
        connect_timeout=5,
        options=f"-c statement_timeout=10000 {on_server}",
        application_name="farflow workers wanted",
        tcp_user_timeout=60000,
        **_KEEPALIVES,
    )
    connection.autocommit = True
    return connection


class Publisher:
    """``connected`` makes a session of the database, ``put`` takes the members of PutMetricData."""

    def __init__(
        self,
        known: list[Pool],
        variables: Mapping[str, str],
        connected: Callable[[], Any],
        put: Callable[[list[dict[str, Any]]], Any],
    ) -> None:
        self._pools, self._connected, self._put = known, connected, put
        self._environment = variables["FARFLOW_ENVIRONMENT"]
        self._executors = celery_names(variables.get("AIRFLOW__CORE__EXECUTOR") or "CeleryExecutor")
        self._default_queue = variables.get("AIRFLOW__OPERATORS__DEFAULT_QUEUE", "default")
        self._session: Any = None
        self._leads = False
        self._last: dict[str, int] = {}
        self._trouble = ""

    def once(self) -> dict[str, Wish] | None:
        """Publish, if that is for this scheduler to do; returns what, or None."""
        try:
            found = self._publish() if self._is_leader() else None
        except Exception as error:
            self._give_up(error)
            return None
        if self._trouble and found is not None:
            say("are published again")
        self._trouble = "" if found is not None else self._trouble
        return found

    def _is_leader(self) -> bool:
        if self._session is None:
            self._session = self._connected()
        if not self._leads:
            self._leads = bool(self._ask("SELECT pg_try_advisory_lock(%s)", LOCK)[0][0])
            if self._leads:
                say(f"are published from here, for {', '.join(pool.name for pool in self._pools)}")
        return self._leads

    def _publish(self) -> dict[str, Wish]:
        queues = [queue for pool in self._pools for queue in pool.queues]
        rows = self._ask(_LOADS, queues, *self._executors)
        loads = {queue: Load(queued, running, frozenset(hosts or ())) for queue, queued, running, hosts in rows}
        if self._default_queue in queues:
            [callbacks] = self._ask(_CALLBACKS)
            loads[self._default_queue] = loads.get(self._default_queue, Load()) + Load(*callbacks)
        found = wishes(self._pools, loads)
        self._put(metrics(self._environment, found))
        for pool, each in found.items():
            if self._last.get(pool) != each.workers:
                say(f"{pool} {each}")
        self._last = {pool: each.workers for pool, each in found.items()}
        return found

    def _ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._session.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def _give_up(self, error: Exception) -> None:
        """The lock is the session's: another scheduler may do better."""
        words = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        if words != self._trouble:
            self._trouble = words
            say(f"can't be published, which is tried again: {words}")
        session, self._session, self._leads = self._session, None, False
        self._last = {}
        if session is not None:
            try:
                session.close()
            except Exception as late:
                say(f"the database's session did not end well: {late}")


def main(variables: Mapping[str, str]) -> int:
    try:
        known = pools(variables.get("FARFLOW_WORKER_POOLS", ""))
    except ValueError as error:
        say(f"FARFLOW_WORKER_POOLS: {error}")
        return 0
    if not known:
        return 0
    import boto3
    from botocore.config import Config

    cloudwatch = boto3.client("cloudwatch", config=Config(connect_timeout=5, read_timeout=10))
    publisher = Publisher(
        known,
        variables,
        lambda: connect(variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]),
        lambda members: cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=members),
    )
    while True:
        begun = time.monotonic()
        publisher.once()
        time.sleep(max(INTERVAL - (time.monotonic() - begun), 1.0))


if __name__ == "__main__":
    raise SystemExit(main(os.environ))
