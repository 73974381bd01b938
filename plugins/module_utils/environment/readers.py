# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every kind of resource as a look reads it: ``reader(clients, inputs, known)`` returns what exists of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..dags import bundle_documents, bundles
from ..engine import identity
from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.reading import find
from ..engine.tags import ENVIRONMENT, NOTHING, ROLE, PrefetchedTags, trusted_tags
from ..images import documents as image_documents
from ..images import ecr_images
from ..kinds import autoscaling as application_autoscaling
from ..kinds import efs, service_discovery
from ..kinds import load_balancer as network_load_balancer
from ..kinds import secret as secrets
from ..kinds.ecr_repository import ECR_REPOSITORY
from ..kinds.ecs import service as ecs_services
from ..kinds.ecs import task_definition as ecs_task_definitions
from ..kinds.ecs.cluster import ECS_CLUSTER
from ..kinds.ecs.task_definition import documents as definitions
from ..kinds.iam_role import IamRole
from ..kinds.log_group import LOG_GROUP
from ..kinds.rds import engine_version as rds_engine_versions
from ..kinds.rds import instance as rds_instances
from ..kinds.rds import offer as rds_offers
from ..kinds.rds import snapshot as rds_snapshots
from ..kinds.rds.instance import documents as instances
from ..kinds.rds.parameter_group import ParameterGroup
from ..kinds.rds.subnet_group import SUBNET_GROUP
from ..kinds.s3_bucket import S3_BUCKET
from ..kinds.sqs_queue import SQS_QUEUE
from . import arns, components, dag_tasks, dags, database_offers, names, schema
from . import database as rds
from . import secrets as values
from .images import Unread

Inputs = Mapping[str, Any]
Reader = Callable[[Clients, Inputs, Existing], list[Resource]]

REVISIONS = "revisions"
_DESCRIBED = "described"
TAGS = "tags"

# Before a bucket's or queue's name, a repository's name, or a namespace's id.
_BEFORE_THE_NAME = re.compile(r"^.*:(repository/|namespace/)?")


