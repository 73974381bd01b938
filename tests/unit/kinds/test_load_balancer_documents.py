from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.load_balancer import documents as pure

GROUP = {"name": "g", "port": 8080, "vpc_id": "vpc-1"}


def target_group(**members):
    return pure.desired({"name": "b", "target_groups": [{**GROUP, **members}]})[0].properties


def load_balancer(**attributes):
    return pure.desired({"name": "b", "attributes": attributes})[0].properties["attributes"]


@pytest.mark.parametrize(
    ("protocol", "target_type", "preserved"),
    [("TCP", "ip", "false"), ("TLS", "ip", "false"), ("TCP", "instance", "true"), ("UDP", "ip", "true")],
)
def test_whether_clients_addresses_are_preserved_by_default(protocol, target_type, preserved):
    attributes = target_group(protocol=protocol, target_type=target_type)["attributes"]
    assert attributes["preserve_client_ip.enabled"] == preserved


@pytest.mark.parametrize(("given", "text"), [(True, "true"), ("true", "true"), (30, "30"), ("off", "off")])
def test_attributes_are_text_as_aws_has_them(given, text):
    attributes = target_group(attributes={"deregistration_delay.timeout_seconds": given})["attributes"]
    assert attributes["deregistration_delay.timeout_seconds"] == text


def test_where_access_logs_would_go_does_not_matter_while_they_are_off():
    assert load_balancer(**{"access_logs.s3.bucket": "logs"}) == load_balancer()
    on = load_balancer(**{"access_logs.s3.enabled": True, "access_logs.s3.bucket": "logs"})
    assert on["access_logs.s3.bucket"] == "logs"


@pytest.mark.parametrize(
    ("check", "path", "matcher", "timeout"),
    [({}, None, None, 10), ({"protocol": "HTTP"}, "/", "200-399", 6), ({"protocol": "HTTPS"}, "/", "200-399", 10)],
)
def test_health_check_defaults(check, path, matcher, timeout):
    found = target_group(health_check=check)["health_check"]
    assert (found["path"], found["matcher"], found["timeout_seconds"]) == (path, matcher, timeout)


def forward(*names):
    arns = [f"arn:aws:elasticloadbalancing:r:1:targetgroup/{name}/0" for name in names]
    if len(arns) == 1:
        return {"Type": "forward", "TargetGroupArn": arns[0]}
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn} for arn in arns]}}


@pytest.mark.parametrize(
    ("actions", "shown"),
    [([forward("a")], "a"), ([forward("b", "a")], "a, b"), ([{"Type": "redirect"}], "(redirect)")],
)
def test_a_listener_tells_where_it_forwards_to(actions, shown):
    document = {"Port": 80, "Protocol": "TCP", "ListenerArn": "l", "DefaultActions": actions, "AlpnPolicy": ["None"]}
    properties = pure.canonical_listener("b", document, {}).properties
    assert properties["target_group"] == shown
    assert properties["alpn_policy"] is None
