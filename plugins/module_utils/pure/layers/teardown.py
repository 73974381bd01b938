# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a teardown leaves, and when it refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ...core.actions import Resource
from ...core.known import Known
from .. import (
    ecr_images,
    ecr_repositories,
    efs,
    network_load_balancer,
    rds_instances,
    rds_snapshots,
    s3_buckets,
    secrets,
)
from ..tags import ROLE
from . import image_builder, names, schema, values

Inputs = Mapping[str, Any]

SNAPSHOT = "snapshot"

#: They go, or stay, with what they are in: the schema with its database, images with their repository. The mount
#: targets of a volume that stays go, since they are in subnets.
PARTS = (schema.SCHEMA, ecr_images.TYPE, efs.ACCESS_POINT)

#: The first user is in the kept database, with its password.
_SECRETS = {values.FERNET_KEY: "fernet_key", values.ADMIN_PASSWORD: SNAPSHOT}

_TYPES = {
    rds_snapshots.TYPE: SNAPSHOT,
    s3_buckets.TYPE: "log_bucket",
    ecr_repositories.TYPE: "images",
    efs.FILE_SYSTEM: "shared_volume",
}


def kept(inputs: Inputs) -> Callable[[Resource], bool]:
    """Whether a teardown with these inputs leaves a resource."""
    keep: Collection[str] = inputs["farflow_teardown_keep"]

    def is_kept(resource: Resource) -> bool:
        if resource.type == secrets.TYPE:
            return _SECRETS.get(resource.name.removeprefix(names.secret(inputs, ""))) in keep
        if resource.type == s3_buckets.TYPE and resource.properties["tags"].get(ROLE) == image_builder.ROLE:
            return False  # what it holds is in the project's folder
        return resource.type in PARTS or _TYPES.get(resource.type) in keep

    return is_kept


def refusals(known: Known) -> list[str]:
    """Why nothing may be torn down, a sentence each."""
    databases = [one for one in known.of_type(rds_instances.TYPE) if one.properties["deletion_protection"]]
    balancers = [
        one
        for one in known.of_type(network_load_balancer.LOAD_BALANCER)
        if one.properties["attributes"].get("deletion_protection.enabled") == "true"
    ]
    return [
        *(f"database {one.name} is protected from deletion: {_cure('rds_deletion_protection')}" for one in databases),
        *(
            f"load balancer {one.name} is protected from deletion: {_cure('airflow_service_deletion_protection')}"
            for one in balancers
        ),
    ]


def _cure(variable: str) -> str:
    return f"set {variable} to false and deploy first, if it shall really go"
