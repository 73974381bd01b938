# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is assumed of AWS's delays, where only its documents, or reports of others, say something of them. The embedded
AWS that the collection is tested with has a behaviour for each, by the same name and with these seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from .members import GONE, MADE


@dataclass(frozen=True)
class Assumption:
    """A delay of between ``least`` and ``most`` seconds. ``kinds`` are those of members.py.

    With ``states`` it is how long one of the kinds is in one of them. With ``done`` it is how long after that was done
    to one a read shows it first. ``unseen`` says why no run can show it.
    """

    says: str
    least: float
    most: float
    source: str
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    unseen: str = ""


_IAM = '"Changes that I make are not always immediately visible" in the guide of IAM'
_RDS = '"Viewing Amazon RDS DB instance status" in the guide of Amazon RDS'

ASSUMPTIONS: dict[str, Assumption] = {
    "nat_gateway_seconds": Assumption(
        "A NAT gateway is pending, or deleting",
        60,
        150,
        '"NAT gateway basics" and "Troubleshoot NAT gateways" in the guide of Amazon VPC',
        kinds=("nat_gateway",),
        states=("pending", "deleting"),
    ),
    "endpoint_seconds": Assumption(
        "An interface endpoint is pending, or deleting",
        30,
        120,
        "VpcEndpoint in the API reference of Amazon EC2",
        kinds=("vpc_endpoint",),
        states=("pending", "deleting"),
    ),
    "load_balancer_seconds": Assumption(
        "A load balancer is provisioning",
        60,
        240,
        '"Load balancer state" in the guide of Network Load Balancers',
        kinds=("load_balancer",),
        states=("provisioning",),
    ),
    "late_targets": Assumption(
        "A target is initial after it was registered",
        70,
        180,
        "aws/containers-roadmap#469, and kubernetes-sigs/aws-load-balancer-controller#1834",
        unseen="a service is steady when ECS says so, and no call asks for the health of targets",
    ),
    "file_system_seconds": Assumption(
        "A file system, a mount target or an access point is creating, or deleting",
        5,
        90,
        '"Understanding file system status" in the guide of Amazon EFS, and CreateMountTarget in its API reference',
        kinds=("file_system", "mount_target", "access_point"),
        states=("creating", "deleting"),
    ),
    "database_creating": Assumption(
        "A database is creating", 180, 600, _RDS, kinds=("database",), states=("creating",)
    ),
    "database_modifying": Assumption(
        "A database is modifying, upgrading or resetting-master-credentials",
        30,
        300,
        _RDS,
        kinds=("database",),
        states=("modifying", "upgrading", "resetting-master-credentials"),
    ),
    "database_backing_up": Assumption(
        "A database is backing-up", 30, 240, _RDS, kinds=("database",), states=("backing-up",)
    ),
    "database_deleting": Assumption("A database is deleting", 60, 300, _RDS, kinds=("database",), states=("deleting",)),
    "late_database_tags": Assumption(
        "DescribeDBInstances shows a change of tags late",
        0,
        60,
        '"Tagging Amazon RDS resources" in the guide of Amazon RDS',
        unseen="of several changes nothing tells which one is shown",
    ),
    "late_tags": Assumption(
        "GetResources shows late what was made",
        0,
        120,
        "aws/aws-cli#4173, and terraform-provider-aws#17804: the tagging API is consistent only in the end",
        kinds=("tagged",),
        done=(MADE,),
    ),
    "late_iam": Assumption(
        "GetRole and ListRoles show late that a role was made or deleted",
        0,
        20,
        _IAM,
        kinds=("role",),
        done=(MADE, GONE),
    ),
    "late_authorization_details": Assumption(
        "GetAccountAuthorizationDetails shows late that a role was made",
        60,
        60,
        _IAM,
        kinds=("role_in_details",),
        done=(MADE,),
    ),
    "late_queues": Assumption(
        "GetQueueAttributes and ListQueues show late that a queue was made or deleted",
        0,
        60,
        "SetQueueAttributes and DeleteQueue in the API reference of Amazon SQS",
        kinds=("queue",),
        done=(MADE, GONE),
    ),
    "late_secrets": Assumption(
        "ListSecrets shows late that a secret was made or deleted",
        0,
        300,
        "ListSecrets in the API reference of AWS Secrets Manager",
        kinds=("secret",),
        done=(MADE, GONE),
    ),
    "late_tasks": Assumption(
        "DescribeTasks shows late that a task was started",
        0,
        6,
        "RunTask in the API reference of Amazon ECS: it follows an eventual consistency model",
        kinds=("task",),
        done=(MADE,),
    ),
    "late_logs": Assumption(
        "GetLogEvents shows late what was written",
        0,
        4,
        "apache/airflow#43717: the end of a log is missing where it is read as soon as the task has stopped",
        unseen="when a container has written a line, the deploy does not know",
    ),
    "load_balancer_traces": Assumption(
        "The network interfaces of a deleted load balancer are in its subnets and security groups",
        0,
        300,
        "hashicorp/terraform#3758, and alchemy-run/alchemy#1125",
        unseen="nothing tells of which load balancer an interface was; the refusals of what it is in are below codes",
    ),
    "young_roles": Assumption(
        "A role that was made can't be assumed by ECS and CodeBuild",
        2,
        15,
        f"{_IAM}, and pulumi/pulumi-awsx#927",
        unseen="a call does not name all roles that it needs; its refusals are below codes",
    ),
    "young_policies": Assumption(
        "A policy of an execution role does not count",
        0,
        20,
        f'{_IAM}, and "ResourceInitializationError" in the developer guide of Amazon ECS',
        unseen="a task that stops for it does not tell since when its role has its policies",
    ),
    "young_parameter_group": Assumption(
        "The static parameters of a new parameter group do not count for a new database",
        300,
        300,
        "CreateDBParameterGroup in the API reference of Amazon RDS",
        unseen="a deploy makes one database of a group",
    ),
    "bucket_busy": Assumption(
        "A bucket takes no change after another one",
        0,
        2,
        '"Error responses" in the API reference of Amazon S3, and hashicorp/terraform-provider-aws#7628',
        unseen="which change it was, AWS does not tell; the refusals are below codes, as OperationAborted",
    ),
    "queue_deleted_recently": Assumption(
        "The name of a deleted queue can't be used for another one",
        60,
        60,
        "CreateQueue in the API reference of Amazon SQS: QueueDeletedRecently",
        unseen="the queue was deleted by an earlier run; the refusals are below codes, as QueueDeletedRecently",
    ),
}
