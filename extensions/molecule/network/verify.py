"""A VPC with public and private subnets in two zones, and a way out for the private ones."""

from __future__ import annotations

import pytest


@pytest.fixture
def ec2(client):
    return client("ec2")


def test_subnets_of_both_kinds_in_two_zones(ec2, of_environment):
    subnets = ec2.describe_subnets(Filters=of_environment)["Subnets"]
    assert len(subnets) == 4
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert len({subnet["VpcId"] for subnet in subnets}) == 1


def test_two_subnets_reach_the_internet_themselves_and_two_by_nat_alone(ec2, of_environment):
    (gateway,) = ec2.describe_nat_gateways(Filter=of_environment)["NatGateways"]
    ways_out = sorted(
        route.get("NatGatewayId") or route["GatewayId"].partition("-")[0]
        for table in ec2.describe_route_tables(Filters=of_environment)["RouteTables"]
        for association in table["Associations"]
        for route in table["Routes"]
        if association.get("SubnetId") and route["DestinationCidrBlock"] == "0.0.0.0/0"
    )
    assert ways_out == ["igw", "igw", gateway["NatGatewayId"], gateway["NatGatewayId"]]


def test_nobody_but_the_vpc_gets_in(ec2, of_environment):
    groups = ec2.describe_security_groups(Filters=of_environment)["SecurityGroups"]
    opened = [
        block["CidrIp"] for group in groups for permission in group["IpPermissions"] for block in permission["IpRanges"]
    ]
    assert groups
    assert "0.0.0.0/0" not in opened
