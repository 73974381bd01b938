# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The schema of Airflow's database: which image last migrated it is remembered on the database itself, as a tag.

So a new or restored database is migrated again, whatever else exists, and nothing rolls before it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import UNKNOWN
from ..engine.known import Existing
from ..engine.references import reference
from ..engine.tags import tags
from ..images import contract as image_contract
from ..kinds.ecs.cluster import documents as ecs_clusters
from ..kinds.rds.instance import status as rds_status
from . import containers, names, network
from .components import COMMAND

SCHEMA = "database_schema"
TAG = "farflow:schema"

Inputs = Mapping[str, Any]


def value(inputs: Inputs, image: str) -> str:
    """What the tag says when the image has migrated the database and its first user exists.

    An image is asked again when more is expected of it: so one that has too little is refused before anything rolls.
    """
    return f"{image.rpartition('@')[2]} {inputs['airflow_service_admin_username']} {image_contract.NEEDED}"


def found(database: str, id_: str | None, tag: str | None) -> Resource:
    """What a database's tag says, as a resource."""
    return Resource(SCHEMA, database, {"migrated_by": tag}, id_)


def desired(inputs: Inputs, known: Existing, image: str, is_settled: bool = True) -> Resource:
    """The schema as the image needs it. It is not migrated while the database itself is to be changed, and so not
    ``is_settled``.
    """
    arguments = {
        "cluster": names.cluster(inputs),
        "task_definition": known.id("ecs_task_definition", names.component_family(inputs, COMMAND.name)),
        "container": COMMAND.name,
        "network_configuration": containers.network_configuration(inputs, known, COMMAND.group),
        "database_arn": known.id("rds_instance", names.database(inputs)),
        "database_address": known.attribute("rds_instance", names.database(inputs), "address"),
        "migrated_by": value(inputs, image),
        "tags": tags(inputs, "rds"),
    }
    properties = {"migrated_by": value(inputs, image)}
    # AWS may tell the address of a database that can't be used yet, or any more.
    usable = known.attribute("rds_instance", names.database(inputs), "state") in rds_status.USABLE
    cluster = known.id(ecs_clusters.TYPE, names.cluster(inputs))
    after = [cluster, *network.ways_out(inputs, known), *([] if usable and is_settled else [UNKNOWN])]
    return Resource(SCHEMA, names.database(inputs), properties, arguments=arguments, after=after)


def needed(inputs: Inputs, known: Existing, image: str) -> str:
    """The id of the schema before which no service may run with this image: a reference while it is another's."""
    schema = known.get(SCHEMA, names.database(inputs))
    if schema and schema.id and schema.properties["migrated_by"] == value(inputs, image):
        return schema.id
    return reference(SCHEMA, names.database(inputs))
