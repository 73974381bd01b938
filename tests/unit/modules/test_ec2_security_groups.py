from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import ec2_security_groups as module


@pytest.fixture
def vpc(aws):
    return boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def groups(vpc):
    return [
        {"name": f"test-{part}", "vpc_id": vpc, "description": f"The {part}", "tags": {"team": "data"}}
        for part in ("api", "database", "tasks")
    ]


@pytest.fixture
def ids(groups, run_module):
    """The ids of the groups, made, by their names."""
    made = run_module(module, security_groups=groups)["security_groups"]
    return {entry["name"]: entry["group_id"] for entry in made}


def described(group_id):
    return boto3.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]


def named(vpc):
    found = boto3.client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return sorted(group["GroupName"] for group in found["SecurityGroups"] if group["GroupName"] != "default")


def open_api(ids):
    return {
        "name": "test-api",
        "group_id": ids["test-api"],
        "ingress": {"tcp 8080 10.0.0.0/16": "people", f"tcp 8793-8794 {ids['test-tasks']}": "logs"},
        "egress": {"all 0.0.0.0/0": "anything"},
    }


def test_groups_are_made_with_their_tags_and_without_rules(groups, run_module, calls):
    first = run_module(module, security_groups=groups)
    assert [(entry["name"], entry["changed"]) for entry in first["security_groups"]] == [
        ("test-api", True),
        ("test-database", True),
        ("test-tasks", True),
    ]
    made = [arguments["TagSpecifications"] for operation, arguments in calls.made if operation == "CreateSecurityGroup"]
    assert [one["Tags"] for [one] in made] == [[{"Key": "team", "Value": "data"}]] * 3
    assert calls.of("CreateTags") == []
    for entry in first["security_groups"]:
        group = described(entry["group_id"])
        assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])
    calls.made.clear()
    second = run_module(module, security_groups=groups)
    assert calls.of("") == ["DescribeSecurityGroups"]
    assert second["changed"] is False
    assert [entry["group_id"] for entry in second["security_groups"]] == [
        entry["group_id"] for entry in first["security_groups"]
    ]


def test_changed_tags_are_predicted_told_and_set(groups, ids, run_module, calls):
    wanted = [{**groups[0], "tags": {"team": "web", "stage": "prod"}}, *groups[1:]]
    predicted = run_module(module, check_mode=True, security_groups=wanted)
    assert calls.mutating == []
    done = run_module(module, security_groups=wanted)
    assert predicted["security_groups"] == done["security_groups"]
    assert done["security_groups"][0]["reasons"] == ["tags team data -> web", "tags stage (none) -> prod"]
    assert [entry["changed"] for entry in done["security_groups"]] == [True, False, False]
    assert run_module(module, security_groups=wanted)["changed"] is False
    run_module(module, security_groups=groups)
    assert described(ids["test-api"])["Tags"] == [{"Key": "team", "Value": "data"}]


def test_another_description_is_refused_before_anything_is_done(groups, ids, run_module, calls):
    wanted = [{**groups[0], "description": "Another"}, {**groups[1], "tags": {}}]
    for check_mode in (True, False):
        failed = run_module(module, check_mode=check_mode, security_groups=wanted)
        assert "description The api -> Another" in failed["msg"]
    assert calls.mutating == []


def test_check_mode_makes_nothing(groups, vpc, run_module):
    result = run_module(module, check_mode=True, security_groups=groups)
    assert result["changed"] is True
    assert [entry["group_id"] for entry in result["security_groups"]] == [None, None, None]
    assert named(vpc) == []


def test_a_group_needs_a_description(groups, run_module, calls):
    failed = run_module(module, security_groups=[{"name": "test-api", "vpc_id": groups[0]["vpc_id"]}])
    assert failed["msg"] == "security groups without description: test-api"
    assert calls.made == []


def test_an_untagged_group_of_the_name_is_taken_over(groups, vpc, run_module):
    ec2 = boto3.client("ec2")
    other_vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    orphan = ec2.create_security_group(GroupName="test-api", Description="The api", VpcId=vpc)["GroupId"]
    foreign = ec2.create_security_group(GroupName="test-api", Description="x", VpcId=other_vpc)["GroupId"]
    made = run_module(module, security_groups=groups[:1])["security_groups"]
    assert made == [{"name": "test-api", "group_id": orphan, "changed": True, "reasons": ["tags team (none) -> data"]}]
    assert described(foreign).get("Tags", []) == []


