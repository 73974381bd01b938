# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer worker_pool: the Celery workers, and what sets their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.actions import Resource
from ...core.known import Known
from .. import application_autoscaling, ecs_services
from ..tags import tags
from . import airflow_service, names
from .components import WORKER
from .desire import made_by

ROLE = "worker_pool"

Inputs = Mapping[str, Any]

_METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}


def desired(inputs: Inputs, known: Known) -> list[Resource]:
    """The worker's role, task definition and service, and the service's scaling where it is wanted."""
    scaled = inputs["worker_pool_enabled"]
    resources = airflow_service.component(inputs, known, WORKER, autoscaled=scaled)
    return resources + (_scaling(inputs, known) if scaled else [])


def _scaling(inputs: Inputs, known: Known) -> list[Resource]:
    name = names.service(inputs, WORKER.name)
    target = {
        "cluster": names.cluster(inputs),
        "service": name,
        "min_capacity": inputs["worker_pool_min_count"],
        "max_capacity": inputs["worker_pool_max_count"],
        "policies": [
            {
                "name": f"{name}-{load}",
                "predefined_metric": metric,
                "target_value": inputs[f"worker_pool_{load}_percent"],
                "scale_in_cooldown": inputs["worker_pool_scale_in_cooldown"],
                "scale_out_cooldown": inputs["worker_pool_scale_out_cooldown"],
            }
            for load, metric in _METRICS.items()
            if inputs[f"worker_pool_{load}_percent"]
        ],
        "tags": tags(inputs, ROLE),
    }
    return made_by(application_autoscaling.desired, target, known.id(ecs_services.TYPE, name))
