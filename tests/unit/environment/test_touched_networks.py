"""A network whose tags were touched is known by what nobody can edit, and a stranger's network is not taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.environment import network_readers as glue_ec2
from ansible_collections.farflow.airflow.plugins.module_utils.environment import security_groups
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import look
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


def planned(clients, kept=None, **given):
    """By kind, type and id what there is to do to what exists."""
    return {
        (each.kind, each.resource.type, each.resource.id)
        for each in actions(clients, kept, **given)
        if each.resource.id
    }


def actions(clients, kept=None, **given):
    defaults = inputs.defaults(lambda path: yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    given = {
        **defaults,
        "farflow_environment": "dev",
        "farflow_region": "eu-west-1",
        "network_availability_zone_count": 3,
        **given,
    }
    return look(clients, given, {"network": LAYERS["network"]}, ["network"], kept).actions["network"]


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


class Network:
    """A network as a deploy leaves it, in three zones; every part by a short name."""

    ZONES = ("a", "b", "c")

    def __init__(self, ec2, environment="dev", cidr="10.0", groups=True):
        self.ec2, self.environment, self.cidr = ec2, environment, cidr
        self.ids = {"vpc": vpc(ec2, self.tags(), f"{cidr}.0.0/16")}
        ec2.modify_vpc_attribute(VpcId=self.ids["vpc"], EnableDnsHostnames={"Value": True})
        for index, zone in enumerate(self.ZONES):
            self.subnet(f"private-{zone}", 16 * index, zone)
            self.subnet(f"public-{zone}", 128 + 16 * index, zone)
        gateway = ec2.create_internet_gateway(**tagged("internet-gateway", self.tags()))["InternetGateway"]
        self.ids["internet_gateway"] = gateway["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=self.ids["vpc"])
        if groups:
            for name, text in security_groups.GROUPS.items():
                self.ids[name] = group(ec2, self.ids["vpc"], name, text, self.tags(name))
        address = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", self.tags("nat-a")))
        self.ids["address"] = address["AllocationId"]
        self.ids["nat"] = self.nat(address["AllocationId"], self.tags("nat-a"))
        self.ids["public"] = self.table(
            ["public-a", "public-b", "public-c"], {"GatewayId": self.ids["internet_gateway"]}, self.tags("public")
        )
        self.ids["private"] = self.table(
            ["private-a", "private-b", "private-c"], {"NatGatewayId": self.ids["nat"]}, self.tags("private")
        )
        self.ids["endpoint"] = self.endpoint([self.ids["private"]], self.tags("s3"))

    def tags(self, name=""):
        whole = f"{self.environment}-{name}" if name else self.environment
        return {"farflow:environment": self.environment, "farflow:role": "network", "Name": whole}

    def subnet(self, name, block, zone):
        made = self.ec2.create_subnet(
            VpcId=self.ids["vpc"],
            CidrBlock=f"{self.cidr}.{block}.0/20",
            AvailabilityZone=f"eu-west-1{zone}",
            **tagged("subnet", self.tags(name)),
        )
        self.ids[name] = made["Subnet"]["SubnetId"]

    def nat(self, allocation, tags, subnet="public-a"):
        made = self.ec2.create_nat_gateway(
            SubnetId=self.ids[subnet], AllocationId=allocation, **tagged("natgateway", tags)
        )
        return made["NatGateway"]["NatGatewayId"]

    def table(self, subnets, target, tags):
        made = self.ec2.create_route_table(VpcId=self.ids["vpc"], **tagged("route-table", tags))
        table = made["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for each in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=self.ids[each])
        return table

    def endpoint(self, tables, tags, kind="Gateway"):
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.ids["vpc"],
            ServiceName="com.amazonaws.eu-west-1.s3",
            VpcEndpointType=kind,
            **({"RouteTableIds": tables} if tables else {}),
            **tagged("vpc-endpoint", tags),
        )
        return made["VpcEndpoint"]["VpcEndpointId"]

    def theirs(self):
        """What somebody else has put into the VPC, beside ours of the same kind."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.nat(address, {})
        moved = self.ec2.describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [self.ids["private-b"]]}]
        )["RouteTables"][0]
        [association] = [
            each["RouteTableAssociationId"]
            for each in moved["Associations"]
            if each.get("SubnetId") == self.ids["private-b"]
        ]
        self.ec2.disassociate_route_table(AssociationId=association)
        table = self.table(["private-b"], {"NatGatewayId": nat}, {})
        return {address, nat, table, self.endpoint([], {}, "Interface"), self.endpoint([table], {})}

    def overwrite(self, *parts, **values):
        for part in parts or self.ids:
            self.ec2.create_tags(
                Resources=[self.ids[part]],
                Tags=[{"Key": f"farflow:{key}", "Value": each} for key, each in values.items()],
            )

    def untag(self, *parts, keys=("farflow:environment", "farflow:role", "Name")):
        for part in parts or self.ids:
            self.ec2.delete_tags(Resources=[self.ids[part]], Tags=[{"Key": key} for key in keys])


