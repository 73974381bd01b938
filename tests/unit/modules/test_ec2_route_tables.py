from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import ec2_route_tables as module


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnets(ec2, vpc):
    cidrs = [f"10.0.{number}.0/24" for number in range(3)]
    return sorted(ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"] for cidr in cidrs)


@pytest.fixture
def internet(ec2, vpc):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


@pytest.fixture
def nat(ec2, subnets):
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    return ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]


@pytest.fixture
def tables(vpc, subnets, internet, nat):
    return [
        {
            "name": "test-public",
            "vpc_id": vpc,
            "routes": {"0.0.0.0/0": internet},
            "subnets": subnets[:1],
            "tags": {"team": "data"},
        },
        {"name": "test-private", "vpc_id": vpc, "routes": {"0.0.0.0/0": nat}, "subnets": subnets[1:]},
    ]


def described(ec2, table_id):
    return ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"][0]


def users(ec2, table_id):
    return sorted(one["SubnetId"] for one in described(ec2, table_id)["Associations"] if "SubnetId" in one)


def named(ec2, vpc):
    found = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    return sorted(tag["Value"] for table in found for tag in table["Tags"] if tag["Key"] == "Name")


def test_tables_are_made_with_their_tags_then_nothing_changes(tables, ec2, subnets, run_module, calls):
    first = run_module(module, route_tables=tables)
    assert [(entry["name"], entry["changed"], entry["reasons"]) for entry in first["route_tables"]] == [
        ("test-public", True, ["created"]),
        ("test-private", True, ["created"]),
    ]
    made = [arguments["TagSpecifications"] for operation, arguments in calls.made if operation == "CreateRouteTable"]
    tags = [sorted((tag["Key"], tag["Value"]) for tag in one["Tags"]) for [one] in made]
    assert sorted(tags) == [[("Name", "test-private")], [("Name", "test-public"), ("team", "data")]]
    assert calls.of("CreateTags") == []
    assert users(ec2, first["route_tables"][1]["route_table_id"]) == subnets[1:]
    calls.made.clear()
    second = run_module(module, route_tables=tables)
    assert calls.of("") == ["DescribeRouteTables"]
    assert second["changed"] is False
    assert [entry["route_table_id"] for entry in second["route_tables"]] == [
        entry["route_table_id"] for entry in first["route_tables"]
    ]


@pytest.mark.parametrize(
    ("change", "reasons", "operations"),
    [
        (
            lambda table, nat, subnets: {**table, "routes": {"0.0.0.0/0": nat}},
            ["routes 0.0.0.0/0 {internet} -> {nat}"],
            ["ReplaceRoute"],
        ),
        (
            lambda table, nat, subnets: {**table, "routes": {**table["routes"], "10.1.0.0/16": nat}},
            ["routes 10.1.0.0/16 (none) -> {nat}"],
            ["CreateRoute"],
        ),
        (
            lambda table, nat, subnets: {**table, "routes": {}},
            ["routes 0.0.0.0/0 {internet} -> (none)"],
            ["DeleteRoute"],
        ),
        (
            lambda table, nat, subnets: {**table, "subnets": []},
            ["subnets [{subnets[0]}] -> (none)"],
            ["DisassociateRouteTable"],
        ),
        (
            lambda table, nat, subnets: {**table, "tags": {"stage": "prod"}},
            ["tags stage (none) -> prod", "tags team data -> (none)"],
            ["DeleteTags", "CreateTags"],
        ),
    ],
)
def test_a_change_is_predicted_told_and_done(
    tables, internet, nat, subnets, run_module, calls, change, reasons, operations
):
    run_module(module, route_tables=tables)
    calls.made.clear()
    wanted = [change(tables[0], nat, subnets), tables[1]]
    predicted = run_module(module, check_mode=True, route_tables=wanted)
    assert calls.mutating == []
    done = run_module(module, route_tables=wanted)
    assert predicted == done
    expected = [reason.format(internet=internet, nat=nat, subnets=subnets) for reason in reasons]
    assert [entry["reasons"] for entry in done["route_tables"]] == [expected, []]
    assert calls.mutating == operations
    assert run_module(module, route_tables=wanted)["changed"] is False


def test_check_mode_makes_nothing(tables, ec2, vpc, run_module):
    result = run_module(module, check_mode=True, route_tables=tables)
    assert result["changed"] is True
    assert [entry["route_table_id"] for entry in result["route_tables"]] == [None, None]
    assert named(ec2, vpc) == []


def test_a_subnet_moves_without_ever_being_without_a_table(tables, ec2, subnets, run_module, calls):
    made = run_module(module, route_tables=tables)["route_tables"]
    public, private = (entry["route_table_id"] for entry in made)
    calls.made.clear()
    wanted = [{**tables[0], "subnets": subnets[:2]}, {**tables[1], "subnets": subnets[2:]}]
    run_module(module, route_tables=wanted)
    assert calls.mutating == ["ReplaceRouteTableAssociation"]
    assert (users(ec2, public), users(ec2, private)) == (subnets[:2], subnets[2:])
    assert run_module(module, route_tables=wanted)["changed"] is False


def test_a_subnet_is_taken_from_a_table_that_is_not_named(tables, ec2, vpc, subnets, run_module):
    foreign = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=foreign, SubnetId=subnets[1])
    run_module(module, route_tables=tables)
    assert users(ec2, foreign) == []


