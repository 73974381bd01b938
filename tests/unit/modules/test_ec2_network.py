from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network import calls as api
from ansible_collections.farflow.airflow.plugins.modules import ec2_network as module
from botocore.exceptions import EndpointConnectionError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

TAGS = {"farflow:environment": "test", "team": "data"}
MADE = [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": "test"}.items()]

CREATE = ["CreateVpc", "CreateSubnet", "CreateInternetGateway", "AllocateAddress"]


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def vpc_id(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def everything(vpc_id):
    """One of each kind; the VPC that is made is not the one of the others."""
    return {
        "vpcs": [{"name": "test", "cidr": "10.1.0.0/16", "dns_hostnames": True, "tags": TAGS}],
        "subnets": [
            {
                "name": "test",
                "vpc_id": vpc_id,
                "cidr": "10.0.0.0/20",
                "availability_zone": "eu-west-1a",
                "tags": TAGS,
            }
        ],
        "internet_gateways": [{"name": "test", "vpc_id": vpc_id, "tags": TAGS}],
        "elastic_ips": [{"name": "test", "tags": TAGS}],
    }


def ids(result):
    return {key: [entry["id"] for entry in result[key]] for key in module.TYPES}


def with_ids(everything, result):
    """The same items by the ids that they got."""
    return {
        key: [{**item, "id": entry["id"]} for item, entry in zip(items, result[key], strict=True)]
        for key, items in everything.items()
    }


def count(ec2):
    """How many there are of ours, in the order of CREATE."""
    ours = [{"Name": "tag:Name", "Values": ["test"]}]
    return [
        len(ec2.describe_vpcs(Filters=ours)["Vpcs"]),
        len(ec2.describe_subnets(Filters=ours)["Subnets"]),
        len(ec2.describe_internet_gateways(Filters=ours)["InternetGateways"]),
        len(ec2.describe_addresses(Filters=ours)["Addresses"]),
    ]


def vpc(ec2, vpc_id):
    return ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]


def test_all_is_made_with_its_tags_then_nothing_changes(everything, ec2, vpc_id, run_module, calls):
    first = run_module(module, **everything)
    made = {operation: arguments["TagSpecifications"] for operation, arguments in calls.made if operation in CREATE}
    tags = {operation: sorted(one["Tags"], key=str) for operation, [one] in made.items()}
    assert tags == dict.fromkeys(CREATE, sorted(MADE, key=str))
    assert calls.of("CreateTags") == []
    assert [[entry["reasons"] for entry in first[key]] for key in everything] == [[["created"]]] * 4
    made = first["vpcs"][0]["id"]
    assert ec2.describe_vpc_attribute(VpcId=made, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    [gateway] = ec2.describe_internet_gateways(InternetGatewayIds=ids(first)["internet_gateways"])["InternetGateways"]
    assert [each["VpcId"] for each in gateway["Attachments"]] == [vpc_id]
    second = run_module(module, **everything)
    assert (second["changed"], ids(second)) == (False, ids(first))
    assert run_module(module, **with_ids(everything, first))["changed"] is False


def test_check_mode_predicts_and_makes_nothing(everything, ec2, run_module, calls):
    predicted = run_module(module, check_mode=True, **everything)
    assert [predicted[key][0]["reasons"] for key in everything] == [["created"]] * 4
    assert calls.mutating == []
    assert count(ec2) == [0, 0, 0, 0]


@pytest.mark.parametrize("operation", CREATE)
def test_a_lost_answer_doubles_nothing(everything, ec2, run_module, calls, no_pauses, operation):
    calls.lose(operation)
    made = run_module(module, **everything)
    assert count(ec2) == [1, 1, 1, 1]
    again = run_module(module, **everything)
    assert (again["changed"], ids(again)) == (False, ids(made))


def test_an_attachment_whose_answer_was_lost_is_fine(everything, ec2, vpc_id, run_module, calls):
    """As botocore repeats the call."""

    def attach():
        [gateway] = ec2.describe_internet_gateways()["InternetGateways"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc_id)

    calls.before("AttachInternetGateway", attach)
    run_module(module, **everything)
    assert count(ec2) == [1, 1, 1, 1]


@pytest.mark.parametrize("operation", CREATE)
def test_a_call_that_did_not_get_through_is_made_again(everything, ec2, run_module, calls, no_pauses, operation):
    def fail():
        raise EndpointConnectionError(endpoint_url="the test")

    calls.before(operation, fail, times=2)
    run_module(module, **everything)
    assert count(ec2) == [1, 1, 1, 1]


@pytest.mark.parametrize("operation", CREATE)
def test_what_aws_refuses_is_told_at_once(everything, run_module, calls, no_pauses, operation):
    calls.refuse(operation, "LimitExceeded")
    failed = run_module(module, **everything)
    assert failed["msg"].startswith("could not ") and "says the test" in failed["msg"]
    assert calls.of(operation) == [operation]
    assert no_pauses == []


def test_a_throttled_call_is_made_again(everything, ec2, run_module, calls, no_pauses):
    calls.refuse("CreateVpc", "RequestLimitExceeded", times=3)
    run_module(module, **everything)
    assert count(ec2) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        ("vpcs", {"dns_hostnames": False}, "dns_hostnames true -> false"),
        ("vpcs", {"dns_support": False, "dns_hostnames": False}, "dns_support true -> false"),
        ("vpcs", {"tags": {"team": "web"}}, "tags team data -> web"),
        ("subnets", {"map_public_ip_on_launch": True}, "map_public_ip_on_launch false -> true"),
        ("subnets", {"name": "renamed"}, "tags Name test -> renamed"),
        ("internet_gateways", {"tags": {}}, "tags team data -> (none)"),
        ("elastic_ips", {"tags": {**TAGS, "cost": "1"}}, "tags cost (none) -> 1"),
    ],
)
def test_what_differs_is_changed_in_place(everything, run_module, calls, key, change, reason):
    wanted = with_ids(everything, run_module(module, **everything))
    wanted[key][0].update(change)
    calls.made.clear()
    predicted = run_module(module, check_mode=True, **wanted)
    assert calls.mutating == []
    changed = run_module(module, **wanted)
    assert reason in changed[key][0]["reasons"]
    assert predicted[key] == changed[key]
    assert not [operation for operation in calls.mutating if operation in CREATE]
    assert run_module(module, **wanted)["changed"] is False


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        ("vpcs", {"cidr": "10.2.0.0/16"}, "cidr 10.1.0.0/16 -> 10.2.0.0/16"),
        ("subnets", {"cidr": "10.0.16.0/20"}, "cidr 10.0.0.0/20 -> 10.0.16.0/20"),
        ("subnets", {"availability_zone": "eu-west-1b"}, "availability_zone eu-west-1a -> eu-west-1b"),
    ],
)
def test_what_aws_never_changes_is_refused(everything, run_module, calls, key, change, reason):
    wanted = with_ids(everything, run_module(module, **everything))
    wanted[key][0].update(change)
    calls.made.clear()
    failed = run_module(module, **{key: wanted[key]})
    assert reason in failed["msg"]
    assert calls.mutating == []


