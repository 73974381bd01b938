"""Tasks that run for ten minutes if nobody ends them, in the ways in which tasks are ended, and shorter ones."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task

MINUTES = 10


@dag(schedule=None, default_args={"retries": 1, "retry_delay": timedelta(hours=1)})
def lab():
    @task
    def sleeps():
        time.sleep(60 * MINUTES)

    @task
    def is_deaf():
        """As a program does that handles these signals in its own way."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for _each in range(60 * MINUTES):
            time.sleep(1)

    @task(retries=0)
    def is_not_tried_again():
        time.sleep(60 * MINUTES)

    @task
    def is_short():
        print("was here")

    @task(queue="nobodys")
    def is_nobodys():
        print("was here")

    sleeps()
    is_deaf()
    is_not_tried_again()
    is_short()
    is_nobodys()
    BashOperator(task_id="is_a_program", bash_command=f"sleep {60 * MINUTES}")


lab()