def test_routes_that_are_not_ours_stay(tables, ec2, vpc, run_module):
    table = run_module(module, route_tables=tables)["route_tables"][1]["route_table_id"]
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", RouteTableIds=[table])
    before = described(ec2, table)["Routes"]
    assert run_module(module, route_tables=tables)["changed"] is False
    run_module(module, route_tables=[tables[0], {**tables[1], "routes": {}}])
    ours = [route for route in before if "NatGatewayId" in route]
    assert len(ours) == 1
    assert described(ec2, table)["Routes"] == [route for route in before if route not in ours]


def test_a_gateway_that_is_not_known_everywhere_yet_is_waited_for(tables, ec2, nat, run_module, calls, pauses):
    calls.refuse("CreateRoute", "InvalidNatGatewayID.NotFound", times=3)
    made = run_module(module, route_tables=tables[1:])["route_tables"][0]
    assert nat in [route.get("NatGatewayId") for route in described(ec2, made["route_table_id"])["Routes"]]
    assert len(pauses) == 3
    assert calls.of("CreateRouteTable") == ["CreateRouteTable"]


def test_what_was_done_before_a_gateway_is_known_is_not_lost(tables, subnets, run_module, calls, pauses):
    first, second = (run_module(module, route_tables=[table])["route_tables"][0] for table in tables)
    calls.refuse("ReplaceRoute", "InvalidGatewayID.NotFound", times=1)
    calls.refuse("ReplaceRouteTableAssociation", "InvalidSubnetID.NotFound")
    calls.refuse("ReplaceRouteTableAssociation", "InvalidAssociationID.NotFound")
    calls.made.clear()
    wanted = [{**tables[0], "routes": tables[1]["routes"], "subnets": subnets, "tags": {"stage": "prod"}}]
    assert run_module(module, route_tables=wanted)["route_tables"][0]["route_table_id"] == first["route_table_id"]
    assert len(pauses) == 3
    assert users(boto3.client("ec2"), first["route_table_id"]) == subnets
    assert users(boto3.client("ec2"), second["route_table_id"]) == []
    assert run_module(module, route_tables=wanted)["changed"] is False


def test_a_gateway_that_never_appears_is_told(tables, nat, run_module, calls, pauses):
    words = f"The natGateway ID '{nat}' does not exist"
    calls.refuse("CreateRoute", "InvalidNatGatewayID.NotFound", times=100, message=words)
    failed = run_module(module, route_tables=tables[1:])
    assert failed["msg"].startswith("gave up waiting for route table test-private to be changed after 180 s: ")
    assert failed["msg"].endswith(words)
    assert sum(pauses) == pytest.approx(180)


def test_a_route_that_came_meanwhile_gets_our_target(tables, ec2, vpc, internet, nat, run_module, calls):
    def be_faster():
        table = calls.made[-1][1]["RouteTableId"]
        boto3.client("ec2").create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=internet)

    calls.before("CreateRoute", be_faster)
    run_module(module, route_tables=tables[1:])
    assert "ReplaceRoute" in calls.mutating
    assert run_module(module, route_tables=tables[1:])["changed"] is False


def test_of_several_with_the_name_the_one_that_differs_least_is_taken(tables, ec2, vpc, run_module):
    made = run_module(module, route_tables=tables[:1])["route_tables"][0]["route_table_id"]
    tags = [{"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "test-public"}]}]
    double = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags)["RouteTable"]["RouteTableId"]
    again = run_module(module, route_tables=tables[:1])
    assert (again["changed"], again["route_tables"][0]["route_table_id"]) == (False, made)
    unwanted = {"name": "test-public", "vpc_id": vpc}
    failed = run_module(module, route_tables=[unwanted], state="absent")
    assert failed["msg"] == "several route tables are called test-public: give the id of the one to delete"
    run_module(module, route_tables=[{**unwanted, "route_table_id": double}], state="absent")
    assert described(ec2, made)
    assert named(ec2, vpc) == ["test-public"]


def test_a_table_that_is_named_by_its_id_gets_its_name(tables, ec2, vpc, run_module):
    unnamed = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    wanted = [{**tables[0], "route_table_id": unnamed}]
    assert run_module(module, route_tables=wanted)["route_tables"][0]["route_table_id"] == unnamed
    assert named(ec2, vpc) == ["test-public"]
    assert run_module(module, route_tables=wanted)["changed"] is False
    lost = [{**tables[0], "route_table_id": "rtb-0123456789abcdef0"}]
    assert run_module(module, route_tables=lost)["msg"] == "there is no route table rtb-0123456789abcdef0"


def test_absent_deletes_only_what_is_named_and_what_uses_it_goes_on(tables, ec2, vpc, run_module, calls, pauses):
    run_module(module, route_tables=tables)
    calls.refuse("DeleteRouteTable", "DependencyViolation", times=2)
    calls.made.clear()
    unwanted = [{"name": "test-private", "vpc_id": vpc}]
    predicted = run_module(module, check_mode=True, route_tables=unwanted, state="absent")
    assert calls.mutating == []
    done = run_module(module, route_tables=unwanted, state="absent")
    assert predicted == done
    assert done["route_tables"][0]["reasons"] == ["deleted"]
    assert named(ec2, vpc) == ["test-public"]
    assert run_module(module, route_tables=unwanted, state="absent")["changed"] is False


def test_a_vpc_that_is_not_known_everywhere_yet_is_waited_for(tables, run_module, calls, no_pauses):
    calls.refuse("CreateRouteTable", "InvalidVpcID.NotFound", times=2)
    assert run_module(module, route_tables=tables)["changed"] is True
    assert run_module(module, route_tables=tables)["changed"] is False
