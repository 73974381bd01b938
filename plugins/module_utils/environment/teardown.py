# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a teardown leaves, and when it refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import ROLE
from ..images import documents as ecr_images
from ..kinds import s3_bucket as s3_buckets
from ..kinds.ec2.network_acl import documents as ec2_network_acls
from ..kinds.ecr_repository import documents as ecr_repositories
from ..kinds.ecs.service import documents as ecs_services
from ..kinds.efs import documents as efs
from ..kinds.load_balancer import documents as network_load_balancer
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.instance import status as rds_status
from ..kinds.rds.snapshot import documents as rds_snapshots
from ..kinds.secret import documents as secrets
from . import image_builder, names, readers, schema
from . import secrets as values

Inputs = Mapping[str, Any]

SNAPSHOT = "snapshot"

#: They go, or stay, with what they are in: the schema with its database, images with their repository, the network ACL
#: with its VPC. The mount targets of a volume that stays go, since they are in subnets.
PARTS = (schema.SCHEMA, ecr_images.TYPE, efs.ACCESS_POINT, ec2_network_acls.TYPE)

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


def refusals(inputs: Inputs, known: Existing) -> list[str]:
    """Why nothing may be torn down, a sentence each."""
    cluster, databases = names.cluster(inputs), known.of_type(rds_instances.TYPE)
    balancers = [
        one
        for one in known.of_type(network_load_balancer.LOAD_BALANCER)
        if one.properties["attributes"].get("deletion_protection.enabled") == "true"
    ]
    return [
        *(_protected(inputs, one) for one in databases if one.properties["deletion_protection"]),
        *(_without_final_snapshots(inputs, databases) if SNAPSHOT in inputs["farflow_teardown_keep"] else ()),
        *(
            f"load balancer {one.name} is protected from deletion: {_cure('airflow_service_deletion_protection')}"
            for one in balancers
        ),
        *(
            f"network ACL {one.name} is somebody's, and AWS deletes no VPC that has one but its own: delete it first, "
            f"by aws ec2 delete-network-acl --network-acl-id {one.name}, after a deploy where subnets use it"
            for one in known.of_type(ec2_network_acls.OTHER)
        ),
        *(
            f"ECS service {one.name} in cluster {cluster} is somebody's, and AWS deletes no cluster with services: "
            f"delete it first, by aws ecs delete-service --cluster {cluster} --service {one.name} --force"
            for one in known.of_type(ecs_services.TYPE)
            if one.properties["cluster"] == cluster and not readers.is_own_service(inputs, known, one)
        ),
    ]


def _protected(inputs: Inputs, database: Resource) -> str:
    if database.name == names.database(inputs):
        cure = _cure("rds_deletion_protection")
    else:
        command = f"aws rds modify-db-instance --db-instance-identifier {database.name} --no-deletion-protection"
        cure = f"take that from it first, by {command}, if it shall really go"
    return f"database {database.name} is protected from deletion: {cure}"


def _without_final_snapshots(inputs: Inputs, databases: Iterable[Resource]) -> Iterator[str]:
    """The databases whose final snapshot shall be kept, and can't be taken, or would not be. The variable is of the
    environment's own database, so no other may be deleted by it.
    """
    for one in databases:
        is_own, without = one.name == names.database(inputs), one.attributes["without_final_snapshot"]
        if without:
            told = f"database {one.name} is {without}, of which AWS takes no final snapshot"
            if not is_own:
                command = f"aws rds delete-db-instance --db-instance-identifier {one.name} --skip-final-snapshot"
                yield f"{told}: delete it first, by {command}"
            elif not inputs["rds_skip_final_snapshot"]:
                yield (
                    f"{told}. Mend it: {_mending(one)}. Or set rds_skip_final_snapshot to true, if what it "
                    "holds may be lost; earlier snapshots stay, with snapshot in farflow_teardown_keep"
                )
        elif not is_own and inputs["rds_skip_final_snapshot"]:
            yield (
                f"rds_skip_final_snapshot: is true, while there is database {one.name} as well: delete that first, "
                "with a final snapshot or without"
            )


def _mending(database: Resource) -> str:
    status = database.properties["status"]
    if status == database.attributes["without_final_snapshot"]:
        return rds_status.cure(status)
    return f"promote it (aws rds promote-read-replica --db-instance-identifier {database.name})"


def _cure(variable: str) -> str:
    return f"set {variable} to false and deploy first, if it shall really go"
