"""What IAM is asked for each call: rows for all that we call, and actions, resources and keys that AWS knows."""

from __future__ import annotations

import importlib
import json
import re
from functools import cache
from pathlib import Path

import botocore.session
import parliament
import pytest

from tests.embedded_aws.authorization import requests as tables
from tests.embedded_aws.authorization.requests import SERVICES, wanted
from tests.embedded_aws.authorization.requests.s3 import RENAMED
from tests.embedded_aws.parsed import Call
from tests.embedded_aws.routing import MODEL_NAMES, Request
from tests.stack.airflow_calls import OPERATIONS

ROOT = Path(__file__).parents[3]
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
ROLE = "arn:aws:iam::123456789012:role/farflow/dev/dev-worker"
BALANCER = ARN.format("elasticloadbalancing", "loadbalancer/net/dev/0a")

#: A value for each member that a row looks at, by its name and, where services differ, its service.
VALUES = {
    "cluster": "dev",
    "taskDefinition": "dev-plain:7",
    "family": "dev-plain",
    "role": ROLE,
    "RoleArn": ROLE,
    "taskRoleArn": ROLE,
    "executionRoleArn": ROLE,
    "serviceRole": ROLE,
    "MonitoringRoleArn": ROLE,
    "Role": ROLE,
    "PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
    "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "PolicySourceArn": ROLE,
    "Path": "/farflow/dev/",
    "AWSServiceName": "ecs.amazonaws.com",
    "QueueUrl": "http://queue.amazonaws.com/123456789012/dev-celery",
    "LoadBalancerArn": BALANCER,
    "Type": "network",
    "ListenerArn": ARN.format("elasticloadbalancing", "listener/net/dev/0a/0b"),
    "TargetGroupArn": ARN.format("elasticloadbalancing", "targetgroup/dev/0c"),
    "CertificateArn": ARN.format("acm", "certificate/0d"),
    "CopySource": "other/key",
    "KmsKeyId": "0e0e0e0e-0000-0000-0000-000000000000",
    "KeyId": "0e0e0e0e-0000-0000-0000-000000000000",
    "HostedZoneId": "Z1",
    "ResourceId": {"elasticfilesystem": "fs-1", "application-autoscaling": "service/dev/dev-worker"},
    "ServiceNamespace": "ecs",
    "ScalableDimension": "ecs:service:DesiredCount",
    "PolicyType": "TargetTrackingScaling",
    "serviceRevisionArns": [ARN.format("ecs", "service-revision/dev/dev-worker/1")],
    "projectArn": ARN.format("codebuild", "project/dev"),
    "ids": ["dev:0f"],
    "id": "dev:0f",
    "SubnetId": "subnet-1",
    "SubnetIds": ["subnet-1"],
    "SecurityGroups": ["sg-1"],
    "SecurityGroupIds": ["sg-1"],
    "RouteTableIds": ["rtb-1"],
    "GroupId": "sg-1",
    "VpcId": "vpc-1",
    "VpcEndpointId": "vpce-1",
    "VpcEndpointIds": ["vpce-1"],
    "VpcEndpointType": "Interface",
    "InternetGatewayId": "igw-1",
    "NatGatewayId": "nat-1",
    "NetworkAclId": "acl-1",
    "RouteTableId": "rtb-1",
    "AllocationId": "eipalloc-1",
    "GatewayId": "igw-1",
    "Resources": ["vpc-1", "sg-1"],
    "ResourceName": ARN.format("rds", "db:dev"),
    "ResourceArns": [BALANCER],
    "ResourceARN": {
        "monitoring": ARN.format("cloudwatch", "alarm:dev"),
        "application-autoscaling": ARN.format("application-autoscaling", "scalable-target/0a"),
        "servicediscovery": ARN.format("servicediscovery", "namespace/ns-1"),
    },
    "resourceArn": {
        "ecs": ARN.format("ecs", "cluster/dev"),
        "ecr": ARN.format("ecr", "repository/dev"),
        "logs": ARN.format("logs", "log-group:/farflow/dev"),
    },
    "propagateTags": "TASK_DEFINITION",
    "FinalDBSnapshotIdentifier": "last",
    "SkipFinalSnapshot": False,
    **{f"{verb}RouteTableIds": ["rtb-1"] for verb in ("Add", "Remove")},
    **{f"{verb}SecurityGroupIds": ["sg-1"] for verb in ("Add", "Remove")},
    **{f"{verb}SubnetIds": ["subnet-1"] for verb in ("Add", "Remove")},
}
#: Where we do not ask as the reference has it, and why.
NOT_BY_THE_REFERENCE = {("ecs:ListTasks", "*"): "its resource is a container instance, which Fargate has not"}


