"""What is told of Airflow tasks by a database: run with one that is migrated and empty. Prints it as JSON: at first,
after the triggers of cleared tasks were released and Airflow has looked for those that nobody needs, and after the file
of the DAG is gone.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from fargate_doubles import ARN
from sqlalchemy import select

from farflow.fargate_task_cleared import release
from farflow.fargate_task_orphans import states_in_database
from farflow.fargate_task_owner import Owner
from farflow.fargate_task_trigger import FargateTaskTrigger

DAG = """
from airflow.sdk import dag
from airflow.providers.standard.operators.empty import EmptyOperator

@dag(schedule=None)
def waits():
    for name in ("deferred", "failed", "cleared"):
        EmptyOperator(task_id=name)

waits()
"""
NOW = datetime.datetime.now(tz=datetime.UTC)


def main() -> None:
    with TemporaryDirectory() as folder, create_session() as session:
        Path(folder, "waits.py").write_text(DAG)
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.flush()
        sync_bag_to_db(DagBag(folder), "dags-folder", None, session=session)
        dag = DBDagBag().get_latest_version_of_dag("waits", session=session)
        run = dag.create_dagrun(
            run_id="r",
            run_after=NOW,
            run_type=DagRunType.MANUAL,
            state=DagRunState.RUNNING,
            triggered_by=DagRunTriggeredByType.TEST,
            session=session,
        )
        triggers = {}
        for name in ("deferred", "cleared"):
            triggers[name] = Trigger.from_object(FargateTaskTrigger(cluster="lab-cluster", task_arn=ARN))
            session.add(triggers[name])
        session.flush()
        for instance in session.scalars(select(TaskInstance).where(TaskInstance.run_id == run.run_id)):
            instance.state = None if instance.task_id == "cleared" else instance.task_id
            instance.end_date = NOW if instance.task_id == "failed" else None
            instance.trigger_id = triggers[instance.task_id].id if instance.task_id in triggers else None
    Trigger.clean_unused()
    print(json.dumps(told()))
    released = release()
    Trigger.clean_unused()
    with create_session() as session:
        print(json.dumps({**told(), "released": released, "left": len(session.scalars(select(Trigger.id)).all())}))
    with create_session() as session:
        session.get(DagModel, "waits").is_stale = True
    print(json.dumps(told()))


def told() -> dict[str, list[Any]]:
    """State, whether it has ended, the ARN that its trigger watches, whether its DAG's file is gone."""
    states = states_in_database(
        {Owner("waits", name, "r", -1) for name in ("deferred", "failed", "cleared", "unknown")}
    )
    return {
        owner.task_id: [state.state, state.ended == NOW, state.waits_for, state.file_gone is not None]
        for owner, state in states.items()
    }


if __name__ == "__main__":
    main()
