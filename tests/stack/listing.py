"""What there is in an account, by plain list calls, of every kind of resource that a deploy creates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from tests.embedded_aws import EmbeddedAWS
from tests.embedded_aws.settings import REGION

Client = Any
Document = dict[str, Any]
Listing = dict[str, list[str]]

# Kinds with one list call: service, call, where its answer holds the list, what names one (None: the element itself).
_PLAIN: dict[str, tuple[str, str, str, str | None]] = {
    "VPC": ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "internet gateway": ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "address": ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "route table": ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "security group": ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    "VPC endpoint": ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "network interface": ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "ECS cluster": ("ecs", "list_clusters", "clusterArns", None),
    "ECR repository": ("ecr", "describe_repositories", "repositories", "repositoryName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "queue": ("sqs", "list_queues", "QueueUrls", None),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "load balancer": ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    "target group": ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    "database": ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "database snapshot": ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    "database subnet group": ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    "database parameter group": ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    "file system": ("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    "access point": ("efs", "describe_access_points", "AccessPoints", "AccessPointId"),
    "namespace": ("servicediscovery", "list_namespaces", "Namespaces", "Id"),
    "discovery service": ("servicediscovery", "list_services", "Services", "Id"),
    "hosted zone": ("route53", "list_hosted_zones", "HostedZones", "Id"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "parameter": ("ssm", "describe_parameters", "Parameters", "Name"),
    "CodeBuild project": ("codebuild", "list_projects", "projects", None),
    "key": ("kms", "list_keys", "Keys", "KeyId"),
}


def listing(aws: EmbeddedAWS, region: str = REGION) -> Listing:
    """The names, or the ids where there are none, of all resources in the account as they are, however late AWS shows
    it: by kind, each kind sorted.
    """
    client = functools.cache(lambda service: aws.client(service, region_name=region, sees_all=True))
    found = {kind: _plain(client(service), *rest) for kind, (service, *rest) in _PLAIN.items()}
    found |= {kind: read(client(service)) for kind, (service, read) in _READ.items()}
    return {kind: sorted(names) for kind, names in found.items()}


def difference(before: Listing, after: Listing) -> dict[str, dict[str, list[str]]]:
    """By kind what is `more` and what is `less` afterwards; kinds that are equal are left out."""
    found = {}
    for kind in before:
        more = sorted(set(after[kind]) - set(before[kind]))
        less = sorted(set(before[kind]) - set(after[kind]))
        if more or less or before[kind] != after[kind]:
            found[kind] = {"more": more, "less": less}
    return found


def more(before: Listing, after: Listing) -> dict[str, list[str]]:
    """By kind what there is more; kinds without any are left out. Raises AssertionError when anything is less."""
    found = difference(before, after)
    assert not any(each["less"] for each in found.values()), found
    return {kind: each["more"] for kind, each in found.items()}


def _plain(client: Client, call: str, key: str, name: str | None) -> list[str]:
    return [each if name is None else each[name] for each in _all(client, call, key)]


def _all(client: Client, call: str, key: str, **arguments: Any) -> list[Any]:
    """All elements of a list call, over its pages."""
    if not client.can_paginate(call):
        return getattr(client, call)(**arguments).get(key, [])
    pages = client.get_paginator(call).paginate(**arguments)
    return [element for page in pages for element in page.get(key, [])]


def _nat_gateways(ec2: Client) -> list[str]:
    """Without those that are gone: AWS lists them for an hour."""
    gateways = _all(ec2, "describe_nat_gateways", "NatGateways")
    return [each["NatGatewayId"] for each in gateways if each["State"] != "deleted"]


def _services(ecs: Client) -> list[str]:
    clusters = _all(ecs, "list_clusters", "clusterArns")
    return [arn for cluster in clusters for arn in _all(ecs, "list_services", "serviceArns", cluster=cluster)]


def _tasks(ecs: Client) -> list[str]:
    """Those that run or shall run."""
    clusters = _all(ecs, "list_clusters", "clusterArns")
    return [arn for cluster in clusters for arn in _all(ecs, "list_tasks", "taskArns", cluster=cluster)]


def _task_definitions(ecs: Client) -> list[str]:
    """Those that are deregistered too."""
    states = ("ACTIVE", "INACTIVE")
    return [arn for state in states for arn in _all(ecs, "list_task_definitions", "taskDefinitionArns", status=state)]


def _images(ecr: Client) -> list[str]:
    found = []
    for repository in _all(ecr, "describe_repositories", "repositories"):
        name = repository["repositoryName"]
        found += [f"{name}@{each['imageDigest']}" for each in _all(ecr, "list_images", "imageIds", repositoryName=name)]
    return found


def _listeners(elbv2: Client) -> list[str]:
    found = []
    for balancer in _all(elbv2, "describe_load_balancers", "LoadBalancers"):
        found += _all(elbv2, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"])
    return [each["ListenerArn"] for each in found]


def _roles(iam: Client) -> list[str]:
    return [f"{each['Path']}{each['RoleName']}" for each in _all(iam, "list_roles", "Roles")]


def _secrets(secretsmanager: Client) -> list[str]:
    """Those whose deletion is planned too: they still hold their name."""
    return [each["Name"] for each in _all(secretsmanager, "list_secrets", "SecretList", IncludePlannedDeletion=True)]


def _scalable_targets(client: Client) -> list[str]:
    return [
        each["ResourceId"]
        for each in _all(client, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    ]


def _scaling_policies(client: Client) -> list[str]:
    return [
        each["PolicyARN"]
        for each in _all(client, "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs")
    ]


# The other kinds: service, and what reads their names from a client of it.
_READ: dict[str, tuple[str, Callable[[Client], Iterable[str]]]] = {
    "NAT gateway": ("ec2", _nat_gateways),
    "ECS service": ("ecs", _services),
    "ECS task": ("ecs", _tasks),
    "task definition": ("ecs", _task_definitions),
    "image": ("ecr", _images),
    "listener": ("elbv2", _listeners),
    "role": ("iam", _roles),
    "secret": ("secretsmanager", _secrets),
    "scalable target": ("application-autoscaling", _scalable_targets),
    "scaling policy": ("application-autoscaling", _scaling_policies),
}
