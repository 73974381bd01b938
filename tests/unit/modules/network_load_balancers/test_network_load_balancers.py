from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.kinds import load_balancer as glue
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer import documents as pure
from ansible_collections.farflow.airflow.plugins.modules import network_load_balancers as module


def elbv2():
    return boto3.client("elbv2")


def listed():
    client = elbv2()
    return (
        [found["LoadBalancerName"] for found in client.describe_load_balancers()["LoadBalancers"]],
        [found["TargetGroupName"] for found in client.describe_target_groups()["TargetGroups"]],
    )


def test_creates_then_changes_nothing(reconcile, spec):
    first = reconcile(**spec)
    assert first["reasons"] == [
        "target group test-airflow created",
        "load balancer test-airflow created",
        "listener test-airflow:80 created",
        "listener test-airflow:443 created",
    ]
    assert first["dns_name"].startswith("test-airflow-")
    assert first["canonical_hosted_zone_id"]
    assert first["target_groups"]["test-airflow"].startswith("arn:aws:elasticloadbalancing:")
    second = reconcile(**spec)
    assert second["reasons"] == []
    same = "arn", "dns_name", "canonical_hosted_zone_id", "target_groups"
    assert [second[key] for key in same] == [first[key] for key in same]


@pytest.mark.parametrize("wanted", [{"scheme": "internet-facing"}, {"state": "absent"}])
@pytest.mark.parametrize("check_mode", [True, False])
def test_deletion_protection_is_respected(reconcile, spec, wanted, check_mode):
    protected = {**spec, "attributes": {"deletion_protection.enabled": True}}
    reconcile(**protected)
    result = reconcile(check_mode=check_mode, **{**protected, **wanted})
    assert "load balancer test-airflow has deletion protection" in result["msg"]
    assert listed() == (["test-airflow"], ["test-airflow"])


def test_what_cannot_work_is_told_at_once(reconcile, spec):
    result = reconcile(name="test-airflow", attributes={"idle": 1}, listeners=[{"port": 80, "target_group": "missing"}])
    told = result["msg"].splitlines()
    assert [line.partition(" is not one of ")[0] for line in told] == [
        "load balancer test-airflow needs subnets",
        "load balancer test-airflow needs security_groups",
        "load balancer test-airflow: attribute idle",
        "listener test-airflow:80: target_group missing is not in target_groups",
    ]


def test_without_tags(reconcile, spec):
    bare = {key: value for key, value in spec.items() if key != "tags"}
    reconcile(**bare)
    assert reconcile(**bare)["changed"] is False


def test_check_mode_creates_nothing(reconcile, spec):
    result = reconcile(check_mode=True, **spec)
    assert len(result["reasons"]) == 4
    assert result["arn"] is None
    assert listed() == ([], [])


def test_absent_deletes_all_of_it_and_nothing_else(reconcile, spec, network):
    reconcile(**spec)
    other = elbv2().create_target_group(Name="test-foreign", Protocol="TCP", Port=1, VpcId=network["vpc"])
    elbv2().create_load_balancer(Name="other", Type="network", Subnets=network["subnets"])
    predicted = reconcile(check_mode=True, name="test-airflow", state="absent")
    done = reconcile(name="test-airflow", state="absent")
    assert predicted["reasons"] == done["reasons"]
    assert sorted(done["reasons"]) == [
        "listener test-airflow:443 deleted",
        "listener test-airflow:80 deleted",
        "load balancer test-airflow deleted",
        "target group test-airflow deleted",
    ]
    assert listed() == (["other"], [other["TargetGroups"][0]["TargetGroupName"]])
    assert reconcile(name="test-airflow", state="absent")["changed"] is False


@pytest.fixture
def second(spec, network):
    """Another one, in the same network."""
    group = {"name": "test-second", "port": 80, "vpc_id": network["vpc"]}
    listener = {"port": 80, "target_group": "test-second"}
    return {**spec, "name": "test-other", "target_groups": [group], "listeners": [listener]}


def test_several_are_reconciled_in_one_call_and_told_in_the_order_given(run_module, spec, second):
    first = run_module(module, load_balancers=[second, spec])
    entries = first["load_balancers"]
    assert [(each["name"], each["changed"]) for each in entries] == [("test-other", True), ("test-airflow", True)]
    assert [list(each["target_groups"]) for each in entries] == [["test-second"], ["test-airflow"]]
    then = run_module(module, load_balancers=[second, {**spec, "ip_address_type": "dualstack"}])
    reason = "load balancer test-airflow ip_address_type ipv4 -> dualstack"
    assert [each["reasons"] for each in then["load_balancers"]] == [[], [reason]]
    assert (then["changed"], then["diff"]["prepared"]) == (True, f"{reason}\n")
    gone = [{"name": each["name"]} for each in (spec, second)]
    assert run_module(module, load_balancers=gone, state="absent")["changed"] is True
    assert listed() == ([], [])