@cache
def reference():
    """By the action: the resources that it knows as patterns, those that it needs marked, and its condition keys."""
    definition = json.loads((Path(parliament.__file__).parent / "iam_definition.json").read_text())
    found = {}
    for service in definition:
        arns = {each["resource"]: each["arn"] for each in service["resources"]}
        for each in service["privileges"]:
            kinds = [kind for kind in each["resource_types"] if kind["resource_type"]]
            patterns = [_pattern(arns[kind["resource_type"].rstrip("*")]) for kind in kinds]
            needed = any(kind["resource_type"].endswith("*") for kind in kinds)
            keys = {key.lower() for kind in each["resource_types"] for key in kind["condition_keys"]}
            found[f"{service['prefix']}:{each['privilege']}".lower()] = (patterns, needed, keys)
    return found


def _pattern(arn):
    parts = re.split(r"(\$\{\w+\})", arn)
    return re.compile("".join(".+" if part.startswith("$") else re.escape(part) for part in parts))


def sample(shape, name, service, depth=0):
    """A value of a member, or of a whole input: all that there is in it, but nothing within itself."""
    if name in VALUES:
        given = VALUES[name]
        return given.get(service, "x") if isinstance(given, dict) else given
    if shape.type_name == "structure":
        members = shape.members.items() if depth < 6 else ()
        return {member: sample(each, member, service, depth + 1) for member, each in members}
    if shape.type_name == "list":
        return [sample(shape.member, "", service, depth + 1)]
    if shape.type_name == "map":
        return {"farflow:environment": "dev"}
    plain = {"boolean": True, "integer": 1, "long": 1, "float": 1.0, "double": 1.0, "blob": b"x"}
    return plain.get(shape.type_name, "x")


def asked(service, operation, **given):
    """What IAM is asked for an operation with every member that it can have."""
    shape = _model(service).operation_model(operation).input_shape
    parameters = {**(sample(shape, "", service) if shape else {}), **given}
    return wanted(call_of(service, operation, parameters))


def call_of(service, operation, parameters):
    signed = f"AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/aws4_request"
    call = Call(service, operation, Request("POST", "/", "", {"authorization": signed}))
    call.__dict__["parameters"] = parameters  # which is where it would keep what it has read
    return call


@cache
def _model(service):
    return botocore.session.get_session().get_service_model(MODEL_NAMES.get(service, service))


ALL = [(service, operation) for service, (_unused, rows) in SERVICES.items() for operation in rows]


@pytest.mark.parametrize(("service", "operation"), ALL, ids=lambda each: each)
def test_aws_knows_what_is_asked_for(service, operation):
    """The action, the resource for it, and its keys."""
    requests = asked(service, operation)
    assert requests or (service, operation) in tables.FREE
    for request in requests:
        patterns, needed, keys = reference()[request.action.lower()]
        known = any(pattern.fullmatch(request.resource) for pattern in patterns)
        everywhere = request.resource == "*" and not needed
        assert known or everywhere or (request.action, request.resource) in NOT_BY_THE_REFERENCE, str(request)
        unknown = {_kind_of(key) for key in request.context} - {_kind_of(key) for key in keys}
        assert unknown == set(), str(request)


def _kind_of(key):
    return key.lower().partition("/")[0]


@pytest.fixture(scope="module")
def permissions():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("permissions")


