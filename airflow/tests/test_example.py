"""A test of the sample DAG. `dags_test` runs it: each FargateTask is a container on this machine, no AWS is needed."""

from __future__ import annotations


def test_it_runs(dags):
    run = dags["example"].test()
    assert run.state == "success"


def test_the_numbers_wait_for_both(dags):
    assert dags["example"].task_dict["numbers_task"].upstream_task_ids == {"odd_task", "even_task"}
