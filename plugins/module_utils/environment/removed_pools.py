# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pools of workers that nobody wants any more, as long as a worker of theirs has a task in hand: the service goes down
to zero, so that its workers take nothing new, and stays as it is otherwise, with all that they need to end their tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..kinds import sqs_queue as sqs_queues
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from ..kinds.iam_role import documents as iam_roles
from . import components, names

Inputs = Mapping[str, Any]

#: How the names of a pool's workers begin.
OF_A_POOL = f"{components.WORKER.name}-"

#: An attribute of a service: what its workers have in hand, in words.
IN_HAND = "in_hand"


def is_removed(inputs: Inputs, service: Resource) -> bool:
    """Whether it is the service of a pool that nobody wants."""
    wanted = {names.service(inputs, each.name) for each in components.workers(inputs)}
    return service.name.startswith(names.service(inputs, OF_A_POOL)) and service.name not in wanted


def workers(known: Existing) -> list[Resource]:
    """The services at zero."""
    return [ecs_services.at_zero(service) for service in _held(known)]


def in_use(inputs: Inputs, known: Existing, resource: Resource) -> bool:
    """Whether it is the role, the task definition or the queue of one of them, from which messages are deleted when
    their tasks end.
    """
    for service in _held(known):
        name = _component(inputs, service)
        if (resource.type, resource.name) in (
            (iam_roles.TYPE, names.component_role(inputs, name)),
            (ecs_task_definitions.TYPE, names.component_family(inputs, name)),
            (sqs_queues.TYPE, names.queue(inputs, name.removeprefix(OF_A_POOL))),
        ):
            return True
    return False


def words(known: Existing) -> list[str]:
    """What is in hand."""
    return [each for service in _held(known) for each in service.attributes[IN_HAND]]


def _held(known: Existing) -> list[Resource]:
    return [one for one in known.of_type(ecs_services.TYPE) if one.attributes.get(IN_HAND)]


def _component(inputs: Inputs, service: Resource) -> str:
    return OF_A_POOL + service.name.removeprefix(names.service(inputs, OF_A_POOL))
