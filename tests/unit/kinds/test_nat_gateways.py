"""NAT gateways as a look sees them: AWS tells of one that could not be made, and shows it for an hour."""

from __future__ import annotations

import datetime

from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import network_readers as ec2
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS

TAGS = [
    {"Key": "Name", "Value": "test-nat-a"},
    {"Key": "farflow:environment", "Value": "test"},
    {"Key": "farflow:role", "Value": "network"},
]
FAILED = "failed nat_gateway"


class Ec2:
    """The one call that is made of it."""

    def __init__(self, *gateways):
        self.gateways = gateways

    def get_paginator(self, operation):
        assert operation == "describe_nat_gateways"
        return self

    def paginate(self, **_unused):
        return [{"NatGateways": list(self.gateways)}]


def gateway(id_, minute, state="failed", **more):
    made = datetime.datetime(2026, 1, 1, 12, minute, tzinfo=datetime.UTC)
    return {"NatGatewayId": id_, "SubnetId": "subnet-1", "State": state, "CreateTime": made, "Tags": TAGS, **more}


def find(*gateways):
    def clients(service):
        return Ec2(*gateways)

    return ec2.nat_gateways(clients, {"farflow_environment": "test"}, Existing())


def failure(minute, message):
    return gateway(f"nat-{minute}", minute, FailureCode="InsufficientFreeAddressesInSubnet", FailureMessage=message)


def test_the_last_failure_is_told_and_nobodys_to_delete():
    found = find(failure(5, "newer"), failure(1, "older"))
    assert found == [Resource(FAILED, "test-nat-a", {}, "nat-5", reason="InsufficientFreeAddressesInSubnet: newer")]
    assert not LAYERS["network"].owns(found[0])


def test_what_is_gone_is_not_seen_and_what_is_there_is():
    there = [find(gateway("nat-1", 1, state))[0].attributes["state"] for state in ("pending", "available")]
    assert there == ["pending", "available"]
    assert find(gateway("nat-1", 1, "deleted"), gateway("nat-2", 2, "deleting")) == []
