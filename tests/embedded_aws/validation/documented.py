"""Constraints that AWS's models tell in words alone: the documentation of the member in the same model has each.

They are put into the model, in the place where AWS writes its others.
"""

from __future__ import annotations

from typing import Any

Traits = dict[str, Any]

_ECS_NAME: Traits = {"pattern": "[A-Za-z0-9_-]*", "max": 255}
#: cfn-lint has the same pattern for a group's description, but not for those of rules.
_EC2_TEXT: Traits = {"pattern": r"[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]*", "max": 255}
_RDS_NAME: Traits = {"pattern": "[A-Za-z](-?[A-Za-z0-9])*", "max": 255}
_RDS_PASSWORD: Traits = {"pattern": r"""[!#-.0-?A-~]*""", "min": 8, "max": 128}
_RDS_TAG = r"(?!(aws|rds):)[\p{L}\p{Z}\p{N}_.:/=+\-@]*"

#: By botocore's name of the service, shape and member.
_DOCUMENTED: dict[str, dict[tuple[str, str], Traits]] = {
    "ec2": {
        ("CreateSecurityGroupRequest", "Description"): _EC2_TEXT,
        ("CreateSecurityGroupRequest", "GroupName"): {**_EC2_TEXT, "pattern": f"(?!sg-){_EC2_TEXT['pattern']}"},
        ("IpRange", "Description"): _EC2_TEXT,
        ("Ipv6Range", "Description"): _EC2_TEXT,
        ("PrefixListId", "Description"): _EC2_TEXT,
        ("SecurityGroupRuleDescription", "Description"): _EC2_TEXT,
        ("SecurityGroupRuleRequest", "Description"): _EC2_TEXT,
        ("Tag", "Key"): {"pattern": "(?!aws:).*", "max": 128},
        ("Tag", "Value"): {"max": 256},
        ("UserIdGroupPair", "Description"): _EC2_TEXT,
    },
    "ecs": {
        ("ContainerDefinition", "name"): _ECS_NAME,
        ("CreateClusterRequest", "clusterName"): _ECS_NAME,
        ("CreateServiceRequest", "serviceName"): _ECS_NAME,
        ("RegisterTaskDefinitionRequest", "family"): _ECS_NAME,
        ("RunTaskRequest", "clientToken"): {"pattern": "[!-~]*", "max": 64},
        ("RunTaskRequest", "count"): {"max": 10},
        ("RunTaskRequest", "startedBy"): {"pattern": "[A-Za-z0-9_/-]*", "max": 128},
    },
    "elbv2": {
        ("CreateLoadBalancerInput", "Name"): {"pattern": "(?!internal-)[A-Za-z0-9](-*[A-Za-z0-9])*", "max": 32},
        ("CreateTargetGroupInput", "Name"): {"pattern": "[A-Za-z0-9](-*[A-Za-z0-9])*", "max": 32},
    },
    "rds": {
        ("CreateDBInstanceMessage", "MasterUserPassword"): _RDS_PASSWORD,
        ("CreateDBParameterGroupMessage", "DBParameterGroupName"): _RDS_NAME,
        ("CreateDBSnapshotMessage", "DBSnapshotIdentifier"): _RDS_NAME,
        ("CreateDBSubnetGroupMessage", "DBSubnetGroupName"): {"pattern": "[A-Za-z][A-Za-z0-9._ -]*", "max": 255},
        ("DeleteDBInstanceMessage", "FinalDBSnapshotIdentifier"): _RDS_NAME,
        ("ModifyDBInstanceMessage", "MasterUserPassword"): _RDS_PASSWORD,
        ("Tag", "Key"): {"pattern": _RDS_TAG, "max": 128},
        ("Tag", "Value"): {"pattern": _RDS_TAG, "max": 256},
    },
    "secretsmanager": {("CreateSecretRequest", "Name"): {"pattern": "[A-Za-z0-9/_+=.@-]*"}},
    "sqs": {
        ("CreateQueueRequest", "QueueName"): {"pattern": r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo"},
    },
}


def with_documented(service: str, model: dict[str, Any]) -> dict[str, Any]:
    """A model of botocore's that says these as well. The one that is given stays as it is: clients share it."""
    shapes = dict(model["shapes"])
    for (shape, member), traits in _DOCUMENTED.get(service, {}).items():
        members = shapes[shape]["members"]
        shapes[shape] = {**shapes[shape], "members": {**members, member: {**members[member], **traits}}}
    return {**model, "shapes": shapes}
