"""What AWS takes of a whole resource, by the schemas and rules of cfn-lint, which are of CloudFormation and know the
region: more than botocore's models say of the same request.

A request becomes the properties of a resource of CloudFormation: each member by the same word with a capital letter.
A row says what has another name there. Members that CloudFormation lacks are not held against anything, and an empty
list is as if it were not there, as AWS reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ..settings import REGION

Properties = dict[str, Any]

#: Texts that are documents.
_DOCUMENTS = {"PolicyDocument", "AssumeRolePolicyDocument", "RedrivePolicy"}
#: Which versions and classes of databases there are, the mends of RDS know, with AWS's codes for each case. And where
#: CloudFormation lacks a type AWS may have the service (E3006).
_NOT_ASKED = {"E3006", "E3025", "E3062", "E3691"}
#: The rules about resources; the others are about templates and their functions.
_OF_RESOURCES = ("E3", "E115", "E116")
RULE_OF_REQUIRED = "E3003"


@dataclass(frozen=True)
class Whole:
    """`renamed`: names of CloudFormation by AWS's, both with a capital letter, wherever they stand.

    `spread`: a member whose own members are the resource's. `parts`: makes the resources of it where these are several.
    `required`: whether AWS requires what CloudFormation does; not where a call may change a part of one that is there.
    """

    type: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    spread: str = ""
    parts: Callable[[Properties], Iterator[Properties]] = lambda properties: iter([properties])
    required: bool = True

    def name_of(self, member: str) -> str:
        """CloudFormation's name of a member."""
        capital = f"{member[0].upper()}{member[1:]}"
        return self.renamed.get(capital, capital)


def _ingress_rules(properties: Properties) -> Iterator[Properties]:
    for permission in properties.get("IpPermissions", []):
        yield from rules_of(properties.get("GroupId", ""), permission, "Source")


def _egress_rules(properties: Properties) -> Iterator[Properties]:
    for permission in properties.get("IpPermissions", []):
        yield from rules_of(properties.get("GroupId", ""), permission, "Destination")


def rules_of(group: str, permission: Mapping[str, Any], end: str) -> Iterator[Properties]:
    """The rules of a permission: one for each network, prefix list or group at its other `end`."""
    common = {key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}
    for member, names in _ENDS.items():
        for each in permission.get(member, []):
            told = {name.format(end=end): each[key] for key, name in names.items() if key in each}
            yield {"GroupId": group, **common, **told}


_DESCRIBED = {"Description": "Description"}
_ENDS = {
    "IpRanges": {"CidrIp": "CidrIp", **_DESCRIBED},
    "Ipv6Ranges": {"CidrIpv6": "CidrIpv6", **_DESCRIBED},
    "PrefixListIds": {"PrefixListId": "{end}PrefixListId", **_DESCRIBED},
    "UserIdGroupPairs": {"GroupId": "{end}SecurityGroupId", **_DESCRIBED},
}

_EFS_VOLUME = {
    "EfsVolumeConfiguration": "EFSVolumeConfiguration",
    "FileSystemId": "FilesystemId",
    "Iam": "IAM",
}