def test_where_one_is_refused_none_is_changed(run_module, spec, second):
    run_module(module, load_balancers=[spec])
    group = {**spec["target_groups"][0], "port": 9090}
    result = run_module(module, load_balancers=[second, {**spec, "target_groups": [group]}])
    assert "AWS cannot change target group test-airflow in place (port 8080 -> 9090)" in result["msg"]
    assert listed() == (["test-airflow"], ["test-airflow"])


def test_a_load_balancer_that_is_called_as_the_target_group_of_another_is_left_alone(reconcile, spec, second):
    reconcile(**{**second, "name": "test-airflow"})
    third = {**spec, "name": "test-third", "target_groups": [{**spec["target_groups"][0], "name": "test-airflow"}]}
    reconcile(**third)
    assert sorted(listed()[0]) == ["test-airflow", "test-third"]
    assert reconcile(**third)["changed"] is False


def counted(service):
    client, calls = boto3.client(service), []
    client.meta.events.register(f"before-call.{service}", lambda model, **_unused: calls.append(model.name))
    return Clients(lambda _unused, config: client), calls


def test_find_sees_the_environment_alone_in_six_calls(reconcile, spec):
    reconcile(**spec)
    reconcile(
        **{
            **spec,
            "name": "test-eu-airflow",
            "tags": {"farflow:environment": "test-eu"},
            "target_groups": [],
            "listeners": [],
        },
    )
    clients, calls = counted("elbv2")
    found = glue.find(clients, "test")
    assert plan(pure.desired(spec), found) == []
    assert len(calls) == 7  # six, and the listeners of the other environment whose name begins alike


def test_find_sees_a_target_group_whose_load_balancer_is_not_there_yet(reconcile, spec):
    reconcile(**spec)
    arn = elbv2().describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    for listener in elbv2().describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        elbv2().delete_listener(ListenerArn=listener["ListenerArn"])
    elbv2().delete_load_balancer(LoadBalancerArn=arn)
    clients, _unused = counted("elbv2")
    assert [(one.type, one.name) for one in glue.find(clients, "test")] == [("target_group", "test-airflow")]


def test_find_asks_twice_where_there_is_nothing(aws):
    clients, calls = counted("elbv2")
    assert glue.find(clients, "test") == []
    assert calls == ["DescribeLoadBalancers", "DescribeTargetGroups"]


def test_properties_are_plain_and_named_as_the_arguments(spec):
    group, balancer, tcp, _unused = pure.desired(spec)
    for resource in (group, balancer, tcp):
        assert json.loads(json.dumps(resource.properties)) == resource.properties
    again = pure.desired({**spec, "target_groups": [{**group.properties, "name": group.name}]})
    assert again[0] == group


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("DescribeTargetGroupAttributes", "TargetGroupNotFound"),
        ("ModifyTargetGroupAttributes", "TargetGroupNotFound"),
        ("DescribeLoadBalancerAttributes", "LoadBalancerNotFound"),
        ("ModifyLoadBalancerAttributes", "LoadBalancerNotFound"),
        ("CreateListener", "TargetGroupNotFound"),
        ("DescribeListeners", "LoadBalancerNotFound"),
        ("DescribeTags", "ListenerNotFound"),
    ],
)
def test_what_aws_does_not_know_everywhere_yet_is_waited_for(reconcile, spec, calls, no_pauses, operation, code):
    spec["attributes"] = {"load_balancing.cross_zone.enabled": True}
    reconcile(**spec)
    reconcile(name="test-airflow", state="absent")
    calls.made.clear()
    calls.refuse(operation, code, times=2)
    assert len(reconcile(**spec)["reasons"]) == 4
    assert len(calls.of(operation)) > 2
    if operation in ("DescribeListeners", "DescribeTags"):
        calls.refuse(operation, code, times=2)
    assert reconcile(**spec)["changed"] is False


def test_who_waits_until_one_serves_waits_also_while_aws_does_not_know_it(reconcile, spec, calls, no_pauses):
    reconcile(**spec)
    calls.refuse("DescribeLoadBalancers", "LoadBalancerNotFound", times=2)
    glue.await_active(counted("elbv2")[0], "test-airflow")
