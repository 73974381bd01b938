"""
### Fargate tasks beside the worker

`start_process >> [odd_task, even_task] >> numbers_task >> on_worker_task`

Two tasks in parallel and one after them run in Fargate containers of their own, built from the folders under
`tasks/`; the last one runs on the Airflow worker.
"""

from __future__ import annotations

import logging

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import dag, task

from farflow import FargateTask

log = logging.getLogger(__name__)


@dag(dag_id="example", schedule=None, catchup=False, tags=["farflow"], doc_md=__doc__)
def example() -> None:
    start_process = EmptyOperator(task_id="start_process")
    odd_task = FargateTask(task_id="odd_task", task="multi_task", command=["python", "odd_numbers.py", "10"])
    even_task = FargateTask(task_id="even_task", task="multi_task", command=["python", "even_numbers.py", "10"])
    numbers_task = FargateTask(task_id="numbers_task", task="number_task", command=["python", "numbers.py", "10"])

    @task
    def on_worker_task() -> None:
        log.info("This runs on the Airflow worker")

    start_process >> [odd_task, even_task] >> numbers_task >> on_worker_task()


example()
