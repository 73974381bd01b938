"""An AWS in this process: modules are driven against it without a server."""

from __future__ import annotations

import copy

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.images.builders import buildx as buildx_builder
from ansible_collections.farflow.airflow.plugins.module_utils.images.builders import docker as docker_builder
from aws_calls import Calls
from aws_double.service_documents import CONTAINER
from docker_double import REPOSITORY, Engine


@pytest.fixture
def network_in(aws):
    """``network_in(zones)`` makes a VPC with a subnet in each zone of these letters, and two security groups."""

    def make(zones):
        ec2 = boto3.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]
            for number, zone in enumerate(zones)
        ]
        groups = [ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab"]
        return {"vpc": vpc, "subnets": [subnet["SubnetId"] for subnet in subnets], "groups": groups}

    return make


@pytest.fixture
def calls(aws, monkeypatch):
    """The calls from here on."""
    return Calls(monkeypatch)


@pytest.fixture
def cluster(ecs):
    """The double with the cluster test-airflow, and two revisions of the family test-web."""
    ecs.clusters.CreateCluster({"clusterName": "test-airflow"})
    for _unused in range(2):
        ecs.task_definitions.RegisterTaskDefinition(
            {"family": "test-web", "cpu": "256", "containerDefinitions": [copy.deepcopy(CONTAINER)]}
        )
    return ecs


@pytest.fixture
def repository(aws):
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")


@pytest.fixture
def engine(monkeypatch):
    fake = Engine()
    monkeypatch.setattr(docker_builder, "engine", lambda: fake)
    monkeypatch.setattr(buildx_builder, "is_there", lambda: False)
    monkeypatch.setattr(docker_builder.time, "sleep", lambda seconds: None)
    return fake


@pytest.fixture
def image(tmp_path):
    """``image(name, content)`` is an element of ``images``, its context made."""

    def make(name="extract", content="1", dockerfile="FROM scratch\nCOPY . .\n", **more):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "content").write_text(content)
        return {"repository": REPOSITORY, "name": name, "context": str(folder), **more}

    return make
