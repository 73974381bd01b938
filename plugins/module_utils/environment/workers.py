# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer worker_pool: the Celery workers of each pool, and what sets their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import autoscaling
from ..kinds import cloudwatch_alarm as cloudwatch_alarms
from ..kinds.autoscaling import documents as application_autoscaling
from ..kinds.cloudwatch_alarm import CLOUDWATCH_ALARM
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from . import airflow_service, components, names, pools, readers, removed_pools
from .components import Component
from .desire import made_by
from .pools import Pool
from .reader import of_kind, reads

ROLE = "worker_pool"

Inputs = Mapping[str, Any]
Document = dict[str, Any]

_METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}

#: Seconds.
_ALARM_PERIOD = 60


def _is_own_target(inputs: Inputs, known: Existing, target: Resource) -> bool:
    cluster, service = target.name.split("/")
    return cluster == names.cluster(inputs) and readers.is_own_service(
        inputs, known, Resource(ecs_services.TYPE, service, {"cluster": cluster})
    )


@reads(
    *sorted(application_autoscaling.TYPES),
    own={application_autoscaling.TARGET: _is_own_target},
)
def scaling(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """What scales services in the environment's cluster."""
    return autoscaling.find(clients, names.environment(inputs))


def _alarm_names(inputs: Inputs, known: Existing) -> list[str]:
    return [names.alarm(inputs, each.name) for each in components.workers(inputs)]


READERS = (
    scaling,
    of_kind(CLOUDWATCH_ALARM, _alarm_names, beginning=lambda inputs: names.alarm(inputs, components.WORKER.name)),
)


def makes(inputs: Inputs, resource: Resource) -> bool:
    """Whether a resource is the task definition of the workers of a pool, also of one that is not wanted any more."""
    return resource.type == ecs_task_definitions.TYPE and resource.name.startswith(
        names.component_family(inputs, components.WORKER.name)
    )


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """For each pool the worker's role, task definition and service, and the service's scaling where it is wanted; and
    the services of removed pools whose workers have tasks in hand.
    """
    wanted = [one for which in components.workers(inputs) for one in _pool(inputs, known, which)]
    return [*wanted, *removed_pools.workers(known)]


def _pool(inputs: Inputs, known: Existing, which: Component) -> list[Resource]:
    pool = pools.pool(inputs, which.pool)
    if pool.scaling == pools.NONE:
        return [_counted(one, known) for one in airflow_service.component(inputs, known, which)]
    resources = airflow_service.component(inputs, known, which, autoscaled=_bounds(pool))
    scaled = [*(_counted(one, known) for one in resources), *_scaling(inputs, known, which, pool)]
    return [*scaled, _alarm(inputs, known, which, pool)] if pool.scaling == pools.WORK else scaled


def _bounds(pool: Pool) -> dict[str, int]:
    return {"min_capacity": pool.minimum, "max_capacity": pool.maximum}


def _counted(resource: Resource, known: Existing) -> Resource:
    if resource.type != ecs_services.TYPE:
        return resource
    return ecs_services.counted(resource, known.get(resource.type, resource.name))


def _scaling(inputs: Inputs, known: Existing, which: Component, pool: Pool) -> list[Resource]:
    service = names.service(inputs, which.name)
    target = {
        "cluster": names.cluster(inputs),
        "service": service,
        **_bounds(pool),
        "policies": [_by_work(service, pool)] if pool.scaling == pools.WORK else _by_load(inputs, service, pool),
        "tags": tags(inputs, ROLE),
    }
    return made_by(application_autoscaling.desired, target, known.id(ecs_services.TYPE, service))


def _by_work(service: str, pool: Pool) -> Document:
    """As many workers as the alarm's metric says. Out at once; in when the cooldown is over."""
    return {
        "name": _policy(service),
        "step_scaling": {
            "adjustment_type": "ExactCapacity",
            "metric_aggregation_type": "Maximum",
            "cooldown": pool.scale_in_cooldown,
            "steps": pools.steps(pool.minimum, pool.maximum),
        },
    }


def _by_load(inputs: Inputs, service: str, pool: Pool) -> list[Document]:
    return [
        {
            "name": f"{service}-{load}",
            "predefined_metric": metric,
            "target_value": inputs[f"worker_pool_{load}_percent"],
            "scale_in_cooldown": pool.scale_in_cooldown,
            "scale_out_cooldown": pool.scale_out_cooldown,
        }
        for load, metric in _METRICS.items()
        if inputs[f"worker_pool_{load}_percent"]
    ]


def _policy(service: str) -> str:
    return f"{service}-work"


def _alarm(inputs: Inputs, known: Existing, which: Component, pool: Pool) -> Resource:
    """In the state ALARM whenever a number is published, also 0: in that state CloudWatch calls the policy once a
    minute, which sets the number of workers by its steps. Without a number the pool stays as it is, and people are
    told.
    """
    service = names.service(inputs, which.name)
    policy = f"{names.cluster(inputs)}/{service}/{_policy(service)}"
    alarm = {
        "name": names.alarm(inputs, which.name),
        "description": (
            "The number of workers that the scheduler wants. ALARM is the usual state, in which it is followed; "
            "INSUFFICIENT_DATA means that none is published, and the pool stays as it is."
        ),
        "namespace": pools.NAMESPACE,
        "metric_name": pools.METRIC,
        "dimensions": {"Environment": names.environment(inputs), "Pool": pool.name},
        "statistic": "Maximum",
        "period": _ALARM_PERIOD,
        "evaluation_periods": 1,
        "threshold": 0,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "missing",
        "alarm_actions": [known.id(application_autoscaling.POLICY, policy)],
        "insufficient_data_actions": list(inputs["farflow_alarm_topic_arns"]),
        "tags": tags(inputs, ROLE),
    }
    return made_by(cloudwatch_alarms.desired, alarm)
