# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network of an environment: a VPC, its subnets and its ways out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from ipaddress import IPv4Network
from itertools import islice
from typing import Any

from ..engine.actions import Resource
from ..engine.compare import UNKNOWN, contains_unknown
from ..engine.known import Existing
from ..engine.tags import tags
from ..kinds.ec2.network import documents as ec2_network
from ..kinds.ec2.network.documents import ELASTIC_IP, INTERNET_GATEWAY, NAT_GATEWAY, SUBNET, VPC, ZONE
from ..kinds.ec2.network_acl import documents as ec2_network_acls
from ..kinds.ec2.route_table import documents as ec2_route_tables
from ..kinds.ec2.security_group.documents import ANYWHERE
from ..kinds.ec2.vpc_endpoint import documents as ec2_vpc_endpoints
from ..kinds.service_discovery import documents as service_discovery
from . import names, security_groups
from .desire import made_by

ROLE = "network"

PUBLIC = "public"
PRIVATE = "private"

#: A VPC is cut into 16 equal blocks: private subnets take the first eight, public ones the others. So
#: availability zones can be added without moving a subnet.
_BLOCK_BITS = 4
_PUBLIC_FROM = 8
MOST_ZONES = 8

#: By their ids, as each account has names of its own for them: Fargate (the first two), NAT gateways or newer kinds of
#: database are not to be had there.
_LACKING = {"apne1-az3", "usw1-az2", "use1-az3"}


def subnet_cidr(vpc_cidr: str, tier: str, zone: int) -> str:
    """The CIDR of the subnet of a tier in the zone of that index."""
    block = zone + (_PUBLIC_FROM if tier == PUBLIC else 0)
    return str(next(islice(IPv4Network(vpc_cidr).subnets(prefixlen_diff=_BLOCK_BITS), block, None)))


def zones(inputs: Mapping[str, Any], known: Existing) -> list[str]:
    """The names of the availability zones in use: the named ones, or the first usable."""
    if inputs["network_availability_zones"]:
        return list(inputs["network_availability_zones"])
    return usable_zones(known)[: inputs["network_availability_zone_count"]]


def usable_zones(known: Existing) -> list[str]:
    """The names of the region's availability zones that have all of what an environment is made of, sorted."""
    return sorted(zone.name for zone in known.of_type(ZONE) if zone.id not in _LACKING)


def zones_left_out(inputs: Mapping[str, Any], known: Existing) -> list[str]:
    """The names of the availability zones in which the environment has subnets, and shall have none."""
    there = {subnet.properties["availability_zone"] for subnet in known.of_type(SUBNET) if _is_ours(inputs, subnet)}
    return sorted(there.difference(zones(inputs, known)))


def _is_ours(inputs: Mapping[str, Any], subnet: Resource) -> bool:
    """Whether it is one of these, and not another that carries the environment's tags."""
    letter = subnet.properties["availability_zone"][-1]
    return subnet.name in {_name(inputs, tier, letter) for tier in (PUBLIC, PRIVATE)}


def subnet_names(inputs: Mapping[str, Any], known: Existing, tier: str) -> list[str]:
    """The names of a tier's subnets, in the order of the zones: ``prod-private-a``."""
    return [_name(inputs, tier, zone[-1]) for zone in zones(inputs, known)]


def subnet_ids(inputs: Mapping[str, Any], known: Existing, tier: str) -> list[str]:
    """The ids of a tier's subnets, sorted."""
    return sorted(known.id(SUBNET, name) for name in subnet_names(inputs, known, tier))


def private_subnets(inputs: Mapping[str, Any], known: Existing) -> Any:
    """The ids of the private subnets with commas between them. In the order of the ids, so that has to wait until all
    of them are known.
    """
    subnets = subnet_ids(inputs, known, PRIVATE)
    return UNKNOWN if contains_unknown(subnets) else ",".join(subnets)


def known_subnet_ids(inputs: Mapping[str, Any], known: Existing) -> list[str]:
    """The ids of those subnets of both tiers that exist."""
    ids = [each for tier in (PUBLIC, PRIVATE) for each in subnet_ids(inputs, known, tier)]
    return [each for each in ids if not contains_unknown(each)]


def acl_name(inputs: Mapping[str, Any]) -> str:
    """What the network ACL is called that AWS makes with the VPC; it gives it no name."""
    return _name(inputs, "default")


def desired(inputs: Mapping[str, Any], known: Existing) -> list[Resource]:
    """Everything that role network makes with EC2, in the order in which it is made."""
    name = inputs["farflow_environment"]
    vpc_id = known.id(VPC, name)
    vpc = {
        "cidr": inputs["network_cidr"],
        "dns_support": True,
        "dns_hostnames": True,
        "tags": tags(inputs, ROLE, name),
    }
    return [
        Resource(VPC, name, vpc),
        *_subnets(inputs, known, vpc_id),
        Resource(INTERNET_GATEWAY, name, {"vpc_id": vpc_id, "tags": tags(inputs, ROLE, name)}),
        *_network_acl(inputs, known, vpc_id),
        *security_groups.desired(inputs, known, vpc_id),
        *_nat_gateways(inputs, known),
        *_route_tables(inputs, known, vpc_id),
        _s3_endpoint(inputs, known, vpc_id),
        _namespace(inputs, known, vpc_id),
    ]


