# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: one thin function for each Describe call. Takes an environment, gives AWS's documents."""

from __future__ import annotations

from typing import Any

from ...engine.clients import Clients, doing, pages

_GONE = {"deleted", "deleting"}


def _tagged(environment: str) -> list[dict[str, Any]]:
    return [{"Name": "tag:farflow:environment", "Values": [environment]}]


def _describe(clients: Clients, operation: str, key: str, what: str, environment: str) -> list[dict[str, Any]]:
    with doing("describe", what, f"of environment {environment}"):
        return pages(clients("ec2"), operation, key, Filters=_tagged(environment))


def vpcs(clients: Clients, environment: str) -> list[dict[str, Any]]:
    """The environment's VPCs; there should be one."""
    return _describe(clients, "describe_vpcs", "Vpcs", "VPCs", environment)


def vpc_attribute(clients: Clients, vpc_id: str, attribute: str) -> bool:
    """``enableDnsSupport`` or ``enableDnsHostnames`` of a VPC."""
    with doing("describe", f"attribute {attribute} of VPC", vpc_id):
        answer = clients("ec2").describe_vpc_attribute(VpcId=vpc_id, Attribute=attribute)
    return bool(answer[attribute[0].upper() + attribute[1:]]["Value"])


def subnets(clients: Clients, environment: str) -> list[dict[str, Any]]:
    return _describe(clients, "describe_subnets", "Subnets", "subnets", environment)


def internet_gateways(clients: Clients, environment: str) -> list[dict[str, Any]]:
    return _describe(clients, "describe_internet_gateways", "InternetGateways", "internet gateways", environment)


def route_tables(clients: Clients, environment: str) -> list[dict[str, Any]]:
    return _describe(clients, "describe_route_tables", "RouteTables", "route tables", environment)


def security_groups(clients: Clients, environment: str) -> list[dict[str, Any]]:
    return _describe(clients, "describe_security_groups", "SecurityGroups", "security groups", environment)


def addresses(clients: Clients, environment: str) -> list[dict[str, Any]]:
    """Elastic IP addresses."""
    with doing("describe", "elastic IP addresses", f"of environment {environment}"):
        return list(clients("ec2").describe_addresses(Filters=_tagged(environment))["Addresses"])


def nat_gateways(clients: Clients, environment: str) -> list[dict[str, Any]]:
    """NAT gateways that are not gone, and those that failed; AWS lists deleted and failed ones for an hour."""
    found = _describe(clients, "describe_nat_gateways", "NatGateways", "NAT gateways", environment)
    return [gateway for gateway in found if gateway["State"] not in _GONE]


def availability_zones(clients: Clients) -> list[dict[str, Any]]:
    """The region's zones that are open to new resources, without local and wavelength zones."""
    with doing("describe", "availability zones"):
        zones = clients("ec2").describe_availability_zones(
            Filters=[{"Name": "state", "Values": ["available"]}, {"Name": "zone-type", "Values": ["availability-zone"]}]
        )
    return list(zones["AvailabilityZones"])
