from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.aws.calls import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.core.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.glue import network_load_balancer as glue
from ansible_collections.farflow.airflow.plugins.module_utils.pure import network_load_balancer as pure
from ansible_collections.farflow.airflow.plugins.modules import network_load_balancer as module
from moto.elbv2.models import ELBv2Backend

TAGS = {"farflow:environment": "test", "farflow:role": "airflow_service"}
NEWER_POLICY = "ELBSecurityPolicy-TLS13-1-3-2021-06"


@pytest.fixture(autouse=True)
def network_load_balancers_of_moto(aws, monkeypatch):
    """What moto leaves out: TLS and the target group in ModifyListener, a matcher where targets speak TCP."""
    modify_listener, modify_target_group = ELBv2Backend.modify_listener, ELBv2Backend.modify_target_group

    def listener(self, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
        changed = modify_listener(self, arn, port, None, ssl_policy, certificates, actions)
        changed.protocol = protocol
        changed.certificates = [certificate["CertificateArn"] for certificate in certificates or []]
        changed.certificate = changed.certificates[0] if certificates else None
        return changed

    def target_group(self, arn, *values, **members):
        changed = modify_target_group(self, arn, *values, **members)
        changed.matcher = {"HttpCode": values[7]}
        return changed

    monkeypatch.setattr(ELBv2Backend, "modify_listener", listener)
    monkeypatch.setattr(ELBv2Backend, "modify_target_group", target_group)


@pytest.fixture
def network():
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]
        for number, zone in enumerate("abc")
    ]
    groups = [ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab"]
    return {"vpc": vpc, "subnets": [subnet["SubnetId"] for subnet in subnets], "groups": groups}


@pytest.fixture
def certificates():
    acm = boto3.client("acm")
    return [acm.request_certificate(DomainName=f"{name}.example.com")["CertificateArn"] for name in "ab"]


@pytest.fixture
def spec(network, certificates):
    return {
        "name": "test-airflow",
        "subnets": network["subnets"][:2],
        "security_groups": network["groups"][:1],
        "tags": TAGS,
        "target_groups": [
            {
                "name": "test-airflow",
                "port": 8080,
                "vpc_id": network["vpc"],
                "health_check": {"protocol": "HTTP", "path": "/api/v2/version"},
                "attributes": {"deregistration_delay.timeout_seconds": 30},
            }
        ],
        "listeners": [
            {"protocol": "TCP", "port": 80, "target_group": "test-airflow"},
            {
                "protocol": "TLS",
                "port": 443,
                "certificate_arn": certificates[0],
                "alpn_policy": "HTTP2Preferred",
                "target_group": "test-airflow",
            },
        ],
    }


def elbv2():
    return boto3.client("elbv2")


def listed():
    client = elbv2()
    return (
        [found["LoadBalancerName"] for found in client.describe_load_balancers()["LoadBalancers"]],
        [found["TargetGroupName"] for found in client.describe_target_groups()["TargetGroups"]],
    )


def with_group(spec, **members):
    return {**spec, "target_groups": [{**spec["target_groups"][0], **members}]}


def with_listener(spec, index, **members):
    listeners = list(spec["listeners"])
    listeners[index] = {**listeners[index], **members}
    return {**spec, "listeners": listeners}


def check(spec, **members):
    return with_group(spec, health_check={**spec["target_groups"][0]["health_check"], **members})


def test_creates_then_changes_nothing(run_module, spec):
    first = run_module(module, **spec)
    assert first["reasons"] == [
        "target group test-airflow created",
        "load balancer test-airflow created",
        "listener test-airflow:80 created",
        "listener test-airflow:443 created",
    ]
    assert first["dns_name"].startswith("test-airflow-")
    assert first["canonical_hosted_zone_id"]
    assert first["target_groups"]["test-airflow"].startswith("arn:aws:elasticloadbalancing:")
    second = run_module(module, **spec)
    assert second["reasons"] == []
    same = "arn", "dns_name", "canonical_hosted_zone_id", "target_groups"
    assert [second[key] for key in same] == [first[key] for key in same]


CHANGES = {
    "subnets": lambda spec, network, _unused: (
        {**spec, "subnets": network["subnets"]},
        [f"load balancer test-airflow subnets {shown(network['subnets'][:2])} -> {shown(network['subnets'])}"],
    ),
    "security groups": lambda spec, network, _unused: (
        {**spec, "security_groups": network["groups"][1:]},
        [
            "load balancer test-airflow security_groups "
            f"{shown(network['groups'][:1])} -> {shown(network['groups'][1:])}"
        ],
    ),
    "ip address type": lambda spec, *_unused: (
        {**spec, "ip_address_type": "dualstack"},
        ["load balancer test-airflow ip_address_type ipv4 -> dualstack"],
    ),
    "attributes": lambda spec, *_unused: (
        {**spec, "attributes": {"deletion_protection.enabled": True, "load_balancing.cross_zone.enabled": True}},
        [
            "load balancer test-airflow attributes deletion_protection.enabled false -> true",
            "load balancer test-airflow attributes load_balancing.cross_zone.enabled false -> true",
        ],
    ),
    "access logs": lambda spec, *_unused: (
        {**spec, "attributes": {"access_logs.s3.enabled": True, "access_logs.s3.bucket": "logs"}},
        [
            "load balancer test-airflow attributes access_logs.s3.enabled false -> true",
            'load balancer test-airflow attributes access_logs.s3.bucket "" -> logs',
        ],
    ),
    "tags": lambda spec, *_unused: (
        {**spec, "tags": {**TAGS, "team": "data"}},
        [
            "target group test-airflow tags team (none) -> data",
            "load balancer test-airflow tags team (none) -> data",
            "listener test-airflow:80 tags team (none) -> data",
            "listener test-airflow:443 tags team (none) -> data",
        ],
    ),
    "target group attribute": lambda spec, *_unused: (
        with_group(spec, attributes={"preserve_client_ip.enabled": True}),
        [
            "target group test-airflow attributes deregistration_delay.timeout_seconds 30 -> 300",
            "target group test-airflow attributes preserve_client_ip.enabled false -> true",
        ],
    ),
    "target group tags": lambda spec, *_unused: (
        with_group(spec, tags={"team": "data"}),
        ["target group test-airflow tags team (none) -> data"],
    ),
    "health check path": lambda spec, *_unused: (
        check(spec, path="/health"),
        ["target group test-airflow health_check path /api/v2/version -> /health"],
    ),
    "health check matcher": lambda spec, *_unused: (
        check(spec, matcher="200"),
        ["target group test-airflow health_check matcher 200-399 -> 200"],
    ),
    "health check numbers": lambda spec, *_unused: (
        check(spec, interval_seconds=10, timeout_seconds=5, healthy_threshold_count=2, unhealthy_threshold_count=3),
        [
            "target group test-airflow health_check interval_seconds 30 -> 10",
            "target group test-airflow health_check timeout_seconds 6 -> 5",
            "target group test-airflow health_check healthy_threshold_count 5 -> 2",
            "target group test-airflow health_check unhealthy_threshold_count 2 -> 3",
        ],
    ),
    "health check port": lambda spec, *_unused: (
        check(spec, port="8081"),
        ["target group test-airflow health_check port traffic-port -> 8081"],
    ),
    "health check protocol": lambda spec, *_unused: (
        check(spec, protocol="HTTPS", timeout_seconds=6),
        ["target group test-airflow health_check protocol HTTP -> HTTPS"],
    ),
    "listener port": lambda spec, *_unused: (
        with_listener(spec, 0, port=81),
        ["listener test-airflow:81 created", "listener test-airflow:80 deleted"],
    ),
    "listener protocol": lambda spec, _unused, certificates: (
        with_listener(spec, 0, protocol="TLS", certificate_arn=certificates[1]),
        [
            "listener test-airflow:80 protocol TCP -> TLS",
            f"listener test-airflow:80 certificate_arn (none) -> {certificates[1]}",
            f"listener test-airflow:80 ssl_policy (none) -> {pure.SSL_POLICY}",
        ],
    ),
    "certificate": lambda spec, _unused, certificates: (
        with_listener(spec, 1, certificate_arn=certificates[1]),
        [f"listener test-airflow:443 certificate_arn {certificates[0]} -> {certificates[1]}"],
    ),
    "ssl policy": lambda spec, *_unused: (
        with_listener(spec, 1, ssl_policy=NEWER_POLICY),
        [f"listener test-airflow:443 ssl_policy {pure.SSL_POLICY} -> {NEWER_POLICY}"],
    ),
    "listener removed": lambda spec, *_unused: (
        {**spec, "listeners": spec["listeners"][:1]},
        ["listener test-airflow:443 deleted"],
    ),
    "target group renamed": lambda spec, *_unused: (
        {
            **with_group(spec, name="test-other"),
            "listeners": [{**listener, "target_group": "test-other"} for listener in spec["listeners"]],
        },
        [
            "target group test-other created",
            "listener test-airflow:80 target_group test-airflow -> test-other",
            "listener test-airflow:443 target_group test-airflow -> test-other",
            "target group test-airflow deleted",
        ],
    ),
}


def shown(values):
    return f"[{', '.join(sorted(values))}]"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(run_module, spec, network, certificates, change):
    run_module(module, **spec)
    wanted, reasons = change(spec, network, certificates)
    predicted = run_module(module, check_mode=True, **wanted)
    assert run_module(module, check_mode=True, **wanted) == predicted
    done = run_module(module, **wanted)
    assert predicted["reasons"] == done["reasons"] == reasons
    assert run_module(module, **wanted)["changed"] is False


def test_another_scheme_makes_it_anew_and_keeps_the_target_groups(run_module, spec):
    first = run_module(module, **spec)
    wanted = {**spec, "scheme": "internet-facing"}
    predicted = run_module(module, check_mode=True, **wanted)
    done = run_module(module, **wanted)
    assert predicted["reasons"] == done["reasons"]
    assert done["reasons"] == [
        "load balancer test-airflow scheme internal -> internet-facing",
        "listener test-airflow:80 created",
        "listener test-airflow:443 created",
    ]
    assert done["target_groups"] == first["target_groups"]
    assert elbv2().describe_load_balancers()["LoadBalancers"][0]["Scheme"] == "internet-facing"
    assert run_module(module, **wanted)["changed"] is False


def test_first_security_groups_make_it_anew(run_module, spec):
    elbv2().create_load_balancer(Name="test-airflow", Type="network", Scheme="internal", Subnets=spec["subnets"])
    done = run_module(module, **spec)
    groups = shown(spec["security_groups"])
    assert f"load balancer test-airflow security_groups (none) -> {groups}" in done["reasons"]
    assert elbv2().describe_load_balancers()["LoadBalancers"][0]["SecurityGroups"] == spec["security_groups"]


@pytest.mark.parametrize("wanted", [{"scheme": "internet-facing"}, {"state": "absent"}])
@pytest.mark.parametrize("check_mode", [True, False])
def test_deletion_protection_is_respected(run_module, spec, wanted, check_mode):
    protected = {**spec, "attributes": {"deletion_protection.enabled": True}}
    run_module(module, **protected)
    result = run_module(module, check_mode=check_mode, **{**protected, **wanted})
    assert "load balancer test-airflow has deletion protection" in result["msg"]
    assert listed() == (["test-airflow"], ["test-airflow"])


@pytest.mark.parametrize(("key", "value"), [("port", 9090), ("protocol", "TLS"), ("target_type", "instance")])
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_target_group_cannot_change_is_refused_with_advice(run_module, spec, key, value, check_mode):
    run_module(module, **spec)
    result = run_module(module, check_mode=check_mode, **with_group(spec, **{key: value}))
    assert f"AWS cannot change target group test-airflow in place ({key} " in result["msg"]
    assert "give the target group another name" in result["msg"]


def test_drift_is_seen_and_mended(run_module, spec, network):
    first = run_module(module, **spec)
    client, group = elbv2(), first["target_groups"]["test-airflow"]
    client.modify_target_group(TargetGroupArn=group, HealthCheckPath="/elsewhere")
    client.modify_load_balancer_attributes(
        LoadBalancerArn=first["arn"], Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    listeners = client.describe_listeners(LoadBalancerArn=first["arn"])["Listeners"]
    client.delete_listener(ListenerArn=next(one["ListenerArn"] for one in listeners if one["Port"] == 80))
    client.create_listener(
        LoadBalancerArn=first["arn"],
        Protocol="TCP",
        Port=9999,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    client.remove_tags(ResourceArns=[first["arn"]], TagKeys=["farflow:role"])
    mended = run_module(module, **spec)
    assert mended["reasons"] == [
        "target group test-airflow health_check path /elsewhere -> /api/v2/version",
        "load balancer test-airflow attributes deletion_protection.enabled true -> false",
        "load balancer test-airflow tags farflow:role (none) -> airflow_service",
        "listener test-airflow:80 created",
        "listener test-airflow:9999 deleted",
    ]
    assert run_module(module, **spec)["changed"] is False


def test_what_cannot_work_is_told_at_once(run_module, spec):
    result = run_module(
        module, name="test-airflow", attributes={"idle": 1}, listeners=[{"port": 80, "target_group": "missing"}]
    )
    for words in ("needs subnets", "needs security_groups", "attribute idle is not", "missing is not in target_groups"):
        assert words in result["msg"]


def test_without_tags(run_module, spec):
    bare = {key: value for key, value in spec.items() if key != "tags"}
    run_module(module, **bare)
    assert run_module(module, **bare)["changed"] is False


def test_check_mode_creates_nothing(run_module, spec):
    result = run_module(module, check_mode=True, **spec)
    assert len(result["reasons"]) == 4
    assert result["arn"] is None
    assert listed() == ([], [])


def test_absent_deletes_all_of_it_and_nothing_else(run_module, spec, network):
    run_module(module, **spec)
    other = elbv2().create_target_group(Name="test-foreign", Protocol="TCP", Port=1, VpcId=network["vpc"])
    elbv2().create_load_balancer(Name="other", Type="network", Subnets=network["subnets"])
    predicted = run_module(module, check_mode=True, name="test-airflow", state="absent")
    done = run_module(module, name="test-airflow", state="absent")
    assert predicted["reasons"] == done["reasons"]
    assert sorted(done["reasons"]) == [
        "listener test-airflow:443 deleted",
        "listener test-airflow:80 deleted",
        "load balancer test-airflow deleted",
        "target group test-airflow deleted",
    ]
    assert listed() == (["other"], [other["TargetGroups"][0]["TargetGroupName"]])
    assert run_module(module, name="test-airflow", state="absent")["changed"] is False


def counted(service):
    client, calls = boto3.client(service), []
    client.meta.events.register(f"before-call.{service}", lambda model, **_unused: calls.append(model.name))
    return Clients(lambda _unused, config: client), calls


def test_find_sees_the_environment_alone_in_six_calls(run_module, spec):
    run_module(module, **spec)
    run_module(
        module,
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


def test_find_sees_a_target_group_whose_load_balancer_is_not_there_yet(run_module, spec):
    run_module(module, **spec)
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
