# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Airflow's components: one list, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import executors, pools
from .security_groups import API_SERVER_PORT, EXECUTION_API_PORT


@dataclass(frozen=True)
class Container:
    """A container of a component: the command of Airflow's image that it runs, and the port that it listens on. The
    image's health check knows it by its name.
    """

    name: str
    command: tuple[str, ...]
    port: int | None = None


@dataclass(frozen=True)
class Component:
    """A part of Airflow that runs as tasks of its own.

    The first of its containers has its name. ``role`` is the Ansible role that owns it, ``group`` its security group,
    ``sizing`` names the input with its count, CPU and memory. ``service`` is False for what runs only as one-off tasks.
    ``rebalanced`` says whether ECS may stop it where its zones have become uneven, to start it in another. ``pool`` is
    that of a worker.
    """

    containers: tuple[Container, ...]
    sizing: str
    role: str = "airflow_service"
    group: str = "airflow"
    stop_timeout: int = 30
    start_period: int = 120
    service: bool = True
    healthcheck: bool = True
    rebalanced: bool = True
    pool: str = ""

    @property
    def name(self) -> str:
        name = self.containers[0].name
        return name if self.pool in ("", pools.DEFAULT) else f"{name}-{self.pool}"


#: What people and clients use: the user interface and the REST API.
CORE = Container("api-server", ("api-server", "--apps", "core"), API_SERVER_PORT)
#: What running tasks use. A network load balancer can't tell one path from another, so it has a port of its own.
EXECUTION_API = Container(
    "execution-api", ("api-server", "--apps", "execution", "--port", str(EXECUTION_API_PORT)), EXECUTION_API_PORT
)

API_SERVER = Component((CORE, EXECUTION_API), "airflow_service_api_server", group="api-server")
SCHEDULER = Component((Container("scheduler", ("scheduler",)),), "airflow_service_scheduler")
DAG_PROCESSOR = Component((Container("dag-processor", ("dag-processor",)),), "airflow_service_dag_processor")
TRIGGERER = Component(
    (Container("triggerer", ("triggerer",)),), "airflow_service_triggerer", stop_timeout=60, rebalanced=False
)
#: Runs migrations, makes the first user and whatever command line an operator wants.
COMMAND = Component(
    (Container("command", ("airflow", "version")),), "airflow_service_scheduler", service=False, healthcheck=False
)
#: Runs one task of Airflow that asks for the executor `ecs`. It is told to stop before that is killed.
ECS_TASK = Component(
    (Container("ecs-task", ("execute-workload",)),),
    "airflow_service_ecs_task",
    stop_timeout=120,
    service=False,
    healthcheck=False,
)
#: Of the default pool. Stops warmly: it takes no new task, and has as long as Fargate allows to finish those it runs.
WORKER = Component(
    (Container("worker", ("worker",)),),
    "worker_pool",
    role="worker_pool",
    stop_timeout=120,
    rebalanced=False,
    pool=pools.DEFAULT,
)

AIRFLOW_SERVICE = (API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER, COMMAND)
#: What every environment has; what it asks for comes to it, such as other pools of workers.
ALL = (*AIRFLOW_SERVICE, WORKER)

Inputs = Mapping[str, Any]


def workers(inputs: Inputs) -> list[Component]:
    """The workers of each pool, those of the default one first."""
    return [replace(WORKER, pool=name) for name in pools.names(inputs)]


def airflow_service(inputs: Inputs) -> list[Component]:
    """All but the workers."""
    return [*AIRFLOW_SERVICE, *([ECS_TASK] if executors.has_ecs(inputs) else [])]


def components(inputs: Inputs) -> list[Component]:
    """All that an environment has."""
    return [*airflow_service(inputs), *workers(inputs)]


def sizing(inputs: Inputs, component: Component) -> dict[str, int]:
    """``{count, cpu, memory}`` of a component, the count where it is a service, which begins with it."""
    if component.pool:
        pool = pools.pool(inputs, component.pool)
        return {"count": pool.minimum, "cpu": pool.cpu, "memory": pool.memory}
    return dict(inputs[component.sizing])
