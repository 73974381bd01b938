"""What the scheduler makes of the ends that workers have told Celery, for all tasks that Airflow takes to be queued or
running. Prints what the executor told it of each, by tasks.
"""

from __future__ import annotations

import json

from airflow.executors.executor_loader import ExecutorLoader
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dagbag import DBDagBag
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import State
from sqlalchemy import select


def events() -> dict[str, str]:
    executor = ExecutorLoader.get_default_executor()
    with create_session() as session:
        executor.try_adopt_task_instances(
            session.scalars(select(TaskInstance).where(TaskInstance.state.in_(State.adoptable_states))).all()
        )
        told = {key.task_id: str(state) for key, (state, _info) in executor.event_buffer.items()}
        SchedulerJobRunner.process_executor_events(
            executor=executor, job_id=None, scheduler_dag_bag=DBDagBag(), session=session
        )
    return told


if __name__ == "__main__":
    print(json.dumps(events()))
