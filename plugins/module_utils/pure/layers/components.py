# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's components: one list, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .security_groups import API_SERVER_PORT


@dataclass(frozen=True)
class Component:
    """A process of Airflow that runs in containers of its own.

    ``role`` is the Ansible role that owns it, ``group`` its security group, ``ports`` those it listens on, ``sizing``
    names the input with its count, CPU and memory. ``service`` is False for what runs only as one-off tasks.
    ``rebalanced`` says whether ECS may stop it where its zones have become uneven, to start it in another.
    """

    name: str
    command: tuple[str, ...]
    sizing: str
    role: str = "airflow_service"
    group: str = "airflow"
    ports: tuple[int, ...] = ()
    stop_timeout: int = 30
    start_period: int = 120
    service: bool = True
    healthcheck: bool = True
    rebalanced: bool = True


API_SERVER = Component(
    "api-server", ("api-server",), "airflow_service_api_server", group="api-server", ports=(API_SERVER_PORT,)
)
SCHEDULER = Component("scheduler", ("scheduler",), "airflow_service_scheduler")
DAG_PROCESSOR = Component("dag-processor", ("dag-processor",), "airflow_service_dag_processor")
TRIGGERER = Component("triggerer", ("triggerer",), "airflow_service_triggerer", stop_timeout=60, rebalanced=False)
#: Runs migrations, makes the first user and whatever command line an operator wants.
COMMAND = Component("command", ("airflow", "version"), "airflow_service_scheduler", service=False, healthcheck=False)
#: Stops warmly: it takes no new task, and has as long as Fargate allows to finish those it runs.
WORKER = Component("worker", ("worker",), "worker_pool", role="worker_pool", stop_timeout=120, rebalanced=False)

AIRFLOW_SERVICE = (API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER, COMMAND)
ALL = (*AIRFLOW_SERVICE, WORKER)


def sizing(inputs: Mapping[str, Any], component: Component) -> dict[str, int]:
    """``{count, cpu, memory}`` of a component."""
    if component is WORKER:
        return {key: inputs[f"worker_pool_{key}"] for key in ("count", "cpu", "memory")}
    return dict(inputs[component.sizing])
