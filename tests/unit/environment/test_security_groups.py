from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CHANGE, Resource, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import security_groups as layer
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import documents as kind

INPUTS = {
    "farflow_environment": "test",
    "network_ingress_cidrs": ["203.0.113.0/24", "198.51.100.0/24"],
    "airflow_service_load_balancer_port": 443,
}
IDS = {layer.group_name(INPUTS, group): f"sg-{index}" for index, group in enumerate(layer.GROUPS)}


def existing(*names):
    return Existing(Resource(kind.GROUP, name, {}, IDS[name]) for name in names)


def desired_rules(known):
    return {one.name: one for one in layer.desired(INPUTS, known, "vpc-1") if one.type == kind.RULES}


def test_everybody_talks_to_whom_they_need_and_to_nobody_else():
    rules = desired_rules(existing(*IDS))
    del rules["test-default"]
    balancer, server, airflow, tasks, database, volume = IDS.values()
    ingress = {one.properties["group_id"]: set(one.properties["ingress"]) for one in rules.values()}
    assert ingress == {
        balancer: {"tcp 443 203.0.113.0/24", "tcp 443 198.51.100.0/24"},
        server: {f"tcp 8080 {balancer}", f"tcp 8080 {airflow}", f"tcp 8081 {airflow}"},
        airflow: {f"tcp 8793 {server}", f"tcp 8794 {server}"},
        tasks: set(),
        database: {f"tcp 5432 {server}", f"tcp 5432 {airflow}"},
        volume: {f"tcp 2049 {tasks}"},
    }
    egress = {one.properties["group_id"]: set(one.properties["egress"]) for one in rules.values()}
    anything = {"all 0.0.0.0/0"}
    assert egress == {
        balancer: {f"tcp 8080 {server}"},
        **dict.fromkeys((server, airflow, tasks), anything),
        **dict.fromkeys((database, volume), set()),
    }


def test_the_rules_are_told_to_those_whose_errors_name_them():
    """All but those of AWS's own group, which shall have none."""
    told = layer.rules(INPUTS, existing(*IDS))
    desired = desired_rules(existing(*IDS))
    assert [each["name"] for each in told] == list(IDS)
    assert [kind.desired_rules(each).properties for each in told] == [desired[each["name"]].properties for each in told]


def test_the_group_that_aws_makes_with_the_vpc_admits_nobody():
    as_made = {"group_id": "sg-d", "ingress": {"all sg-d": ""}, "egress": {"all 0.0.0.0/0": ""}}
    found = Resource(kind.RULES, "test-default", as_made, "sg-d")
    wanted = desired_rules(Existing([found]))["test-default"]
    (action,) = plan([wanted], [found])
    assert action.reasons == ('ingress all sg-d "" -> (none)', 'egress all 0.0.0.0/0 "" -> (none)')
    assert not action.blocked
    (before_the_vpc,) = plan([desired_rules(Existing([]))["test-default"]], [])
    assert before_the_vpc.blocked


def test_every_rule_can_be_told_to_aws():
    for rules in desired_rules(existing(*IDS)).values():
        for direction in kind.DIRECTIONS:
            for text, why in rules.properties[direction].items():
                assert kind.permission(text, why)


def test_rules_wait_for_every_group_that_they_name():
    known = existing(*(name for name in IDS if name != "test-airflow"))
    found = [
        Resource(kind.RULES, name, {"group_id": group_id, "ingress": {}, "egress": {}}, group_id)
        for name, group_id in IDS.items()
        if name != "test-airflow"
    ]
    actions = {action.resource.name: action for action in plan(desired_rules(known).values(), found)}
    assert actions["test-api-server"].kind == CHANGE
    assert actions["test-api-server"].blocked
    assert actions["test-database"].blocked
    assert not actions["test-shared-volume"].blocked
