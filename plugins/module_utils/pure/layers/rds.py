# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer rds: Airflow's Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.actions import Resource
from ...core.known import Known
from .. import rds_instances, rds_parameter_groups, rds_snapshots, rds_subnet_groups, secrets
from ..tags import tags
from . import names, network, security_groups, values
from .desire import made_by

ROLE = "rds"

Inputs = Mapping[str, Any]


def desired(inputs: Inputs, known: Known) -> list[Resource]:
    """Everything of the layer, in the order in which it is made."""
    return [
        values.database_password(inputs),
        rds_subnet_groups.desired(_subnet_group(inputs, known)),
        made_by(rds_parameter_groups.desired, _parameter_group(inputs)),
        _instance(inputs, known),
    ]


def _subnet_group(inputs: Inputs, known: Known) -> dict[str, Any]:
    return {
        "name": names.database(inputs),
        "description": f"Private subnets of environment {names.environment(inputs)}",
        "subnet_ids": network.subnet_ids(inputs, known, network.PRIVATE),
        "tags": tags(inputs, ROLE),
    }


def _parameter_group(inputs: Inputs) -> dict[str, Any]:
    """A group for each major version: an instance keeps the old one until its upgrade is through."""
    major = inputs["rds_engine_version"].partition(".")[0]
    return {
        "name": f"{names.database(inputs)}-postgres{major}",
        "family": f"postgres{major}",
        "description": f"Postgres {major} of environment {names.environment(inputs)}",
        "parameters": {"rds.force_ssl": "1", **inputs["rds_parameters"]},
        "tags": tags(inputs, ROLE),
    }


def _instance(inputs: Inputs, known: Known) -> Resource:
    name = names.database(inputs)
    parameter_group = _parameter_group(inputs)["name"]
    secret = names.secret(inputs, values.DATABASE_PASSWORD)
    snapshot = rds_snapshots.newest(known.of_type(rds_snapshots.TYPE), name)
    instance = {
        "identifier": name,
        "engine_version": inputs["rds_engine_version"],
        "instance_class": inputs["rds_instance_class"],
        "allocated_storage": inputs["rds_allocated_storage"],
        "max_allocated_storage": inputs["rds_max_allocated_storage"] or None,
        "storage_type": inputs["rds_storage_type"],
        "kms_key_id": inputs["rds_kms_key_id"] or None,
        "multi_az": inputs["rds_multi_az"],
        "db_name": inputs["rds_database_name"],
        "master_username": inputs["rds_master_username"],
        "master_user_secret": secret,
        "port": security_groups.POSTGRES_PORT,
        "subnet_group_name": name,
        "parameter_group_name": parameter_group,
        "vpc_security_group_ids": [
            known.id(security_groups.GROUP, security_groups.group_name(inputs, "database")),
        ],
        "backup_retention_period": inputs["rds_backup_retention_period"],
        "deletion_protection": inputs["rds_deletion_protection"],
        "restore_from_snapshot": snapshot.name if snapshot else None,
        "tags": tags(inputs, ROLE),
    }
    needed = (
        known.id(secrets.TYPE, secret),
        known.id(rds_subnet_groups.TYPE, name),
        known.id(rds_parameter_groups.TYPE, parameter_group),
    )
    return made_by(rds_instances.desired, instance, *needed)