def _subnets(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> list[Resource]:
    return [
        Resource(
            SUBNET,
            _name(inputs, tier, zone[-1]),
            {
                "vpc_id": vpc_id,
                "cidr": subnet_cidr(inputs["network_cidr"], tier, index),
                "availability_zone": zone,
                "map_public_ip_on_launch": False,
                "tags": tags(inputs, ROLE, _name(inputs, tier, zone[-1])),
            },
        )
        for tier in (PUBLIC, PRIVATE)
        for index, zone in enumerate(zones(inputs, known))
    ]


def _network_acl(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> list[Resource]:
    """Nothing before there is a VPC: as AWS makes it, with the VPC and for its subnets, it is as it shall be."""
    name = acl_name(inputs)
    if not known.get(ec2_network_acls.TYPE, name):
        return []
    acl = {"name": name, "vpc_id": vpc_id, "subnets": known_subnet_ids(inputs, known)}
    return [made_by(ec2_network_acls.desired, acl)]


def _nat_letters(inputs: Mapping[str, Any], known: Existing) -> list[str]:
    letters = [zone[-1] for zone in zones(inputs, known)]
    return letters if inputs["network_nat_gateways"] == "per_az" else letters[:1]


def _nat_gateways(inputs: Mapping[str, Any], known: Existing) -> list[Resource]:
    resources = []
    for letter in _nat_letters(inputs, known):
        name = _name(inputs, "nat", letter)
        named = tags(inputs, ROLE, name)
        gateway = {
            "name": name,
            "id": _existing(known, NAT_GATEWAY, name),
            "subnet_id": known.id(SUBNET, _name(inputs, PUBLIC, letter)),
            "allocation_id": known.id(ELASTIC_IP, name),
            "tags": named,
        }
        resources += [
            Resource(ELASTIC_IP, name, {"tags": named}),
            made_by(partial(ec2_network.desired, NAT_GATEWAY), gateway),
        ]
    return resources


def _route_tables(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> list[Resource]:
    """One for the public subnets, and one for the private subnets behind each NAT gateway."""
    environment = inputs["farflow_environment"]
    gateway = known.id(INTERNET_GATEWAY, environment)
    tables = [_route_table(inputs, known, vpc_id, PUBLIC, gateway, subnet_ids(inputs, known, PUBLIC))]
    for letter in _nat_letters(inputs, known):
        nat = _name(inputs, "nat", letter)
        state = known.attribute(NAT_GATEWAY, nat, "state")
        ready = state not in (UNKNOWN, "pending")  # AWS may add other states
        if inputs["network_nat_gateways"] == "per_az":
            subnets = [known.id(SUBNET, _name(inputs, PRIVATE, letter))]
        else:
            subnets = subnet_ids(inputs, known, PRIVATE)
        target = known.id(NAT_GATEWAY, nat) if ready else UNKNOWN
        tables.append(_route_table(inputs, known, vpc_id, _private_table(inputs, letter), target, subnets))
    return tables


def _route_table(
    inputs: Mapping[str, Any], known: Existing, vpc_id: str, suffix: str, target: str, subnets: list[str]
) -> Resource:
    name = _name(inputs, suffix)
    table = {
        "name": name,
        "route_table_id": _existing(known, ec2_route_tables.TYPE, name),
        "vpc_id": vpc_id,
        "routes": {ANYWHERE: target},
        "subnets": subnets,
        "tags": tags(inputs, ROLE, name),
    }
    return made_by(ec2_route_tables.desired, table)


def _private_table(inputs: Mapping[str, Any], letter: str) -> str:
    return f"{PRIVATE}-{letter}" if inputs["network_nat_gateways"] == "per_az" else PRIVATE


def ways_out(inputs: Mapping[str, Any], known: Existing) -> list[str]:
    """Where the private subnets' default routes lead; UNKNOWN where a container would not come out yet."""
    names_ = [_name(inputs, _private_table(inputs, letter)) for letter in _nat_letters(inputs, known)]
    tables = [known.get(ec2_route_tables.TYPE, name) for name in names_]
    return [
        str(table.properties["routes"].get(ANYWHERE) or UNKNOWN) if table else known.id(ec2_route_tables.TYPE, name)
        for name, table in zip(names_, tables, strict=True)
    ]


def _s3_endpoint(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> Resource:
    """The free gateway endpoint: logs and image layers do not pay for the NAT gateway."""
    tables = [_name(inputs, _private_table(inputs, letter)) for letter in _nat_letters(inputs, known)]
    name = _name(inputs, "s3")
    endpoint = {
        "name": name,
        "vpc_endpoint_id": _existing(known, ec2_vpc_endpoints.TYPE, name),
        "vpc_id": vpc_id,
        "service": f"com.amazonaws.{inputs['farflow_region']}.s3",
        "route_tables": sorted(known.id(ec2_route_tables.TYPE, table) for table in tables),
        "tags": tags(inputs, ROLE, name),
    }
    return made_by(ec2_vpc_endpoints.desired, endpoint)


def _namespace(inputs: Mapping[str, Any], known: Existing, vpc_id: str) -> Resource:
    """The private DNS namespace, in which components find each other."""
    namespace = {"name": names.namespace(inputs), "vpc_id": vpc_id, "tags": tags(inputs, ROLE)}
    found = known.get(service_discovery.NAMESPACE, names.namespace(inputs))
    return service_discovery.seen_from(made_by(service_discovery.desired_namespace, namespace), found)


def _existing(known: Existing, type_: str, name: str) -> str | None:
    """The id of one that exists, by which its module knows it, whatever its tags say."""
    found = known.get(type_, name)
    return found.id if found else None


def _name(inputs: Mapping[str, Any], *parts: str) -> str:
    return "-".join((inputs["farflow_environment"], *parts))
