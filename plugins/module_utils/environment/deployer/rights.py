# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every action of IAM that the credentials of a deployer need: by the doors that call it, and on what.

A door is a playbook that calls AWS. Actions on the same resources under the same conditions are one scope, and of that
one statement of the policy. Which resources and conditions AWS knows for an action is in the service authorization
reference; that no action is missing, and none needless, is held by tests against the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import image_builder
from ..arns import Account
from . import scopes

Doors = frozenset[str]

PLAN, DEPLOY, TEARDOWN = "plan", "deploy", "teardown"
DAGS, DAGS_LIST, DAGS_CHECK, DAG_TASKS = "dags", "dags_list", "dags_check", "dag_tasks"
AIRFLOW_COMMAND, RUN_TASK, ORPHANS = "airflow_command", "run_task", "orphans"

DOORS = (PLAN, DEPLOY, DAG_TASKS, DAGS, DAGS_LIST, DAGS_CHECK, AIRFLOW_COMMAND, RUN_TASK, ORPHANS, TEARDOWN)

_DEPLOY, _TASKS = frozenset({DEPLOY}), frozenset({DEPLOY, DAG_TASKS})
_REMOVE, _TASKS_REMOVE = frozenset({DEPLOY, TEARDOWN}), frozenset({DEPLOY, DAG_TASKS, TEARDOWN})
_LOOK = frozenset({PLAN, DEPLOY, TEARDOWN})
#: Those that look at what a one-off task of Airflow's runs on, and at what the DAG tasks run on. Door dags asks Airflow
#: by such a task which versions are still needed, now and then.
_LOOK_AT_AIRFLOW = _LOOK | {AIRFLOW_COMMAND, ORPHANS, DAGS, DAGS_CHECK}
_LOOK_AT_TASKS = _LOOK | {DAG_TASKS, RUN_TASK}
_LOOK_AT_NETWORK = _LOOK_AT_AIRFLOW | _LOOK_AT_TASKS
_LOOK_AT_DAGS = frozenset({PLAN, DEPLOY, DAGS, DAGS_LIST, DAGS_CHECK})
_PUT_DAGS = frozenset({DEPLOY, DAGS, DAGS_CHECK})
_RUN_AIRFLOW = frozenset({DEPLOY, AIRFLOW_COMMAND, ORPHANS, DAGS, DAGS_CHECK})
_RUN = _RUN_AIRFLOW | {RUN_TASK}


def _no_condition(inputs: scopes.Inputs, where: Account) -> Mapping[str, Mapping[str, Any]]:
    return {}


def _always(inputs: scopes.Inputs) -> bool:
    return True


@dataclass(frozen=True)
class Scope:
    """What is done on the same resources. ``actions`` are by the doors that need them: ``ec2: CreateVpc DeleteVpc``.

    Without resources, as of a key that no variable names, there is no statement. ``wanted``: whether the variables ask
    for it. ``why``: what keeps it from being narrower, where something does.
    """

    sid: str
    arns: scopes.Arns
    actions: tuple[tuple[Doors, str], ...]
    condition: scopes.Condition = _no_condition
    wanted: Callable[[scopes.Inputs], bool] = _always
    why: str = ""

    def needed_by(self, doors: frozenset[str]) -> list[str]:
        """The actions that one of the doors needs."""
        return sorted({action for some, text in self.actions if some & doors for action in spelled(text)})


def spelled(text: str) -> Iterator[str]:
    """``ec2:CreateVpc`` and ``ec2:DeleteVpc`` of ``ec2: CreateVpc DeleteVpc``."""
    prefix = ""
    for word in text.split():
        if word.endswith(":"):
            prefix = word
        else:
            yield f"{prefix}{word}"


def _by_codebuild(inputs: scopes.Inputs) -> bool:
    return image_builder.wanted(inputs)


def _has_no_boundary(inputs: scopes.Inputs) -> bool:
    return not inputs["farflow_permissions_boundary_arn"]


