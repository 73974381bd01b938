# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's documents as resources. Each function takes a member of a Describe call's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.actions import Resource
from .layers import network, security_groups

Document = Mapping[str, Any]


def tags_of(document: Document) -> dict[str, str]:
    """The tags, without those that AWS itself sets."""
    return {tag["Key"]: tag["Value"] for tag in document.get("Tags", []) if not tag["Key"].startswith("aws:")}


def _resource(type_: str, document: Document, id_: str, properties: dict[str, Any], **attributes: Any) -> Resource:
    found = tags_of(document)
    return Resource(type_, found.get("Name", id_), {**properties, "tags": found}, id_, attributes)


def vpc(document: Document, dns_support: bool, dns_hostnames: bool) -> Resource:
    """A VPC with its two DNS attributes, which DescribeVpcAttribute tells."""
    properties = {"cidr": document["CidrBlock"], "dns_support": dns_support, "dns_hostnames": dns_hostnames}
    return _resource(network.VPC, document, document["VpcId"], properties)


def subnet(document: Document) -> Resource:
    properties = {
        "vpc_id": document["VpcId"],
        "cidr": document["CidrBlock"],
        "availability_zone": document["AvailabilityZone"],
        "map_public_ip_on_launch": document.get("MapPublicIpOnLaunch", False),
    }
    return _resource(network.SUBNET, document, document["SubnetId"], properties)


def internet_gateway(document: Document) -> Resource:
    attached = next((attachment["VpcId"] for attachment in document.get("Attachments", [])), None)
    return _resource(network.INTERNET_GATEWAY, document, document["InternetGatewayId"], {"vpc_id": attached})


def elastic_ip(document: Document) -> Resource:
    return _resource(network.ELASTIC_IP, document, document["AllocationId"], {}, public_ip=document["PublicIp"])


def nat_gateway(document: Document) -> Resource:
    address = next(iter(document.get("NatGatewayAddresses", [])), {})
    properties = {"subnet_id": document["SubnetId"], "allocation_id": address.get("AllocationId")}
    return _resource(network.NAT_GATEWAY, document, document["NatGatewayId"], properties, state=document["State"])


def route_table(document: Document) -> Resource:
    """A route table with the routes that were set (not the VPC's own, not an endpoint's)."""
    routes = {
        route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"): _target(route)
        for route in document.get("Routes", [])
        if route.get("Origin") != "CreateRouteTable"
        and route.get("GatewayId") != "local"
        and not route.get("DestinationPrefixListId")
        and not str(route.get("GatewayId", "")).startswith("vpce-")
    }
    associations = document.get("Associations", [])
    subnets = sorted(association["SubnetId"] for association in associations if association.get("SubnetId"))
    properties = {"vpc_id": document["VpcId"], "routes": routes, "subnets": subnets}
    return _resource(network.ROUTE_TABLE, document, document["RouteTableId"], properties)


def _target(route: Document) -> str:
    targets = ("NatGatewayId", "GatewayId", "TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId")
    return next((route[key] for key in targets if route.get(key)), "unknown target")


def vpc_endpoint(document: Document) -> Resource:
    properties = {
        "vpc_id": document["VpcId"],
        "service": document["ServiceName"],
        "route_tables": sorted(document.get("RouteTableIds", [])),
    }
    return _resource(network.ENDPOINT, document, document["VpcEndpointId"], properties)


def security_group(document: Document) -> list[Resource]:
    """A group and its rules."""
    return security_groups.canonical(document, tags_of(document))


def availability_zone(document: Document) -> Resource:
    return Resource(network.ZONE, document["ZoneName"], {}, document.get("ZoneId"))
