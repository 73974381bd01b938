"""One embedded AWS with containers, a subnet, and an image that was pushed to it."""

from __future__ import annotations

import io
import os
import tarfile

import docker
import pytest

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.base_images import DEBIAN

DOCKERFILE = f"FROM {DEBIAN}\nRUN useradd --uid 1000 app\n".encode()


@pytest.fixture(scope="module")
def aws():
    with EmbeddedAWS(f"test-containers-{os.getpid()}", fast=False) as running:
        running.client("ecs").create_cluster(clusterName="c")
        running.client("logs").create_log_group(logGroupName="/g")
        yield running


@pytest.fixture(scope="module")
def subnet(aws):
    """Its tasks reach the internet if they have a public address."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    [table] = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]


@pytest.fixture(scope="module")
def digest(aws):
    """Digest of an image that was pushed to repository `tasks`; the engine itself has forgotten it."""
    aws.client("ecr").create_repository(repositoryName="tasks")
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(DOCKERFILE)
        archive.addfile(entry, io.BytesIO(DOCKERFILE))
    context.seek(0)
    client = docker.from_env(timeout=120)
    reference = f"{aws.registry}/tasks"
    client.images.build(fileobj=context, custom_context=True, tag=f"{reference}:v1", rm=True, forcerm=True)
    client.images.push(reference, tag="v1")
    client.images.remove(f"{reference}:v1", force=True)
    image = aws.client("ecr").describe_images(repositoryName="tasks", imageIds=[{"imageTag": "v1"}])
    yield image["imageDetails"][0]["imageDigest"]
    if aws.is_up():
        aws.reset()  # no container of it runs then
    for image in client.images.list(reference):
        client.images.remove(image.id, force=True)
    client.close()
