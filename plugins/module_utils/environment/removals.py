# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module that deletes a resource is told of it: its name, where neither its kind nor this table says more."""

from __future__ import annotations

from typing import Any

from ..engine.actions import Resource
from ..kinds.autoscaling import documents as autoscaling
from ..kinds.ec2 import guardduty
from ..kinds.ec2.network import documents as network
from ..kinds.ec2.route_table import documents as route_tables
from ..kinds.ec2.security_group import documents as security_groups
from ..kinds.ec2.vpc_endpoint import documents as vpc_endpoints
from ..kinds.load_balancer import documents as load_balancer
from ..kinds.secret import documents as secrets

_NAME = ("name",)

_TOLD = {
    autoscaling.TARGET: ("cluster", "service"),
    guardduty.ENDPOINT: ("name", "vpc_id", "vpc_endpoint_id"),
    guardduty.GROUP: ("name", "vpc_id"),
    load_balancer.TARGET_GROUP: ("name", "port", "vpc_id"),
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


def removal(resource: Resource) -> dict[str, Any]:
    """One existing resource for its module."""
    if resource.arguments:
        return dict(resource.arguments)
    found = {**resource.attributes, **resource.properties, "name": resource.name, "id": resource.id}
    return {**{key: found[key] for key in _TOLD.get(resource.type, _NAME)}, **_SAID.get(resource.type, {})}
