"""Network ACLs: whose they are, and what AWS refuses."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

ENTRY = {"RuleNumber": 1, "Egress": False, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}


@pytest.fixture
def ec2(aws):
    return aws.client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnet(ec2, vpc):
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


def of_subnet(ec2, subnet):
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (acl,) = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    (association,) = [each for each in acl["Associations"] if each["SubnetId"] == subnet]
    return acl["NetworkAclId"], acl["IsDefault"], association["NetworkAclAssociationId"]


def test_a_subnet_has_the_default_one_until_it_gets_another(ec2, vpc, subnet):
    _unused, is_default, association = of_subnet(ec2, subnet)
    assert is_default
    other = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=other)
    assert of_subnet(ec2, subnet)[:2] == (other, False)


def refusal(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_an_entry_is_made_once_and_deleted_once(ec2, subnet):
    acl = of_subnet(ec2, subnet)[0]
    where = {"NetworkAclId": acl, "RuleNumber": 1, "Egress": False}
    assert refusal(lambda: ec2.delete_network_acl_entry(**where)) == "InvalidNetworkAclEntry.NotFound"
    assert (
        refusal(lambda: ec2.replace_network_acl_entry(NetworkAclId=acl, **ENTRY)) == "InvalidNetworkAclEntry.NotFound"
    )
    ec2.create_network_acl_entry(NetworkAclId=acl, **ENTRY)
    assert refusal(lambda: ec2.create_network_acl_entry(NetworkAclId=acl, **ENTRY)) == "NetworkAclEntryAlreadyExists"
    ec2.delete_network_acl_entry(**where)


def test_a_vpc_stays_while_somebody_has_an_acl_there(ec2, vpc):
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    assert refusal(lambda: ec2.delete_vpc(VpcId=vpc)) == "DependencyViolation"
    ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_vpc(VpcId=vpc)


def test_the_ports_of_an_entry_are_kept(ec2, subnet):
    acl = of_subnet(ec2, subnet)[0]

    def ports():
        [found] = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
        return {each["RuleNumber"]: each.get("PortRange") for each in found["Entries"] if not each["Egress"]}

    of_tcp = {**ENTRY, "NetworkAclId": acl, "Protocol": "6"}
    ec2.create_network_acl_entry(**of_tcp, PortRange={"From": 80, "To": 443})
    assert ports() == {1: {"From": 80, "To": 443}, 100: None, 32767: None}
    ec2.replace_network_acl_entry(**of_tcp, PortRange={"From": 22, "To": 22})
    assert ports()[1] == {"From": 22, "To": 22}
