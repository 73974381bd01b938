# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gateway endpoints of a VPC with their route tables and policy, as they are compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....engine import policy_documents as policy
from ....engine.actions import Resource
from ....engine.compare import differences
from ....engine.tags import tags_of
from ..tags import specification

TYPE = "vpc_endpoint"

_ANOTHER = "give the endpoint another name to get a new one; the old one is yours to delete"
IMMUTABLE = {TYPE: dict.fromkeys(("vpc_id", "service"), _ANOTHER)}

#: What AWS fills in where no policy is given.
FULL_ACCESS = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}

_GONE = {"deleted", "deleting", "failed", "rejected", "expired"}


def desired(endpoint: Mapping[str, Any]) -> Resource:
    """``{name, vpc_endpoint_id?, vpc_id, service, route_tables, policy?, tags}`` as a resource. Without a policy it
    lets everything through.
    """
    properties = {
        "vpc_id": endpoint["vpc_id"],
        "service": endpoint.get("service"),
        "route_tables": sorted(set(endpoint.get("route_tables") or [])),
        "policy": _policy(endpoint.get("policy")),
        "tags": {**(endpoint.get("tags") or {}), "Name": endpoint["name"]},
    }
    return Resource(TYPE, endpoint["name"], properties, endpoint.get("vpc_endpoint_id"))


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeVpcEndpoints' answer as a resource, named by its tag ``Name``."""
    tags = tags_of(document)
    properties = {
        "vpc_id": document["VpcId"],
        "service": document["ServiceName"],
        "route_tables": sorted(document.get("RouteTableIds", [])),
        "policy": _policy(document.get("PolicyDocument")),
        "tags": tags,
    }
    endpoint_id = document["VpcEndpointId"]
    return Resource(TYPE, tags.get("Name", endpoint_id), properties, endpoint_id, {"vpc_endpoint_id": endpoint_id})


def _policy(document: Any) -> Any:
    """None for one that lets everything through, in whichever version of the language."""
    found = policy.canonical(document)
    everything: dict[str, Any] = policy.canonical(FULL_ACCESS)
    if found and not differences({**everything, "Version": None}, {**found, "Version": None}):
        return None
    return found


def create_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of CreateVpcEndpoint but for its token."""
    properties = wanted.properties
    return {
        "VpcEndpointType": "Gateway",
        "VpcId": properties["vpc_id"],
        "ServiceName": properties["service"],
        "RouteTableIds": properties["route_tables"],
        "PolicyDocument": _policy_document(properties),
        **specification("vpc-endpoint", properties["tags"]),
    }


def modify_request(wanted: Resource, found: Resource, differs: Collection[str]) -> dict[str, Any]:
    """The arguments of ModifyVpcEndpoint: what differs."""
    after, before = (set(side.properties["route_tables"]) for side in (wanted, found))
    tables = {"AddRouteTableIds": sorted(after - before), "RemoveRouteTableIds": sorted(before - after)}
    policies = {"PolicyDocument": _policy_document(wanted.properties)} if "policy" in differs else {}
    return {**{name: tables[name] for name in tables if tables[name]}, **policies}


def _policy_document(properties: Mapping[str, Any]) -> str:
    return policy.to_json(properties["policy"] or policy.canonical(FULL_ACCESS))


def is_there(document: Mapping[str, Any]) -> bool:
    """Whether it is not gone: AWS shows deleted ones for a while."""
    return str(document["State"]).lower() not in _GONE
