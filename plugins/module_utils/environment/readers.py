# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Readers of types that several layers have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import naming
from ..engine import identity
from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.reading import find
from ..engine.tags import ENVIRONMENT, ROLE
from ..images import documents as image_documents
from ..images import ecr_images
from ..kinds import secret as secrets
from ..kinds.ecr_repository import ECR_REPOSITORY
from ..kinds.ecs import service as ecs_services
from ..kinds.ecs import task_definition as ecs_task_definitions
from ..kinds.ecs.cluster import ECS_CLUSTER
from ..kinds.ecs.service import documents as service_documents
from ..kinds.ecs.task_definition import documents as definitions
from ..kinds.iam_role import IamRole
from ..kinds.log_group import LOG_GROUP
from ..kinds.rds.instance import documents as instances
from ..kinds.s3_bucket import S3_BUCKET
from ..kinds.secret import documents as secret_documents
from ..runs import draining
from . import arns, components, image_readers, named_things, names, removed_pools
from . import secrets as values
from .images import UNREAD
from .reader import TAGS, named, of_kind, reads

Inputs = Mapping[str, Any]

REVISIONS = "revisions"
_DESCRIBED = "described"


@reads(arns.IDENTITY)
def whose_account(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The AWS account and partition."""
    account, partition = identity.caller(clients)
    return [Resource(arns.IDENTITY, arns.IDENTITY, {}, account, {"partition": partition})]


def _bucket_names(inputs: Inputs, known: Existing) -> list[str]:
    account_id = known.id(arns.IDENTITY, arns.IDENTITY)
    return [names.log_bucket(inputs, account_id), names.context_bucket(inputs, account_id)]


def _repository_names(inputs: Inputs, known: Existing) -> list[str]:
    return [names.task_repository(inputs), names.airflow_repository(inputs)]


def _log_group_names(inputs: Inputs, known: Existing) -> list[str]:
    environment = names.environment(inputs)
    of_airflow = naming.task_log_group(environment), naming.airflow_log_group(environment)
    return [*of_airflow, names.image_builder_log_group(inputs)]


repositories = of_kind(ECR_REPOSITORY, _repository_names)
log_groups = of_kind(LOG_GROUP, _log_group_names)
buckets = of_kind(S3_BUCKET, _bucket_names, after=(TAGS, arns.IDENTITY))


def _is_own_role(inputs: Inputs, known: Existing, role: Resource) -> bool:
    environment = names.environment(inputs)
    fixed = {
        *(names.execution_role(inputs, of) for of in ("airflow", "tasks")),
        *(names.component_role(inputs, each.name) for each in (*components.ALL, components.ECS_TASK)),
        names.plain_task_role(inputs),
        names.image_builder(inputs),
    }
    of_a_task = naming.resource(environment, "task-", limit=naming.IAM_ROLE_LIMIT)
    return role.name in fixed or role.name.startswith(
        (of_a_task, names.component_role(inputs, removed_pools.OF_A_POOL))
    )


@reads(IamRole.type, own={IamRole.type: _is_own_role})
def roles(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's roles, and those in other paths that have their names."""
    return find(IamRole(names.role_path(inputs)), clients, names.environment(inputs))


@reads(image_documents.TYPE, after=(ECR_REPOSITORY.type,))
def images(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The images in the environment's two repositories, if these are known, and the newest build of each build
    context.
    """
    found = [one for name in _repository_names(inputs, known) if (one := known.get(ECR_REPOSITORY.type, name))]
    addresses = {one.name: one.attributes["uri"] for one in found}
    images = ecr_images.find(clients, addresses, inputs["farflow_registry"])
    return [*images, *image_documents.newest_builds(images)]


def service_names(inputs: Inputs, known: Existing) -> list[str]:
    """The names of the ECS services of Airflow's components."""
    return [names.service(inputs, each.name) for each in components.components(inputs) if each.service]


def is_own_service(inputs: Inputs, known: Existing, service: Resource) -> bool:
    """Whether it has the name of one of these, or of the workers of a pool that may have been."""
    begun = service.name.startswith(names.service(inputs, removed_pools.OF_A_POOL))
    return (begun and service.properties["cluster"] == names.cluster(inputs)) or service.name in service_names(
        inputs, known
    )


@reads(service_documents.TYPE, after=(ECS_CLUSTER.type,), own={service_documents.TYPE: is_own_service})
def services(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The services in the clusters that were read."""
    clusters = [one.name for one in known.of_type(ECS_CLUSTER.type)]
    found = ecs_services.find(clients, names.environment(inputs), clusters, service_names(inputs, known))
    return [_with_in_hand(clients, inputs, one) for one in found]


def _with_in_hand(clients: Clients, inputs: Inputs, service: Resource) -> Resource:
    """Of the workers of a pool that is to go it is asked whether they have tasks in hand."""
    if not removed_pools.is_removed(inputs, service) or not service.attributes[service_documents.RUNNING]:
        return service
    tasks = draining.of_services(clients, service.properties["cluster"], [service.name])
    return replace(service, attributes={**service.attributes, removed_pools.IN_HAND: [task.words for task in tasks]})


def _secret_names(inputs: Inputs, known: Existing) -> list[str]:
    return [names.secret(inputs, each) for each in values.NAMES]


# Some have the database's address in their value, so it is read before.
@reads(secret_documents.TYPE, after=(instances.TYPE,), own={secret_documents.TYPE: named(_secret_names)})
def all_secrets(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's secrets, compared with what the inputs ask for."""
    desired = [values.database_password(inputs), *values.desired(inputs, known)]
    return secrets.find(clients, names.environment(inputs), [wanted.arguments for wanted in desired])


@reads(definitions.TYPE, TAGS, definitions.REVISIONS_OF_ACCOUNT)
def task_definitions(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The newest revision of every family. Its attributes are the ARNs of all ACTIVE revisions, and the description,
    if it was described. The same calls give the tags of everything in the environment, by ARN, and the number of the
    account's revisions.
    """
    environment = names.environment(inputs)
    listed = ecs_task_definitions.find(clients, environment)
    families = _families(inputs)
    answers = ecs_task_definitions.unlisted(clients, listed, listed.arns if families is None else families)
    tagged = listed.tagged(ENVIRONMENT, environment)
    would_go = {listed.newest(family) for family in tagged.arns if family not in (families or ())}
    touched = {arn for arn in map(tagged.newest, tagged.arns) if ROLE not in listed.tags.get(str(arn), {ROLE: ""})}
    doubtful = would_go | touched
    answers |= ecs_task_definitions.describe(clients, sorted(arn for arn in doubtful if arn and arn not in answers))
    owners = {arn: definitions.owner(answer) for arn, answer in answers.items()}
    ours = [arn for arn, owner in owners.items() if owner in (None, environment)]
    index = listed.with_tags({arn: ecs_task_definitions.tags_of(answers[arn]) for arn in ours})
    index = index.without([arn for arn in doubtful if arn in owners and arn not in ours])

    def with_description(resource: Resource) -> Resource:
        arn = str(resource.id)
        more: dict[str, Any] = {REVISIONS: list(index.arns[resource.name])}
        if arn in answers:
            more |= {_DESCRIBED: answers[arn], definitions.OWNER: owners[arn]}
        return replace(resource, attributes={**resource.attributes, **more})

    account = Resource(definitions.REVISIONS_OF_ACCOUNT, definitions.REVISIONS_OF_ACCOUNT)
    return [
        *map(with_description, index.resources()),
        Resource(TAGS, TAGS, attributes=listed.tags),
        replace(account, attributes={"count": listed.listed}),
    ]


def _families(inputs: Inputs) -> Collection[str] | None:
    """The families that a deploy makes; None where the project's folder is not read, as in a teardown: then any
    family may be the environment's.
    """
    if inputs.get("airflow_images") is UNREAD:
        return None
    tasks = [task.family for task in inputs["dag_tasks"]]
    return [*tasks, *(names.component_family(inputs, one.name) for one in components.components(inputs))]


def plan_task_definitions(clients: Clients, wanted: list[Resource], actual: list[Resource]) -> list[Any]:
    """The actions for task definitions. Only those are described that the tags do not prove to be as desired, and
    none is described twice.
    """
    tags = {str(resource.id): resource.properties["tags"] for resource in actual}
    index = definitions.Index({resource.name: resource.attributes[REVISIONS] for resource in actual}, tags)
    described = {str(each.id): each.attributes[_DESCRIBED] for each in actual if _DESCRIBED in each.attributes}

    def describe(arns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        return {**described, **ecs_task_definitions.describe(clients, [arn for arn in arns if arn not in described])}

    return definitions.plan_task_definitions(wanted, index, describe)


#: What is read for task definitions: their roles, log groups, repositories and images, what builds images, the
#: account, and what inputs name by ARN.
TASK_DEFINITIONS = (
    whose_account,
    roles,
    task_definitions,
    image_readers.prebuilt,
    repositories,
    log_groups,
    named_things.find,
    images,
    image_readers.builder,
)
