"""EC2: what a filter does not fit is not described, and a filter that is not known here is refused.

On AWS every filter is looked at, and one that there is not is an error. An emulator that passes over a filter shows
what is somebody else's, and lets code go on that asks for nothing that AWS knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import ec2

from .network_acls import give_associations

Record = Mapping[str, Any]
_TAGS = ("tag:", "tag-key", "tag-value")


@dataclass(frozen=True)
class Kind:
    """``id_`` names the parameter that asks for identifiers. ``native`` are the filters that the emulator looks at,
    ``values`` those that are looked at here, each with the values of a record; ``with_tags`` says whether the emulator
    looks at filters of tags.
    """

    id_: str
    records: Callable[[], Mapping[str, Record]]
    native: frozenset[str] = frozenset()
    values: Mapping[str, Callable[[Record], Iterable[str | None]]] = field(default_factory=dict)
    with_tags: bool = True


def _member(*path: str) -> Callable[[Record], Iterable[str | None]]:
    def values(record: Record) -> Iterable[str | None]:
        found: Any = record
        for each in path:
            found = (found or {}).get(each)
        return [found]

    return values


def _interfaces_groups(record: Record) -> Iterable[str]:
    return [each["GroupId"] for each in record.get("Groups", [])]


def _subnets_of_acl(record: Record) -> Iterable[str]:
    give_associations()
    return [each["SubnetId"] for each in record["Associations"]]


KINDS = {
    "DescribeVpcs": Kind("VpcId", lambda: ec2._vpcs, frozenset({"vpc-id", "cidr", "state", "owner-id", "is-default"})),
    "DescribeSubnets": Kind(
        "SubnetId",
        lambda: ec2._subnets,
        frozenset({"vpc-id", "subnet-id", "cidr-block", "availability-zone", "default-for-az"}),
    ),
    "DescribeInternetGateways": Kind(
        "InternetGatewayId",
        lambda: ec2._internet_gateways,
        frozenset({"internet-gateway-id", "attachment.vpc-id", "attachment.state", "owner-id"}),
    ),
    "DescribeRouteTables": Kind(
        "RouteTableId",
        lambda: ec2._route_tables,
        frozenset(
            {
                "vpc-id",
                "association.main",
                "association.subnet-id",
                "association.route-table-association-id",
            }
        ),
        {"route-table-id": _member("RouteTableId")},
    ),
    "DescribeNatGateways": Kind(
        "NatGatewayId",
        lambda: ec2._nat_gateways,
        frozenset({"vpc-id", "subnet-id", "state"}),
        {"nat-gateway-id": _member("NatGatewayId")},
    ),
    "DescribeSecurityGroups": Kind(
        "GroupId",
        lambda: ec2._security_groups,
        frozenset({"vpc-id", "group-name"}),
        {"group-id": _member("GroupId"), "description": _member("Description")},
    ),
    "DescribeNetworkAcls": Kind(
        "NetworkAclId",
        lambda: ec2._network_acls,
        frozenset({"vpc-id", "default"}),
        {"network-acl-id": _member("NetworkAclId"), "association.subnet-id": _subnets_of_acl},
    ),
    "DescribeAddresses": Kind(
        "AllocationId",
        lambda: ec2._addresses,
        values={"allocation-id": _member("AllocationId"), "public-ip": _member("PublicIp")},
        with_tags=False,
    ),
    "DescribeVpcEndpoints": Kind(
        "VpcEndpointId",
        lambda: ec2._vpc_endpoints,
        values={
            "vpc-id": _member("VpcId"),
            "vpc-endpoint-id": _member("VpcEndpointId"),
            "service-name": _member("ServiceName"),
            "vpc-endpoint-type": _member("VpcEndpointType"),
        },
        with_tags=False,
    ),
    "DescribeNetworkInterfaces": Kind(
        "NetworkInterfaceId",
        lambda: ec2._network_interfaces,
        values={
            "network-interface-id": _member("NetworkInterfaceId"),
            "vpc-id": _member("VpcId"),
            "subnet-id": _member("SubnetId"),
            "group-id": _interfaces_groups,
            "description": _member("Description"),
            "association.public-ip": _member("Association", "PublicIp"),
            "association.allocation-id": _member("Association", "AllocationId"),
        },
        with_tags=False,
    ),
}


def apply() -> None:
    for action, kind in KINDS.items():
        ec2._ACTION_MAP[action] = look_at_filters(ec2._ACTION_MAP[action], kind)


def look_at_filters(describe, kind: Kind):
    """Fault: filters are passed over, those that AWS has and those that it has not."""

    def handler(parameters: dict[str, Any]):
        filters = ec2._parse_filters(parameters)
        of_tags = {name: values for name, values in filters.items() if name.startswith(_TAGS)}
        unknown = filters.keys() - kind.native - kind.values.keys() - of_tags.keys()
        if unknown:
            return ec2._error("InvalidParameterValue", f"The filter '{min(unknown)}' is invalid", 400)
        left = {name: values for name, values in filters.items() if name in kind.values}
        addresses = set(ec2._parse_member_list(parameters, "PublicIp")) if kind.id_ == "AllocationId" else set()
        if not left and not addresses and (kind.with_tags or not of_tags):
            return describe(parameters)
        asked = set(ec2._parse_member_list(parameters, kind.id_))
        found = [
            identifier
            for identifier, record in kind.records().items()
            if (not asked or identifier in asked)
            and (not addresses or record["PublicIp"] in addresses)
            and ec2._resource_matches_tag_filters(identifier, of_tags)
            and all(any(_fits(each, values) for each in kind.values[name](record)) for name, values in left.items())
        ]
        return describe(_asking_for(kind, parameters, found))

    return handler


def _fits(value: str | None, patterns: Iterable[str]) -> bool:
    return value is not None and any(ec2._glob_match(each, value) for each in patterns)


def _asking_for(kind: Kind, parameters: Mapping[str, Any], found: list[str]) -> dict[str, Any]:
    """The parameters with these identifiers; where there are none, with what nothing fits and nothing complains of."""
    others = {key: value for key, value in parameters.items() if not key.startswith(f"{kind.id_}.")}
    if found or not kind.with_tags:
        return {**others, **{f"{kind.id_}.{number}": [each] for number, each in enumerate(found or ["none"], 1)}}
    return {"Action": parameters.get("Action", [""]), "Filter.1.Name": ["tag-key"], "Filter.1.Value.1": ["none"]}
