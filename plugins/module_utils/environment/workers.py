# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer worker_pool: the Celery workers, and what sets their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import autoscaling
from ..kinds.autoscaling import documents as application_autoscaling
from ..kinds.ecs.service import documents as ecs_services
from . import airflow_service, names, readers
from .components import WORKER
from .desire import made_by
from .reader import named, reads

ROLE = "worker_pool"

Inputs = Mapping[str, Any]

_BOUNDS = {"min_capacity": "min_count", "max_capacity": "max_count"}
_METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}


def _scaled(inputs: Inputs, known: Existing) -> list[str]:
    return [f"{names.cluster(inputs)}/{service}" for service in readers.service_names(inputs, known)]


@reads(
    *sorted(application_autoscaling.TYPES),
    own={application_autoscaling.TARGET: named(_scaled)},
)
def scaling(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """What scales services in the environment's cluster."""
    return autoscaling.find(clients, names.environment(inputs))


READERS = (scaling,)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """The worker's role, task definition and service, and the service's scaling where it is wanted."""
    if not inputs["worker_pool_enabled"]:
        return airflow_service.component(inputs, known, WORKER)
    resources = airflow_service.component(inputs, known, WORKER, autoscaled=_bounds(inputs))
    return [*(_counted(one, known) for one in resources), *_scaling(inputs, known)]


def _bounds(inputs: Inputs) -> dict[str, int]:
    return {key: inputs[f"worker_pool_{name}"] for key, name in _BOUNDS.items()}


def _counted(resource: Resource, known: Existing) -> Resource:
    if resource.type != ecs_services.TYPE:
        return resource
    return ecs_services.counted(resource, known.get(resource.type, resource.name))


def _scaling(inputs: Inputs, known: Existing) -> list[Resource]:
    name = names.service(inputs, WORKER.name)
    target = {
        "cluster": names.cluster(inputs),
        "service": name,
        **_bounds(inputs),
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
