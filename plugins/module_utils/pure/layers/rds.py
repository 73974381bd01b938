# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer rds: Airflow's Postgres."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ...core.actions import ARGUMENTS, Resource
from ...core.compare import differences
from ...core.known import Known
from .. import rds_instances, rds_parameter_groups, rds_requests, rds_snapshots, rds_status, rds_subnet_groups, secrets
from ..tags import tags
from . import names, network, security_groups, values
from .desire import made_by

ROLE = "rds"

Inputs = Mapping[str, Any]

#: What options of module rds_instance are called as variables.
_VARIABLES = {
    "engine_version": "rds_engine_version",
    "allow_major_version_upgrade": "rds_allow_major_version_upgrade",
    "allocated_storage": "rds_allocated_storage",
    "max_allocated_storage": "rds_max_allocated_storage",
    "kms_key_id": "rds_kms_key_id",
    "db_name": "rds_database_name",
    "master_username": "rds_master_username",
}
_OPTION = re.compile(rf"\b({'|'.join(_VARIABLES)})\b")


def desired(inputs: Inputs, known: Known) -> list[Resource]:
    """Everything of the layer, in the order in which it is made."""
    return [
        values.database_password(inputs),
        made_by(rds_subnet_groups.desired, _subnet_group(inputs, known)),
        made_by(rds_parameter_groups.desired, parameter_group(inputs)),
        *_parameter_groups_in_use(inputs, known),
        _instance(inputs, known),
    ]


def _subnet_group(inputs: Inputs, known: Known) -> dict[str, Any]:
    return {
        "name": names.database(inputs),
        "description": f"Private subnets of environment {names.environment(inputs)}",
        "subnet_ids": network.subnet_ids(inputs, known, network.PRIVATE),
        "tags": tags(inputs, ROLE),
    }


def parameter_group(inputs: Inputs) -> dict[str, Any]:
    """The arguments of the parameter group. There is one for each major version: an instance keeps the old one until
    its upgrade is through.
    """
    major = inputs["rds_engine_version"].partition(".")[0]
    return {
        "name": f"{names.database(inputs)}-postgres{major}",
        "family": f"postgres{major}",
        "description": f"Postgres {major} of environment {names.environment(inputs)}",
        "parameters": {"rds.force_ssl": "1", **inputs["rds_parameters"]},
        "tags": tags(inputs, ROLE),
    }


def _parameter_groups_in_use(inputs: Inputs, known: Known) -> list[Resource]:
    """Those of former major versions, as they are: AWS deletes none that an instance uses."""
    used = {one.properties["parameter_group_name"] for one in known.of_type(rds_instances.TYPE)}
    used.discard(parameter_group(inputs)["name"])
    return [one for one in known.of_type(rds_parameter_groups.TYPE) if one.name in used]


def _instance(inputs: Inputs, known: Known) -> Resource:
    name = names.database(inputs)
    group = parameter_group(inputs)["name"]
    secret = names.secret(inputs, values.DATABASE_PASSWORD)
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
        "parameter_group_name": group,
        "vpc_security_group_ids": [
            known.id(security_groups.GROUP, security_groups.group_name(inputs, "database")),
        ],
        "backup_retention_period": inputs["rds_backup_retention_period"],
        "deletion_protection": inputs["rds_deletion_protection"],
        "restore_from_snapshot": _snapshot(inputs, known),
        "tags": tags(inputs, ROLE),
    }
    needed = (
        known.id(secrets.TYPE, secret),
        known.id(rds_subnet_groups.TYPE, name),
        known.id(rds_parameter_groups.TYPE, group),
    )
    return made_by(rds_instances.desired, instance, *needed)


def _snapshot(inputs: Inputs, known: Known) -> str | None:
    """What the instance is made from where there is none: the named snapshot, else the newest."""
    newest = rds_snapshots.newest(known.of_type(rds_snapshots.TYPE), names.database(inputs))
    return inputs["rds_snapshot_identifier"] or (newest.name if newest else None)


def refusals(inputs: Inputs, known: Known) -> list[str]:
    """Why AWS would not make the database, or not change it into what is wanted."""
    wanted, found = _instance(inputs, known), known.get(rds_instances.TYPE, names.database(inputs))
    if found:
        differs = {each.path[0]: str(each) for each in differences(wanted.properties, found.properties)}
        allowed = inputs["rds_allow_major_version_upgrade"]
        problems = rds_requests.refusals(wanted, found, differs, allow_major_version_upgrade=allowed)
        problems += _broken(wanted, found, differs)
    else:
        problems = _restore_refusals(wanted, known)
    return [_OPTION.sub(lambda match: _VARIABLES[match[0]], each) for each in problems]


def _broken(wanted: Resource, found: Resource, differs: Collection[str]) -> list[str]:
    """Its module would refuse it as well, when the layers before it are through and services have been rolled."""
    state, allocated = found.attributes["state"], found.attributes["allocated_storage"]
    limit = wanted.properties["max_allocated_storage"]
    if not rds_status.needs_cure(state) or rds_status.is_cured(state, differs, allocated, limit):
        return []
    return [f"database {found.name} is {state}: {rds_status.cure(state)}"]


def _restore_refusals(wanted: Resource, known: Known) -> list[str]:
    name = wanted.attributes[ARGUMENTS]["restore_from_snapshot"]
    if not name:
        return []
    snapshot = known.get(rds_snapshots.TYPE, name)
    if not snapshot:
        return [f"rds_snapshot_identifier: is {name!r}, allowed: the name of a manual snapshot in this region"]
    return rds_requests.restore_refusals(wanted, snapshot)
