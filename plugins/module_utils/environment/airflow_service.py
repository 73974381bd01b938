# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer airflow_service: Airflow's components but the worker, and all that they share with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import naming
from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds import log_group as log_groups
from ..kinds.ecs.cluster import documents as ecs_clusters
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.ecs.task_definition import documents as ecs_task_definitions
from ..kinds.iam_role import documents as iam_roles
from ..kinds.load_balancer import documents as network_load_balancer
from . import containers, database, images, log_bucket, names, network, policies, pools, readers, schema, settings
from . import load_balancer as entrance
from . import secrets as values
from .broker import broker
from .components import API_SERVER, ECS_TASK, Component, airflow_service
from .desire import made_by
from .named_things import documents as named_things

ROLE = "airflow_service"
TASK_DEFINITION = "ecs_task_definition"

Inputs = Mapping[str, Any]
Document = dict[str, Any]


READERS = (
    *readers.TASK_DEFINITIONS,
    *broker.READERS,
    *entrance.READERS,
    readers.buckets,
    readers.services,
)


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """Everything of the layer, in the order in which it is made. ``inputs["airflow_images"]`` has Airflow's
    Image of each architecture.
    """
    image = images.airflow(inputs).uri(known)
    built = list(inputs["airflow_images"].values())
    group = naming.airflow_log_group(names.environment(inputs))
    retention = inputs["airflow_service_log_retention_in_days"]
    log_group = {"name": group, "retention_in_days": retention, "tags": tags(inputs, ROLE)}
    return [
        images.repository(inputs, names.airflow_repository(inputs), ROLE),
        *images.desired(built, inputs, known),
        made_by(log_groups.desired, log_group),
        *values.desired(inputs, known),
        *broker.desired(inputs, ROLE),
        log_bucket.desired(inputs, known),
        made_by(iam_roles.desired, _execution_role(inputs, known, group)),
        *entrance.desired(inputs, known),
        *_with_schema(inputs, known, image),
    ]


def _with_schema(inputs: Inputs, known: Existing, image: str) -> list[Resource]:
    """The components, with the database's schema between the task definitions and the services."""
    parts = [part for each in airflow_service(inputs) for part in component(inputs, known, each)]
    services = [part for part in parts if part.type == ecs_services.TYPE]
    migrated = schema.desired(inputs, known, image, is_settled=not database.is_to_change(inputs, known))
    return [*(part for part in parts if part not in services), migrated, *services]


def component(
    inputs: Inputs, known: Existing, which: Component, autoscaled: Mapping[str, int] | None = None
) -> list[Resource]:
    """A component's role, task definition and, if it is one, service; ``autoscaled`` are an autoscaler's bounds."""
    image = inputs["airflow_images"][containers.architecture(inputs, which)].uri(known)
    made = [
        made_by(iam_roles.desired, _component_role(inputs, known, which)),
        _task_definition(inputs, known, which, image),
    ]
    if which.service:
        family = names.component_family(inputs, which.name)
        definition = known.id(TASK_DEFINITION, family)
        document = containers.service(inputs, known, which, definition, autoscaled=autoscaled)
        # Nothing rolls before the database is as this image needs it.
        migrated = schema.needed(inputs, known, images.airflow(inputs).uri(known))
        needs = [*_needs(inputs, known, which), migrated]
        made.append(made_by(ecs_services.desired, document, *needs))
    return made


def _task_definition(inputs: Inputs, known: Existing, which: Component, image: str) -> Resource:
    roles = names.execution_role(inputs, "airflow"), names.component_role(inputs, which.name)
    after = [known.id(iam_roles.TYPE, role) for role in roles]
    if which is ECS_TASK:  # from then on the scheduler runs it, and it can't do with an older api-server for long
        after.append(schema.needed(inputs, known, images.airflow(inputs).uri(known)))
    return made_by(ecs_task_definitions.desired, containers.task_definition(inputs, known, which, image), *after)


def _needs(inputs: Inputs, known: Existing, which: Component) -> list[str]:
    """What a service can't run without: the cluster, a way to its image, and a listener for its target group."""
    needs = [known.id(ecs_clusters.TYPE, names.cluster(inputs)), *network.ways_out(inputs, known)]
    if which is not API_SERVER:
        return needs
    port = inputs["airflow_service_load_balancer_port"]
    name = network_load_balancer.listener_name(names.load_balancer(inputs), port)
    return [*needs, known.id(network_load_balancer.LISTENER, name)]


def _component_role(inputs: Inputs, known: Existing, which: Component) -> Document:
    name = names.component_role(inputs, which.name)
    inline, managed = {which.name: policies.component(inputs, known, which)}, []
    if which.pool or which in policies.RUN_DAG_FILES:
        inline.update(policies.theirs(inputs, "airflow_service_policy"))
        managed = inputs["airflow_service_managed_policy_arns"]
    if which.pool and (statements := pools.pool(inputs, which.pool).policy):
        inline["worker_pool"] = policies.document([dict(each) for each in statements])
    return {**policies.role(inputs, known, which.role, name, inline), "managed_policy_arns": managed}


def _execution_role(inputs: Inputs, known: Existing, log_group: str) -> Document:
    ours = {*settings.SHARED_SECRETS.values(), *settings.COMMAND_SECRETS.values()}
    arns = [known.id("secret", names.secret(inputs, name)) for name in ours]
    theirs = [named_things.without_key(arn) for arn in inputs["airflow_service_secrets"].values()]
    others = images.foreign_repositories(inputs["airflow_images"].values(), inputs, known)
    repositories = [names.airflow_repository(inputs), *others]
    policy = policies.execution(inputs, known, repositories, log_group, sorted({*arns, *theirs}))
    return policies.role(inputs, known, ROLE, names.execution_role(inputs, "airflow"), {"start-tasks": policy})
