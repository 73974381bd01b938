from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import network_readers as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.network_acl import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import ec2_network_acls as module
from botocore.exceptions import ClientError

EVERYTHING = {"Protocol": "-1", "CidrBlock": "0.0.0.0/0"}


@pytest.fixture
def ec2(aws):
    return boto3.client("ec2")


@pytest.fixture
def network(network_in):
    return network_in("ab")


@pytest.fixture
def wanted(network):
    return [{"name": "test-default", "vpc_id": network["vpc"], "subnets": network["subnets"]}]


def acls(ec2, network, default="true"):
    filters = [{"Name": "vpc-id", "Values": [network["vpc"]]}, {"Name": "default", "Values": [default]}]
    return ec2.describe_network_acls(Filters=filters)["NetworkAcls"]


@pytest.fixture
def default(ec2, network):
    (found,) = acls(ec2, network)
    return found["NetworkAclId"]


def entries(ec2, network):
    (found,) = acls(ec2, network)
    return {(each["RuleNumber"], each["Egress"], each["RuleAction"]) for each in found["Entries"]}


AS_AWS_MAKES_IT = {
    (number, egress, action) for number, action in ((100, "allow"), (32767, "deny")) for egress in (True, False)
}


def test_as_aws_makes_it_nothing_changes(ec2, network, wanted, run_module, default, calls):
    result = run_module(module, network_acls=wanted)
    assert calls.of("") == ["DescribeNetworkAcls"]
    assert (result["changed"], result["network_acls"][0]["network_acl_id"]) == (False, default)


def deny(ec2, default):
    ec2.create_network_acl_entry(NetworkAclId=default, RuleNumber=1, Egress=False, RuleAction="deny", **EVERYTHING)


def deny_a_port(ec2, default):
    ec2.create_network_acl_entry(
        NetworkAclId=default,
        RuleNumber=7,
        Egress=True,
        RuleAction="deny",
        Protocol="6",
        PortRange={"From": 5432, "To": 5432},
        CidrBlock="10.0.0.0/8",
    )


def narrow(ec2, default):
    ec2.replace_network_acl_entry(
        NetworkAclId=default, RuleNumber=100, Egress=True, RuleAction="allow", Protocol="6", CidrBlock="10.0.0.0/8"
    )


def close(ec2, default):
    ec2.delete_network_acl_entry(NetworkAclId=default, RuleNumber=100, Egress=False)


@pytest.mark.parametrize(
    ("by_hand", "reason"),
    [
        (deny, "entries ingress 1 deny all 0.0.0.0/0 -> (none)"),
        (deny_a_port, "entries egress 7 deny tcp 5432-5432 10.0.0.0/8 -> (none)"),
        (narrow, "entries egress 100 allow tcp 10.0.0.0/8 -> allow all 0.0.0.0/0"),
        (close, "entries ingress 100 (none) -> allow all 0.0.0.0/0"),
    ],
)
def test_an_entry_is_told_and_put_back(ec2, network, wanted, run_module, default, by_hand, reason):
    by_hand(ec2, default)
    predicted = run_module(module, check_mode=True, network_acls=wanted)
    assert entries(ec2, network) != AS_AWS_MAKES_IT or by_hand is narrow
    done = run_module(module, network_acls=wanted)
    assert predicted["network_acls"] == done["network_acls"]
    assert done["network_acls"][0]["reasons"] == [reason]
    assert entries(ec2, network) == AS_AWS_MAKES_IT
    assert run_module(module, network_acls=wanted)["changed"] is False


@pytest.fixture
def theirs(ec2, network):
    """Another ACL of the VPC, which lets nothing through, for the first subnet."""
    acl = ec2.create_network_acl(VpcId=network["vpc"])["NetworkAcl"]["NetworkAclId"]
    for each in acls(ec2, network)[0]["Associations"]:
        if each["SubnetId"] == network["subnets"][0]:
            ec2.replace_network_acl_association(AssociationId=each["NetworkAclAssociationId"], NetworkAclId=acl)
    return acl


def test_a_subnet_comes_back_from_another_acl_which_stays(ec2, network, wanted, run_module, theirs):
    (subnet, other) = network["subnets"]
    result = run_module(module, network_acls=wanted)
    (reason,) = result["network_acls"][0]["reasons"]
    assert reason.startswith(f"subnets [{other}] -> [")
    assert {each["SubnetId"] for each in acls(ec2, network)[0]["Associations"]} == {subnet, other}
    assert [each["NetworkAclId"] for each in acls(ec2, network, "false")] == [theirs]
    assert run_module(module, network_acls=wanted)["changed"] is False


def test_a_subnet_whose_return_was_not_answered_is_back(
    ec2, network, wanted, run_module, theirs, default, calls, pauses
):
    """As botocore repeats the call, by an association that there is no more."""

    def bring_back():
        (acl,) = acls(ec2, network, "false")
        (association,) = acl["Associations"]
        operation = "ReplaceNetworkAclAssociation"
        ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=default)
        raise ClientError({"Error": {"Code": "InvalidAssociationID.NotFound", "Message": "gone"}}, operation)

    calls.before("ReplaceNetworkAclAssociation", bring_back)
    run_module(module, network_acls=wanted)
    assert {each["SubnetId"] for each in acls(ec2, network)[0]["Associations"]} == set(network["subnets"])
    assert run_module(module, network_acls=wanted)["changed"] is False


def test_a_subnet_that_is_not_named_keeps_what_it_has(ec2, network, wanted, run_module, theirs):
    some = [{**wanted[0], "subnets": network["subnets"][1:]}]
    assert run_module(module, network_acls=some)["changed"] is False


def test_a_vpc_that_does_not_exist_is_told(aws, run_module):
    result = run_module(module, network_acls=[{"name": "test-default", "vpc_id": "vpc-0a"}])
    assert "there is no VPC vpc-0a" in result["msg"]


def test_an_environment_finds_the_default_one_with_its_own_subnets_and_those_of_others(ec2, network, theirs, default):
    inputs = {
        "farflow_environment": "test",
        "network_availability_zones": ["eu-west-1a", "eu-west-1b"],
        "network_availability_zone_count": 2,
    }
    subnets = [
        Resource("subnet", f"test-private-{zone}", {}, subnet)
        for zone, subnet in zip("ab", network["subnets"], strict=True)
    ]
    known = Existing([Resource("vpc", "test", {}, network["vpc"]), *subnets])
    clients = Clients(lambda service, config: ec2)
    found = {one.type: one for one in glue.network_acls(clients, inputs, known)}
    assert (found[pure.TYPE].name, found[pure.TYPE].id) == ("test-default", default)
    assert found[pure.TYPE].properties["subnets"] == network["subnets"][1:]
    assert found[pure.OTHER].id == theirs
    assert glue.network_acls(clients, inputs, Existing()) == []


def test_what_aws_adds_for_ipv6_is_no_difference():
    allowed = {"Protocol": "-1", "RuleAction": "allow", "Egress": False, "Ipv6CidrBlock": "::/0"}
    document = {
        "NetworkAclId": "acl-0a",
        "VpcId": "vpc-0a",
        "Associations": [],
        "Entries": [
            *({**EVERYTHING, "RuleNumber": 100, "RuleAction": "allow", "Egress": each} for each in (True, False)),
            {**allowed, "RuleNumber": 101},
            {**allowed, "RuleNumber": 32768, "RuleAction": "deny"},
        ],
    }
    wanted = pure.desired({"name": "test-default", "vpc_id": "vpc-0a", "subnets": []})
    assert pure.canonical("test-default", document, []).properties == wanted.properties
