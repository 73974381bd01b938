# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module that deletes a resource is told of it: its name, where neither its kind nor this table says more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.waiting import now
from ..kinds.autoscaling import documents as autoscaling
from ..kinds.ec2 import guardduty
from ..kinds.ec2.network import documents as network
from ..kinds.ec2.route_table import documents as route_tables
from ..kinds.ec2.security_group import documents as security_groups
from ..kinds.ec2.vpc_endpoint import documents as vpc_endpoints
from ..kinds.efs import documents as efs
from ..kinds.load_balancer import documents as load_balancers
from ..kinds.rds.instance import documents as rds_instances
from ..kinds.rds.snapshot import documents as rds_snapshots
from ..kinds.secret import documents as secrets
from . import names
from .teardown import SNAPSHOT

Inputs = Mapping[str, Any]

_NAME = ("name",)

_TOLD = {
    autoscaling.TARGET: ("cluster", "service"),
    guardduty.ENDPOINT: ("name", "vpc_id", "vpc_endpoint_id"),
    guardduty.GROUP: ("name", "vpc_id"),
    route_tables.TYPE: ("name", "vpc_id", "route_table_id"),
    security_groups.GROUP: ("name", "vpc_id"),
    security_groups.RULES: ("name", "group_id"),
    vpc_endpoints.TYPE: ("name", "vpc_id", "vpc_endpoint_id"),
    **dict.fromkeys(
        (network.ELASTIC_IP, network.INTERNET_GATEWAY, network.NAT_GATEWAY, network.SUBNET, network.VPC), ("name", "id")
    ),
}

#: What is said beside that. A secret's name is free for the next environment only when the secret is deleted at once.
_SAID = {secrets.TYPE: {"force_delete_without_recovery": True}}


def removal(inputs: Inputs, known: Existing, resource: Resource) -> dict[str, Any]:
    """One existing resource for its module; for what belongs to another one, that, where the module deletes both."""
    if resource.arguments:
        return dict(resource.arguments)
    if resource.type == rds_instances.TYPE:
        return _database(inputs, resource.name)
    if resource.type == efs.MOUNT_TARGET and resource.part_of:
        return {"name": resource.part_of[1]}
    if resource.type == load_balancers.LOAD_BALANCER:
        return _load_balancer(inputs, known, resource.name)
    if resource.type == load_balancers.TARGET_GROUP:
        return _load_balancer(inputs, known, names.load_balancer(inputs))
    found = {**resource.attributes, **resource.properties, "name": resource.name, "id": resource.id}
    return {**{key: found[key] for key in _TOLD.get(resource.type, _NAME)}, **_SAID.get(resource.type, {})}


def _database(inputs: Inputs, name: str) -> dict[str, Any]:
    if SNAPSHOT not in inputs["farflow_teardown_keep"] or inputs["rds_skip_final_snapshot"]:
        return {"identifier": name, "skip_final_snapshot": True}
    return {"identifier": name, "final_snapshot_identifier": rds_snapshots.final_name(name, now())}


def _load_balancer(inputs: Inputs, known: Existing, name: str) -> dict[str, Any]:
    """With the target group, which no load balancer may have yet."""
    group = known.get(load_balancers.TARGET_GROUP, names.target_group(inputs))
    needed = {"name": group.name, **{key: group.properties[key] for key in ("port", "vpc_id")}} if group else None
    return {"name": name, "target_groups": [needed] if needed else []}
