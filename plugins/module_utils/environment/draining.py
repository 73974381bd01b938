# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What finishes its work: old workers beside those that have taken their place, and all that has work in hand when the
environment is to go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..engine.actions import CHANGE, Action, Resource, plan
from ..engine.clients import Clients
from ..engine.known import Existing
from ..kinds.ecs import service as services
from ..kinds.ecs.cluster import documents as ecs_clusters
from ..kinds.ecs.service import documents as ecs_services
from ..runs import draining
from ..runs.draining import Protected
from . import names, removed_pools

Inputs = Mapping[str, Any]


def rolled_out(known: Existing) -> list[Resource]:
    """The services whose newest deployment has all its tasks, while tasks of earlier ones run."""
    services = known.of_type(ecs_services.TYPE)
    return [one for one in services if one.attributes[ecs_services.OLD] and one.attributes[ecs_services.COMPLETE]]


def old_workers(clients: Clients, inputs: Inputs, services: Iterable[Resource]) -> dict[str, list[Protected]]:
    """By service the workers of earlier deployments, where nothing else is left of those."""
    cluster = names.cluster(inputs)
    found = {
        one.name: draining.only_drains(clients, cluster, one.name, one.attributes[ecs_services.DEPLOYMENT])
        for one in services
    }
    return {name: tasks for name, tasks in found.items() if tasks}


def changes_workers(action: Action) -> bool:
    """Whether it changes a service whose tasks protect themselves."""
    return (
        action.kind == CHANGE
        and action.resource.type == ecs_services.TYPE
        and ecs_services.DRAINS in action.resource.attributes
    )


def with_room(clients: Clients, action: Action) -> Action:
    """Such an action, with the number of workers that the module sets then among its reasons."""
    if action.before is None or not changes_workers(action):
        return action
    roomy = services.with_room(clients, action.resource, action.before)
    return replace(action, reasons=plan([roomy], [action.before])[0].reasons)


def busy_tasks(clients: Clients, inputs: Inputs, known: Existing) -> list[str]:
    """In words the workers that have a task in hand, also those of pools that nobody wants, and the ECS tasks that
    tasks of DAGs have started.
    """
    cluster = names.cluster(inputs)
    if not known.get(ecs_clusters.TYPE, cluster):
        return []
    workers = names.service(inputs, removed_pools.OF_A_POOL)
    there = [one.name for one in known.of_type(ecs_services.TYPE) if f"{one.name}-".startswith(workers)]
    of_workers = [task.words for task in draining.of_services(clients, cluster, there)]
    return [*of_workers, *draining.of_nobody(clients, cluster)]
