"""What a load balancer stands in, and one as the module takes it."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import network_load_balancers as module
from moto.elbv2.models import ELBv2Backend

TAGS = {"farflow:environment": "test", "farflow:role": "airflow_service"}


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
def reconcile(run_module):
    """``reconcile(check_mode=False, state="present", **load_balancer)`` is what becomes of one."""

    def run(check_mode=False, state="present", **load_balancer):
        done = run_module(module, check_mode=check_mode, load_balancers=[load_balancer], state=state)
        return done if "failed" in done else done["load_balancers"][0]

    return run


@pytest.fixture
def network(network_in):
    return network_in("abc")


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
