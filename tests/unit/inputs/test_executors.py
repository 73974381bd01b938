"""Executors of Airflow that can be asked for; those that can not are rows of tests/integration/bad_variables.py."""

from __future__ import annotations

import pytest
from gathered import gather

ECS = {"airflow_service_executors": ["celery", "ecs"]}


@pytest.mark.parametrize(
    "given",
    [
        {"airflow_service_executors": ["celery"]},
        ECS,
        {"airflow_service_executors": "celery, ecs"},
        {**ECS, "airflow_service_config": {"aws_ecs_executor": {"max_run_task_attempts": 5}}},
        {**ECS, "airflow_service_environment": {"AIRFLOW__AWS_ECS_EXECUTOR__PLATFORM_VERSION": "1.4.0"}},
        # set up by hand
        {
            "airflow_service_config": {
                "core": {"executor": "CeleryExecutor,my.Own"},
                "aws_ecs_executor": {"cluster": "x"},
            }
        },
    ],
)
def test_right(given):
    assert gather(**given)[1] == []


def test_ecs_tasks_need_addresses():
    """There is room for the services alone."""
    small = {"network_cidr": "10.0.0.0/23", "worker_pool_count": 16}
    assert gather(**small)[1] == []
    (problem,) = gather(**small, **ECS)[1]
    assert problem.startswith("network_cidr: is '10.0.0.0/23'")
