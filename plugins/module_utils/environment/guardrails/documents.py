# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an organization usually forbids of what a deploy makes, and what helps. It does so by service control policies,
which hold for everybody in an account, whatever rights they have.

Which denials are usual is said by AWS's own examples: "Example service control policies" in the guide of AWS
Organizations, and the controls that AWS Control Tower offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.actions import CREATE, Action
from ...engine.tags import ENVIRONMENT, ROLE
from ...images import documents as images
from ...kinds import cloudwatch_alarm, log_group, s3_bucket, sqs_queue
from ...kinds.autoscaling import documents as autoscaling
from ...kinds.codebuild_project import documents as codebuild_projects
from ...kinds.ec2.network import documents as network
from ...kinds.ec2.route_table import documents as route_tables
from ...kinds.ec2.security_group import documents as security_groups
from ...kinds.ec2.vpc_endpoint import documents as vpc_endpoints
from ...kinds.ecr_repository import documents as ecr_repositories
from ...kinds.ecs.cluster import documents as clusters
from ...kinds.ecs.service import documents as services
from ...kinds.ecs.task_definition import documents as task_definitions
from ...kinds.efs import documents as efs
from ...kinds.iam_role import documents as iam_roles
from ...kinds.load_balancer import documents as load_balancers
from ...kinds.rds import subnet_group as subnet_groups
from ...kinds.rds.instance import documents as databases
from ...kinds.rds.parameter_group import documents as parameter_groups
from ...kinds.secret import documents as secrets
from ...kinds.service_discovery import documents as service_discovery
from ..arns import Account
from ..schema import SCHEMA

Inputs = Mapping[str, Any]

#: By the type of a resource the actions that make it, as far as organizations forbid such.
MADE_BY: Mapping[str, tuple[str, ...]] = {
    network.VPC: ("ec2:CreateVpc",),
    network.SUBNET: ("ec2:CreateSubnet",),
    network.INTERNET_GATEWAY: ("ec2:CreateInternetGateway", "ec2:AttachInternetGateway"),
    network.ELASTIC_IP: ("ec2:AllocateAddress",),
    network.NAT_GATEWAY: ("ec2:CreateNatGateway",),
    route_tables.TYPE: ("ec2:CreateRouteTable", "ec2:CreateRoute"),
    security_groups.GROUP: ("ec2:CreateSecurityGroup",),
    security_groups.RULES: ("ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"),
    vpc_endpoints.TYPE: ("ec2:CreateVpcEndpoint",),
    service_discovery.NAMESPACE: ("servicediscovery:CreatePrivateDnsNamespace", "route53:CreateHostedZone"),
    service_discovery.SERVICE: ("servicediscovery:CreateService",),
    databases.TYPE: ("rds:CreateDBInstance",),
    parameter_groups.TYPE: ("rds:CreateDBParameterGroup",),
    subnet_groups.TYPE: ("rds:CreateDBSubnetGroup",),
    secrets.TYPE: ("secretsmanager:CreateSecret",),
    clusters.TYPE: ("ecs:CreateCluster",),
    services.TYPE: ("ecs:CreateService",),
    task_definitions.TYPE: ("ecs:RegisterTaskDefinition", "iam:PassRole"),
    SCHEMA: ("ecs:RunTask",),
    ecr_repositories.TYPE: ("ecr:CreateRepository",),
    images.TYPE: ("ecr:PutImage",),
    codebuild_projects.TYPE: ("codebuild:CreateProject",),
    log_group.TYPE: ("logs:CreateLogGroup",),
    sqs_queue.TYPE: ("sqs:CreateQueue",),
    s3_bucket.TYPE: ("s3:CreateBucket", "s3:PutBucketPolicy"),
    iam_roles.TYPE: ("iam:CreateRole", "iam:PutRolePolicy"),
    load_balancers.LOAD_BALANCER: ("elasticloadbalancing:CreateLoadBalancer",),
    load_balancers.TARGET_GROUP: ("elasticloadbalancing:CreateTargetGroup",),
    load_balancers.LISTENER: ("elasticloadbalancing:CreateListener",),
    efs.FILE_SYSTEM: ("elasticfilesystem:CreateFileSystem",),
    efs.MOUNT_TARGET: ("elasticfilesystem:CreateMountTarget", "ec2:CreateNetworkInterface"),
    efs.ACCESS_POINT: ("elasticfilesystem:CreateAccessPoint",),
    autoscaling.TARGET: ("application-autoscaling:RegisterScalableTarget",),
    autoscaling.POLICY: ("application-autoscaling:PutScalingPolicy",),
    cloudwatch_alarm.TYPE: ("cloudwatch:PutMetricAlarm",),
}