@pytest.mark.parametrize(("state", "waits"), [("a new state", False), ("pending", True)])
def test_a_nat_gateway_is_there_unless_it_is_known_to_be_made(clients, ec2, monkeypatch, state, waits):
    network, described = Network(ec2), glue_ec2.calls.nat_gateways

    def shown(clients, environment):
        return [{**one, "State": state} for one in described(clients, environment)]

    monkeypatch.setattr(glue_ec2.calls, "nat_gateways", shown)
    private = [each for each in actions(clients) if each.resource.id == network.ids["private"]]
    assert any("routes" in reason for each in private for reason in each.reasons) is waits


def touched(network):
    """Each way in which tags get another value, by what it is called."""
    return {
        "a new tag of all": lambda: None,
        "no role": lambda: network.untag(keys=["farflow:role"]),
        "no tag": network.untag,
        "the environment of another": lambda: network.overwrite(environment="other"),
    }


@pytest.mark.parametrize("how", ["a new tag of all", "no role", "no tag", "the environment of another"])
def test_beside_ours_what_is_somebodys_stays_whatever_becomes_of_the_tags(clients, ec2, how):
    network = Network(ec2)
    theirs = network.theirs()
    touched(network)[how]()
    more = {"farflow_tags": {"team": "data"}} if how == "a new tag of all" else {}
    for kept in (None, lambda resource: False):
        told = planned(clients, kept, **more)
        assert not {each for each in told if each[2] in theirs}
        assert kept or not {each for each in told if each[0] == "delete"}
    expected = set(network.ids.values())
    changed = {each[2] for each in planned(clients, **more) if each[0] == "change"}
    assert expected - changed == set()
    gone = {each[2] for each in planned(clients, lambda resource: False, **more)}
    assert expected - gone == set()


@pytest.mark.parametrize("cidr", ["10.0", "172.31"])
@pytest.mark.parametrize("part", ["public-a", "nat", "private", "endpoint", "group"])
def test_one_tag_on_somebodys_part_makes_no_vpc_ours(clients, ec2, part, cidr):
    other = Network(ec2, environment="other", cidr=cidr, groups=False)
    other.untag()
    other.ids["group"] = group(ec2, other.ids["vpc"], "clients", description="x")
    other.overwrite(part, environment="dev")
    for kept in (None, lambda resource: False):
        assert not planned(clients, kept)


@pytest.mark.parametrize(
    "part", ["vpc", "public-a", "internet_gateway", "airflow", "address", "nat", "private", "endpoint"]
)
def test_what_another_environment_has_is_its_own_whatever_its_tag_says(clients, ec2, part):
    Network(ec2)
    other = Network(ec2, environment="dev-x", cidr="10.1")
    before = planned(clients)
    other.overwrite(part, environment="dev")
    for kept in (None, lambda resource: False):
        assert not {each for each in planned(clients, kept) if each[2] in other.ids.values()}
    assert planned(clients) == before


@pytest.mark.parametrize("lost", [(), ("farflow:role",), ("Name",), ("farflow:environment", "farflow:role", "Name")])
def test_of_two_vpcs_the_one_with_the_groups_stays(clients, ec2, lost):
    empty = [vpc(ec2, {**TAGS, "Name": "dev"})]
    ours = Network(ec2)
    empty.append(vpc(ec2, {**TAGS, "Name": "dev"}))
    ours.untag("vpc", keys=lost)
    told = {each for each in planned(clients) if each[1] in ("vpc", "subnet", "internet_gateway")}
    assert told == {("delete", "vpc", each) for each in empty} | (
        {("change", "vpc", ours.ids["vpc"])} if lost else set()
    )


def test_of_two_addresses_the_one_that_the_nat_gateway_has_stays(clients, ec2):
    network = Network(ec2)
    double = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", network.tags("nat-a")))["AllocationId"]
    assert {each for each in planned(clients) if each[1] in ("elastic_ip", "nat_gateway")} == {
        ("delete", "elastic_ip", double)
    }


