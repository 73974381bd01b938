# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""VPCs, subnets, internet gateways, elastic IP addresses and NAT gateways: one thin function for each call. Takes and
gives AWS's documents. What only describes turns AWS's errors into words; for what changes, its callers do.

Only for NAT gateways has AWS a client token. Any other Create call is made once: its caller has to look before another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....engine.clients import Clients, doing, pages, refused, unless
from ..tags import specification

Filters = Mapping[str, list[str]]

_IN_USE = {"DependencyViolation"}
#: The last two are what AWS says of an address whose NAT gateway is there still, or just was.
_ADDRESS_IN_USE = {"InvalidIPAddress.InUse", "AuthFailure", "InvalidNetworkInterfaceID.NotFound"}
#: States of a NAT gateway that is none, or none any more. AWS may add others.
_NO_NAT_GATEWAY = {"failed", "deleting", "deleted"}

_GONE = {
    "InvalidVpcID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidAllocationID.NotFound",
    "Gateway.NotAttached",
    "NatGatewayNotFound",
}


def _described(clients: Clients, operation: str, key: str, what: str, filters: Filters) -> list[dict[str, Any]]:
    asked = [{"Name": name, "Values": values} for name, values in filters.items()]
    with doing("describe", what):
        return pages(clients("ec2"), operation, key, Filters=asked)


def vpcs(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    """The VPCs that EC2's filters leave, each filter with its values."""
    return _described(clients, "describe_vpcs", "Vpcs", "VPCs", filters)


def subnets(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    return _described(clients, "describe_subnets", "Subnets", "subnets", filters)


def internet_gateways(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    return _described(clients, "describe_internet_gateways", "InternetGateways", "internet gateways", filters)


def network_interfaces(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    return _described(clients, "describe_network_interfaces", "NetworkInterfaces", "network interfaces", filters)


def addresses(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    """Elastic IP addresses; AWS has no pages of them."""
    asked = [{"Name": name, "Values": values} for name, values in filters.items()]
    with doing("describe", "elastic IP addresses"):
        return list(clients("ec2").describe_addresses(Filters=asked)["Addresses"])


def nat_gateways(clients: Clients, filters: Filters) -> list[dict[str, Any]]:
    """Those that are there or being made; AWS lists deleted and failed ones for an hour."""
    found = _described(clients, "describe_nat_gateways", "NatGateways", "NAT gateways", filters)
    return [gateway for gateway in found if gateway["State"] not in _NO_NAT_GATEWAY]


def failed_nat_gateway(clients: Clients, gateway_id: str) -> dict[str, Any] | None:
    """A NAT gateway that AWS could not make, with why; None for one that has not failed."""
    found = _described(
        clients, "describe_nat_gateways", "NatGateways", "NAT gateways", {"nat-gateway-id": [gateway_id]}
    )
    return next((each for each in found if each["State"] == "failed"), None)


def create_vpc(clients: Clients, wanted: Mapping[str, Any]) -> str:
    """Makes a VPC with its tags; its id."""
    tags = specification("vpc", wanted["tags"])
    return str(clients.once("ec2").create_vpc(CidrBlock=wanted["cidr"], **tags)["Vpc"]["VpcId"])


def create_subnet(clients: Clients, wanted: Mapping[str, Any]) -> str:
    """Makes a subnet with its tags; its id."""
    answer = clients.once("ec2").create_subnet(
        VpcId=wanted["vpc_id"],
        CidrBlock=wanted["cidr"],
        AvailabilityZone=wanted["availability_zone"],
        **specification("subnet", wanted["tags"]),
    )
    return str(answer["Subnet"]["SubnetId"])


def create_internet_gateway(clients: Clients, wanted: Mapping[str, Any]) -> str:
    """Makes an internet gateway with its tags, attached to nothing; its id."""
    answer = clients.once("ec2").create_internet_gateway(**specification("internet-gateway", wanted["tags"]))
    return str(answer["InternetGateway"]["InternetGatewayId"])


def allocate_address(clients: Clients, wanted: Mapping[str, Any]) -> str:
    """Allocates an elastic IP address with its tags; its id."""
    answer = clients.once("ec2").allocate_address(Domain="vpc", **specification("elastic-ip", wanted["tags"]))
    return str(answer["AllocationId"])


def create_nat_gateway(clients: Clients, wanted: Mapping[str, Any]) -> str:
    """Begins to make a NAT gateway with its tags; its id. botocore adds a client token, so a repeated call makes no
    second.
    """
    answer = clients("ec2").create_nat_gateway(
        SubnetId=wanted["subnet_id"],
        AllocationId=wanted["allocation_id"],
        **specification("natgateway", wanted["tags"]),
    )
    return str(answer["NatGateway"]["NatGatewayId"])


def set_vpc_attribute(clients: Clients, vpc_id: str, attribute: str, value: bool) -> None:
    """Sets ``EnableDnsSupport`` or ``EnableDnsHostnames`` of a VPC."""
    clients("ec2").modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": value}})


def set_public_ip_on_launch(clients: Clients, subnet_id: str, value: bool) -> None:
    clients("ec2").modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": value})


def attach(clients: Clients, gateway_id: str, vpc_id: str) -> None:
    """Attaches an internet gateway to a VPC; one that is attached is left as it is."""
    unless(
        {"Resource.AlreadyAssociated"},
        lambda: clients("ec2").attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id),
    )


def detach(clients: Clients, gateway_id: str, vpc_id: str) -> str:
    """Detaches an internet gateway; one that is not attached is fine. Here and below it gives AWS's words where
    something still uses what is to go, and none when it is done.
    """
    return _kept(_IN_USE, lambda: clients("ec2").detach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc_id))


def delete_vpc(clients: Clients, vpc_id: str) -> str:
    """Deletes a VPC; one that is gone is fine, here and below."""
    return _kept(_IN_USE, lambda: clients("ec2").delete_vpc(VpcId=vpc_id))


def delete_subnet(clients: Clients, subnet_id: str) -> str:
    return _kept(_IN_USE, lambda: clients("ec2").delete_subnet(SubnetId=subnet_id))


def delete_internet_gateway(clients: Clients, gateway_id: str) -> str:
    return _kept(_IN_USE, lambda: clients("ec2").delete_internet_gateway(InternetGatewayId=gateway_id))


def delete_nat_gateway(clients: Clients, gateway_id: str) -> str:
    """Begins to delete a NAT gateway; what it is while it is not gone."""
    client = clients("ec2")
    answer = unless(_GONE, lambda: client.describe_nat_gateways(NatGatewayIds=[gateway_id]), {})
    state = next((gateway["State"] for gateway in answer.get("NatGateways") or []), "deleted")
    if state not in _NO_NAT_GATEWAY:
        unless(_GONE, lambda: client.delete_nat_gateway(NatGatewayId=gateway_id))
        state = "deleting"
    return "" if state in ("deleted", "failed") else f"it is {state}"


def release_address(clients: Clients, allocation_id: str) -> str:
    return _kept(_ADDRESS_IN_USE, lambda: clients("ec2").release_address(AllocationId=allocation_id))


def _kept(in_use: set[str], call: Callable[[], Any]) -> str:
    return refused(in_use, lambda: unless(_GONE, call))
