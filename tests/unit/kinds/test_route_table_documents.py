from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.route_table import documents as pure

DOCUMENT = {
    "RouteTableId": "rtb-1",
    "VpcId": "vpc-1",
    "Tags": [{"Key": "Name", "Value": "private"}, {"Key": "aws:made-by", "Value": "x"}],
    "Associations": [
        {"RouteTableAssociationId": "as-0", "Main": True, "AssociationState": {"State": "associated"}},
        {"RouteTableAssociationId": "as-1", "SubnetId": "subnet-2"},
        {"RouteTableAssociationId": "as-2", "SubnetId": "subnet-1", "AssociationState": {"State": "associated"}},
        {"RouteTableAssociationId": "as-3", "SubnetId": "subnet-3", "AssociationState": {"State": "disassociating"}},
        {"RouteTableAssociationId": "as-4", "GatewayId": "igw-1", "AssociationState": {"State": "associated"}},
    ],
}


@pytest.mark.parametrize(
    ("route", "found"),
    [
        ({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}, {"0.0.0.0/0": "nat-1"}),
        ({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}, {"0.0.0.0/0": "igw-1"}),
        ({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}, {"::/0": "eigw-1"}),
        ({"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1"}, {"pl-1": "tgw-1"}),
        ({"DestinationCidrBlock": "10.1.0.0/16", "GatewayId": "vpce-1"}, {"10.1.0.0/16": "vpce-1"}),
        (
            {"DestinationCidrBlock": "10.1.0.0/16", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"},
            {"10.1.0.0/16": "eni-1"},
        ),
        ({"DestinationCidrBlock": "10.1.0.0/16", "CoreNetworkArn": "arn:x"}, {"10.1.0.0/16": "unknown target"}),
        # made by whoever it is, as long as it is not known to be AWS
        ({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CopyRoute"}, {"0.0.0.0/0": "nat-1"}),
        # not ours to set: the VPC's own, an endpoint's, a virtual private gateway's, a route server's
        ({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}, {}),
        ({"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-1"}, {}),
        ({"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}, {}),
        ({"DestinationCidrBlock": "10.9.0.0/16", "NetworkInterfaceId": "eni-1", "Origin": "Advertisement"}, {}),
    ],
)
def test_routes_are_those_that_were_set(route, found):
    resource = pure.canonical({**DOCUMENT, "Routes": [{"Origin": "CreateRoute", **route}]})
    assert resource.properties["routes"] == found


def test_a_table_has_its_name_its_tags_and_the_subnets_that_use_it():
    resource = pure.canonical(DOCUMENT)
    assert (resource.name, resource.id) == ("private", "rtb-1")
    assert resource.properties == {
        "vpc_id": "vpc-1",
        "routes": {},
        "subnets": ["subnet-1", "subnet-2"],
        "tags": {"Name": "private"},
    }


def test_all_associations_end_but_that_of_the_main_table():
    assert pure.removable_associations(DOCUMENT) == ["as-1", "as-2", "as-4"]


@pytest.mark.parametrize(
    ("destination", "target", "arguments"),
    [
        ("0.0.0.0/0", "igw-1", {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}),
        ("0.0.0.0/0", "nat-1", {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}),
        ("::/0", "eigw-1", {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}),
        ("pl-1", "tgw-1", {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1"}),
        ("10.1.0.0/16", "pcx-1", {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1"}),
        ("10.1.0.0/16", "vpce-1", {"DestinationCidrBlock": "10.1.0.0/16", "VpcEndpointId": "vpce-1"}),
    ],
)
def test_a_route_names_its_target_by_the_kind_of_it(destination, target, arguments):
    assert pure.route_arguments(destination, target) == arguments


def test_destinations_are_compared_as_aws_writes_them():
    routes = {"10.1.2.3/16": UNKNOWN, "2001:DB8::/32": "eni-1"}
    wanted = pure.desired({"name": "t", "vpc_id": "vpc-1", "routes": routes})
    assert wanted.properties["routes"] == {"10.1.0.0/16": UNKNOWN, "2001:db8::/32": "eni-1"}


@pytest.mark.parametrize(
    ("routes", "complaint"),
    [
        ({"anywhere": "igw-1"}, "'anywhere'"),
        ({"10.0.0.0/40": "igw-1"}, "'10.0.0.0/40'"),
        ({"0.0.0.0/0": "prod"}, "t cannot route to 'prod'"),
        ({"0.0.0.0/0": "i-0a"}, "t cannot route to 'i-0a'"),
    ],
)
def test_what_is_no_route_is_refused(routes, complaint):
    with pytest.raises(FarflowError, match=complaint):
        pure.desired({"name": "t", "vpc_id": "vpc-1", "routes": routes})