#: By signing name and operation.
WHOLE: dict[tuple[str, str], Whole] = {
    ("application-autoscaling", "PutScalingPolicy"): Whole(
        "AWS::ApplicationAutoScaling::ScalingPolicy", required=False
    ),
    ("application-autoscaling", "RegisterScalableTarget"): Whole(
        "AWS::ApplicationAutoScaling::ScalableTarget", required=False
    ),
    ("codebuild", "CreateProject"): Whole("AWS::CodeBuild::Project", {"Buildspec": "BuildSpec"}),
    ("ec2", "AllocateAddress"): Whole("AWS::EC2::EIP"),
    ("ec2", "AuthorizeSecurityGroupEgress"): Whole("AWS::EC2::SecurityGroupEgress", parts=_egress_rules),
    ("ec2", "AuthorizeSecurityGroupIngress"): Whole("AWS::EC2::SecurityGroupIngress", parts=_ingress_rules),
    ("ec2", "CreateInternetGateway"): Whole("AWS::EC2::InternetGateway"),
    ("ec2", "CreateNatGateway"): Whole("AWS::EC2::NatGateway"),
    ("ec2", "CreateNetworkAcl"): Whole("AWS::EC2::NetworkAcl"),
    ("ec2", "CreateNetworkAclEntry"): Whole("AWS::EC2::NetworkAclEntry", {"IcmpTypeCode": "Icmp"}),
    ("ec2", "CreateRoute"): Whole("AWS::EC2::Route"),
    ("ec2", "CreateRouteTable"): Whole("AWS::EC2::RouteTable"),
    ("ec2", "CreateSecurityGroup"): Whole("AWS::EC2::SecurityGroup", {"Description": "GroupDescription"}),
    ("ec2", "CreateSubnet"): Whole("AWS::EC2::Subnet"),
    ("ec2", "CreateVpc"): Whole("AWS::EC2::VPC"),
    ("ec2", "CreateVpcEndpoint"): Whole("AWS::EC2::VPCEndpoint"),
    ("ecr", "CreateRepository"): Whole("AWS::ECR::Repository"),
    ("ecs", "CreateCluster"): Whole("AWS::ECS::Cluster", {"Settings": "ClusterSettings"}),
    ("ecs", "CreateService"): Whole("AWS::ECS::Service", {"PlacementStrategy": "PlacementStrategies"}),
    ("ecs", "RegisterTaskDefinition"): Whole("AWS::ECS::TaskDefinition", _EFS_VOLUME),
    ("elasticfilesystem", "CreateAccessPoint"): Whole("AWS::EFS::AccessPoint", {"Tags": "AccessPointTags"}),
    ("elasticfilesystem", "CreateFileSystem"): Whole("AWS::EFS::FileSystem", {"Tags": "FileSystemTags"}),
    ("elasticfilesystem", "CreateMountTarget"): Whole("AWS::EFS::MountTarget", required=False),
    ("elasticloadbalancing", "CreateListener"): Whole("AWS::ElasticLoadBalancingV2::Listener"),
    ("elasticloadbalancing", "CreateLoadBalancer"): Whole("AWS::ElasticLoadBalancingV2::LoadBalancer"),
    ("elasticloadbalancing", "CreateTargetGroup"): Whole("AWS::ElasticLoadBalancingV2::TargetGroup"),
    ("iam", "PutRolePolicy"): Whole("AWS::IAM::RolePolicy"),
    ("logs", "CreateLogGroup"): Whole("AWS::Logs::LogGroup"),
    ("monitoring", "PutMetricAlarm"): Whole("AWS::CloudWatch::Alarm"),
    ("rds", "CreateDBInstance"): Whole("AWS::RDS::DBInstance", {"VpcSecurityGroupIds": "VPCSecurityGroups"}),
    ("rds", "CreateDBParameterGroup"): Whole("AWS::RDS::DBParameterGroup", {"DBParameterGroupFamily": "Family"}),
    ("rds", "CreateDBSubnetGroup"): Whole("AWS::RDS::DBSubnetGroup"),
    ("s3", "PutBucketPolicy"): Whole("AWS::S3::BucketPolicy", {"Policy": "PolicyDocument"}),
    ("secretsmanager", "CreateSecret"): Whole("AWS::SecretsManager::Secret"),
    ("servicediscovery", "CreatePrivateDnsNamespace"): Whole("AWS::ServiceDiscovery::PrivateDnsNamespace"),
    ("servicediscovery", "CreateService"): Whole("AWS::ServiceDiscovery::Service"),
    ("sqs", "CreateQueue"): Whole("AWS::SQS::Queue", spread="Attributes"),
}


class Fault(NamedTuple):
    """`rule` is cfn-lint's number of it."""

    rule: str
    path: str
    message: str


def faults_of(region: str, whole: Whole, shape: Any, parameters: Mapping[str, Any]) -> list[Fault]:
    """What AWS does not take of the resources that the parameters, which are of this shape, ask for."""
    return [
        each
        for properties in whole.parts(properties_of(whole, shape, parameters))
        for each in _judge(region, json.dumps({"Type": whole.type, "Properties": properties}, default=str))
        if whole.required or each.rule != RULE_OF_REQUIRED
    ]


def properties_of(whole: Whole, shape: Any, parameters: Mapping[str, Any]) -> Properties:
    """The same as CloudFormation has it."""
    made = _properties(shape, parameters, whole)
    tags = made.pop("TagSpecifications", None)
    if tags:
        made["Tags"] = tags[0].get("Tags", [])
    of_its_own = _read(made.pop(whole.spread, {}))
    return {**made, **of_its_own}


def _properties(shape: Any, value: Any, whole: Whole) -> Any:
    if shape.type_name == "structure":
        made = {}
        for name, each in value.items():
            if each == []:
                continue
            member = shape.members[name]
            is_tags = name.lower() == "tags" and member.type_name == "map"
            made[whole.name_of(name)] = _tags(each) if is_tags else _properties(member, each, whole)
        return _read(made)
    if shape.type_name == "list":
        return [_properties(shape.member, each, whole) for each in value]
    return value


def _tags(tags: Mapping[str, str]) -> list[Properties]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _read(properties: Properties) -> Properties:
    """With documents in the place of their texts, where these are any."""
    return {key: _document(value) if key in _DOCUMENTS else value for key, value in properties.items()}


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@lru_cache(maxsize=1000)
def _judge(region: str, resource: str) -> tuple[Fault, ...]:
    """Of a resource as JSON. Tests make the same ones over and over."""
    from cfnlint.runner import run_template_by_data

    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Asked": json.loads(resource)}}
    matches = filter(_counts, run_template_by_data(template, _config(region), _rules()))
    return tuple(Fault(each.rule.id, ".".join(map(str, each.path[3:])), each.message) for each in matches)


def _counts(match: Any) -> bool:
    if match.rule.id in _NOT_ASKED or match.message.startswith("Additional properties are not allowed"):
        return False
    return bool(match.rule.id.startswith(_OF_RESOURCES))


def load() -> None:
    """Reads cfn-lint's rules before they are needed: that takes two seconds, in which a call would wait."""
    _judge(REGION, '{"Type": "AWS::EC2::VPC", "Properties": {}}')


@cache
def _rules() -> Any:
    from cfnlint.core import get_rules

    return get_rules([], ["W", "I"], [])


@cache
def _config(region: str) -> Any:
    from cfnlint.config import ConfigMixIn

    return ConfigMixIn(regions=[region])