@pytest.mark.parametrize("part", ["vpc", "public-a"])
def test_the_network_acl_is_seen_as_it_is_whatever_was_touched(clients, ec2, part):
    network = Network(ec2)
    before = {each for each in planned(clients) if each[1] == "network_acl"}
    network.untag(part)
    assert not before
    assert not {each for each in planned(clients) if each[1] == "network_acl"}
    [acl] = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [network.ids["vpc"]]}])["NetworkAcls"]
    ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Egress=True)
    assert {each[0] for each in planned(clients) if each[1] == "network_acl"} == {"change"}


def test_somebodys_vpc_with_our_tag_keeps_its_rules_and_its_acl(clients, ec2):
    Network(ec2)
    before = planned(clients)
    theirs = vpc(ec2, {"farflow:environment": "dev", "Name": "of somebody"}, "10.7.0.0/16")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [theirs]}])["SecurityGroups"]
    assert [each["GroupName"] for each in groups] == ["default"]
    assert planned(clients) == before


def test_somebodys_group_with_our_tag_keeps_its_rules(clients, ec2):
    network = Network(ec2)
    before = planned(clients)
    theirs = group(ec2, network.ids["vpc"], "of-somebody", description="x", tags={"farflow:environment": "dev"})
    for kept in (None, lambda resource: False):
        assert not [each for each in planned(clients, kept) if each[2] == theirs]
    assert planned(clients) == before


