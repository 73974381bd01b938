# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which executors Airflow has: Celery, whose workers run tasks, and beside it one that runs each task in an ECS task of
its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Inputs = Mapping[str, Any]

CELERY, ECS = "celery", "ecs"

#: What Airflow's setting `[core] executor` has for each: a name that Airflow knows, or `<alias>:<path of the class>`.
_LOADED = {
    CELERY: "CeleryExecutor:farflow.celery_executor.QueueCheckingCeleryExecutor",
    ECS: "ecs:farflow.ecs_executor.EcsExecutor",
}

#: How many tasks shall have room in ECS tasks of their own, at once.
_ECS_TASKS = 32


def has_ecs(inputs: Inputs) -> bool:
    """Whether a task can have an ECS task of its own."""
    return ECS in inputs["airflow_service_executors"]


def ecs_tasks(inputs: Inputs) -> int:
    """How many tasks shall have room in ECS tasks of their own, at once."""
    return _ECS_TASKS if has_ecs(inputs) else 0


def setting(inputs: Inputs) -> str:
    """Airflow's setting `[core] executor`. Tasks that ask for none have the first."""
    return ",".join(_LOADED[name] for name in inputs["airflow_service_executors"])


def names(setting_: str) -> list[str]:
    """By which names a DAG can ask for those of a setting, of each the one that is meant for that."""
    entries = [entry.strip() for entry in setting_.split(",")]
    return [entry.partition(":")[0] for entry in entries if entry]
