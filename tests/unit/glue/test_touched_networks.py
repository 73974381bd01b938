"""A network whose tags were touched is known by what nobody can edit, and a stranger's network is not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.glue.environment import look
from ansible_collections.farflow.airflow.plugins.module_utils.glue.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.pure.layers import security_groups
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs

TAGS = {"farflow:environment": "dev", "farflow:role": "network"}


@pytest.fixture
def ec2(clients):
    return clients("ec2")


def tagged(kind, tags):
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": given}]} if tags else {}


def vpc(ec2, tags=None, cidr="10.0.0.0/16"):
    return ec2.create_vpc(CidrBlock=cidr, **tagged("vpc", tags or {}))["Vpc"]["VpcId"]


def subnet(ec2, vpc_id, cidr="10.0.128.0/20", tags=None):
    made = ec2.create_subnet(
        VpcId=vpc_id, CidrBlock=cidr, AvailabilityZone="eu-west-1a", **tagged("subnet", tags or {})
    )
    return made["Subnet"]["SubnetId"]


def group(ec2, vpc_id, name="api-server", description=None, tags=None):
    description = description or security_groups.GROUPS[name]
    made = ec2.create_security_group(
        GroupName=f"dev-{name}", Description=description, VpcId=vpc_id, **tagged("security-group", tags or {})
    )
    return made["GroupId"]


def planned(clients, kept=None):
    """By kind, type and id what there is to do to what exists."""
    defaults = inputs.defaults(lambda path: yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    given = {**defaults, "farflow_environment": "dev", "farflow_region": "eu-west-1"}
    seen = look(clients, given, {"network": LAYERS["network"]}, ["network"], kept)
    return {(each.kind, each.resource.type, each.resource.id) for each in seen.actions["network"] if each.resource.id}


def test_a_vpc_is_that_of_the_groups_of_our_names_and_descriptions(clients, ec2):
    ours, other = vpc(ec2), vpc(ec2, cidr="10.1.0.0/16")
    group(ec2, ours)
    group(ec2, other, "tasks", description="of somebody else")
    assert ("change", "vpc", ours) in planned(clients)
    assert not [each for each in planned(clients) if each[2] == other]


def test_without_groups_it_is_that_of_its_tagged_subnets(clients, ec2):
    ours = vpc(ec2)
    subnet(ec2, ours, tags={**TAGS, "Name": "dev-public-a"})
    vpc(ec2, cidr="10.1.0.0/16")
    assert ("change", "vpc", ours) in planned(clients)


def test_groups_count_more_than_a_subnet_that_somebody_has_tagged_so(clients, ec2):
    ours, other = vpc(ec2), vpc(ec2, cidr="10.1.0.0/16")
    group(ec2, ours)
    for number in range(3):
        subnet(ec2, other, f"10.1.{number}.0/24", {**TAGS, "Name": f"dev-{number}"})
    assert ("change", "vpc", ours) in planned(clients)
    assert ("change", "vpc", other) not in planned(clients)


def test_what_is_in_our_vpc_and_is_not_one_of_ours_stays(clients, ec2):
    ours = vpc(ec2, {**TAGS, "Name": "dev"})
    theirs = {
        subnet(ec2, ours, "10.0.240.0/24"),
        group(ec2, ours, "of-somebody", description="x"),
        ec2.create_route_table(VpcId=ours)["RouteTable"]["RouteTableId"],
    }
    for kept in (None, lambda resource: False):
        assert not [each for each in planned(clients, kept) if each[2] in theirs]


def test_swapped_names_are_put_back_and_nothing_is_replaced(clients, ec2):
    ours = vpc(ec2, {**TAGS, "Name": "dev"})
    a = subnet(ec2, ours, "10.0.0.0/20", {**TAGS, "Name": "dev-public-a"})
    public = subnet(ec2, ours, "10.0.128.0/20", {**TAGS, "Name": "dev-private-a"})
    assert {each for each in planned(clients) if each[1] == "subnet"} == {
        ("change", "subnet", a),
        ("change", "subnet", public),
    }


def test_a_teardown_takes_the_untagged_parts_as_well(clients, ec2):
    ours = vpc(ec2)
    parts = {ours, subnet(ec2, ours), group(ec2, ours)}
    gone = {each[2] for each in planned(clients, lambda resource: False) if each[0] == "delete"}
    assert parts <= gone


def test_no_network_costs_one_call_more(clients, monkeypatch):
    from botocore.client import BaseClient

    made, call = [], BaseClient._make_api_call

    def recorded(client, operation, arguments):
        made.append(operation)
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    planned(clients)
    assert made.count("DescribeSecurityGroups") == 2
    assert made.count("DescribeSubnets") == made.count("DescribeVpcs") == 1
