"""The quota of Fargate is a hint: who may not read it, or has no way to it, gets none, and soon."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.service_quotas import fargate_vcpus
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber

REGION = {"region_name": "eu-west-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def quotas():
    made = []

    def make(service, config):
        made.append(boto3.client(service, config=config, **REGION))
        return made[0]

    clients = Clients(make)
    with Stubber(clients.briefly("service-quotas")) as stubber:
        yield clients, stubber


def test_is_what_aws_tells(quotas):
    clients, stubber = quotas
    expected = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
    stubber.add_response("get_service_quota", {"Quota": {"Value": 6.0}}, expected)
    assert fargate_vcpus(clients) == 6.0


@pytest.mark.parametrize("code", ["AccessDeniedException", "NoSuchResourceException", "TooManyRequestsException"])
def test_is_unknown_where_aws_does_not_tell_it(quotas, code):
    clients, stubber = quotas
    stubber.add_client_error("get_service_quota", code)
    assert fargate_vcpus(clients) is None


def test_is_unknown_where_there_is_no_way_to_it(quotas, monkeypatch):
    clients, _stubber = quotas

    def fail(**_unused):
        raise ConnectTimeoutError(endpoint_url="https://servicequotas.eu-west-1.amazonaws.com")

    monkeypatch.setattr(clients.briefly("service-quotas"), "get_service_quota", fail)
    assert fargate_vcpus(clients) is None


def test_nobody_waits_for_it(quotas):
    config = quotas[0].briefly("service-quotas").meta.config
    assert config.connect_timeout <= 5
    assert config.read_timeout <= 5