def test_an_internet_gateway_moves(everything, ec2, vpc_id, run_module):
    gateways = with_ids(everything, run_module(module, **everything))["internet_gateways"]
    gateways[0]["vpc_id"] = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    moved = run_module(module, internet_gateways=gateways)
    assert moved["internet_gateways"][0]["reasons"] == [f"vpc_id {vpc_id} -> {gateways[0]['vpc_id']}"]
    assert run_module(module, internet_gateways=gateways)["changed"] is False


def test_another_of_the_name_is_not_taken(everything, ec2, vpc_id, run_module):
    """A stranger's VPC and address with our name and the VPC's block, but not our tags."""
    ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": MADE[-1:]}])
    ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": MADE[-1:]}])
    made = run_module(module, **everything)
    assert [entry["reasons"] for entry in made["vpcs"] + made["elastic_ips"]] == [["created"], ["created"]]


def test_an_id_that_there_is_not_is_an_error(everything, run_module, calls):
    everything["vpcs"][0]["id"] = "vpc-0123456789abcdef0"
    failed = run_module(module, **everything)
    assert failed["msg"] == "there is no vpc vpc-0123456789abcdef0 (test)"
    assert calls.mutating == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"vpcs": [{"name": "a"}], "subnets": [{"name": "b", "vpc_id": "vpc-1", "cidr": "10.0.0.0/24"}]},
            "vpc a has no cidr\nsubnet b has no availability_zone",
        ),
        (
            {"vpcs": [{"name": "a"}], "elastic_ips": [{"name": "b"}], "state": "absent"},
            "vpc a has no id\nelastic ip b has no id",
        ),
    ],
)
def test_what_is_missing_is_told_together_before_any_call(run_module, calls, parameters, message):
    failed = run_module(module, **parameters)
    assert failed["msg"] == message
    assert calls.made == []