def of_environment(find: Callable[[Clients, str], list[Resource]]) -> Reader:
    """A reader of a kind that is found by the environment's name alone."""

    def reader(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        return find(clients, names.environment(inputs))

    return reader


def of_environment_with_tags(
    find: Callable[..., list[Resource]], named: Callable[[Inputs], Collection[str]] | None = None
) -> Reader:
    """The same of a kind whose tags need not be asked for where the stage before has read them. ``named`` gives the
    names by which a resource is the environment's, whatever its tags say.
    """

    def reader(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        more = {"names": named(inputs)} if named else {}
        return find(clients, names.environment(inputs), prefetched=_prefetched_tags(inputs, known), **more)

    return reader


def _prefetched_tags(inputs: Inputs, known: Existing) -> PrefetchedTags:
    """The tags that the stage before has read, as far as they can be trusted."""
    listed = known.get(TAGS, TAGS)
    return trusted_tags(inputs, listed.attributes) if listed else NOTHING


def of_listed_names(
    find: Callable[..., list[Resource]], named: Callable[[Inputs, Existing], Collection[str]]
) -> Reader:
    """The same of a kind that AWS lists by the beginning of names, strangers' among them. It takes the ``names`` that
    a deploy makes, and which are ``expected``, as AWS has said that they are the environment's, late as that may be.
    """

    def reader(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
        listed = known.get(TAGS, TAGS)
        prefetched: PrefetchedTags = listed.attributes if listed else NOTHING
        said = {_BEFORE_THE_NAME.sub("", arn) for arn in prefetched}
        return find(clients, names.environment(inputs), named(inputs, known), said, trusted_tags(inputs, prefetched))

    return reader


def _bucket_names(inputs: Inputs, known: Existing) -> list[str]:
    account_id = known.id(arns.IDENTITY, arns.IDENTITY)
    return [names.log_bucket(inputs, account_id), names.context_bucket(inputs, account_id)]


def _repository_names(inputs: Inputs, known: Existing) -> list[str]:
    return [names.task_repository(inputs), names.airflow_repository(inputs)]


def whose_account(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """In which account this happens."""
    account, partition = identity.caller(clients)
    return [Resource(arns.IDENTITY, arns.IDENTITY, {}, account, {"partition": partition})]


def file_systems(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's file systems."""
    return efs.find(clients, names.environment(inputs), [dag_tasks.volume_name(inputs)])


def roles(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's roles, and what is in their way."""
    return find(IamRole(names.role_path(inputs)), clients, names.environment(inputs))


def images(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The images in those of the environment's two repositories that are known, and which of them are the newest builds
    of their contexts.
    """
    found = [one for name in _repository_names(inputs, known) if (one := known.get(ECR_REPOSITORY.type, name))]
    addresses = {one.name: one.attributes["uri"] for one in found}
    images = ecr_images.find(clients, addresses, inputs["farflow_registry"])
    return [*images, *image_documents.newest_builds(images)]


def services(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The services in the clusters that are known."""
    clusters = [one.name for one in known.of_type(ECS_CLUSTER.type)]
    expected = [names.service(inputs, component.name) for component in components.ALL]
    return ecs_services.find(clients, names.environment(inputs), clusters, expected)


def all_secrets(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's secrets, seen by one who wants what the inputs ask for."""
    desired = [values.database_password(inputs), *values.desired(inputs, known)]
    return secrets.find(clients, names.environment(inputs), [wanted.arguments for wanted in desired])


def parameter_groups(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's parameter groups, and the wanted one as one sees it who wants its parameters."""
    wanted = rds.parameter_group(inputs)
    kind = ParameterGroup([wanted])
    environment, prefetched = names.environment(inputs), _prefetched_tags(inputs, known)
    return find(kind, clients, environment, [kind.named(wanted)], prefetched=prefetched)


def snapshots(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's snapshots, and the one that the database shall be made from."""
    named = inputs["rds_snapshot_identifier"]
    return rds_snapshots.find(clients, names.environment(inputs), named, names.database(inputs))


def database(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The database, and as a resource of its own what its tag says of the schema."""
    found = rds_instances.find(clients, names.environment(inputs), _wanted_instance(inputs, known))
    return [part for each in found for part in _database_parts(each)]


def engine_versions(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """What there is to know of versions before the database is made or upgraded, and nothing otherwise."""
    instance = known.get(instances.TYPE, names.database(inputs))
    return rds_engine_versions.find(clients, inputs["rds_engine_version"], instance)


def engine_parameters(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The parameters that the database's family has, where the group does not tell of all that are given."""
    family = database_offers.family_to_look_up(inputs, known)
    return rds_offers.parameters(clients, family) if family else []


def instance_class(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The database's class, where it is yet to get that and AWS does not have it."""
    wanted = database_offers.class_to_look_up(inputs, known)
    return rds_offers.missing_class(clients, wanted) if wanted else []


def _wanted_instance(inputs: Inputs, known: Existing) -> Mapping[str, Any]:
    return next(wanted.arguments for wanted in rds.desired(inputs, known) if wanted.type == instances.TYPE)


def _database_parts(instance: Resource) -> list[Resource]:
    tags = dict(instance.properties["tags"])
    migrated_by = tags.pop(schema.TAG, None)
    properties = {**instance.properties, "tags": tags}
    if instance.attributes["state"] == "pending":
        properties["status"] = "available"  # it will be: that is waited for, not done
    return [replace(instance, properties=properties), schema.found(instance.name, instance.id, migrated_by)]


def task_definitions(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The newest revision of every family, with the ARNs of all its ACTIVE ones as an attribute, and how it was
    described if it was. And, as they come with that, the tags of everything in the environment by ARN.
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
    """Those that a deploy makes; None where the project's folder is not read, as in a teardown: any may be one."""
    if isinstance(inputs.get("airflow_image"), Unread):
        return None
    tasks = [task.family for task in inputs["dag_tasks"]]
    return [*tasks, *(names.component_family(inputs, one.name) for one in components.ALL)]


def plan_task_definitions(clients: Clients, wanted: list[Resource], actual: list[Resource]) -> list[Any]:
    """The actions for task definitions. Only those that the list does not prove to be as desired are described, and
    none for a second time.
    """
    tags = {str(resource.id): resource.properties["tags"] for resource in actual}
    index = definitions.Index({resource.name: resource.attributes[REVISIONS] for resource in actual}, tags)
    described = {str(each.id): each.attributes[_DESCRIBED] for each in actual if _DESCRIBED in each.attributes}

    def describe(arns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        return {**described, **ecs_task_definitions.describe(clients, [arn for arn in arns if arn not in described])}

    return definitions.plan_task_definitions(wanted, index, describe)


def dag_bundles(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """Which version of the DAGs is the current one; nothing where a deploy does not say which."""
    folder = inputs.get("dags")
    if folder is None or not dags.are_versions(inputs):
        return []
    bucket, asked = dags.bucket(inputs, known), inputs["dags_version"]
    if not asked:
        return bundles.look(clients, bucket, folder.version)
    return bundles.look_back(clients, bucket, asked)


def plan_dag_bundles(clients: Clients, wanted: list[Resource], actual: list[Resource]) -> list[Any]:
    """The actions for the DAG bundle."""
    return bundle_documents.plan_dag_bundles(wanted, actual)


repositories = of_listed_names(partial(find, ECR_REPOSITORY), _repository_names)
groups_of_logs = of_environment_with_tags(partial(find, LOG_GROUP))
clusters = of_environment_with_tags(partial(find, ECS_CLUSTER), lambda inputs: [names.cluster(inputs)])
scaling = of_environment(application_autoscaling.find)
load_balancers = of_environment_with_tags(network_load_balancer.find)
private_names = of_listed_names(service_discovery.find, lambda inputs, known: [names.namespace(inputs)])
subnet_groups = of_environment_with_tags(partial(find, SUBNET_GROUP), lambda inputs: [names.database(inputs)])
queues = of_listed_names(partial(find, SQS_QUEUE), lambda inputs, known: [names.queue(inputs)])
buckets = of_listed_names(partial(find, S3_BUCKET), _bucket_names)
