"""What differs from what was asked for is told and mended: by another input, or by somebody's hand."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer import documents as pure

NEWER_POLICY = "ELBSecurityPolicy-TLS13-1-3-2021-06"


def elbv2():
    return boto3.client("elbv2")


def with_group(spec, **members):
    return {**spec, "target_groups": [{**spec["target_groups"][0], **members}]}


def with_listener(spec, index, **members):
    listeners = list(spec["listeners"])
    listeners[index] = {**listeners[index], **members}
    return {**spec, "listeners": listeners}


def check(spec, **members):
    return with_group(spec, health_check={**spec["target_groups"][0]["health_check"], **members})


def shown(values):
    return f"[{', '.join(sorted(values))}]"


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
        {**spec, "tags": {**spec["tags"], "team": "data"}},
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


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_is_predicted_told_and_done(reconcile, spec, network, certificates, change):
    reconcile(**spec)
    wanted, reasons = change(spec, network, certificates)
    predicted = reconcile(check_mode=True, **wanted)
    assert reconcile(check_mode=True, **wanted) == predicted
    done = reconcile(**wanted)
    assert predicted["reasons"] == done["reasons"] == reasons
    assert reconcile(**wanted)["changed"] is False


def test_another_scheme_makes_it_anew_and_keeps_the_target_groups(reconcile, spec):
    first = reconcile(**spec)
    wanted = {**spec, "scheme": "internet-facing"}
    predicted = reconcile(check_mode=True, **wanted)
    done = reconcile(**wanted)
    assert predicted["reasons"] == done["reasons"]
    assert done["reasons"] == [
        "load balancer test-airflow scheme internal -> internet-facing",
        "listener test-airflow:80 created",
        "listener test-airflow:443 created",
    ]
    assert done["target_groups"] == first["target_groups"]
    assert elbv2().describe_load_balancers()["LoadBalancers"][0]["Scheme"] == "internet-facing"
    assert reconcile(**wanted)["changed"] is False


def test_first_security_groups_make_it_anew(reconcile, spec):
    elbv2().create_load_balancer(Name="test-airflow", Type="network", Scheme="internal", Subnets=spec["subnets"])
    done = reconcile(**spec)
    groups = shown(spec["security_groups"])
    assert f"load balancer test-airflow security_groups (none) -> {groups}" in done["reasons"]
    assert elbv2().describe_load_balancers()["LoadBalancers"][0]["SecurityGroups"] == spec["security_groups"]


@pytest.mark.parametrize(("key", "value"), [("port", 9090), ("protocol", "TLS"), ("target_type", "instance")])
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_target_group_cannot_change_is_refused_with_advice(reconcile, spec, key, value, check_mode):
    reconcile(**spec)
    result = reconcile(check_mode=check_mode, **with_group(spec, **{key: value}))
    assert f"AWS cannot change target group test-airflow in place ({key} " in result["msg"]
    assert "give the target group another name" in result["msg"]


def test_drift_is_seen_and_mended(reconcile, spec, network):
    first = reconcile(**spec)
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
    mended = reconcile(**spec)
    assert mended["reasons"] == [
        "target group test-airflow health_check path /elsewhere -> /api/v2/version",
        "load balancer test-airflow attributes deletion_protection.enabled true -> false",
        "load balancer test-airflow tags farflow:role (none) -> airflow_service",
        "listener test-airflow:80 created",
        "listener test-airflow:9999 deleted",
    ]
    assert reconcile(**spec)["changed"] is False
