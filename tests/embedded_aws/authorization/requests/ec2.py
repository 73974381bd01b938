"""Amazon EC2. An operation asks for its action on every resource that it touches, each with keys of its own: tags that
it gives are those of the new resource alone.

Source: also "Grant permission to tag Amazon EC2 resources during creation" in its guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services import ec2

from ..evaluation import Request
from .asked import Asked, Row, everything, rows

#: By the beginning of an id: the kind in ARNs, and where ministack keeps them.
KINDS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "acl": ("network-acl", ec2._network_acls),
    "eipalloc": ("elastic-ip", ec2._addresses),
    "eni": ("network-interface", ec2._network_interfaces),
    "igw": ("internet-gateway", ec2._internet_gateways),
    "nat": ("natgateway", ec2._nat_gateways),
    "rtb": ("route-table", ec2._route_tables),
    "sg": ("security-group", ec2._security_groups),
    "sgr": ("security-group-rule", {}),
    "subnet": ("subnet", ec2._subnets),
    "vpc": ("vpc", ec2._vpcs),
    "vpce": ("vpc-endpoint", ec2._vpc_endpoints),
}
#: Kinds that have the key ec2:Vpc.
_IN_VPC = {"network-acl", "network-interface", "route-table", "security-group", "subnet"}


def existing(asked: Asked, identifier: Any, action: str = "") -> list[Request]:
    """The action on a resource that there is, by its id."""
    kind, records = kind_of(str(identifier))
    vpc = (records.get(identifier) or {}).get("VpcId") if kind in _IN_VPC else None
    context = {"ec2__Vpc": asked.arn(f"vpc/{vpc}", "ec2")} if vpc else {}
    return asked.without_tags(asked.arn(f"{kind}/{identifier}", "ec2"), action=action, **context)


def kind_of(identifier: str) -> tuple[str, Mapping[str, Any]]:
    """Raises: NotImplementedError for an id of a kind that is not here."""
    beginning = identifier.rpartition("-")[0]
    if beginning not in KINDS:
        raise NotImplementedError(f"the kind of {identifier}")
    return KINDS[beginning]


def _on(*members: str) -> Row:
    """On each resource that one of these members names."""

    def row(asked: Asked) -> list[Request]:
        return [request for identifier in _given(asked, members) for request in existing(asked, identifier)]

    return row


def _given(asked: Asked, members: Iterable[str]) -> list[str]:
    given = [asked.get(member) or [] for member in members]
    return [each for one in given for each in (one if isinstance(one, list) else [one])]


def _new(kind: str, *members: str) -> Row:
    """On a resource that comes to be, with its tags, and on each that one of these members names."""

    def row(asked: Asked) -> list[Request]:
        arn = asked.arn(f"{kind}/*")
        tags = _tags_for(asked, kind)
        requests = [*asked.without_tags(arn, **tags), *_on(*members)(asked)]
        if tags:
            requests += asked.without_tags(arn, action="CreateTags", ec2__CreateAction=asked.operation, **tags)
        return requests

    return row


def _tags_for(asked: Asked, kind: str) -> dict[str, Any]:
    found = [each for each in asked.get("TagSpecifications") or [] if each.get("ResourceType") == kind]
    tags = {tag["Key"]: tag.get("Value", "") for each in found for tag in each.get("Tags") or []}
    keys: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**keys, "aws:TagKeys": list(tags)} if tags else {}


def _authorize(asked: Asked) -> list[Request]:
    requests = _on("GroupId")(asked)
    return requests + _new("security-group-rule")(asked) if _tags_for(asked, "security-group-rule") else requests


def _endpoint(asked: Asked) -> list[Request]:
    requests = _new("vpc-endpoint", "VpcId", "RouteTableIds", "SecurityGroupIds", "SubnetIds")(asked)
    if asked.get("VpcEndpointType") == "Interface" and asked.get("PrivateDnsEnabled", True):
        requests += asked.without_tags("*", action="route53:AssociateVPCWithHostedZone")
    return requests


def _tag(asked: Asked) -> list[Request]:
    """Tags by hand, of things that there are."""
    tags = asked.tags()
    if asked.operation == "DeleteTags":
        tags = {"aws:TagKeys": [tag["Key"] for tag in asked.get("Tags") or []]}
    on_each = [request for identifier in asked["Resources"] for request in existing(asked, identifier)]
    return [Request(each.action, each.resource, {**each.context, **tags}) for each in on_each]


def _route_table_association(asked: Asked) -> list[Request]:
    """An association is known by its id alone: it is of a route table, and mostly of a subnet."""
    identifiers = _given(asked, ["RouteTableId"])
    for table_id, table in ec2._route_tables.items():
        for each in table.get("Associations", []):
            if each["RouteTableAssociationId"] == asked["AssociationId"]:
                identifiers += [] if identifiers else [table_id]
                identifiers += [each["SubnetId"]] if each.get("SubnetId") else []
    return [request for identifier in identifiers for request in existing(asked, identifier)]


def _acl_association(asked: Asked) -> list[Request]:
    identifiers = [asked["NetworkAclId"]]
    for acl in ec2._network_acls.values():
        for each in acl.get("Associations", []):
            if each.get("NetworkAclAssociationId") == asked["AssociationId"]:
                identifiers.append(each["SubnetId"])
    return [request for identifier in identifiers for request in existing(asked, identifier)]


ROWS: dict[str, Row] = {
    "AllocateAddress": _new("elastic-ip"),
    "CreateInternetGateway": _new("internet-gateway"),
    "CreateNatGateway": _new("natgateway", "SubnetId", "AllocationId"),
    "CreateRouteTable": _new("route-table", "VpcId"),
    "CreateSecurityGroup": _new("security-group", "VpcId"),
    "CreateSubnet": _new("subnet", "VpcId"),
    "CreateVpc": _new("vpc"),
    "CreateVpcEndpoint": _endpoint,
    "AssociateRouteTable": _on("RouteTableId", "SubnetId", "GatewayId"),
    **rows("AttachInternetGateway DetachInternetGateway", _on("InternetGatewayId", "VpcId")),
    **rows("AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress", _authorize),
    **rows(
        "RevokeSecurityGroupEgress RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress "
        "UpdateSecurityGroupRuleDescriptionsIngress DeleteSecurityGroup",
        _on("GroupId"),
    ),
    **rows("CreateNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclEntry", _on("NetworkAclId")),
    **rows("CreateRoute DeleteRoute DeleteRouteTable ReplaceRoute", _on("RouteTableId")),
    **rows("CreateTags DeleteTags", _tag),
    "DeleteInternetGateway": _on("InternetGatewayId"),
    "DeleteNatGateway": _on("NatGatewayId"),
    **rows("DeleteSubnet ModifySubnetAttribute", _on("SubnetId")),
    **rows("DeleteVpc DescribeVpcAttribute ModifyVpcAttribute", _on("VpcId")),
    "DeleteVpcEndpoints": _on("VpcEndpointIds"),
    "ModifyVpcEndpoint": _on(
        "VpcEndpointId",
        *(f"{verb}{what}Ids" for verb in ("Add", "Remove") for what in ("RouteTable", "SecurityGroup", "Subnet")),
    ),
    "ReleaseAddress": _on("AllocationId"),
    **rows("DisassociateRouteTable ReplaceRouteTableAssociation", _route_table_association),
    "ReplaceNetworkAclAssociation": _acl_association,
    **rows(
        "DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways DescribeNatGateways DescribeNetworkAcls "
        "DescribeNetworkInterfaces DescribeRegions DescribeRouteTables DescribeSecurityGroupRules "
        "DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVpcEndpoints DescribeVpcs",
        everything,
    ),
}
