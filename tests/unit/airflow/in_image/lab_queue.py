"""Begins a run of a DAG on a database that is migrated, and sends some of its tasks to the workers, as the scheduler
would; without any they are left to the scheduler. Prints the id of the run.

    lab_queue.py DAG [TASK...]
"""

from __future__ import annotations

import datetime
import json
import sys
import uuid

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.executors import workloads
from airflow.executors.executor_loader import ExecutorLoader
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dagbag import DBDagBag
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select


def queue(dag: str, *tasks: str) -> str:
    now = datetime.datetime.now(tz=datetime.UTC)
    executor = ExecutorLoader.get_default_executor()
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.flush()
        sync_bag_to_db(DagBag("/opt/airflow/dags"), "dags-folder", None, session=session)
        run = (
            DBDagBag()
            .get_latest_version_of_dag(dag, session=session)
            .create_dagrun(
                run_id=f"{dag}_{uuid.uuid4().hex}",
                run_after=now,
                run_type=DagRunType.MANUAL,
                state=DagRunState.RUNNING,
                triggered_by=DagRunTriggeredByType.TEST,
                session=session,
            )
        )
        session.flush()
        wanted = (TaskInstance.run_id == run.run_id, TaskInstance.task_id.in_(tasks))
        for instance in session.scalars(select(TaskInstance).where(*wanted)):
            instance.try_number = 1
            instance.state = TaskInstanceState.QUEUED
            instance.queued_dttm = now
            instance.external_executor_id = str(uuid.uuid4())
            session.flush()
            workload = workloads.ExecuteTask.make(instance, generator=executor.jwt_generator)
            executor.queue_workload(workload, session=session)
    executor.heartbeat()
    with create_session() as session:
        SchedulerJobRunner._process_task_event_logs(executor._task_event_logs, session)
        SchedulerJobRunner.process_executor_events(
            executor=executor, job_id=None, scheduler_dag_bag=DBDagBag(), session=session
        )
    return str(run.run_id)


if __name__ == "__main__":
    print(json.dumps(queue(*sys.argv[1:])))
