# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The workers that finish what they have in hand: old ones beside those that have taken their place, and all that are
busy, when the environment is to go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..kinds.ecs.service import documents as ecs_services
from ..runs import draining
from ..runs.draining import Protected
from . import components, names

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


def busy_workers(clients: Clients, inputs: Inputs, known: Existing) -> list[Protected]:
    """The workers that have a task in hand."""
    there = [name for name in _services(inputs) if known.get(ecs_services.TYPE, name)]
    return draining.of_services(clients, names.cluster(inputs), there)


def _services(inputs: Inputs) -> list[str]:
    return [names.service(inputs, which.name) for which in components.workers(inputs)]