def test_absent_deletes_what_is_in_a_vpc_before_it(ec2, run_module, calls):
    made = run_module(module, vpcs=[{"name": "test", "cidr": "10.1.0.0/16"}])["vpcs"][0]["id"]
    subnet = {"name": "test", "vpc_id": made, "cidr": "10.1.0.0/20", "availability_zone": "eu-west-1a"}
    inside = {"subnets": [subnet], "internet_gateways": [{"name": "test", "vpc_id": made}]}
    found = ids(run_module(module, elastic_ips=[{"name": "test"}], **inside))
    unwanted = {key: [{"name": "test", "id": id_} for id_ in some] for key, some in {**found, "vpcs": [made]}.items()}
    predicted = run_module(module, state="absent", check_mode=True, **unwanted)
    assert count(ec2) == [1, 1, 1, 1]
    deleted = run_module(module, state="absent", **unwanted)
    assert [deleted[key] for key in module.TYPES] == [predicted[key] for key in module.TYPES]
    assert calls.of("Delete", "Detach", "Release") == [
        "ReleaseAddress",
        "DetachInternetGateway",
        "DeleteInternetGateway",
        "DeleteSubnet",
        "DeleteVpc",
    ]
    assert count(ec2) == [0, 0, 0, 0]
    assert run_module(module, state="absent", **unwanted)["changed"] is False


@pytest.mark.parametrize(
    "operation", ["ReleaseAddress", "DetachInternetGateway", "DeleteInternetGateway", "DeleteSubnet"]
)
def test_a_deletion_whose_repetition_finds_nothing_is_fine(everything, ec2, run_module, calls, operation):
    """As botocore repeats a call whose answer was lost."""
    made = ids(run_module(module, **everything))
    unwanted = {key: [{"name": "test", "id": id_} for id_ in some] for key, some in made.items()}
    call = {
        "ReleaseAddress": lambda: ec2.release_address(AllocationId=made["elastic_ips"][0]),
        "DetachInternetGateway": lambda: ec2.detach_internet_gateway(
            InternetGatewayId=made["internet_gateways"][0], VpcId=everything["internet_gateways"][0]["vpc_id"]
        ),
        "DeleteInternetGateway": lambda: ec2.delete_internet_gateway(InternetGatewayId=made["internet_gateways"][0]),
        "DeleteSubnet": lambda: ec2.delete_subnet(SubnetId=made["subnets"][0]),
    }[operation]
    calls.before(operation, call)
    run_module(module, state="absent", **unwanted)
    assert count(ec2) == [0, 0, 0, 0]


def test_what_is_used_is_tried_again(everything, ec2, run_module, calls, no_pauses):
    subnet = ids(run_module(module, **everything))["subnets"][0]
    calls.refuse("DeleteSubnet", "DependencyViolation", times=3)
    run_module(module, state="absent", subnets=[{"name": "test", "id": subnet}])
    assert count(ec2)[1] == 0
    assert len(no_pauses) == 3


