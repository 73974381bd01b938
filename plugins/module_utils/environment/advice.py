# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan warns of, as only a look at AWS can tell: nothing is wrong, and something may become so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..engine.actions import DELETE, Action
from ..engine.known import Existing
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from . import pools
from .components import components, sizing

Inputs = Mapping[str, Any]

#: AWS lists a hundred at once, some twenty times a second.
_MANY_REVISIONS = 5000


def rolls(actions: Iterable[Action]) -> bool:
    """Whether containers of services are to be started."""
    return any(action.kind != DELETE and action.resource.type == ecs_services.TYPE for action in actions)


def warnings(inputs: Inputs, known: Existing, vcpus: float | None) -> Iterator[str]:
    """A line each. ``vcpus`` is the account's quota of Fargate, where services roll and AWS tells it."""
    revisions = known.get(ecs_task_definitions.REVISIONS_OF_ACCOUNT, ecs_task_definitions.REVISIONS_OF_ACCOUNT)
    count = revisions.attributes["count"] if revisions else 0
    if count > _MANY_REVISIONS:
        yield (
            f"the account has {count} ACTIVE revisions of task definitions in this region, and every plan lists them "
            "all, a hundred with a call: deregister those that nothing uses, or take an account of its own for Airflow"
        )
    if vcpus is not None and (needed := 2 * sum(_vcpus(inputs))) > vcpus:
        yield (
            f"the services need up to {needed:g} vCPU of Fargate while they roll, and the account's quota "
            f"in this region is {vcpus:g}, for everything that it runs there: ask for a higher quota, L-3032A538 of "
            "Service Quotas"
        )


def _vcpus(inputs: Inputs) -> Iterator[float]:
    """Of the containers of each service, at their most."""
    for component in components(inputs):
        if component.service:
            size = sizing(inputs, component)
            count = pools.pool(inputs, component.pool).maximum if component.pool else size["count"]
            yield count * size["cpu"] / 1024
