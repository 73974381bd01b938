"""What GuardDuty's Runtime Monitoring makes in a VPC of ours: a deploy lets it be, a teardown takes it away."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import as_result, look
from ansible_collections.farflow.airflow.plugins.plugin_utils import inputs
from botocore.client import BaseClient

SERVICE = "com.amazonaws.eu-west-1.guardduty-data"
MANAGED = MappingProxyType({"GuardDutyManaged": "true"})
OURS = {"farflow:environment": "dev", "farflow:role": "network"}
TYPES = {"guardduty_endpoint", "guardduty_security_group"}


@pytest.fixture
def ec2(clients):
    return clients("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc", {**OURS, "Name": "dev"}))["Vpc"]["VpcId"]


def tagged(kind, tags):
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": given}]} if tags else {}


def endpoint(ec2, vpc, tags=MANAGED, service=SERVICE):
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=service, VpcEndpointType="Interface", **tagged("vpc-endpoint", tags)
    )
    return made["VpcEndpoint"]["VpcEndpointId"]


def group(ec2, vpc, tags=MANAGED, name="GuardDutyManagedSecurityGroup-{}"):
    return ec2.create_security_group(
        GroupName=name.format(vpc), Description="x", VpcId=vpc, **tagged("security-group", tags)
    )["GroupId"]


def given():
    defaults = inputs.defaults(lambda path: yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    return {**defaults, "farflow_environment": "dev", "farflow_region": "eu-west-1"}


def seen(clients, **how):
    """Of a look at the network, what there is to do about GuardDuty: each resource's hand and its arguments."""
    network = {"network": LAYERS["network"]}
    found = as_result(look(clients, given(), network, ["network"], **how))["layers"]["network"]
    told = {(one["kind"], one["type"]) for one in found["actions"] if one["type"] in TYPES}
    assert told == {("delete", type_) for type_ in TYPES & set(found["absent"])}
    return {type_: found["absent"][type_] for type_ in TYPES & set(found["absent"])}


def torn_down(clients):
    return seen(clients, kept=lambda resource: False)


def test_a_teardown_takes_the_endpoint_and_its_group(clients, ec2, vpc):
    of_endpoint = endpoint(ec2, vpc)
    group(ec2, vpc)
    [found], [also] = (torn_down(clients)[type_] for type_ in sorted(TYPES))
    assert found == {"name": of_endpoint, "vpc_endpoint_id": of_endpoint, "vpc_id": vpc}
    assert also == {"name": f"GuardDutyManagedSecurityGroup-{vpc}", "vpc_id": vpc}


def test_a_deploy_lets_them_be(clients, ec2, vpc):
    endpoint(ec2, vpc)
    group(ec2, vpc)
    assert seen(clients) == {}


def test_what_is_not_of_guardduty_or_not_in_our_vpc_stays(clients, ec2, vpc):
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    endpoint(ec2, other)
    group(ec2, other)
    endpoint(ec2, vpc, tags={})
    endpoint(ec2, vpc, tags={"GuardDutyManaged": "false"})
    endpoint(ec2, vpc, service="com.amazonaws.eu-west-1.logs")
    group(ec2, vpc, tags={})
    group(ec2, vpc, name="GuardDutyManagedSecurityGroup-vpc-0a")
    assert torn_down(clients) == {}


def test_the_look_makes_no_call_for_them(clients, ec2, vpc, monkeypatch):
    made, call = Counter(), BaseClient._make_api_call

    def counted(client, operation, arguments):
        made[operation] += 1
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    seen(clients)
    without = made.copy()
    endpoint(ec2, vpc)
    group(ec2, vpc)
    made.clear()
    seen(clients)
    assert made == without