@pytest.mark.parametrize("code", ["InvalidIPAddress.InUse", "AuthFailure", "InvalidNetworkInterfaceID.NotFound"])
def test_an_address_is_released_when_its_nat_gateway_is_gone(everything, ec2, run_module, calls, no_pauses, code):
    """AWS words it as a lack of rights: the NAT gateway's interface is its own."""
    address = ids(run_module(module, **everything))["elastic_ips"][0]
    calls.refuse("ReleaseAddress", code, times=3)
    run_module(module, state="absent", elastic_ips=[{"name": "test", "id": address}])
    assert count(ec2)[3] == 0


@pytest.mark.parametrize("operation", ["DescribeVpcAttribute", "ModifyVpcAttribute", "CreateSubnet"])
def test_what_is_not_known_everywhere_yet_is_waited_for(ec2, run_module, calls, no_pauses, operation):
    calls.refuse(operation, "InvalidVpcID.NotFound", times=2)
    vpcs = [{"name": "test", "cidr": "10.1.0.0/16", "dns_hostnames": True}]
    made = run_module(module, vpcs=vpcs)["vpcs"][0]["id"]
    run_module(
        module, subnets=[{"name": "test", "vpc_id": made, "cidr": "10.1.0.0/20", "availability_zone": "eu-west-1a"}]
    )
    assert count(ec2)[:2] == [1, 1]
    assert run_module(module, vpcs=vpcs)["changed"] is False


def test_a_vpc_that_is_still_listed_is_gone_when_its_attributes_are(ec2, run_module, calls, no_pauses):
    made = run_module(module, vpcs=[{"name": "test", "cidr": "10.1.0.0/16"}])["vpcs"][0]["id"]
    calls.before("DescribeVpcAttribute", lambda: None)
    calls.before("DescribeVpcAttribute", lambda: ec2.delete_vpc(VpcId=made))
    run_module(module, state="absent", vpcs=[{"name": "test", "id": made}])
    assert count(ec2)[0] == 0


def test_a_block_is_compared_as_aws_writes_it(ec2, run_module):
    vpcs = [{"name": "test", "cidr": "10.1.0.5/16", "tags": {"cost": 1}}]
    run_module(module, vpcs=vpcs)
    assert run_module(module, vpcs=vpcs)["changed"] is False
    assert count(ec2)[0] == 1


def test_what_is_no_block_is_told_before_any_call(run_module, calls):
    failed = run_module(module, vpcs=[{"name": "test", "cidr": "10.1.0.0/33"}])
    assert failed["msg"].startswith("cidr of vpc test: ") and "10.1.0.0/33" in failed["msg"]
    assert calls.made == []


def test_retries_that_a_user_sets_are_refused(run_module, calls):
    """With them botocore would make a VPC again whose answer was lost."""
    vpcs = [{"name": "test", "cidr": "10.1.0.0/16"}]
    failed = run_module(module, vpcs=vpcs, aws_config={"retries": {"max_attempts": 5}})
    assert failed["msg"].startswith("aws_config sets retries, which ec2 cannot be given")
    assert "CreateVpc" not in calls.made


def test_what_stays_used_is_an_error_that_names_its_user(everything, ec2, run_module, calls, pauses):
    subnet = ids(run_module(module, **everything))["subnets"][0]
    interface = ec2.create_network_interface(SubnetId=subnet, Description="somebody's")["NetworkInterface"]
    calls.refuse("DeleteSubnet", "DependencyViolation", times=100)
    failed = run_module(module, state="absent", subnets=[{"name": "test", "id": subnet}])
    assert failed["msg"] == (
        f"gave up waiting for subnet test ({subnet}) to be free after 600 s: An error occurred (DependencyViolation) "
        f"when calling the DeleteSubnet operation: says the test; used by network interface "
        f"{interface['NetworkInterfaceId']} (somebody's)"
    )


@pytest.fixture
def gateway(everything, run_module):
    """A NAT gateway as it is given, in a subnet and with an address that are there."""
    made = ids(run_module(module, **everything))
    subnet, address = made["subnets"][0], made["elastic_ips"][0]
    return {"name": "test", "subnet_id": subnet, "allocation_id": address, "tags": TAGS}


def gateways(ec2):
    ours = [{"Name": "tag:Name", "Values": ["test"]}, {"Name": "state", "Values": ["pending", "available"]}]
    return ec2.describe_nat_gateways(Filters=ours)["NatGateways"]