def test_a_group_that_another_run_makes_meanwhile_is_taken_over(groups, vpc, run_module, calls):
    made = []

    def be_faster():
        answer = boto3.client("ec2").create_security_group(GroupName="test-api", Description="The api", VpcId=vpc)
        made.append(answer["GroupId"])

    calls.before("CreateSecurityGroup", be_faster)
    result = run_module(module, security_groups=groups[:1])
    assert result["security_groups"][0]["group_id"] == made[0]
    assert described(made[0])["Tags"] == [{"Key": "team", "Value": "data"}]


def test_a_group_that_is_not_known_everywhere_yet_is_waited_for(groups, run_module, calls, pauses):
    calls.refuse("RevokeSecurityGroupEgress", "InvalidGroup.NotFound", times=3)
    result = run_module(module, security_groups=groups[:1])
    assert described(result["security_groups"][0]["group_id"])["IpPermissionsEgress"] == []
    assert len(pauses) == 3


def test_rules_are_given_in_one_call_a_direction(ids, run_module, calls):
    rules = [open_api(ids)]
    predicted = run_module(module, check_mode=True, rules=rules)
    assert calls.mutating == []
    done = run_module(module, rules=rules)
    assert predicted["rules"] == done["rules"]
    assert done["rules"][0]["reasons"] == [
        "ingress tcp 8080 10.0.0.0/16 (none) -> people",
        f"ingress tcp 8793-8794 {ids['test-tasks']} (none) -> logs",
        "egress all 0.0.0.0/0 (none) -> anything",
    ]
    assert sorted(calls.mutating) == ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]
    calls.made.clear()
    assert run_module(module, rules=rules)["changed"] is False
    assert calls.of("") == ["DescribeSecurityGroups"] * 2


def test_rules_that_nobody_listed_are_revoked_after_the_new_ones_came(ids, run_module, calls):
    run_module(module, rules=[open_api(ids)])
    wanted = {**open_api(ids), "ingress": {"tcp 443 10.0.0.0/16": "people"}, "egress": {}}
    calls.made.clear()
    done = run_module(module, rules=[wanted])
    assert done["rules"][0]["reasons"] == [
        "ingress tcp 443 10.0.0.0/16 (none) -> people",
        "ingress tcp 8080 10.0.0.0/16 people -> (none)",
        f"ingress tcp 8793-8794 {ids['test-tasks']} logs -> (none)",
        "egress all 0.0.0.0/0 anything -> (none)",
    ]
    assert calls.mutating == [
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress",
    ]
    assert run_module(module, rules=[wanted])["changed"] is False


def test_a_changed_description_interrupts_nothing(ids, run_module, calls):
    run_module(module, rules=[open_api(ids)])
    wanted = open_api(ids)
    wanted["ingress"]["tcp 8080 10.0.0.0/16"] = "others"
    calls.made.clear()
    done = run_module(module, rules=[wanted])
    assert calls.mutating == ["UpdateSecurityGroupRuleDescriptionsIngress"]
    assert done["rules"][0]["reasons"] == ["ingress tcp 8080 10.0.0.0/16 people -> others"]
    assert run_module(module, rules=[wanted])["changed"] is False


def test_rules_that_came_or_went_meanwhile_are_fine(ids, run_module, calls):
    ec2 = boto3.client("ec2")
    group = ids["test-api"]
    people = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}

    def authorize_one():
        ranges = [{"CidrIp": "10.0.0.0/16", "Description": "people"}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**people, "IpRanges": ranges}])

    def revoke_one():
        ranges = [{"CidrIp": "10.0.0.0/16"}]
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[{**people, "IpRanges": ranges}])

    calls.before("AuthorizeSecurityGroupIngress", authorize_one)
    run_module(module, rules=[open_api(ids)])
    assert run_module(module, rules=[open_api(ids)])["changed"] is False
    nothing = {"name": "test-api", "group_id": group}
    calls.before("RevokeSecurityGroupIngress", revoke_one)
    run_module(module, rules=[nothing])
    assert described(group)["IpPermissions"] == []


def test_rules_of_a_group_that_does_not_exist_are_refused(ids, run_module, calls, pauses):
    rules = [open_api(ids), {"name": "test-lost", "group_id": "sg-0123456789abcdef0"}]
    failed = run_module(module, rules=rules)
    assert failed["msg"] == (
        "gave up waiting for the security groups of the rules after 60 s: there is no sg-0123456789abcdef0 (test-lost) "
        "to give rules to"
    )
    assert calls.mutating == []