@dataclass(frozen=True)
class Guardrail:
    """A usual denial: of these actions, for that reason; and what helps."""

    why: str
    actions: frozenset[str]
    helps: str


#: The first that names an action is told.
USUAL: tuple[Guardrail, ...] = (
    Guardrail(
        "no way from or to the internet",
        frozenset({"ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:AllocateAddress"})
        | {"ec2:CreateNatGateway"},
        "the network has an internet gateway and NAT gateways, which no variable leaves out: ask for an account, or an "
        "exception, that may have them",
    ),
    Guardrail(
        "no networks but those of the organization",
        frozenset({"ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateRouteTable", "ec2:CreateRoute"}),
        "the deploy makes a network of its own: ask for an account, or an exception, that may have one",
    ),
    Guardrail(
        "roles with the organization's boundary, or in its path, alone",
        frozenset({"iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole"}),
        "farflow_permissions_boundary_arn names the boundary, farflow_iam_path the path",
    ),
    Guardrail(
        "no builds in the account",
        frozenset({"codebuild:CreateProject"}),
        "farflow_image_builder docker builds where Ansible runs, and prebuilt takes images that others have pushed",
    ),
    Guardrail(
        "certain tags on what is made",
        frozenset({"ecs:CreateCluster", "s3:CreateBucket", "rds:CreateDBInstance", "sqs:CreateQueue"})
        | {"elasticfilesystem:CreateFileSystem", "secretsmanager:CreateSecret", "logs:CreateLogGroup"},
        "farflow_tags are put on everything; where the key has to be a certain one, rds_kms_key_id names it",
    ),
    Guardrail(
        "no load balancers that the internet reaches",
        frozenset({"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateListener"}),
        "airflow_service_load_balancer_scheme internal makes one without public addresses, and "
        "airflow_service_certificate_arn has it listen by TLS",
    ),
)

_ELSE = "ask who manages the organization to allow it in this account"


def to_ask(actions: Iterable[Action]) -> list[str]:
    """The actions of IAM by which a deploy would make what is to be created."""
    made = {one.resource.type for one in actions if one.kind == CREATE}
    return sorted({action for type_ in made for action in MADE_BY.get(type_, ())})


def context(inputs: Inputs, where: Account) -> list[dict[str, Any]]:
    """What the conditions of guardrails look at, as SimulatePrincipalPolicy takes it."""
    tags = {**inputs["farflow_tags"], ENVIRONMENT: inputs["farflow_environment"], ROLE: "network"}
    boundary = inputs["farflow_permissions_boundary_arn"]
    keys = {
        "aws:RequestedRegion": where.region,
        **{f"aws:RequestTag/{key}": str(value) for key, value in tags.items()},
        **({"iam:PermissionsBoundary": boundary} if boundary else {}),
    }
    entries = [_entry(key, "string", value) for key, value in keys.items()]
    return [*entries, _entry("aws:TagKeys", "stringList", *tags)]


def _entry(key: str, type_: str, *values: str) -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyType": type_, "ContextKeyValues": list(values)}


def source(caller: str, role: str) -> str:
    """The ARN whose policies are simulated: the user's own, or that of the role that a session is of. Empty for an
    account's root, which AWS simulates nothing for.
    """
    resource = caller.split(":", 5)[5]
    if resource.startswith("user/"):
        return caller
    return role if resource.startswith("assumed-role/") else ""


def role_of(caller: str) -> str:
    """The name of the role that a session is of; empty for whoever else calls."""
    resource = caller.split(":", 5)[5]
    return resource.split("/")[1] if resource.startswith("assumed-role/") else ""


def forbidden(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """The actions that the organization allows nobody in the account, by the results of a simulation."""
    return sorted(
        str(result["EvalActionName"])
        for result in results
        if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    )


def warnings(actions: Iterable[str]) -> Iterator[str]:
    """A line for each usual denial that is among these, and one for the others."""
    left = set(actions)
    for each in USUAL:
        if mine := sorted(left & each.actions):
            left -= each.actions
            yield f"the organization forbids {', '.join(mine)} in this account ({each.why}): {each.helps}"
    if left:
        yield f"the organization forbids {', '.join(sorted(left))} in this account: {_ELSE}"
