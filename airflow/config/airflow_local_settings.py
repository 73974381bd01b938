# contract=3 (see entrypoint.sh)
"""Read by Airflow at its start: its own hooks by which an installation adapts it."""

from __future__ import annotations

import ssl
import sys
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_async_metadata_engine(
    sql_alchemy_conn_async: str, *, connect_args: dict[str, Any], engine_args: dict[str, Any] | None = None
) -> AsyncEngine:
    """Let one database URL serve both of Airflow's engines.

    Airflow derives the asynchronous engine's URL from the other by naming the driver asyncpg, which has an argument
    `ssl` in the place of libpq's parameters sslmode and sslrootcert.
    """
    url = make_url(sql_alchemy_conn_async)
    if url.get_driver_name() == "asyncpg" and "sslmode" in url.query:
        connect_args = {**connect_args, "ssl": _ssl(url)}
        url = url.difference_update_query(["sslmode", "sslrootcert"])
    return create_async_engine(url, connect_args=connect_args, **(engine_args or {}))


def task_policy(task: Any) -> None:
    """Refuse an `executor_config` that would end the scheduler, or with which a task could not run: where its author
    sees it, with the DAG's file.
    """
    from airflow.exceptions import AirflowClusterPolicyViolation

    from farflow.ecs_executor_config import problems_of_task

    if problems := problems_of_task(task.executor, task.executor_config):
        raise AirflowClusterPolicyViolation(f"task {task.task_id!r}: {'; '.join(problems)}")


def _ssl(url: URL) -> ssl.SSLContext | str:
    mode = str(url.query["sslmode"])
    if mode not in ("verify-ca", "verify-full"):
        return mode
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    context.load_verify_locations(cafile=str(url.query["sslrootcert"]))
    return context


if sys.argv[1:3] == ["celery", "worker"]:
    # Celery reads no plugin of Airflow's, and what it imports by its own setting `imports` a user may set otherwise.
    from celery.signals import worker_init

    @worker_init.connect(weak=False)
    def keep_tasks(sender: Any, **_unused: Any) -> None:
        """Let ECS and deploys end no worker that has a task in hand."""
        from farflow.worker_step import install

        install(sender)