def test_every_operation_that_the_collection_calls_has_a_row(permissions, monkeypatch):
    monkeypatch.setattr(permissions, "ACTIONS", {})
    operations = {prefix: set(rows) for prefix, rows in SERVICES.values()}
    missing = {
        f"{prefix} {operation}"
        for prefix, called in permissions.called().items()
        for operation in called - operations.get(prefix, set())
    }
    assert missing == set()


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=lambda each: each)
def test_every_operation_that_airflow_calls_asks_for_what_its_roles_are_tested_with(service, operation):
    left_out = dict.fromkeys(("VersionId", "Tagging", "SSEKMSKeyId"))
    found = {request.action for request in asked(service, operation, **left_out)}
    if operation == "GetObject":
        found.remove("s3:ListBucket")  # for an object that is not there
    assert found == OPERATIONS[service, operation]


def test_every_right_that_we_say_is_needed_is_asked_for(permissions):
    found = {request.action for service, operation in ALL for request in asked(service, operation)}
    found |= {request.action for service, operation in ALL for request in asked(service, operation, VersionId=None)}
    needed = {f"{prefix}:{action}" for prefix, actions in permissions.needed().items() for action in actions}
    assert needed - found - {"sts:GetCallerIdentity"} == set()


#: What rows ask for beside, which our calls do not need, and why.
NOT_NEEDED = {
    "kms:Encrypt": "said of keys of a user",
    "route53:AssociateVPCWithHostedZone": "our endpoint is a gateway",
    "s3:PutObjectTagging": "our objects have no tags",
}


def test_what_calls_need_beside_their_own_actions_is_on_our_page(permissions, monkeypatch):
    needed = {f"{prefix}:{action}" for prefix, actions in permissions.needed().items() for action in actions}
    monkeypatch.setattr(permissions, "ACTIONS", {})
    called = permissions.called()
    rows = [(service, each) for service, (prefix, _unused) in SERVICES.items() for each in called.get(prefix, ())]
    found = {request.action for row in rows for request in asked(*row, VersionId=None)}
    assert found - needed == set(NOT_NEEDED)


def test_actions_of_s3_are_named_as_our_pages_name_them(permissions):
    mine = {operation: [action] for operation, action in RENAMED.items()}
    assert {each: permissions.ACTIONS[each] for each in mine if each in permissions.ACTIONS} == {
        each: mine[each] for each in mine if each in permissions.ACTIONS
    }


def test_an_operation_without_a_row_is_an_error():
    with pytest.raises(NotImplementedError, match="ecs ExecuteCommand"):
        asked("ecs", "ExecuteCommand")
    with pytest.raises(NotImplementedError, match="lambda Invoke"):
        asked("lambda", "Invoke")