def test_a_nat_gateway_is_made_with_its_tags_then_nothing_changes(gateway, ec2, run_module, calls):
    first = run_module(module, nat_gateways=[gateway])
    [found] = gateways(ec2)
    assert ids(first)["nat_gateways"] == [found["NatGatewayId"]]
    assert found["SubnetId"] == gateway["subnet_id"]
    assert sorted(found["Tags"], key=str) == sorted(MADE, key=str)
    assert calls.of("CreateTags") == []
    assert run_module(module, nat_gateways=[gateway])["changed"] is False


def test_check_mode_makes_no_nat_gateway(gateway, ec2, run_module):
    predicted = run_module(module, check_mode=True, nat_gateways=[gateway])
    assert predicted["nat_gateways"][0]["reasons"] == ["created"]
    assert gateways(ec2) == []


def test_a_nat_gateway_is_known_by_its_id_whatever_its_tags_say(gateway, ec2, run_module):
    [id_] = ids(run_module(module, nat_gateways=[gateway]))["nat_gateways"]
    ec2.create_tags(Resources=[id_], Tags=[{"Key": "Name", "Value": "somebody's"}, {"Key": "org:cost", "Value": "7"}])
    again = run_module(module, nat_gateways=[{**gateway, "id": id_}], ignored_tags=["org:*"])
    assert again["nat_gateways"][0]["reasons"] == ["tags Name somebody's -> test"]
    [found] = gateways(ec2)
    assert {"Key": "org:cost", "Value": "7"} in found["Tags"]


def test_a_nat_gateway_that_fails_at_once_is_told_with_awss_words(gateway, run_module, monkeypatch):
    described = api._described

    def failed(clients, operation, *given):
        found = described(clients, operation, *given)
        if operation != "describe_nat_gateways":
            return found
        told = {"State": "failed", "FailureCode": "Gateway.NotAttached", "FailureMessage": "no internet gateway"}
        return [{**one, **told} for one in found]

    monkeypatch.setattr(api, "_described", failed)
    message = run_module(module, nat_gateways=[gateway])["msg"]
    assert message.startswith("AWS could not make nat gateway test (nat-")
    assert message.endswith("): Gateway.NotAttached: no internet gateway")


def test_a_nat_gateway_keeps_its_subnet_and_its_address(gateway, ec2, run_module):
    [id_] = ids(run_module(module, nat_gateways=[gateway]))["nat_gateways"]
    failed = run_module(module, nat_gateways=[{**gateway, "id": id_, "subnet_id": "subnet-2"}])
    assert failed["msg"].startswith("AWS cannot change nat gateway test in place (subnet_id ")


def test_a_nat_gateway_goes_and_its_address_after_it(gateway, ec2, run_module, no_pauses):
    [id_] = ids(run_module(module, nat_gateways=[gateway]))["nat_gateways"]
    unwanted = {
        "nat_gateways": [{"name": "test", "id": id_}],
        "elastic_ips": [{"name": "test", "id": gateway["allocation_id"]}],
    }
    gone = run_module(module, state="absent", **unwanted)
    assert [gone[key][0]["reasons"] for key in unwanted] == [["deleted"], ["deleted"]]
    assert (gateways(ec2), count(ec2)[3]) == ([], 0)
    assert run_module(module, state="absent", **unwanted)["changed"] is False


def test_a_nat_gateway_in_a_state_that_aws_has_added_is_there(gateway, run_module, monkeypatch, no_pauses):
    [id_] = ids(run_module(module, nat_gateways=[gateway]))["nat_gateways"]
    made = ec2_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].nat_gateways[id_]
    monkeypatch.setattr(made, "state", "a new state")
    assert run_module(module, nat_gateways=[{**gateway, "id": id_}])["changed"] is False
    gone = run_module(module, state="absent", nat_gateways=[{"name": "test", "id": id_}])
    assert gone["nat_gateways"][0]["reasons"] == ["deleted"]
    assert made.state == "deleted"
