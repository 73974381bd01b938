"""What FargateTask promises, as DAGs for the tests of the whole stack."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from farflow import FargateTask


def talk(task_id: str, script: str, **arguments) -> FargateTask:
    return FargateTask(task_id=task_id, task="talk", command=["sh", "-c", script], **arguments)


@dag(schedule=None, render_template_as_native_obj=True)
def promises():
    rows = talk(
        "rows",
        """echo a stray line; echo 'FARFLOW_RESULT={"rows": 3}'; echo '100 % done'""",
        result="json",
        multiple_outputs=True,
    )
    told = (
        """echo "rows $ROWS, run by $AIRFLOW_CTX_DAG_ID, results to $FARFLOW_RESULT_PREFIX, inputs $FARFLOW_INPUTS" """
    )
    talk("next", told, environment={"ROWS": rows.output["rows"]}, inputs={"day": "2026-01-31"}, memory=1024)
    FargateTask.partial(task_id="mapped", task="talk").expand(command=[["echo", "one"], ["echo", "two"]])
    talk("fails", "echo about to fail; exit 3")
    talk("late", "echo begun; sleep 600", execution_timeout=timedelta(seconds=15))
    FargateTask(task_id="unknown", task="tolk")
    talk("talks", "seq 30000; echo FARFLOW_RESULT=1; echo the end", result="json")
    talk("detached", "echo begun; sleep 20; exit 5", wait_for_completion=False)

    @task(trigger_rule="all_done")
    def typed(value):
        assert value == {"rows": 3}, value

    typed(rows.output)


@dag(schedule=None)
def long():
    talk("sleeps", "echo begun; sleep 600")


@dag(schedule=None)
def frugal():
    """Its task.yml says `spot_then_on_demand`. The first try takes as long as the run is told."""
    seconds = "{{ dag_run.conf['seconds'] if ti.try_number == 1 else 0 }}"
    command = ["sh", "-c", f"echo begun; trap 'exit 143' TERM; sleep {seconds} & wait"]
    FargateTask(task_id="waits", task="frugal", command=command, retries=1, retry_delay=timedelta(seconds=1))


promises()
long()
frugal()
