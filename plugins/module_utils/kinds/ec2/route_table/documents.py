# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route tables, as they are compared: the routes that were set, and the subnets that use them.

The VPC's own local routes, routes that a virtual private gateway or a route server propagates, and those of gateway
endpoints are not ours to set: they are no routes here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from ....engine.actions import Resource
from ....engine.compare import contains_unknown
from ....engine.errors import FarflowError
from ....engine.tags import tags_of

TYPE = "route_table"

IMMUTABLE = {TYPE: {"vpc_id": "a route table stays in its VPC; leave out route_table_id to get a new one"}}

#: How a target's id begins, and the parameter of CreateRoute that takes it.
_PARAMETERS = {
    "igw": "GatewayId",
    "vgw": "GatewayId",
    "nat": "NatGatewayId",
    "eigw": "EgressOnlyInternetGatewayId",
    "tgw": "TransitGatewayId",
    "lgw": "LocalGatewayId",
    "cagw": "CarrierGatewayId",
    "pcx": "VpcPeeringConnectionId",
    "eni": "NetworkInterfaceId",
    "vpce": "VpcEndpointId",
}

#: Where AWS's document of a route tells its target; it shows an endpoint as a gateway.
_MEMBERS = [member for member in dict.fromkeys(_PARAMETERS.values()) if member != "VpcEndpointId"]

#: The VPC's own, and those that a virtual private gateway or a route server propagates. AWS may add other origins.
_NOT_SET = {"CreateRouteTable", "EnableVgwRoutePropagation", "Advertisement"}

_GONE = {"disassociating", "disassociated", "failed"}


def desired(table: Mapping[str, Any]) -> Resource:
    """``{name, route_table_id?, vpc_id, routes {destination: target}, subnets, tags}`` as a resource. Raises
    FarflowError for a destination or a target that is none.
    """
    routes = {_destination(destination): target for destination, target in (table.get("routes") or {}).items()}
    for target in routes.values():
        _check_target(target, table["name"])
    properties = {
        "vpc_id": table["vpc_id"],
        "routes": routes,
        "subnets": sorted(set(table.get("subnets") or [])),
        "tags": {**(table.get("tags") or {}), "Name": table["name"]},
    }
    return Resource(TYPE, table["name"], properties, table.get("route_table_id"))


def _destination(text: str) -> str:
    if text.startswith("pl-") or contains_unknown(text):
        return text
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise FarflowError(f"the destination {text!r} of a route is no CIDR and no prefix list: {error}") from error


def _check_target(target: str, name: str) -> None:
    if not contains_unknown(target) and target.partition("-")[0] not in _PARAMETERS:
        known = ", ".join(f"{prefix}-" for prefix in _PARAMETERS)
        raise FarflowError(f"route table {name} cannot route to {target!r}: targets begin with {known}")


def canonical(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeRouteTables' answer as a resource, named by its tag ``Name``."""
    tags = tags_of(document)
    properties = {
        "vpc_id": document["VpcId"],
        "routes": dict(_routes(document)),
        "subnets": sorted(associations(document)),
        "tags": tags,
    }
    table_id = document["RouteTableId"]
    return Resource(TYPE, tags.get("Name", table_id), properties, table_id, {"route_table_id": table_id})


def _routes(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for route in document.get("Routes", []):
        target = next((str(route[member]) for member in _MEMBERS if route.get(member)), "unknown target")
        prefix_list = route.get("DestinationPrefixListId")
        of_endpoint = prefix_list and target.startswith("vpce-")
        if route.get("Origin") not in _NOT_SET and target != "local" and not of_endpoint:
            yield str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or prefix_list), target


def associations(document: Mapping[str, Any]) -> dict[str, str]:
    """The subnets that use a table, each with the id of its association."""
    return {
        association["SubnetId"]: association["RouteTableAssociationId"]
        for association in document.get("Associations", [])
        if association.get("SubnetId") and _is_there(association)
    }


def removable_associations(document: Mapping[str, Any]) -> list[str]:
    """The ids of all associations that end before a table can go: not that of a VPC's main table."""
    return [
        association["RouteTableAssociationId"]
        for association in document.get("Associations", [])
        if not association.get("Main") and _is_there(association)
    ]


def _is_there(association: Mapping[str, Any]) -> bool:
    return (association.get("AssociationState") or {}).get("State") not in _GONE


def destination_argument(destination: str) -> dict[str, str]:
    """A destination as CreateRoute, ReplaceRoute and DeleteRoute take it."""
    if destination.startswith("pl-"):
        return {"DestinationPrefixListId": destination}
    return {"DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock": destination}


def route_arguments(destination: str, target: str) -> dict[str, str]:
    """A route as CreateRoute and ReplaceRoute take it."""
    return {**destination_argument(destination), _PARAMETERS[target.partition("-")[0]]: target}
