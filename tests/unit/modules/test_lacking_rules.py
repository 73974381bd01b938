"""Errors of what does not come up name the rules that security groups lack."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.runs import lacking_rules
from ansible_collections.farflow.airflow.plugins.modules import ec2_security_groups, ecs_rollouts, ecs_services
from aws_double.service_documents import service

ADVICE = "advice: deploy again, which puts back what is missing; the events Revoke"


@pytest.fixture
def vpc(aws):
    return boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def rules(vpc, run_module):
    """What a load balancer and an api-server shall have, and do have."""
    made = run_module(
        ec2_security_groups,
        security_groups=[
            {"name": name, "vpc_id": vpc, "description": name} for name in ("test-load-balancer", "test-api-server")
        ],
    )["security_groups"]
    balancer, server = (each["group_id"] for each in made)
    wanted = [
        {
            "name": "test-load-balancer",
            "group_id": balancer,
            "ingress": {"tcp 443 203.0.113.0/24": "people"},
            "egress": {f"tcp 8080 {server}": "user interface"},
        },
        {
            "name": "test-api-server",
            "group_id": server,
            "ingress": {f"tcp 8080 {balancer}": "user interface"},
            "egress": {"all 0.0.0.0/0": "AWS"},
        },
    ]
    run_module(ec2_security_groups, rules=wanted)
    return wanted


def without(rules, place, direction):
    """Takes the rules of a direction away, of the group at a place."""
    group = boto3.resource("ec2").SecurityGroup(rules[place]["group_id"])
    if direction == "ingress":
        group.revoke_ingress(IpPermissions=group.ip_permissions)
    else:
        group.revoke_egress(IpPermissions=group.ip_permissions_egress)


def error_of(rules):
    """What is told of a failure, but for its own words."""
    clients = Clients(lambda service, config: boto3.client(service, config=config))
    with pytest.raises(FarflowError) as caught, lacking_rules.told_in_errors(clients, rules):
        raise FarflowError("gave up") from ValueError("why")
    assert isinstance(caught.value.__cause__, ValueError)
    first, *lines = str(caught.value).split("\n")
    assert first == "gave up"
    return lines


@pytest.mark.parametrize(
    ("place", "direction", "expected"),
    [
        (0, "ingress", "load-balancer ({0}) lacks the rule that admits tcp 443 from 203.0.113.0/24: people"),
        (0, "egress", "load-balancer ({0}) lacks the rule that lets tcp 8080 out to test-api-server: user interface"),
        (1, "ingress", "api-server ({1}) lacks the rule that admits tcp 8080 from test-load-balancer: user interface"),
        (1, "egress", "api-server ({1}) lacks the rule that lets all traffic out to 0.0.0.0/0: AWS"),
    ],
)
def test_the_rule_that_is_missing_is_named(rules, place, direction, expected):
    without(rules, place, direction)
    sentence, advice = error_of(rules)
    assert sentence == "security group test-" + expected.format(*(each["group_id"] for each in rules))
    assert advice.startswith(ADVICE)


def test_all_that_are_missing_are_named_with_one_advice(rules):
    without(rules, 0, "egress")
    without(rules, 1, "ingress")
    assert [line.partition(" lacks ")[0].split()[0] for line in error_of(rules)] == ["security", "security", "advice:"]


def test_a_group_that_is_gone_is_named(rules):
    without(rules, 0, "egress")
    without(rules, 1, "ingress")
    boto3.client("ec2").delete_security_group(GroupId=rules[1]["group_id"])
    assert error_of(rules)[1] == f"security group test-api-server ({rules[1]['group_id']}) is not there"


@pytest.mark.parametrize("wanted", [True, False])
def test_an_error_stays_as_it_is_where_no_rule_is_missing(rules, wanted):
    assert error_of(rules if wanted else []) == []


def test_an_error_stays_as_it_is_where_the_rules_cannot_be_read(rules, calls):
    without(rules, 1, "ingress")
    calls.refuse("DescribeSecurityGroups", "UnauthorizedOperation", times=99)
    assert error_of(rules) == []


def test_rules_that_are_not_ours_are_nobodys_affair(rules):
    boto3.resource("ec2").SecurityGroup(rules[1]["group_id"]).authorize_ingress(
        IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="203.0.113.0/24"
    )
    assert error_of(rules) == []


@pytest.fixture
def roll_out(cluster, run_module, rules, no_pauses):
    """Waits for a service whose deployment is in a state."""

    def run(state):
        cluster.services.rollouts = [state]
        run_module(ecs_services, services=[service()])
        rollout = {"cluster": "test-airflow", "services": ["test-web"], "wait_timeout": 0}
        return run_module(ecs_rollouts, **rollout, security_group_rules=rules)

    return run


def test_a_rollout_that_does_not_end_names_the_rule(roll_out, rules):
    without(rules, 1, "ingress")
    message = roll_out("IN_PROGRESS")["msg"]
    assert message.startswith("gave up waiting for")
    assert "lacks the rule that admits tcp 8080 from test-load-balancer: user interface\nadvice: deploy" in message


def test_a_rollout_that_ends_asks_for_no_group(roll_out, rules, calls):
    without(rules, 1, "ingress")
    calls.made.clear()
    assert "msg" not in roll_out("COMPLETED")
    assert calls.of("DescribeSecurityGroups") == []