_PARTS = (
    "elastic-ip",
    "internet-gateway",
    "natgateway",
    "route-table",
    "security-group",
    "subnet",
    "vpc",
    "vpc-endpoint",
)
_MAKING_PARTS = (
    "ec2: AllocateAddress CreateInternetGateway CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet "
    "CreateVpc CreateVpcEndpoint"
)


def _when_a_part_is_made(inputs: scopes.Inputs, where: Account) -> dict[str, dict[str, Any]]:
    """The tags that the call gives which makes it, and no others: what is not tagged is not made the environment's."""
    given = scopes.tagged_when_made(inputs, where)
    return {"StringEquals": {**given["StringEquals"], "ec2:CreateAction": _created()}}


def _created() -> list[str]:
    return [each.removeprefix("ec2:") for each in spelled(_MAKING_PARTS)]


def _when_a_task_is_run(inputs: scopes.Inputs, where: Account) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"ecs:CreateAction": "RunTask"}}


def _of_guardduty(inputs: scopes.Inputs, where: Account) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:ResourceTag/GuardDutyManaged": "true"}}


def _to_tasks(inputs: scopes.Inputs, where: Account) -> Mapping[str, Mapping[str, Any]]:
    more = ["codebuild.amazonaws.com"] if _by_codebuild(inputs) else []
    return scopes.passed_to("ecs-tasks.amazonaws.com", *more)(inputs, where)


_LISTED = "a look lists all of the account and region, to find the environment's among them"
_IDS = "AWS gives it an id when it is made"

