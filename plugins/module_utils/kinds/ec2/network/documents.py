# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""VPCs, subnets, internet gateways, elastic IP addresses and NAT gateways, as they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from ....engine.actions import Resource
from ....engine.errors import FarflowError

VPC = "vpc"
SUBNET = "subnet"
INTERNET_GATEWAY = "internet_gateway"
ELASTIC_IP = "elastic_ip"
NAT_GATEWAY = "nat_gateway"
#: Of an address, whether something has it.
USED = "used"
ZONE = "availability_zone"

IMMUTABLE = {
    VPC: {"cidr": "a VPC keeps its block; another one is another VPC"},
    SUBNET: {
        "vpc_id": "a subnet stays in its VPC",
        "cidr": "a subnet keeps its block",
        "availability_zone": "a block stays in its zone while its subnet is there; add zones behind those in use",
    },
    NAT_GATEWAY: dict.fromkeys(
        ("subnet_id", "allocation_id"), "a NAT gateway keeps its subnet and its address; delete it to get a new one"
    ),
}

#: What of a desired one is compared, by type.
_PROPERTIES = {
    VPC: ("cidr", "dns_support", "dns_hostnames"),
    SUBNET: ("vpc_id", "cidr", "availability_zone", "map_public_ip_on_launch"),
    INTERNET_GATEWAY: ("vpc_id",),
    ELASTIC_IP: (),
    NAT_GATEWAY: ("subnet_id", "allocation_id"),
}

_ID_FILTERS = {
    VPC: "vpc-id",
    SUBNET: "subnet-id",
    INTERNET_GATEWAY: "internet-gateway-id",
    ELASTIC_IP: "allocation-id",
    NAT_GATEWAY: "nat-gateway-id",
}


def desired(type_: str, item: Mapping[str, Any]) -> Resource:
    """``{name, id?, tags, ...}`` as a resource of the type; the rest is as the type's canonical form has it. Raises
    FarflowError for a block that is none.
    """
    properties = {key: item.get(key) for key in _PROPERTIES[type_]}
    if properties.get("cidr"):
        properties["cidr"] = _block(type_, item)
    tags = {key: str(value) for key, value in (item.get("tags") or {}).items()} | {"Name": item["name"]}
    return Resource(type_, item["name"], {**properties, "tags": tags}, item.get("id"))


def _block(type_: str, item: Mapping[str, Any]) -> str:
    """The block as AWS writes it, without the bits of a host in it."""
    try:
        return str(ip_network(item["cidr"], strict=False))
    except ValueError as error:
        raise FarflowError(f"cidr of {type_} {item['name']}: {error}") from error


def what(one: Resource) -> str:
    """One in words, with its id if it has one."""
    kind = one.type.replace("_", " ")
    return f"{kind} {one.name} ({one.id})" if one.id else f"{kind} {one.name}"


def missing(one: Resource, present: bool) -> list[str]:
    """What a resource lacks that is to be present, or to be deleted."""
    lacking = [key for key, value in one.properties.items() if value is None] if present else []
    if not present and not one.id:
        lacking = ["id"]
    return [f"{one.type.replace('_', ' ')} {one.name} has no {key}" for key in lacking]


def meant(wanted: Resource, found: Sequence[Resource]) -> Resource | None:
    """The existing one that is meant: by its id, or else by what AWS lets only one have, or by name and tags. Raises
    FarflowError where there is none with the id.
    """
    if wanted.id:
        same = [one for one in found if one.id == wanted.id]
        if not same:
            raise FarflowError(f"there is no {wanted.type.replace('_', ' ')} {wanted.id} ({wanted.name})")
        return same[0]
    return next((one for one in found if _is_meant(wanted, one)), None)


def _is_meant(wanted: Resource, one: Resource) -> bool:
    if wanted.type == SUBNET:
        return all(wanted.properties[key] == one.properties[key] for key in ("vpc_id", "cidr"))
    attached = one.properties.get("vpc_id")
    if wanted.type == INTERNET_GATEWAY and attached:
        return bool(attached == wanted.properties["vpc_id"])
    same_block = wanted.properties.get("cidr") == one.properties.get("cidr")
    return same_block and wanted.properties["tags"] == one.properties["tags"]


def filters(wanted: Sequence[Resource]) -> list[dict[str, list[str]]]:
    """The filters of EC2 that find all that may be meant by resources of one type, each for a call of its own."""
    with_id = [str(one.id) for one in wanted if one.id]
    others = [one for one in wanted if not one.id]

    def values(key: str) -> list[str]:
        return sorted({str(one.properties[key]) for one in others if one.properties[key]})

    asked = [{_ID_FILTERS[wanted[0].type]: with_id}] if with_id else []
    if not others:
        return asked
    if wanted[0].type == SUBNET:
        return [*asked, {"vpc-id": values("vpc_id"), "cidr-block": values("cidr")}]
    if wanted[0].type == INTERNET_GATEWAY and values("vpc_id"):
        asked.append({"attachment.vpc-id": values("vpc_id")})
    return [*asked, {"tag:Name": sorted({one.name for one in others})}]


def filters_of_users(one: Resource) -> dict[str, list[str]] | None:
    """EC2's filters for the network interfaces that keep an existing one from being deleted; None where none do."""
    if one.type == NAT_GATEWAY:
        return None
    if one.type == INTERNET_GATEWAY:
        return {"vpc-id": [str(one.properties["vpc_id"])], "association.public-ip": ["*"]}
    return {"association.allocation-id" if one.type == ELASTIC_IP else _ID_FILTERS[one.type]: [str(one.id)]}
