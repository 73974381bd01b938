from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import documents as pure

WHY = {"Description": "why"}


@pytest.mark.parametrize(
    ("text", "spelled", "permission"),
    [
        (
            "tcp 8080 sg-0a",
            "tcp 8080 sg-0a",
            {
                "IpProtocol": "tcp",
                "FromPort": 8080,
                "ToPort": 8080,
                "UserIdGroupPairs": [{"GroupId": "sg-0a", **WHY}],
            },
        ),
        (
            " TCP 80-80 10.0.3.4/16",
            "tcp 80 10.0.0.0/16",
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/16", **WHY}]},
        ),
        (
            "17 1000-2000 2001:DB8:0::/32",
            "udp 1000-2000 2001:db8::/32",
            {
                "IpProtocol": "udp",
                "FromPort": 1000,
                "ToPort": 2000,
                "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", **WHY}],
            },
        ),
        (
            "-1 0.0.0.0/0",
            "all 0.0.0.0/0",
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", **WHY}]},
        ),
        (
            "icmp 8--1 pl-0a",
            "icmp 8--1 pl-0a",
            {
                "IpProtocol": "icmp",
                "FromPort": 8,
                "ToPort": -1,
                "PrefixListIds": [{"PrefixListId": "pl-0a", **WHY}],
            },
        ),
        (
            "icmp -1 10.0.0.0/8",
            "icmp -1 10.0.0.0/8",
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8", **WHY}]},
        ),
        (
            "50 123456789012/sg-0b",
            "50 123456789012/sg-0b",
            {"IpProtocol": "50", "UserIdGroupPairs": [{"GroupId": "sg-0b", "UserId": "123456789012", **WHY}]},
        ),
    ],
)
def test_a_rule_is_one_permission_and_comes_back_as_it_was_spelled(text, spelled, permission):
    assert pure.permission(text, "why") == permission
    assert str(pure.rule(text)) == spelled
    document = {"VpcId": "vpc-1", "GroupId": "sg-1", "GroupName": "g", "Description": "d", "OwnerId": "999999999999"}
    found = pure.canonical_rules({**document, "IpPermissions": [permission]})
    wanted = pure.desired_rules({"name": "g", "group_id": "sg-1", "ingress": {text: "why"}})
    assert found.properties == wanted.properties == {"group_id": "sg-1", "ingress": {spelled: "why"}, "egress": {}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("8080", "not a rule"),
        ("tcp 80", "needs a port"),
        ("tcp 80 sg-1 sg-2", "not a rule"),
        ("tcp sg-1", "needs a port"),
        ("all 80 sg-1", "has no port"),
        ("tcp 80 10.0.0.1", "no prefix length"),
        ("tcp 80 10.0.0.0/33", "no CIDR, group or prefix list"),
        ("tcp 80 api", "no CIDR, group or prefix list"),
    ],
)
def test_what_is_no_rule_is_refused_by_its_text(text, complaint):
    with pytest.raises(FarflowError, match=complaint) as refused:
        pure.desired_rules({"name": "g", "group_id": "sg-1", "egress": {text: ""}})
    assert repr(text) in str(refused.value)


def test_several_ends_of_one_permission_are_several_rules():
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 81,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "10.1.0.0/16", "Description": "b"}],
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "111111111111"}],
    }
    document = {"GroupId": "sg-1", "GroupName": "g", "OwnerId": "111111111111", "IpPermissionsEgress": [permission]}
    assert pure.canonical_rules(document).properties["egress"] == {
        "tcp 80-81 10.0.0.0/8": "",
        "tcp 80-81 10.1.0.0/16": "b",
        "tcp 80-81 sg-2": "",
    }


def test_a_rule_without_description_sends_none():
    assert pure.permission("all 0.0.0.0/0", "") == {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.mark.parametrize("text", ["Airflow's api-server", "a" * 256, "größer", "a\nb"])
def test_descriptions_that_aws_refuses_are_refused(text):
    with pytest.raises(FarflowError, match="AWS takes at most 255"):
        pure.desired_group({"name": "g", "vpc_id": "vpc-1", "description": text})
    with pytest.raises(FarflowError, match="AWS takes at most 255"):
        pure.desired_rules({"name": "g", "group_id": "sg-1", "ingress": {"tcp 80 sg-2": text}})


def test_what_is_not_known_yet_is_no_rule_yet():
    text = f"tcp 80 {UNKNOWN}"
    wanted = pure.desired_rules({"name": "g", "group_id": UNKNOWN, "ingress": {text: "why"}})
    assert wanted.properties["ingress"] == {text: "why"}


def test_changes_name_each_rule_once():
    changes = pure.changes({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "old", "d": "4"})
    assert changes == pure.Changes(authorized={"a": "1"}, revoked={"d": "4"}, described={"c": "3"})
