# contract=2 (see entrypoint.sh)
"""Prints the versions of the DAGs that are still needed, as one line of JSON behind `dag versions in use: `.

Those are the ones that runs which have not finished began with, those of tasks that are still to run, and those that
the next run of a DAG would begin with.
"""

from __future__ import annotations

import json

from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import State
from sqlalchemy import select

from farflow.dag_versions import BUNDLE


def versions() -> list[str]:
    finished_runs, finished_tasks = list(State.finished_dr_states), list(State.finished)
    of_runs = (
        select(DagRun.bundle_version)
        .join(DagModel, DagModel.dag_id == DagRun.dag_id)
        .where(DagModel.bundle_name == BUNDLE, DagRun.state.not_in(finished_runs))
    )
    of_tasks = (
        select(DagVersion.bundle_version)
        .join(TaskInstance, TaskInstance.dag_version_id == DagVersion.id)
        .where(
            DagVersion.bundle_name == BUNDLE,
            TaskInstance.state.not_in(finished_tasks) | TaskInstance.state.is_(None),
        )
    )
    of_dags = select(DagModel.bundle_version).where(DagModel.bundle_name == BUNDLE, ~DagModel.is_stale)
    with create_session() as session:
        found = {version for query in (of_runs, of_tasks, of_dags) for version in session.scalars(query.distinct())}
    return sorted(version for version in found if version)


def main() -> int:
    print(f"dag versions in use: {json.dumps(versions())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
