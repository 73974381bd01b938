# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Layer rds: Airflow's Postgres."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import differences
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.rds import subnet_group as rds_subnet_groups
from ..kinds.rds.engine_version import documents as rds_engine_versions
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.instance import requests as rds_requests
from ..kinds.rds.instance import status as rds_status
from ..kinds.rds.parameter_group import documents as rds_parameter_groups
from ..kinds.rds.snapshot import documents as rds_snapshots
from ..kinds.secret import documents as secrets
from . import names, network, security_groups
from . import secrets as values
from .desire import made_by

ROLE = "rds"

#: How long before the end of AWS's standard support it is told.
_TOLD_BEFORE = timedelta(days=365)

Inputs = Mapping[str, Any]

#: What options of module rds_instances are called as variables.
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


def desired(inputs: Inputs, known: Existing) -> list[Resource]:
    """Everything of the layer, in the order in which it is made."""
    return [
        values.database_password(inputs),
        made_by(rds_subnet_groups.desired, _subnet_group(inputs, known)),
        made_by(rds_parameter_groups.desired, parameter_group(inputs)),
        *_parameter_groups_in_use(inputs, known),
        _instance(inputs, known),
    ]


def _subnet_group(inputs: Inputs, known: Existing) -> dict[str, Any]:
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
    major = names.major_version(inputs)
    return {
        "name": names.parameter_group(inputs),
        "family": f"postgres{major}",
        "description": f"Postgres {major} of environment {names.environment(inputs)}",
        "parameters": {"rds.force_ssl": "1", **inputs["rds_parameters"]},
        "tags": tags(inputs, ROLE),
    }


def _parameter_groups_in_use(inputs: Inputs, known: Existing) -> list[Resource]:
    """Those of former major versions, as they are: AWS deletes none that an instance uses."""
    used = {one.properties["parameter_group_name"] for one in known.of_type(rds_instances.TYPE)}
    used.discard(parameter_group(inputs)["name"])
    there = known.of_type(rds_parameter_groups.TYPE)
    return [one for one in there if one.name in used and names.is_parameter_group(inputs, one.name)]


def _instance(inputs: Inputs, known: Existing) -> Resource:
    name = names.database(inputs)
    group = parameter_group(inputs)["name"]
    secret = names.secret(inputs, values.DATABASE_PASSWORD)
    instance = {
        "identifier": name,
        "engine_version": inputs["rds_engine_version"],
        "allow_major_version_upgrade": inputs["rds_allow_major_version_upgrade"],
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
        "engine_lifecycle_support": rds_instances.WITHOUT_EXTENDED_SUPPORT,
        "restore_from_snapshot": _snapshot(inputs, known),
        "tags": tags(inputs, ROLE),
    }
    needed = (
        known.id(secrets.TYPE, secret),
        known.id(rds_subnet_groups.TYPE, name),
        known.id(rds_parameter_groups.TYPE, group),
    )
    return made_by(rds_instances.desired, instance, *needed)


def _snapshot(inputs: Inputs, known: Existing) -> str | None:
    """What the instance is made from where there is none: the named snapshot, else the newest."""
    newest = rds_snapshots.newest(known.of_type(rds_snapshots.TYPE), names.database(inputs))
    return inputs["rds_snapshot_identifier"] or (newest.name if newest else None)


def is_to_change(inputs: Inputs, known: Existing) -> bool:
    """Whether there is a database that is to become another one, which may stop it for minutes."""
    wanted, found = _instance(inputs, known), known.get(rds_instances.TYPE, names.database(inputs))
    return bool(found and any(each.path[0] != "tags" for each in differences(wanted.properties, found.properties)))


