# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is recorded of an answer: by the call, expressions of JMESPath over what was asked and what was told. Nothing
else of a call is ever written, beside AWS's error code.
"""

from __future__ import annotations

_DATABASE = "[told.DBInstance.[DBInstanceIdentifier, DBInstanceStatus]]"
_LOAD_BALANCERS = "told.LoadBalancers[].[LoadBalancerArn, State.Code]"
_TASKS = "told.tasks[].[taskArn, lastStatus]"
#: The kind whose state is a version.
ENGINE = "database_engine"

#: By the call and the kind, pairs of a thing's id and of its state, or of true where it is only told that it is there.
SHOWN: dict[str, dict[str, str]] = {
    "ec2 CreateNatGateway": {"nat_gateway": "[told.NatGateway.[NatGatewayId, State]]"},
    "ec2 DescribeNatGateways": {"nat_gateway": "told.NatGateways[].[NatGatewayId, State]"},
    "ec2 CreateVpcEndpoint": {"vpc_endpoint": "[told.VpcEndpoint.[VpcEndpointId, State]]"},
    "ec2 DescribeVpcEndpoints": {"vpc_endpoint": "told.VpcEndpoints[].[VpcEndpointId, State]"},
    "ecs DescribeServices": {"deployment": "told.services[].deployments[].[id, rolloutState]"},
    "ecs DescribeTasks": {"task": _TASKS},
    "ecs RunTask": {"task": _TASKS},
    "efs CreateFileSystem": {"file_system": "[told.[FileSystemId, LifeCycleState]]"},
    "efs DescribeFileSystems": {"file_system": "told.FileSystems[].[FileSystemId, LifeCycleState]"},
    "efs CreateMountTarget": {"mount_target": "[told.[MountTargetId, LifeCycleState]]"},
    "efs DescribeMountTargets": {"mount_target": "told.MountTargets[].[MountTargetId, LifeCycleState]"},
    "efs CreateAccessPoint": {"access_point": "[told.[AccessPointId, LifeCycleState]]"},
    "efs DescribeAccessPoints": {"access_point": "told.AccessPoints[].[AccessPointId, LifeCycleState]"},
    "elbv2 CreateLoadBalancer": {"load_balancer": _LOAD_BALANCERS},
    "elbv2 DescribeLoadBalancers": {"load_balancer": _LOAD_BALANCERS},
    "iam GetAccountAuthorizationDetails": {"role_in_details": "told.RoleDetailList[].[RoleName, `true`]"},
    "iam GetRole": {"role": "[[told.Role.RoleName, `true`]]"},
    "iam ListRoles": {"role": "told.Roles[].[RoleName, `true`]"},
    "rds CreateDBInstance": {"database": _DATABASE},
    "rds RestoreDBInstanceFromDBSnapshot": {"database": _DATABASE},
    "rds DeleteDBInstance": {"database": _DATABASE},
    "rds DescribeDBInstances": {
        "database": "told.DBInstances[].[DBInstanceIdentifier, DBInstanceStatus]",
        ENGINE: "told.DBInstances[].[DBInstanceIdentifier, EngineVersion]",
    },
    "rds CreateDBSnapshot": {"database_snapshot": "[told.DBSnapshot.[DBSnapshotIdentifier, Status]]"},
    "rds DescribeDBSnapshots": {"database_snapshot": "told.DBSnapshots[].[DBSnapshotIdentifier, Status]"},
    "resourcegroupstaggingapi GetResources": {"tagged": "told.ResourceTagMappingList[].[ResourceARN, `true`]"},
    "secretsmanager ListSecrets": {"secret": "told.SecretList[].[ARN, `true`]"},
    "servicediscovery GetOperation": {"cloud_map_operation": "[told.Operation.[Id, Status]]"},
    "sqs GetQueueAttributes": {"queue": "[[asked.QueueUrl, `true`]]"},
    "sqs ListQueues": {"queue": "told.QueueUrls[].[@, `true`]"},
}

MADE, CHANGED, GONE = "made", "changed", "gone"

#: What a call has done, and the ids of the things that it has done it to.
DONE: dict[str, tuple[str, str]] = {
    "ec2 CreateInternetGateway": (MADE, "[told.InternetGateway.InternetGatewayId]"),
    "ec2 CreateNatGateway": (MADE, "[told.NatGateway.NatGatewayId]"),
    "ec2 CreateRouteTable": (MADE, "[told.RouteTable.RouteTableId]"),
    "ec2 CreateSecurityGroup": (MADE, "[told.GroupId]"),
    "ec2 CreateSubnet": (MADE, "[told.Subnet.SubnetId]"),
    "ec2 CreateVpc": (MADE, "[told.Vpc.VpcId]"),
    "ec2 CreateVpcEndpoint": (MADE, "[told.VpcEndpoint.VpcEndpointId]"),
    "ec2 DeleteNatGateway": (GONE, "[asked.NatGatewayId]"),
    "ec2 DeleteVpcEndpoints": (GONE, "asked.VpcEndpointIds"),
    "ecr CreateRepository": (MADE, "[told.repository.repositoryArn]"),
    "ecs CreateCluster": (MADE, "[told.cluster.clusterArn]"),
    "ecs CreateService": (MADE, "[told.service.serviceArn]"),
    "ecs RegisterTaskDefinition": (MADE, "[told.taskDefinition.taskDefinitionArn]"),
    "ecs RunTask": (MADE, "told.tasks[].taskArn"),
    "efs CreateAccessPoint": (MADE, "[told.AccessPointId, told.AccessPointArn]"),
    "efs CreateFileSystem": (MADE, "[told.FileSystemId, told.FileSystemArn]"),
    "efs CreateMountTarget": (MADE, "[told.MountTargetId]"),
    "efs DeleteAccessPoint": (GONE, "[asked.AccessPointId]"),
    "efs DeleteFileSystem": (GONE, "[asked.FileSystemId]"),
    "efs DeleteMountTarget": (GONE, "[asked.MountTargetId]"),
    "elbv2 CreateListener": (MADE, "told.Listeners[].ListenerArn"),
    "elbv2 CreateLoadBalancer": (MADE, "told.LoadBalancers[].LoadBalancerArn"),
    "elbv2 CreateTargetGroup": (MADE, "told.TargetGroups[].TargetGroupArn"),
    "iam CreateRole": (MADE, "[told.Role.RoleName]"),
    "iam DeleteRole": (GONE, "[asked.RoleName]"),
    "rds CreateDBInstance": (MADE, "told.DBInstance.[DBInstanceIdentifier, DBInstanceArn]"),
    "rds CreateDBParameterGroup": (MADE, "[told.DBParameterGroup.DBParameterGroupArn]"),
    "rds CreateDBSnapshot": (MADE, "[told.DBSnapshot.DBSnapshotIdentifier]"),
    "rds CreateDBSubnetGroup": (MADE, "[told.DBSubnetGroup.DBSubnetGroupArn]"),
    "rds DeleteDBInstance": (GONE, "[asked.DBInstanceIdentifier]"),
    "rds ModifyDBInstance": (CHANGED, "[asked.DBInstanceIdentifier]"),
    "rds RestoreDBInstanceFromDBSnapshot": (MADE, "told.DBInstance.[DBInstanceIdentifier, DBInstanceArn]"),
    "secretsmanager CreateSecret": (MADE, "[told.ARN]"),
    "secretsmanager DeleteSecret": (GONE, "[told.ARN]"),
    "sqs CreateQueue": (MADE, "[told.QueueUrl]"),
    "sqs DeleteQueue": (GONE, "[asked.QueueUrl]"),
}
