# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The page "Fargate": DAG tasks and their runs, versions of the DAGs, import errors. It only shows.

Everybody who is signed in sees the DAG tasks and the versions. The runs are those of DAGs that the user may read, and
import errors are for those to whom Airflow shows them. What can't be read is told in its place, beside all the rest.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from farflow import dag_versions, page_runs
from farflow.dag_store import DagStore, Gone, Unusable
from farflow.page_containers import Containers
from farflow.page_definitions import Definitions

log = logging.getLogger(__name__)

app = FastAPI(title="Fargate", docs_url=None, redoc_url=None, openapi_url=None)

_BUNDLE = "farflow.dag_bundle.VersionedDagBundle"
_RUNS = 200
_VERSIONS = 50
_ERRORS = 50


@cache
def _template() -> Any:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "page.html"
    )


@cache
def _definitions() -> Definitions:
    return Definitions(os.environ.get("FARFLOW_ENVIRONMENT", ""), os.environ.get("AWS_REGION"))


@cache
def _containers() -> Containers:
    names = ("FARFLOW_ENVIRONMENT", "FARFLOW_CLUSTER")
    return Containers(*(os.environ.get(name, "") for name in names), os.environ.get("AWS_REGION"))


@app.get("/", response_class=HTMLResponse)
def page(user: GetUserDep, session: SessionDep) -> str:
    """The page, as the user may see it."""
    manager = get_auth_manager()
    dag_ids = manager.get_authorized_dag_ids(user=user, session=session)
    sees_errors = manager.is_authorized_view(access_view=AccessView.IMPORT_ERRORS, user=user)
    runs = page_runs.runs(session, dag_ids, _RUNS)
    definitions, problem = _or_problem(_definitions().read)
    found, no_versions = _or_problem(_versions)
    versions, no_pointer = found or ([], "")
    containers, no_containers = _or_problem(_containers().read)
    running, ended = page_runs.what_runs([one for one in containers or [] if one.owner.dag_id in dag_ids], runs)
    return str(
        _template().render(
            environment=os.environ.get("FARFLOW_ENVIRONMENT", ""),
            base=conf.get("api", "base_url", fallback="").rstrip("/"),
            running=running,
            running_problem=no_containers,
            runs=ended,
            most=_RUNS,
            tasks=page_runs.with_last_runs(definitions or [], runs),
            unread=_definitions().unread,
            tasks_problem=problem,
            versions=versions,
            versions_problem=no_versions or no_pointer,
            errors=page_runs.import_errors(session, _ERRORS) if sees_errors else None,
        )
    )


def _versions() -> tuple[list[dict[str, Any]], str]:
    """The versions that were current, the last one first; none where DAGs come with the image. And why none of them is
    the current one, if that is so.
    """
    bundles = conf.getjson("dag_processor", "dag_bundle_config_list", fallback=[]) or []
    buckets = [one["kwargs"]["bucket"] for one in bundles if one.get("classpath") == _BUNDLE]
    told, problem = [], ""
    for bucket in buckets:
        store = DagStore(bucket)
        moves = list(store.earlier(_VERSIONS))
        current, problem = _current(store)
        if current and current["number"] not in {move["number"] for move in moves}:
            moves = [current, *moves]  # its deploy was killed before it has left a copy
        told += [{**move, "is_current": bool(current) and move["number"] == current["number"]} for move in moves]
    return told, problem if told else ""


def _current(store: DagStore) -> tuple[dict[str, Any] | None, str]:
    """The pointer, or what is wrong with it."""
    address = store.address(dag_versions.POINTER)
    try:
        found = store.pointer()
        return (dag_versions.read(found[1]) if found else None), ""
    except (Gone, Unusable) as error:
        return None, str(error)
    except ValueError as error:
        return None, f"{address} can't be used: {error}"


def _or_problem(read: Callable[[], Any]) -> tuple[Any, str]:
    try:
        return read(), ""
    except (BotoCoreError, ClientError, Gone, Unusable) as error:
        log.warning("The page Fargate can't show all: %s", error)
        return None, str(error)