SCOPES: tuple[Scope, ...] = (
    Scope(
        "Look",
        scopes.every,
        (
            (_LOOK_AT_NETWORK, "iam: GetAccountAuthorizationDetails ListRoles"),
            (_LOOK_AT_AIRFLOW, "s3: ListAllMyBuckets"),
            (_DEPLOY, "route53: ListHostedZonesByName"),
            (_DEPLOY, "ec2: DescribeRegions"),  # Cloud Map, in the caller's name
        ),
        why="AWS knows no resource for these, and no region",
    ),
    Scope(
        "LookAtRegion",
        scopes.every,
        (
            (
                _LOOK_AT_NETWORK,
                "ec2: DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways DescribeNatGateways "
                "DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups DescribeSubnets "
                "DescribeVpcEndpoints DescribeVpcs "
                "ecr: GetRegistryScanningConfiguration ecs: DescribeTaskDefinition ListTaskDefinitions "
                "logs: DescribeLogGroups secretsmanager: ListSecrets "
                "servicediscovery: ListInstances ListNamespaces ListServices tag: GetResources",
            ),
            (
                _LOOK_AT_AIRFLOW,
                "ecs: ListClusters elasticloadbalancing: DescribeListeners DescribeLoadBalancerAttributes "
                "DescribeLoadBalancers DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups "
                "sqs: ListQueues",
            ),
            (
                _LOOK,
                "application-autoscaling: DescribeScalableTargets DescribeScalingPolicies DescribeScheduledActions "
                "rds: DescribeDBEngineVersions DescribeEngineDefaultParameters DescribeOrderableDBInstanceOptions",
            ),
            (frozenset({PLAN, DEPLOY}), "servicequotas: GetServiceQuota"),
            (_TASKS, "ecr: GetAuthorizationToken"),
            (_REMOVE, "rds: DescribeEvents servicediscovery: GetOperation"),
            (_LOOK_AT_TASKS, "ec2: DescribeNetworkInterfaceAttribute elasticfilesystem: DescribeFileSystems"),
            (_TASKS_REMOVE, "ec2: DescribeNetworkInterfaces ecs: DeregisterTaskDefinition"),
        ),
        condition=scopes.in_region,
        why="AWS knows no resource for these",
    ),
    Scope(
        "ListDatabases",
        lambda inputs, where: [where.arn("rds", f"{each}:*") for each in ("db", "pg", "snapshot", "subgrp")],
        (
            (
                _LOOK_AT_AIRFLOW,
                "rds: DescribeDBInstances DescribeDBParameterGroups DescribeDBParameters DescribeDBSnapshots "
                "DescribeDBSubnetGroups ListTagsForResource",
            ),
        ),
        why=_LISTED,
    ),
    Scope(
        "ListRepositories",
        lambda inputs, where: [where.arn("ecr", "repository/*")],
        ((_LOOK_AT_NETWORK, "ecr: DescribeRepositories"),),
        why=_LISTED,
    ),
    Scope(
        "ListAlarms",
        lambda inputs, where: [where.arn("cloudwatch", "alarm:*")],
        ((_LOOK, "cloudwatch: DescribeAlarms"),),
        why=_LISTED,
    ),
    Scope(
        "LookAtVpcs",
        scopes.parts("vpc"),
        ((_LOOK_AT_NETWORK, "ec2: DescribeVpcAttribute"),),
        why="one that has lost its tags is looked at, too",
    ),
    Scope(
        "LookAtZones",
        scopes.zones,
        ((_LOOK_AT_NETWORK, "route53: GetHostedZone"),),
        why=_IDS,
    ),
    Scope(
        "LookAtNamedSecrets",
        scopes.any_secret,
        ((_LOOK_AT_NETWORK, "secretsmanager: DescribeSecret"),),
        why="a task.yml names secrets of others, which the variables do not tell; it shows no value",
    ),
    Scope(
        "LookAtNamedPolicies",
        scopes.named_policies,
        ((_LOOK_AT_NETWORK, "iam: GetPolicy"),),
    ),
    Scope(
        "LookAtCertificate",
        scopes.certificate("acm"),
        ((_LOOK_AT_AIRFLOW, "acm: DescribeCertificate"),),
    ),
    Scope(
        "LookAtServerCertificate",
        scopes.certificate("iam"),
        ((_LOOK_AT_AIRFLOW, "iam: GetServerCertificate"),),
    ),
    Scope("LookAtKeys", scopes.named_keys, ((_LOOK_AT_NETWORK, "kms: DescribeKey"),)),
    Scope(
        "EncryptDatabase",
        scopes.database_key,
        ((_DEPLOY, "kms: CreateGrant Decrypt GenerateDataKey"),),
        condition=scopes.by_the_database,
    ),
    Scope(
        "AskWhatIsAllowed",
        scopes.identities,
        ((frozenset({PLAN, DEPLOY}), "iam: GetRole SimulatePrincipalPolicy"),),
        wanted=lambda inputs: bool(inputs["farflow_check_permissions"]),
        why="which identity deploys is not among the variables",
    ),
    Scope(
        "Lock",
        scopes.lock,
        ((_TASKS_REMOVE, "ssm: AddTagsToResource DeleteParameter GetParameterHistory PutParameter"),),
    ),
    Scope(
        "MakeNetwork",
        scopes.parts(*_PARTS),
        ((_DEPLOY, _MAKING_PARTS),),
        condition=scopes.tagged_when_made,
        why=_IDS,
    ),
    Scope(
        "TagNewNetwork",
        scopes.parts(*_PARTS),
        ((_DEPLOY, "ec2: CreateTags"),),
        condition=_when_a_part_is_made,
        why=_IDS,
    ),
    Scope(
        "ChangeNetwork",
        scopes.parts(*_PARTS),
        (
            (
                _DEPLOY,
                # Where one is made, so that each of its rules or routes begins with its own.
                "ec2: CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpcEndpoint "
                "AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress "
                "CreateRoute CreateTags DeleteRoute DeleteTags ModifySubnetAttribute ModifyVpcAttribute "
                "ModifyVpcEndpoint ReplaceNetworkAclAssociation ReplaceRoute ReplaceRouteTableAssociation "
                "UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            ),
            (
                _REMOVE,
                "ec2: DeleteInternetGateway DeleteNatGateway DeleteRouteTable DeleteSecurityGroup DeleteSubnet "
                "DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateRouteTable ReleaseAddress "
                "RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            ),
        ),
        condition=scopes.own,
        why=_IDS,
    ),
    Scope(
        "ChangeDefaults",
        scopes.parts("network-acl", "security-group"),
        (
            (
                _DEPLOY,
                "ec2: CreateNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclAssociation ReplaceNetworkAclEntry "
                "RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            ),
        ),
        condition=scopes.no_environments,
        why="AWS makes them with the VPC, gives them ids, and tags them with nothing",
    ),
    Scope(
        "RemoveGuardDuty",
        scopes.parts("security-group", "vpc-endpoint"),
        (
            (
                frozenset({TEARDOWN}),
                "ec2: DeleteSecurityGroup DeleteVpcEndpoints RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
            ),
        ),
        condition=_of_guardduty,
        why="GuardDuty puts them into the VPC, which AWS does not delete with them",
    ),
    Scope(
        "MakePrivateNames",
        scopes.every,
        ((_DEPLOY, "servicediscovery: CreatePrivateDnsNamespace"),),
        condition=scopes.tagged_when_made,
        why="AWS knows no resource for it",
    ),
    Scope(
        "MakePrivateServices",
        lambda inputs, where: [where.arn("servicediscovery", "service/*")],
        ((_DEPLOY, "servicediscovery: CreateService"),),
        condition=scopes.tagged_when_made,
        why=_IDS,
    ),
    Scope(
        "ChangePrivateNames",
        scopes.private_names,
        (
            (_DEPLOY, "servicediscovery: CreateService DeregisterInstance UpdatePrivateDnsNamespace UpdateService"),
            (_REMOVE, "servicediscovery: DeleteNamespace DeleteService"),
        ),
        condition=scopes.own,
        why=_IDS,
    ),
    Scope(
        "TagPrivateNames",
        scopes.every,
        (
            (_LOOK_AT_NETWORK, "servicediscovery: ListTagsForResource"),
            (_DEPLOY, "servicediscovery: TagResource UntagResource"),
        ),
        condition=scopes.in_region,
        why="AWS knows no resource for these",
    ),
    Scope(
        "MakeHostedZone",
        scopes.every,
        ((_DEPLOY, "route53: CreateHostedZone"),),
        why="Cloud Map makes it in the caller's name; AWS knows no resource for it",
    ),
    Scope(
        "ChangeHostedZones",
        scopes.zones,
        ((_REMOVE, "route53: ChangeResourceRecordSets DeleteHostedZone"),),
        why="Cloud Map calls these in the caller's name; Route 53 gives a zone its id",
    ),
    Scope(
        "Databases",
        scopes.databases,
        (
            (
                _DEPLOY,
                "rds: CreateDBInstance CreateDBParameterGroup CreateDBSubnetGroup ModifyDBInstance "
                "ModifyDBParameterGroup ModifyDBSubnetGroup RemoveTagsFromResource ResetDBParameterGroup "
                "RestoreDBInstanceFromDBSnapshot StartDBInstance",
            ),
            (
                _REMOVE,
                "rds: AddTagsToResource CreateDBSnapshot DeleteDBInstance DeleteDBParameterGroup DeleteDBSnapshot "
                "DeleteDBSubnetGroup",
            ),
        ),
    ),
    Scope(
        "RestoreWithOptions",
        scopes.option_groups,
        ((_DEPLOY, "rds: RestoreDBInstanceFromDBSnapshot"),),
    ),
    Scope(
        "RestoreNamedSnapshot",
        scopes.named_snapshot,
        ((_DEPLOY, "rds: RestoreDBInstanceFromDBSnapshot"),),
    ),
    Scope(
        "Secrets",
        scopes.secrets,
        (
            (_LOOK_AT_NETWORK, "secretsmanager: GetResourcePolicy"),
            (
                _DEPLOY,
                "secretsmanager: CancelRotateSecret CreateSecret DeleteResourcePolicy GetSecretValue PutResourcePolicy "
                "PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret",
            ),
            (_REMOVE, "secretsmanager: DeleteSecret"),
        ),
    ),
    Scope(
        "SecretsOfCommands",
        scopes.command_secrets,
        ((frozenset({AIRFLOW_COMMAND}), "secretsmanager: CreateSecret PutSecretValue RestoreSecret TagResource"),),
    ),
    Scope(
        "LookAtClusters",
        scopes.clusters_begun_alike,
        ((_LOOK_AT_AIRFLOW, "ecs: DescribeClusters"),),
        why="a look describes all whose names begin alike, to see which are the environment's",
    ),
    Scope(
        "ListInCluster",
        scopes.every,
        ((_LOOK_AT_AIRFLOW, "ecs: ListServices ListTasks"),),
        condition=scopes.in_cluster,
        why="AWS knows no resource for ListServices, and none but container instances for ListTasks",
    ),
    Scope(
        "Cluster",
        scopes.cluster,
        (
            (_DEPLOY, "ecs: CreateCluster PutClusterCapacityProviders UpdateCluster"),
            (_REMOVE, "ecs: DeleteCluster"),
        ),
    ),
    Scope(
        "Services",
        scopes.services,
        (
            (_LOOK_AT_AIRFLOW, "ecs: DescribeServiceRevisions DescribeServices"),
            (_DEPLOY, "ecs: CreateService UpdateService"),
            (_REMOVE, "ecs: DeleteService"),
        ),
    ),
    Scope(
        "Tasks",
        scopes.tasks,
        (
            (_RUN | _LOOK, "ecs: DescribeTasks"),
            (_LOOK_AT_AIRFLOW, "ecs: GetTaskProtection"),
            (_RUN, "ecs: StopTask"),
        ),
    ),
    Scope(
        "TaskDefinitions",
        scopes.task_definitions,
        (
            (_TASKS, "ecs: RegisterTaskDefinition"),
            (_TASKS_REMOVE, "ecs: DeleteTaskDefinitions"),
        ),
    ),
    Scope(
        "TagInCluster",
        lambda inputs, where: [
            *scopes.cluster(inputs, where),
            *scopes.services(inputs, where),
            *scopes.task_definitions(inputs, where),
        ],
        ((_TASKS, "ecs: TagResource UntagResource"),),
    ),
    Scope(
        "RunAirflow",
        scopes.component_definitions,
        ((_RUN_AIRFLOW, "ecs: RunTask"),),
        condition=scopes.in_cluster,
    ),
    Scope(
        "RunDagTask",
        scopes.task_definitions,
        ((frozenset({RUN_TASK}), "ecs: RunTask"),),
        condition=scopes.in_cluster,
    ),
    Scope(
        "TagNewTasks",
        scopes.tasks,
        ((_RUN, "ecs: TagResource"),),
        condition=_when_a_task_is_run,
    ),
    Scope(
        "PassRoles",
        scopes.roles,
        ((_RUN | _TASKS, "iam: PassRole"),),
        condition=_to_tasks,
    ),
    Scope(
        "Roles",
        scopes.roles,
        (
            (
                _LOOK_AT_NETWORK,
                "iam: GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies",
            ),
            (_TASKS, "iam: TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"),
            (_TASKS_REMOVE, "iam: DeleteRole DeleteRolePolicy DetachRolePolicy"),
        ),
    ),
    Scope(
        "LookAtGoneRoles",
        scopes.gone_roles,
        ((_LOOK_AT_NETWORK, "iam: GetRole"),),
        why="IAM lists a deleted role for a while; who asks for it is judged by its name without the path",
    ),
    Scope(
        "RightsOfRoles",
        scopes.roles,
        ((_TASKS, "iam: AttachRolePolicy CreateRole PutRolePermissionsBoundary PutRolePolicy"),),
        condition=scopes.bounded,
    ),
    Scope(
        "Unbound",
        scopes.roles,
        ((_TASKS, "iam: DeleteRolePermissionsBoundary"),),
        wanted=_has_no_boundary,
    ),
    Scope(
        "ServiceLinkedRoles",
        scopes.service_linked_roles,
        ((_TASKS, "iam: CreateServiceLinkedRole"),),
        condition=scopes.linked,
    ),
    Scope(
        "Repositories",
        scopes.repositories,
        (
            (
                _LOOK_AT_NETWORK,
                "ecr: BatchGetImage DescribeImages GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource",
            ),
            (
                _TASKS,
                "ecr: BatchCheckLayerAvailability CompleteLayerUpload CreateRepository DeleteLifecyclePolicy "
                "DeleteRepositoryPolicy GetDownloadUrlForLayer InitiateLayerUpload PutImage "
                "PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy SetRepositoryPolicy "
                "TagResource UntagResource UploadLayerPart",
            ),
            (_TASKS_REMOVE, "ecr: BatchDeleteImage DeleteRepository"),
        ),
    ),
    Scope(
        "LookAtGivenImages",
        scopes.given_repositories,
        ((_LOOK_AT_NETWORK, "ecr: BatchGetImage"),),
    ),
    Scope(
        "Logs",
        scopes.log_groups,
        (
            (_LOOK_AT_NETWORK, "logs: ListTagsForResource"),
            (_RUN | _TASKS, "logs: GetLogEvents"),
            (
                _TASKS,
                "logs: AssociateKmsKey CreateLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy "
                "TagResource UntagResource",
            ),
            (_TASKS_REMOVE, "logs: DeleteLogGroup"),
        ),
    ),
    Scope(
        "Queues",
        scopes.queues,
        (
            (_LOOK_AT_AIRFLOW, "sqs: GetQueueAttributes GetQueueUrl ListQueueTags"),
            (_DEPLOY, "sqs: CreateQueue SetQueueAttributes TagQueue UntagQueue"),
            (_REMOVE, "sqs: DeleteQueue"),
        ),
    ),
    Scope(
        "Buckets",
        scopes.buckets,
        (
            (
                _LOOK_AT_NETWORK,
                "s3: GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging "
                "GetBucketVersioning GetEncryptionConfiguration GetLifecycleConfiguration",
            ),
            (_LOOK_AT_DAGS, "s3: ListBucket"),
            (
                _TASKS,
                "s3: CreateBucket DeleteBucketPolicy PutBucketOwnershipControls PutBucketPolicy "
                "PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration "
                "PutLifecycleConfiguration PutReplicationConfiguration",
            ),
            (_TASKS_REMOVE, "s3: DeleteBucket ListBucketVersions"),
        ),
    ),
    Scope("EmptyBuckets", scopes.objects, ((_TASKS_REMOVE, "s3: DeleteObject DeleteObjectVersion"),)),
    Scope(
        "DagVersions",
        scopes.dag_versions,
        (
            (_LOOK_AT_DAGS, "s3: GetObject"),
            (_PUT_DAGS, "s3: PutObject"),
            (frozenset({DEPLOY, DAGS}), "s3: DeleteObject"),
        ),
    ),
    Scope("BuildContexts", scopes.contexts, ((_TASKS, "s3: PutObject"),), wanted=_by_codebuild),
    Scope(
        "ImageBuilder",
        scopes.project,
        (
            (_LOOK_AT_NETWORK, "codebuild: BatchGetProjects"),
            (_TASKS_REMOVE, "codebuild: DeleteProject"),
        ),
    ),
    Scope(
        "BuildImages",
        scopes.project,
        (
            (
                _TASKS,
                "codebuild: BatchGetBuilds CreateProject ListBuildsForProject StartBuild UpdateProject "
                "UpdateProjectVisibility",
            ),
        ),
        wanted=_by_codebuild,
    ),
    Scope(
        "MakeVolume",
        scopes.every,
        ((_TASKS, "elasticfilesystem: CreateFileSystem"),),
        condition=scopes.tagged_when_made,
        why="AWS knows no resource for it",
    ),
    Scope(
        "TagNewVolume",
        scopes.file_systems,
        ((_TASKS, "elasticfilesystem: TagResource"),),
        condition=scopes.tagged_when_made,
        why=_IDS,
    ),
    Scope(
        "LookAtVolumes",
        scopes.file_systems,
        (
            (
                _LOOK_AT_TASKS,
                "elasticfilesystem: DescribeAccessPoints DescribeBackupPolicy DescribeFileSystemPolicy "
                "DescribeLifecycleConfiguration DescribeMountTargetSecurityGroups DescribeMountTargets "
                "DescribeReplicationConfigurations",
            ),
        ),
        why="a mount target is asked for until it is gone, and then nothing tells whose it was",
    ),
    Scope(
        "Volume",
        scopes.file_systems,
        (
            (
                _TASKS,
                "elasticfilesystem: CreateAccessPoint CreateMountTarget DeleteFileSystemPolicy "
                "DeleteReplicationConfiguration ModifyMountTargetSecurityGroups PutBackupPolicy PutFileSystemPolicy "
                "PutLifecycleConfiguration TagResource UntagResource UpdateFileSystem UpdateFileSystemProtection",
            ),
            (_TASKS_REMOVE, "elasticfilesystem: DeleteAccessPoint DeleteFileSystem DeleteMountTarget"),
        ),
        condition=scopes.own,
        why=_IDS,
    ),
    Scope(
        "MountVolume",
        scopes.parts("network-interface"),
        (
            (_TASKS, "ec2: CreateNetworkInterface ModifyNetworkInterfaceAttribute"),
            (_TASKS_REMOVE, "ec2: DeleteNetworkInterface"),
        ),
        why="EFS calls these in the caller's name, and tags nothing",
    ),
    Scope(
        "MountInNetwork",
        scopes.parts("security-group", "subnet"),
        ((_TASKS, "ec2: CreateNetworkInterface ModifyNetworkInterfaceAttribute"),),
        condition=scopes.own,
        why=_IDS,
    ),
    Scope(
        "LoadBalancers",
        scopes.load_balancers,
        (
            (
                _DEPLOY,
                "elasticloadbalancing: AddTags CreateListener CreateLoadBalancer CreateTargetGroup ModifyListener "
                "ModifyLoadBalancerAttributes ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags "
                "SetIpAddressType SetSecurityGroups SetSubnets",
            ),
            (_REMOVE, "elasticloadbalancing: DeleteListener DeleteLoadBalancer DeleteTargetGroup"),
        ),
    ),
    Scope(
        "MakeScaling",
        scopes.scalable_targets,
        ((_DEPLOY, "application-autoscaling: RegisterScalableTarget TagResource"),),
        condition=scopes.tagged_when_made,
        why=_IDS,
    ),
    Scope(
        "Scaling",
        scopes.scalable_targets,
        (
            (_LOOK, "application-autoscaling: ListTagsForResource"),
            (
                _DEPLOY,
                "application-autoscaling: PutScalingPolicy RegisterScalableTarget TagResource UntagResource",
            ),
            (
                _REMOVE,
                "application-autoscaling: DeleteScalingPolicy DeleteScheduledAction DeregisterScalableTarget",
            ),
        ),
        condition=scopes.own,
        why=_IDS,
    ),
    Scope(
        "Alarms",
        scopes.alarms,
        (
            (_LOOK, "cloudwatch: ListTagsForResource"),
            (_DEPLOY, "cloudwatch: PutMetricAlarm TagResource UntagResource"),
            (_REMOVE, "cloudwatch: DeleteAlarms"),
        ),
    ),
)