TAGGED = [{"Key": "farflow:environment", "Value": "dev"}]
KEYS = {"aws:RequestTag/farflow:environment": "dev", "aws:TagKeys": ["farflow:environment"]}
CLUSTER = ARN.format("ecs", "cluster/dev")
DB = ARN.format("rds", "db:dev")
EXAMPLES = {
    "a task is tagged and given its roles": (
        "ecs",
        "RunTask",
        {
            "cluster": CLUSTER,
            "taskDefinition": ARN.format("ecs", "task-definition/dev-plain:7"),
            "overrides": {"taskRoleArn": ROLE},
            "tags": [{"key": "farflow:environment", "value": "dev"}],
        },
        [
            ("ecs:RunTask", ARN.format("ecs", "task-definition/dev-plain:7"), {"ecs:cluster": CLUSTER, **KEYS}),
            ("ecs:TagResource", ARN.format("ecs", "task/dev/*"), {"ecs:CreateAction": "RunTask", **KEYS}),
            ("iam:PassRole", ROLE, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
        ],
    ),
    "without tags nothing is tagged": (
        "ecs",
        "CreateCluster",
        {"clusterName": "dev"},
        [("ecs:CreateCluster", CLUSTER, {})],
    ),
    "services are told by short names and by ARNs of both formats": (
        "ecs",
        "DescribeServices",
        {"cluster": "dev", "services": ["a", ARN.format("ecs", "service/dev/b"), ARN.format("ecs", "service/c")]},
        [
            ("ecs:DescribeServices", ARN.format("ecs", f"service/dev/{name}"), {"ecs:cluster": CLUSTER})
            for name in "abc"
        ],
    ),
    "tags are those of the new resource": (
        "ec2",
        "CreateSubnet",
        {"VpcId": "vpc-1", "TagSpecifications": [{"ResourceType": "subnet", "Tags": TAGGED}]},
        [
            ("ec2:CreateSubnet", ARN.format("ec2", "subnet/*"), KEYS),
            ("ec2:CreateSubnet", ARN.format("ec2", "vpc/vpc-1"), {}),
            ("ec2:CreateTags", ARN.format("ec2", "subnet/*"), {"ec2:CreateAction": "CreateSubnet", **KEYS}),
        ],
    ),
    "each object is asked for": (
        "s3",
        "DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "x/y"}, {"Key": "z", "VersionId": "1"}]}},
        [
            ("s3:DeleteObject", "arn:aws:s3:::b/x/y", {}),
            ("s3:DeleteObjectVersion", "arn:aws:s3:::b/z", {"s3:versionid": "1"}),
        ],
    ),
    "a list is of a beginning": (
        "s3",
        "ListObjectsV2",
        {"Bucket": "b", "Prefix": "logs/"},
        [("s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": "logs/"})],
    ),
    "a last snapshot is made": (
        "rds",
        "DeleteDBInstance",
        {"DBInstanceIdentifier": "dev", "FinalDBSnapshotIdentifier": "last"},
        [
            ("rds:DeleteDBInstance", DB, {}),
            ("rds:CreateDBSnapshot", DB, {}),
            ("rds:CreateDBSnapshot", ARN.format("rds", "snapshot:last"), {}),
        ],
    ),
    "a group of a service is named with what follows": (
        "logs",
        "PutRetentionPolicy",
        {"logGroupName": "/farflow/dev", "retentionInDays": 7},
        [("logs:PutRetentionPolicy", ARN.format("logs", "log-group:/farflow/dev:log-stream:"), {})],
    ),
    "a queue is named by its address": (
        "sqs",
        "ReceiveMessage",
        {"QueueUrl": "http://127.0.0.1:4566/123456789012/dev-celery"},
        [("sqs:ReceiveMessage", ARN.format("sqs", "dev-celery"), {})],
    ),
    "a key of a customer is used": (
        "secretsmanager",
        "CreateSecret",
        {"Name": "farflow/dev/x", "KmsKeyId": "alias/ours"},
        [
            (
                "secretsmanager:CreateSecret",
                ARN.format("secretsmanager", "secret:farflow/dev/x-??????"),
                {"secretsmanager:Name": "farflow/dev/x", "secretsmanager:KmsKeyId": "alias/ours"},
            ),
            *(
                (
                    f"kms:{action}",
                    ARN.format("kms", "alias/ours"),
                    {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"},
                )
                for action in ("GenerateDataKey", "Decrypt")
            ),
        ],
    ),
    "that of AWS is everybody's": (
        "secretsmanager",
        "CreateSecret",
        {"Name": "x", "KmsKeyId": "alias/aws/secretsmanager"},
        [
            (
                "secretsmanager:CreateSecret",
                ARN.format("secretsmanager", "secret:x-??????"),
                {"secretsmanager:Name": "x", "secretsmanager:KmsKeyId": "alias/aws/secretsmanager"},
            )
        ],
    ),
    "what names no resource is asked for on all": (
        "ecs",
        "DeleteTaskDefinitions",
        {"taskDefinitions": []},
        [("ecs:DeleteTaskDefinitions", "*", {})],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name):
    service, operation, parameters, expected = EXAMPLES[name]
    requests = wanted(call_of(service, operation, parameters))
    found = [(each.action, each.resource, dict(each.context)) for each in requests]
    assert found == expected