@pytest.mark.parametrize("name", [None, "of somebody"])
def test_our_tags_without_one_of_our_names_make_nothing_ours(clients, ec2, name):
    """What somebody else has in our VPC, or beside it, with two of our tags."""
    network = Network(ec2)
    before = planned(clients)
    tags = {**TAGS, **({"Name": name} if name else {})}
    theirs = network.theirs()
    theirs |= {
        subnet(ec2, network.ids["vpc"], "10.0.240.0/24"),
        group(ec2, network.ids["vpc"], "of-somebody", description="x"),
        vpc(ec2, cidr="10.8.0.0/16"),
        ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
        ec2.allocate_address(Domain="vpc")["AllocationId"],
    }
    ec2.create_tags(Resources=sorted(theirs), Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    for kept in (None, lambda resource: False):
        assert not {each for each in planned(clients, kept) if each[2] in theirs}
    left = {each for each in planned(clients) if each[2] != network.ids["private"]}  # somebody took a subnet from it
    assert left == {each for each in before if each[2] != network.ids["private"]}


def swap_tags(ec2, one, other, *keys):
    """Swaps tags of two resources; all of them where none is named."""
    found = [
        {
            each["Key"]: each["Value"]
            for each in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id_]}])["Tags"]
            if each["Key"] in keys or not keys
        }
        for id_ in (one, other)
    ]
    for id_, tags in zip((other, one), found, strict=True):
        ec2.create_tags(Resources=[id_], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def clone(ec2, tags=None):
    """A VPC of somebody's with subnets at our CIDRs and groups with names and descriptions of ours."""
    of = {name: {**tags, "Name": f"dev-{name}"} for name in ("private-a", *security_groups.GROUPS)} if tags else {}
    id_ = vpc(ec2, {**tags, "Name": "dev"} if tags else None)
    subnet(ec2, id_, "10.0.0.0/20", of.get("private-a"))
    groups = {group(ec2, id_, name, text, of.get(name)) for name, text in security_groups.GROUPS.items()}
    return {id_, *groups}


@pytest.mark.parametrize("lost", [("Name",), ("farflow:role",), ("farflow:environment", "farflow:role", "Name")])
def test_somebodys_vpc_with_more_groups_of_our_names_is_not_taken_for_ours(clients, ec2, lost):
    ours = Network(ec2)
    ec2.delete_security_group(GroupId=ours.ids.pop("shared-volume"))
    theirs = clone(ec2)
    ours.untag("vpc", keys=lost)
    for kept in (None, lambda resource: False):
        told = planned(clients, kept)
        assert not {each for each in told if each[2] in theirs}
    assert ("change", "vpc", ours.ids["vpc"]) in planned(clients)


def test_where_nothing_tells_two_vpcs_apart_nothing_is_done(clients, ec2):
    ours = Network(ec2)
    theirs = clone(ec2, TAGS)
    for kept in (None, lambda resource: False):
        with pytest.raises(FarflowError, match=r"VPC dev: vpc-\w+ and vpc-\w+ have the same tags") as refused:
            planned(clients, kept)
        assert ours.ids["vpc"] in str(refused.value)
        assert [each for each in theirs if each in str(refused.value)]


@pytest.mark.parametrize("parts", [["vpc"], ["vpc", *security_groups.GROUPS], ["address", "nat"], ["address"]])
def test_tags_swapped_between_two_environments_take_nothing_from_the_other(clients, ec2, parts):
    ours, other = Network(ec2), Network(ec2, environment="dev-x", cidr="10.1", groups=False)
    for name, text in security_groups.GROUPS.items():
        made = ec2.create_security_group(GroupName=f"dev-x-{name}", Description=text, VpcId=other.ids["vpc"])
        other.ids[name] = made["GroupId"]
        ec2.create_tags(
            Resources=[made["GroupId"]], Tags=[{"Key": key, "Value": each} for key, each in other.tags(name).items()]
        )
    before = planned(clients)
    for part in parts:
        swap_tags(ec2, ours.ids[part], other.ids[part])
    for kept in (None, lambda resource: False):
        told = planned(clients, kept)
        assert not {each for each in told if each[2] in other.ids.values()}
    swapped = {each for each in planned(clients) - before if each[2] in ours.ids.values()}
    assert {each[0] for each in swapped} == {"change"}


def test_a_vpc_with_copied_tags_is_no_double_where_something_is_in_it(clients, ec2):
    Network(ec2)
    before = planned(clients)
    tags = {**TAGS, "Name": "dev"}
    theirs = vpc(ec2, tags)
    inside = subnet(ec2, theirs, "10.0.0.0/20", {**TAGS, "Name": "dev-private-a"})
    assert planned(clients) == before
    gone = {each[2] for each in planned(clients, lambda resource: False)}
    assert not gone & {theirs, inside}


@pytest.mark.parametrize(
    ("one", "other"), [("private-a", "private-b"), ("public-a", "private-a"), ("public", "private"), ("nat", "nat-b")]
)
def test_names_that_are_swapped_within_are_put_back_by_tags_alone(clients, ec2, one, other):
    network = Network(ec2)
    more = {}
    if other == "nat-b":
        more = {"network_nat_gateways": "per_az"}
        address = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip", network.tags("nat-b")))["AllocationId"]
        network.ids["nat-b"] = network.nat(address, network.tags("nat-b"), "public-b")
        swap_tags(ec2, network.ids["address"], address)
    before = {(each.resource.id, each.reasons) for each in actions(clients, **more)}
    swap_tags(ec2, network.ids[one], network.ids[other], "Name")
    after = [each for each in actions(clients, **more) if (each.resource.id, each.reasons) not in before]
    touched = {network.ids[one], network.ids[other]}
    assert touched <= {each.resource.id for each in after}
    for each in after:
        assert each.kind == "change", each
        assert all(reason.startswith("tags ") for reason in each.reasons), each


def doubled(network, part):
    """Another one of the part, with all of its tags, that nothing uses."""
    if part == "nat":
        return network.nat(network.ec2.allocate_address(Domain="vpc")["AllocationId"], network.tags("nat-a"))
    return network.endpoint([], network.tags("s3"))


@pytest.mark.parametrize("key", ["Name", "farflow:environment", "farflow:role"])
@pytest.mark.parametrize("part", ["nat", "endpoint"])
def test_a_double_with_all_tags_does_not_take_the_place_of_what_is_used(clients, ec2, part, key):
    network = Network(ec2)
    double = doubled(network, part)
    network.untag(part, keys=[key])
    told = [each for each in actions(clients) if each.resource.id in {double, *network.ids.values()}]
    assert [(each.kind, each.resource.id) for each in told if each.resource.id == double] == [("delete", double)]
    [ours] = [each for each in told if each.resource.id == network.ids[part]]
    assert ours.kind == "change"
    assert all(reason.startswith("tags ") for reason in ours.reasons)
    assert {each.resource.id for each in told if "security_group" not in each.resource.type} == {
        double,
        ours.resource.id,
    }


@pytest.mark.parametrize(("parts", "type_"), [(["nat", "address"], "nat gateway"), (["endpoint"], "vpc endpoint")])
def test_where_tags_tell_one_and_the_use_another_nothing_is_done(clients, ec2, parts, type_):
    network = Network(ec2)
    double = doubled(network, parts[0])
    network.untag(*parts)
    for kept in (None, lambda resource: False):
        with pytest.raises(FarflowError, match=f"{type_} dev-.*: {double} has the tags of this environment, and "):
            actions(clients, kept)


def test_a_table_that_nothing_uses_yet_is_the_one_of_its_name(clients, ec2):
    """As a first deploy sees it when it has made one of the two."""
    network = Network(ec2)
    for association in ec2.describe_route_tables(RouteTableIds=[network.ids["private"]])["RouteTables"][0][
        "Associations"
    ]:
        ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    ec2.delete_route_table(RouteTableId=network.ids["private"])
    told = {(each.kind, each.resource.name) for each in actions(clients) if each.resource.type == "route_table"}
    assert told == {("create", "dev-private")}
