"""Desired resources as a template of CloudFormation, whose schemas tell more of what AWS takes than botocore's model.

Members are CloudFormation's where their words are ours in another spelling; tests/kinds/ says what has another name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ec2.security_group import (
    documents as ec2_security_groups,
)
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents as rds_instances
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import requests as rds_requests

from tests.kinds import KINDS as FACTS
from tests.kinds import CloudFormation

Document = dict[str, Any]
Parts = Iterator[tuple[str, Document]]

#: Below these the keys are data and stay as they are.
_DATA = {"Options", "Parameters", "PolicyDocument", "AssumeRolePolicyDocument"}
#: Resources that CloudFormation does not know: images, what is in a database, and the rules of a group of AWS's own.
WITHOUT_TYPE = {"image", "database_schema"}


def template(resources: Iterable[Resource]) -> Document:
    """The template of all resources that CloudFormation knows."""
    made = {}
    for resource in resources:
        for number, (type_, properties) in enumerate(_parts(resource)):
            name = re.sub(r"\W|_", "", f"{resource.type}x{resource.name}".title())
            made[f"{name}{number}"] = {"Type": type_, "Properties": properties}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}


def _parts(resource: Resource) -> Parts:
    if resource.type in WITHOUT_TYPE:
        return
    if resource.type in _IN_PARTS:
        yield from _IN_PARTS[resource.type](resource)
        return
    kind = KINDS[resource.type]
    given = resource.arguments if resource.type in _BY_ARGUMENTS else resource.properties
    yield kind.type, {**_members(kind, {"name": resource.name, **given}), **kind.more}


def _members(kind: CloudFormation, given: Mapping[str, Any]) -> Document:
    names = {key: kind.renamed.get(key, kind.tags if key == "tags" else _pascal(key)) for key in given}
    return {
        str(names[key]): _tags(value) if key == "tags" else _renamed(value, str(names[key]))
        for key, value in given.items()
        if names[key] and value is not None
    }


def _renamed(value: Any, below: str = "") -> Any:
    """The same with the keys of CloudFormation."""
    if isinstance(value, Mapping) and below not in _DATA:
        return {_pascal(key): _renamed(each, _pascal(key)) for key, each in value.items() if each is not None}
    if isinstance(value, list) and below not in _DATA:
        return [_renamed(each) for each in value]
    return value


def _pascal(name: str) -> str:
    """``enable_ecs_managed_tags`` -> ``EnableEcsManagedTags``, but for words that CloudFormation writes its own way."""
    return _WORDS.get(name) or "".join(f"{part[0].upper()}{part[1:]}" for part in name.split("_"))


_WORDS = {
    "enable_ecs_managed_tags": "EnableECSManagedTags",
    "efs_volume_configuration": "EFSVolumeConfiguration",
    "file_system_id": "FilesystemId",
}


def _tags(tags: Mapping[str, str] | list[Mapping[str, str]]) -> list[Document]:
    pairs = tags.items() if isinstance(tags, Mapping) else [(each["key"], each["value"]) for each in tags]
    return [{"Key": key, "Value": value} for key, value in pairs]


def _internet_gateway(resource: Resource) -> Parts:
    yield "AWS::EC2::InternetGateway", {"Tags": _tags(resource.properties["tags"])}
    attachment = {"InternetGatewayId": resource.id or "igw-0", "VpcId": resource.properties["vpc_id"]}
    yield "AWS::EC2::VPCGatewayAttachment", attachment


def _rules(resource: Resource) -> Parts:
    for direction in ec2_security_groups.DIRECTIONS:
        for text, why in resource.properties[direction].items():
            rule = ec2_security_groups.permission(text, why)
            ((ends, (end,)),) = ((key, value) for key, value in rule.items() if isinstance(value, list))
            del rule[ends]
            if group := end.pop("GroupId", None):
                end["SourceSecurityGroupId" if direction == "ingress" else "DestinationSecurityGroupId"] = group
            type_ = f"AWS::EC2::SecurityGroup{direction.title()}"
            yield type_, {"GroupId": resource.properties["group_id"], **rule, **end}


def _route_table(resource: Resource) -> Parts:
    properties, table = resource.properties, {"RouteTableId": "rtb-0123456789abcdef0"}
    yield "AWS::EC2::RouteTable", {"VpcId": properties["vpc_id"], "Tags": _tags(properties["tags"])}
    for cidr, target in properties["routes"].items():
        member = {"igw": "GatewayId", "nat": "NatGatewayId"}[target.partition("-")[0]]
        yield "AWS::EC2::Route", {**table, "DestinationCidrBlock": cidr, member: target}
    for subnet in properties["subnets"]:
        yield "AWS::EC2::SubnetRouteTableAssociation", {**table, "SubnetId": subnet}


def _database(resource: Resource) -> Parts:
    made = rds_requests.creation(rds_instances.desired(resource.arguments))
    password = f"{{{{resolve:secretsmanager:{resource.arguments['master_user_secret']}}}}}"
    renamed = {"VpcSecurityGroupIds": "VPCSecurityGroups"}
    more = {"MasterUserPassword": password, "Tags": _tags(resource.properties["tags"])}
    yield "AWS::RDS::DBInstance", {**{renamed.get(key, key): value for key, value in made.items()}, **more}


def _discovery_service(resource: Resource) -> Parts:
    name, _unused, namespace = resource.name.partition(".")
    properties = resource.properties
    records = [{"Type": type_, "TTL": ttl} for type_, ttl in properties["dns_records"].items()]
    more = {"DnsConfig": {"DnsRecords": records, "RoutingPolicy": properties["routing_policy"]}}
    if properties["custom_health_check"]:
        more["HealthCheckCustomConfig"] = {"FailureThreshold": 1}
    yield (
        "AWS::ServiceDiscovery::Service",
        {
            "Name": name,
            "NamespaceId": f"ns-{namespace.replace('.', '')}",
            "Description": properties["description"],
            **more,
            "Tags": _tags(properties["tags"]),
        },
    )


def _role(resource: Resource) -> Parts:
    given = resource.arguments
    policies = [{"PolicyName": name, "PolicyDocument": text} for name, text in given["policies"].items()]
    yield (
        "AWS::IAM::Role",
        {
            "RoleName": resource.name,
            "Path": given["path"],
            "AssumeRolePolicyDocument": given["assume_role_policy"],
            "Policies": policies,
            "ManagedPolicyArns": list(given.get("managed_policy_arns") or []),
            "Tags": _tags(given["tags"]),
        },
    )


def _cluster(resource: Resource) -> Parts:
    given = resource.arguments
    yield (
        "AWS::ECS::Cluster",
        {
            "ClusterName": resource.name,
            "ClusterSettings": [{"Name": "containerInsights", "Value": given["container_insights"]}],
            **_renamed({key: given[key] for key in ("capacity_providers", "default_capacity_provider_strategy")}),
            "Tags": _tags(given["tags"]),
        },
    )


def _repository(resource: Resource) -> Parts:
    properties = resource.properties
    yield (
        "AWS::ECR::Repository",
        {
            "RepositoryName": resource.name,
            "ImageTagMutability": properties["image_tag_mutability"],
            "ImageScanningConfiguration": {"ScanOnPush": properties["scan_on_push"]},
            "EncryptionConfiguration": {"EncryptionType": properties["encryption_type"]},
            "Tags": _tags(properties["tags"]),
        },
    )


def _bucket(resource: Resource) -> Parts:
    given, properties = resource.arguments, resource.properties
    encryption = {"SSEAlgorithm": properties["encryption"]}
    rules = [
        {
            "Id": rule["id"],
            "Status": "Enabled",
            "ExpirationInDays": rule["expiration_days"],
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": rule["abort_incomplete_multipart_upload_days"]},
        }
        for rule in given.get("lifecycle_rules", [])
    ]
    yield (
        "AWS::S3::Bucket",
        {
            "BucketName": resource.name,
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": encryption}]},
            "PublicAccessBlockConfiguration": _renamed(properties["public_access_block"]),
            "OwnershipControls": {"Rules": [{"ObjectOwnership": properties["object_ownership"]}]},
            **({"LifecycleConfiguration": {"Rules": rules}} if rules else {}),
            "Tags": _tags(properties["tags"]),
        },
    )
    yield "AWS::S3::BucketPolicy", {"Bucket": resource.name, "PolicyDocument": given["policy"]}


def _file_system(resource: Resource) -> Parts:
    properties = resource.properties
    yield (
        "AWS::EFS::FileSystem",
        {
            "Encrypted": properties["encrypted"],
            "PerformanceMode": properties["performance_mode"],
            "ThroughputMode": properties["throughput_mode"],
            "BackupPolicy": {"Status": "ENABLED" if properties["backup"] else "DISABLED"},
            "FileSystemTags": _tags(properties["tags"]),
        },
    )


def _mount_target(resource: Resource) -> Parts:
    subnet = resource.name.rpartition("/")[2]
    groups = resource.properties["security_groups"]
    file_system = {"FileSystemId": "fs-0123456789abcdef0"}
    yield "AWS::EFS::MountTarget", {**file_system, "SubnetId": subnet, "SecurityGroups": groups}


def _access_point(resource: Resource) -> Parts:
    user, root = resource.properties["posix_user"], resource.properties["root_directory"]
    owner = {key: str(root[ours]) for key, ours in _OWNER.items()}
    yield (
        "AWS::EFS::AccessPoint",
        {
            "FileSystemId": "fs-0123456789abcdef0",
            "PosixUser": {"Uid": str(user["uid"]), "Gid": str(user["gid"])},
            "RootDirectory": {"Path": root["path"], "CreationInfo": owner},
            "AccessPointTags": _tags(resource.properties["tags"]),
        },
    )


_OWNER = {"OwnerUid": "owner_uid", "OwnerGid": "owner_gid", "Permissions": "permissions"}


def _balanced(type_: str) -> Callable[[Resource], Parts]:
    """A load balancer or a target group, whose attributes are a list and whose health check has longer names."""

    def parts(resource: Resource) -> Parts:
        properties = dict(resource.properties)
        attributes = [{"Key": key, "Value": value} for key, value in properties.pop("attributes").items() if value]
        check = dict(properties.pop("health_check", {}))
        if "matcher" in check:
            properties["matcher"] = {"http_code": check.pop("matcher")}
        longer = {key if key.endswith("_count") else f"health_check_{key}": value for key, value in check.items()}
        yield (
            f"AWS::ElasticLoadBalancingV2::{type_}",
            {
                **_members(CloudFormation(""), {"name": resource.name, **properties, **longer}),
                f"{type_}Attributes": attributes,
            },
        )

    return parts


def _listener(resource: Resource) -> Parts:
    properties = resource.properties
    arn = f"{_LOAD_BALANCING}:targetgroup/{properties['target_group']}/0123456789abcdef"
    certificate = properties["certificate_arn"]
    yield (
        "AWS::ElasticLoadBalancingV2::Listener",
        {
            "LoadBalancerArn": f"{_LOAD_BALANCING}:loadbalancer/net/{resource.name.partition(':')[0]}/0123456789abcdef",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn}],
            **_members(CloudFormation(""), {key: properties[key] for key in ("protocol", "port", "ssl_policy")}),
            **({"Certificates": [{"CertificateArn": certificate}]} if certificate else {}),
        },
    )


_LOAD_BALANCING = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"


def _scalable_target(resource: Resource) -> Parts:
    bounds = ("min_capacity", "max_capacity", "suspended_state")
    members = _members(CloudFormation(""), {key: resource.properties[key] for key in bounds})
    yield (
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {**_SCALED, "ResourceId": f"service/{resource.name}", **members},
    )


def _alarm(resource: Resource) -> Parts:
    renamed = {"ok_actions": "OKActions", "description": "AlarmDescription", "foreign": None, "dimensions": None}
    members = _members(CloudFormation("", renamed), resource.properties)
    dimensions = [{"Name": name, "Value": value} for name, value in resource.properties["dimensions"].items()]
    yield "AWS::CloudWatch::Alarm", {**members, "AlarmName": resource.name, "Dimensions": dimensions}


def _scaling_policy(resource: Resource) -> Parts:
    service, _unused, name = resource.name.rpartition("/")
    properties = resource.properties
    of_its_type = _steps(properties) if properties["policy_type"] == "StepScaling" else _tracking(properties)
    yield (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            **_SCALED,
            "PolicyName": name,
            "PolicyType": properties["policy_type"],
            "ResourceId": f"service/{service}",
            **of_its_type,
        },
    )


def _steps(properties: Mapping[str, Any]) -> Document:
    renamed = {
        "steps": "StepAdjustments",
        "lower_bound": "MetricIntervalLowerBound",
        "upper_bound": "MetricIntervalUpperBound",
        "adjustment": "ScalingAdjustment",
    }
    names = ("adjustment_type", "cooldown", "metric_aggregation_type")
    steps = [_members(CloudFormation("", renamed), step) for step in properties["steps"]]
    members = _members(CloudFormation(""), {key: properties[key] for key in names})
    return {"StepScalingPolicyConfiguration": {**members, "StepAdjustments": steps}}


def _tracking(properties: Mapping[str, Any]) -> Document:
    metric = {"PredefinedMetricType": properties["predefined_metric"]}
    numbers = ("target_value", "scale_in_cooldown", "scale_out_cooldown", "disable_scale_in")
    tracking = _members(CloudFormation(""), {key: properties[key] for key in numbers})
    return {"TargetTrackingScalingPolicyConfiguration": {**tracking, "PredefinedMetricSpecification": metric}}


_SCALED = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}

#: Their canonical forms are for comparing; the arguments have the shape of the API.
_BY_ARGUMENTS = {"ecs_task_definition", "ecs_service", "log_group"}

#: Those that are more than one resource of CloudFormation, or have another shape there.
_IN_PARTS = {
    "internet_gateway": _internet_gateway,
    "security_group_rules": _rules,
    "route_table": _route_table,
    "discovery_service": _discovery_service,
    "rds_instance": _database,
    "ecs_cluster": _cluster,
    "ecr_repository": _repository,
    "iam_role": _role,
    "file_system": _file_system,
    "mount_target": _mount_target,
    "access_point": _access_point,
    "s3_bucket": _bucket,
    "target_group": _balanced("TargetGroup"),
    "load_balancer": _balanced("LoadBalancer"),
    "listener": _listener,
    "scalable_target": _scalable_target,
    "scaling_policy": _scaling_policy,
    "cloudwatch_alarm": _alarm,
}
KINDS = {type_: facts.cloudformation for type_, facts in FACTS.items() if facts.cloudformation}
#: The types of which a template tells, and of which none can.
KNOWN = KINDS.keys() | _IN_PARTS.keys() | WITHOUT_TYPE
