# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2's documents as resources. Each function takes a member of a Describe call's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....engine.actions import Resource, failed
from ....engine.tags import tags_of
from . import documents as network

Document = Mapping[str, Any]


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
    used = {network.USED: bool(document.get("AssociationId"))}
    return _resource(network.ELASTIC_IP, document, document["AllocationId"], {}, **used)


def nat_gateway(document: Document) -> Resource:
    address: Document = next(iter(document.get("NatGatewayAddresses", [])), {})
    properties = {"subnet_id": document["SubnetId"], "allocation_id": address.get("AllocationId")}
    return _resource(network.NAT_GATEWAY, document, document["NatGatewayId"], properties, state=document["State"])


def failed_nat_gateway(document: Document) -> Resource:
    """One that AWS could not make, with its words."""
    told = ": ".join(filter(None, [document.get("FailureCode"), document.get("FailureMessage")]))
    id_: str = document["NatGatewayId"]
    return Resource(failed(network.NAT_GATEWAY), tags_of(document).get("Name", id_), {}, id_, reason=told)


def availability_zone(document: Document) -> Resource:
    return Resource(network.ZONE, document["ZoneName"], {}, document.get("ZoneId"))
