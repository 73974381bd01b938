# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An environment's database, read as resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients
from ..engine.known import Existing
from ..engine.reading import find
from ..kinds.ec2.security_group import documents as security_groups
from ..kinds.rds import engine_version as engine_versions
from ..kinds.rds import instance as instances
from ..kinds.rds import offer as offers
from ..kinds.rds import snapshot as snapshots
from ..kinds.rds.engine_version import documents as version_documents
from ..kinds.rds.instance import documents
from ..kinds.rds.offer import family_parameters, instance_classes
from ..kinds.rds.parameter_group import ParameterGroup
from ..kinds.rds.snapshot import documents as snapshot_documents
from ..kinds.rds.subnet_group import SUBNET_GROUP
from . import database, database_offers, names, readers, schema
from .reader import TAGS, of_kind, prefetched_tags, reads

Inputs = Mapping[str, Any]

subnet_groups = of_kind(SUBNET_GROUP, lambda inputs, known: [names.database(inputs)])


@reads(
    snapshot_documents.TYPE,
    own={snapshot_documents.TYPE: lambda inputs, known, one: one.properties["instance"] == names.database(inputs)},
)
def all_snapshots(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's snapshots, and the one that the database shall be made from."""
    named = inputs["rds_snapshot_identifier"]
    return snapshots.find(clients, names.environment(inputs), named, names.database(inputs))


@reads(
    ParameterGroup.type,
    after=(TAGS,),
    own={ParameterGroup.type: lambda inputs, known, one: names.is_parameter_group(inputs, one.name)},
)
def parameter_groups(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The environment's parameter groups, and the wanted one as one sees it who wants its parameters."""
    wanted = database.parameter_group(inputs)
    kind = ParameterGroup([wanted])
    environment, prefetched = names.environment(inputs), prefetched_tags(inputs, known)
    return find(kind, clients, environment, [kind.named(wanted)], prefetched=prefetched)


def _is_own_database(inputs: Inputs, known: Existing, resource: Resource) -> bool:
    """The database, or what was restored beside it where only the environment's own databases are."""
    own = names.database(inputs)
    return resource.name == own or resource.properties["subnet_group_name"] == own


# As one sees it who wants it, in its security group, made from a snapshot.
@reads(
    documents.TYPE,
    schema.SCHEMA,
    after=(security_groups.GROUP, snapshot_documents.TYPE),
    own={documents.TYPE: _is_own_database},
)
def all_instances(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The database, and as a resource of its own what its tag says of the schema."""
    wanted = next(one.arguments for one in database.desired(inputs, known) if one.type == documents.TYPE)
    found = instances.find(clients, names.environment(inputs), wanted)
    return [part for each in found for part in parts(each)]


def parts(instance: Resource) -> list[Resource]:
    """An instance as a look knows it, and its schema."""
    tags = dict(instance.properties["tags"])
    migrated_by = tags.pop(schema.TAG, None)
    properties = {**instance.properties, "tags": tags}
    if instance.attributes["state"] == "pending":
        properties["status"] = "available"  # it will be: that is waited for, not done
    return [replace(instance, properties=properties), schema.found(instance.name, instance.id, migrated_by)]


@reads(version_documents.TYPE, after=(documents.TYPE,))
def versions(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """What there is to know of versions before the database is made or upgraded, and nothing otherwise."""
    instance = known.get(documents.TYPE, names.database(inputs))
    return engine_versions.find(clients, inputs["rds_engine_version"], instance)


@reads(family_parameters.TYPE, after=(ParameterGroup.type,))
def parameters(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The parameters that the database's family has, where the group does not tell of all that are given."""
    family = database_offers.family_to_look_up(inputs, known)
    return offers.parameters(clients, family) if family else []


@reads(instance_classes.TYPE, after=(documents.TYPE, version_documents.TYPE))
def instance_class(clients: Clients, inputs: Inputs, known: Existing) -> list[Resource]:
    """The database's class, where it is yet to get that and AWS does not have it."""
    wanted = database_offers.class_to_look_up(inputs, known)
    return offers.missing_class(clients, wanted) if wanted else []


READERS = (
    all_snapshots,
    subnet_groups,
    parameter_groups,
    all_instances,
    readers.all_secrets,
    versions,
    parameters,
    instance_class,
)
