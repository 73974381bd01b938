"""Every component of Airflow is a service, behind one load balancer."""

from __future__ import annotations

import pytest

SERVICES = ["molecule-api-server", "molecule-dag-processor", "molecule-scheduler", "molecule-triggerer"]


@pytest.fixture
def services(client):
    return client("ecs").describe_services(cluster="molecule", services=SERVICES)["services"]


def test_each_runs_as_often_as_it_shall(services):
    assert [service["serviceName"] for service in services] == SERVICES
    assert [service["runningCount"] for service in services] == [service["desiredCount"] for service in services]
    assert all(service["desiredCount"] >= 1 for service in services)


def test_none_has_a_public_address(services):
    networks = [service["networkConfiguration"]["awsvpcConfiguration"] for service in services]
    assert {network["assignPublicIp"] for network in networks} == {"DISABLED"}


def test_the_api_server_alone_is_behind_the_load_balancer(client, services):
    behind = {service["serviceName"] for service in services if service["loadBalancers"]}
    assert behind == {"molecule-api-server"}
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internal"


def test_celery_has_its_queue(client):
    (url,) = client("sqs").list_queues(QueueNamePrefix="molecule-celery")["QueueUrls"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "43200"