def test_rules_that_name_an_unknown_group_fail_with_that_group(ids, run_module, pauses):
    rules = {"name": "test-api", "group_id": ids["test-api"], "ingress": {"tcp 80 sg-0123456789abcdef0": "x"}}
    failed = run_module(module, rules=[rules])
    assert failed["msg"].startswith("gave up waiting for rules of security group test-api to be changed after 60 s: ")
    assert "sg-0123456789abcdef0" in failed["msg"]


def test_groups_that_name_each_other_go_together(groups, ids, vpc, run_module, calls):
    other = {"name": "test-tasks", "group_id": ids["test-tasks"], "egress": {f"tcp 80 {ids['test-api']}": "api"}}
    run_module(module, rules=[open_api(ids), other])
    unwanted = [{"name": group["name"], "vpc_id": vpc} for group in groups if group["name"] != "test-database"]
    calls.made.clear()
    predicted = run_module(module, check_mode=True, security_groups=unwanted, state="absent")
    assert calls.mutating == []
    done = run_module(module, security_groups=unwanted, state="absent")
    assert predicted == done
    assert {entry["name"] for entry in done["security_groups"]} == {"test-api", "test-tasks"}
    assert {entry["name"] for entry in done["rules"]} == {"test-api", "test-tasks"}
    assert [call[:6] for call in calls.mutating] == [*["Revoke"] * 3, *["Delete"] * 2]
    assert named(vpc) == ["test-database"]
    assert run_module(module, security_groups=unwanted, state="absent")["changed"] is False


def test_rules_alone_can_be_absent(ids, vpc, run_module):
    run_module(module, rules=[open_api(ids)])
    rules = [{"name": "test-api", "group_id": ids["test-api"]}]
    assert run_module(module, rules=rules, state="absent")["rules"][0]["reasons"] == ["deleted"]
    assert described(ids["test-api"])["IpPermissions"] == []
    assert run_module(module, rules=rules, state="absent")["changed"] is False
    assert len(named(vpc)) == 3


def test_a_group_in_use_is_deleted_when_it_is_free(groups, ids, vpc, run_module, calls, pauses):
    calls.refuse("DeleteSecurityGroup", "DependencyViolation", times=4)
    unwanted = [{"name": "test-api", "vpc_id": vpc}]
    assert run_module(module, security_groups=unwanted, state="absent")["changed"] is True
    assert "test-api" not in named(vpc)
    assert len(pauses) == 4


def test_a_group_that_stays_in_use_is_told_with_its_users(ids, vpc, run_module, calls, pauses):
    ec2 = boto3.client("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[ids["test-api"]], Description="a task of ECS")
    foreign = ec2.create_security_group(GroupName="foreign", Description="x", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=foreign,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": ids["test-api"]}],
            }
        ],
    )
    calls.refuse("DeleteSecurityGroup", "DependencyViolation", times=100)
    failed = run_module(module, security_groups=[{"name": "test-api", "vpc_id": vpc}], state="absent")
    identifier = interface["NetworkInterface"]["NetworkInterfaceId"]
    assert failed["msg"] == (
        "gave up waiting for security group test-api to be deleted after 600 s: could not delete security group "
        "test-api: An error occurred (DependencyViolation) when calling the DeleteSecurityGroup operation: says the "
        f"test; used by network interface {identifier} (a task of ECS), a rule of security group foreign ({foreign})"
    )
    assert sum(pauses) == pytest.approx(600)


def test_a_group_that_an_answer_leaves_out_is_waited_for(ids, run_module, calls, pauses):
    calls.alter("DescribeSecurityGroups", lambda answer: {**answer, "SecurityGroups": []}, times=2)
    assert run_module(module, rules=[open_api(ids)])["changed"] is True
    assert len(pauses) == 2


def test_a_group_that_a_later_answer_leaves_out_loses_no_rule_that_is_wanted(ids, run_module, calls, pauses):
    run_module(module, rules=[{**open_api(ids), "ingress": {"tcp 443 10.0.0.0/16": "people"}}])
    calls.alter("DescribeSecurityGroups", lambda answer: answer)
    calls.alter("DescribeSecurityGroups", lambda answer: {**answer, "SecurityGroups": []})
    calls.made.clear()
    run_module(module, rules=[open_api(ids)])
    assert calls.mutating == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    assert run_module(module, rules=[open_api(ids)])["changed"] is False


def test_a_vpc_that_is_not_known_everywhere_yet_is_waited_for(groups, run_module, calls, no_pauses):
    calls.refuse("CreateSecurityGroup", "InvalidVpcID.NotFound", times=2)
    assert run_module(module, security_groups=groups)["changed"] is True