def refusals(inputs: Inputs, known: Existing) -> list[str]:
    """Why AWS would not make the database, or not change it into what is wanted."""
    wanted, found = _instance(inputs, known), known.get(rds_instances.TYPE, names.database(inputs))
    if found:
        found = _with_targets(found, known)
        differs = {each.path[0]: str(each) for each in differences(wanted.properties, found.properties)}
        allowed = inputs["rds_allow_major_version_upgrade"]
        problems = rds_requests.refusals(wanted, found, differs, allow_major_version_upgrade=allowed)
        problems += _broken(wanted, found, differs)
    else:
        problems = [*_creation_refusals(wanted, known), *_restore_refusals(wanted, known)]
    return [_OPTION.sub(lambda match: _VARIABLES[match[0]], each) for each in problems]


def warnings(inputs: Inputs, known: Existing, today: date) -> list[str]:
    """What somebody has to do to the database by and by, and no deploy does unasked."""
    name = names.database(inputs)
    found = known.get(rds_instances.TYPE, name)
    lines = _support(inputs, found, today)
    if found and found.attributes["reboot_required"]:
        lines.append(
            f"database {name}: some of its parameters wait for a reboot, which stops it for a minute or two: "
            f"aws rds reboot-db-instance --db-instance-identifier {name} --region {inputs['farflow_region']}"
        )
    return lines


def _support(inputs: Inputs, found: Resource | None, today: date) -> list[str]:
    version = found.properties["engine_version"] if found else inputs["rds_engine_version"]
    ends = rds_engine_versions.support_ends(version)
    if not ends or today < ends - _TOLD_BEFORE:
        return []
    words = (
        f"database {names.database(inputs)}: AWS's standard support of Postgres {rds_engine_versions.major(version)}"
    )
    cure = "upgrade it, with another rds_engine_version"
    if today <= ends:
        return [f"{words} ends on {ends}, and then AWS upgrades it on a day of its own choice: before that, {cure}"]
    if found and found.attributes["extended_support"]:
        return [f"{words} ended on {ends}, and AWS charges Extended Support for every hour: {cure}"]
    return [f"{words} ended on {ends}, and AWS upgrades it on a day of its own choice: {cure}"]


def _with_targets(found: Resource, known: Existing) -> Resource:
    version = known.get(rds_engine_versions.TYPE, found.properties["engine_version"])
    return rds_requests.with_targets(found, version.attributes[rds_engine_versions.TARGETS]) if version else found


def _creation_refusals(wanted: Resource, known: Existing) -> list[str]:
    """Of a version that there is not, or that AWS would go on with for money alone."""
    versions, version = known.of_type(rds_engine_versions.TYPE), wanted.properties["engine_version"]
    supported = [each.name for each in versions if each.attributes["supported"]]
    if not versions or rds_engine_versions.newest(supported, version):
        return []
    ended = rds_engine_versions.newest((each.name for each in versions), version)
    told = f", whose standard support by AWS ended on {rds_engine_versions.support_ends(version)}" if ended else ""
    allowed = ", ".join(rds_engine_versions.alternatives(supported, version))
    return [f"rds_engine_version: is {version!r}{told}, allowed: one that AWS has in this region, {allowed}"]


def _broken(wanted: Resource, found: Resource, differs: Collection[str]) -> list[str]:
    """Its module would refuse it as well, when the layers before it are through and services have been rolled."""
    state, allocated = found.attributes["state"], found.attributes["allocated_storage"]
    limit = wanted.properties["max_allocated_storage"]
    if not rds_status.needs_cure(state) or rds_status.is_cured(state, differs, allocated, limit):
        return []
    return [f"database {found.name} is {state}: {rds_status.cure(state)}"]


def _restore_refusals(wanted: Resource, known: Existing) -> list[str]:
    name = wanted.arguments["restore_from_snapshot"]
    if not name:
        return []
    snapshot = known.get(rds_snapshots.TYPE, name)
    if not snapshot:
        return [
            f"rds_snapshot_identifier: is {name!r}, allowed: the name of a manual snapshot of this account and region"
        ]
    return rds_requests.restore_refusals(wanted, snapshot)
