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

from farflow import page_runs
from farflow.dag_store import DagStore, Gone, Unusable
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


@app.get("/", response_class=HTMLResponse)
def page(user: GetUserDep, session: SessionDep) -> str:
    """The page, as the user may see it."""
    manager = get_auth_manager()
    dag_ids = manager.get_authorized_dag_ids(user=user, session=session)
    sees_errors = manager.is_authorized_view(access_view=AccessView.IMPORT_ERRORS, user=user)
    runs = page_runs.runs(session, dag_ids, _RUNS)
    definitions, problem = _or_problem(_definitions().read)
    versions, no_versions = _or_problem(_versions)
    return str(
        _template().render(
            environment=os.environ.get("FARFLOW_ENVIRONMENT", ""),
            base=conf.get("api", "base_url", fallback="").rstrip("/"),
            running=[one for one in runs if one.is_running],
            runs=[one for one in runs if not one.is_running],
            most=_RUNS,
            tasks=page_runs.with_last_runs(definitions or [], runs),
            unread=_definitions().unread,
            tasks_problem=problem,
            versions=versions or [],
            versions_problem=no_versions,
            errors=page_runs.import_errors(session, _ERRORS) if sees_errors else None,
        )
    )


def _versions() -> list[dict[str, Any]]:
    """The pointers that there were, the last one first; none where DAGs come with the image."""
    bundles = conf.getjson("dag_processor", "dag_bundle_config_list", fallback=[]) or []
    buckets = [one["kwargs"]["bucket"] for one in bundles if one.get("classpath") == _BUNDLE]
    return [pointer for bucket in buckets for pointer in DagStore(bucket).earlier(_VERSIONS)]


def _or_problem(read: Callable[[], list[Any]]) -> tuple[list[Any] | None, str]:
    try:
        return read(), ""
    except (BotoCoreError, ClientError, Gone, Unusable) as error:
        log.warning("The page Fargate can't show all: %s", error)
        return None, str(error)
