"""Recorded calls as the requests that IAM decides on: an action on a resource, with keys of the request's context.

Names of actions are those of scripts/permissions.py. Of the resources that a call names an action is decided on those
that it knows by the service authorization reference, as parliament has it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from unittest.mock import patch

import parliament

from tests.embedded_aws.authorization.evaluation import Request
from tests.embedded_aws.settings import ACCOUNT_ID, REGION
from tests.stack.playbooks import ROOT

Call = Mapping[str, Any]
Tags = Mapping[str, str]
#: The ARN of a resource, and keys of the request's context.
On = tuple[str, Mapping[str, Any]]

with patch("sys.path", [str(ROOT / "scripts"), *importlib.sys.path]):
    permissions = importlib.import_module("permissions")


#: Of EC2's ids.
_TYPES = {
    "acl": "network-acl",
    "eipalloc": "elastic-ip",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}

#: By IAM's name of the service: by the member of a call the beginning of the resource that it names.
_NAMED = {
    "cloudwatch": {"AlarmName": "alarm:", "AlarmNames": "alarm:", "AlarmNamePrefix": "alarm:"},
    "codebuild": {"name": "project/", "names": "project/", "projectName": "project/"},
    "ecr": {"repositoryName": "repository/", "repositoryNames": "repository/"},
    "logs": {"logGroupName": "log-group:"},
    "rds": {
        "DBInstanceIdentifier": "db:",
        "DBSubnetGroupName": "subgrp:",
        "DBParameterGroupName": "pg:",
        "DBSnapshotIdentifier": "snapshot:",
        "FinalDBSnapshotIdentifier": "snapshot:",
    },
    "secretsmanager": {"SecretId": "secret:", "Name": "secret:"},
    "sqs": {"QueueName": "", "QueueUrl": ""},
    "ssm": {"Name": "parameter"},
}

#: What a list of all is decided on, where AWS does not take it for ``*``.
_ALL = {
    "cloudwatch:DescribeAlarms": "alarm:*",
    "ecr:DescribeRepositories": "repository/*",
    "rds:DescribeDBInstances": "db:*",
    "rds:DescribeDBParameterGroups": "pg:*",
    "rds:DescribeDBSnapshots": "snapshot:*",
    "rds:DescribeDBSubnetGroups": "subgrp:*",
}

#: The action that gives tags, where a call that makes something gives them.
_TAGGING = {
    "application-autoscaling": "TagResource",
    "ec2": "CreateTags",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "elasticfilesystem": "TagResource",
    "elasticloadbalancing": "AddTags",
    "iam": "TagRole",
    "logs": "TagResource",
    "rds": "AddTagsToResource",
    "secretsmanager": "TagResource",
    "servicediscovery": "TagResource",
    "sqs": "TagQueue",
}

#: What services call in the caller's name. Sources: "Permissions" of CreateMountTarget and its like in EFS's API
#: reference; "AWS Cloud Map API permissions" in its guide; "Deleting a DB instance" in RDS's guide.
_BESIDE = {
    "elasticfilesystem:CreateMountTarget": ("ec2:CreateNetworkInterface", "ec2:DescribeSubnets"),
    "elasticfilesystem:DeleteMountTarget": ("ec2:DeleteNetworkInterface",),
    "elasticfilesystem:DescribeMountTargetSecurityGroups": ("ec2:DescribeNetworkInterfaceAttribute",),
    "servicediscovery:CreatePrivateDnsNamespace": ("route53:CreateHostedZone", "route53:ListHostedZonesByName"),
    "servicediscovery:DeleteNamespace": ("route53:DeleteHostedZone",),
}


def arn(service: str, resource: str) -> str:
    if resource.startswith("arn:"):
        return resource
    region = "" if service == "iam" else REGION
    return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


def requests_of(calls: Mapping[str, list[Call]]) -> dict[str, list[Request]]:
    """By the door each request that its calls are, once."""
    requests = Requests()
    for call in (call for some in calls.values() for call in some):
        requests.remember(call)
    return {door: _once(request for call in some for request in requests.of(call)) for door, some in calls.items()}


def _once(requests: Iterable[Request]) -> list[Request]:
    return list({str((each.action, each.resource, each.context)): each for each in requests}.values())


class Requests:
    """The requests of one call after another. What earlier ones have made is known: roles, their paths, the roles of
    task definitions, the tags of scalable targets.
    """

    def __init__(self) -> None:
        self._role_paths: dict[str, str] = {}
        self._boundaries: dict[str, str] = {}
        self._passed: dict[str, list[str]] = {}
        self._scaled: dict[str, Tags] = {}
        self._tags: dict[str, Tags] = {}

    def of(self, call: Call) -> list[Request]:
        """All that have to be allowed for a call. None for what everybody may call."""
        self.remember(call)
        prefix = permissions.PREFIXES.get(call["service"], call["service"])
        names = permissions.ACTIONS.get(call["operation"]) if prefix == "s3" else None
        if (prefix, call["operation"]) == ("sts", "GetCallerIdentity"):
            return []
        found = [one for name in names or [call["operation"]] for one in self._action(f"{prefix}:{name}", call)]
        return [self._with_region(one) for one in (*found, *self._more(prefix, call))]

    def _with_region(self, one: Request) -> Request:
        return Request(one.action, one.resource, {"aws:RequestedRegion": REGION, **one.context})

    def remember(self, call: Call) -> None:
        arguments = call["arguments"]
        self._tags.update(call["tags"])
        if call["operation"] == "CreateRole":
            self._role_paths[arguments["RoleName"]] = arguments["Path"]
            self._boundaries[arguments["RoleName"]] = arguments.get("PermissionsBoundary", "")
        elif call["operation"] == "RegisterTaskDefinition":
            roles = [arguments.get(member) for member in ("taskRoleArn", "executionRoleArn")]
            self._passed[arguments["family"]] = [role for role in roles if role]
        elif call["operation"] == "RegisterScalableTarget" and arguments.get("Tags"):
            self._scaled[arguments["ResourceId"]] = arguments["Tags"]

    def _action(self, action: str, call: Call) -> Iterator[Request]:
        allowed = _resource_types(action)
        for type_, resource, context in self._resources(action, call):
            if type_ in allowed or not allowed:
                yield Request(action, resource, {**_request_tags(call, type_), **context})

    def _resources(self, action: str, call: Call) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Type, ARN and context of each resource of a call."""
        prefix, arguments = action.partition(":")[0], call["arguments"]
        if not _resource_types(action):
            context = {"ecs:cluster": arn("ecs", f"cluster/{arguments['cluster']}")} if "cluster" in arguments else {}
            yield "", "*", context
            return
        found: list[On] = list(getattr(self, f"_of_{prefix.replace('-', '_')}", self._of_names)(action, call))
        if not found and action in _ALL:
            found = [(arn(prefix, _ALL[action]), {})]
        assert found, (action, arguments)
        for resource, context in found:
            yield _type_of(resource), resource, context

    def _of_names(self, action: str, call: Call) -> Iterator[On]:
        prefix, arguments = action.partition(":")[0], call["arguments"]
        for member, value in arguments.items():
            texts = value if isinstance(value, list) else [value]
            given = _NAMED.get(prefix, {}).get(member)
            for text in texts if given is not None else ():
                name = str(text).rpartition("/")[2] if member == "QueueUrl" else str(text)
                name = f"{name}-a1b2c3" if prefix == "secretsmanager" and not name.startswith("arn:") else name
                name = f"{name}*" if member == "AlarmNamePrefix" else name
                name = f"{name}:log-stream:{arguments['logStreamName']}" if "logStreamName" in arguments else name
                yield name if name.startswith("arn:") else arn(prefix, f"{given}{name}"), {}
            for text in texts:
                if isinstance(text, str) and text.startswith(f"arn:aws:{prefix}:") and given is None:
                    yield arn(prefix, text), {}
        if action == "rds:RestoreDBInstanceFromDBSnapshot":
            yield arn("rds", "og:default:postgres-17"), {}

    def _of_ec2(self, action: str, call: Call) -> Iterator[On]:
        group = call["arguments"].get("GroupId")
        for id_, tags in call["tags"].items():
            kind = _TYPES.get(id_.rpartition("-")[0])
            # A rule names other groups, which nobody decides on.
            if kind and not (kind == "security-group" and group and id_ != group):
                yield arn("ec2", f"{kind}/{id_}"), _resource_tags(tags)
        for kind, tags in _specified(call):
            yield arn("ec2", f"{kind}/new"), {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        if action == "ec2:DescribeVpcAttribute":
            yield arn("ec2", f"vpc/{call['arguments']['VpcId']}"), {}

    def _of_ecs(self, action: str, call: Call) -> Iterator[On]:
        arguments = call["arguments"]
        cluster = arguments.get("cluster") or arguments.get("clusterName")
        context = {"ecs:cluster": arn("ecs", f"cluster/{cluster}")}
        services = [*arguments.get("services", []), *(arguments.get(each) for each in ("service", "serviceName"))]
        for name in (each for each in services if each):
            yield arn("ecs", f"service/{cluster}/{name.rpartition('/')[2]}"), context
        for name in [*arguments.get("tasks", []), *([arguments["task"]] if "task" in arguments else [])]:
            yield arn("ecs", f"task/{cluster}/{name.rpartition('/')[2]}"), context
        if action == "ecs:ListTasks":
            yield "*", context
        elif action in ("ecs:RegisterTaskDefinition", "ecs:RunTask"):
            family = (arguments.get("family") or arguments["taskDefinition"]).rpartition("/")[2].partition(":")[0]
            yield arn("ecs", f"task-definition/{family}:1"), context
        else:
            for name in [*arguments.get("clusters", []), *([cluster] if cluster and not any(services) else [])]:
                yield arn("ecs", f"cluster/{name}"), context
        lists = ("taskDefinitions", "serviceRevisionArns")
        for text in [arguments.get("resourceArn"), *(each for some in lists for each in arguments.get(some, []))]:
            if text:
                yield text, context

    def _of_elasticfilesystem(self, action: str, call: Call) -> Iterator[On]:
        for id_, tags in call["tags"].items():
            kind = "access-point" if id_.startswith("fsap-") else "file-system"
            yield arn("elasticfilesystem", f"{kind}/{id_}"), _resource_tags(tags)
        if not call["tags"]:
            yield arn("elasticfilesystem", "file-system/*"), {}

    def _of_servicediscovery(self, action: str, call: Call) -> Iterator[On]:
        for tags in call["tags"].values():
            yield tags["arn"], _resource_tags(tags)
        if action == "servicediscovery:CreateService":
            yield arn("servicediscovery", "service/new"), {}

    def _of_route53(self, action: str, call: Call) -> Iterator[On]:
        yield f"arn:aws:route53:::hostedzone/{call['arguments'].get('Id', 'made')}", {}

    def _of_s3(self, action: str, call: Call) -> Iterator[On]:
        arguments = call["arguments"]
        bucket = f"arn:aws:s3:::{arguments['Bucket']}"
        keys = [each["Key"] for each in arguments.get("Delete", {}).get("Objects", [])]
        for key in [*keys, *([arguments["Key"]] if "Key" in arguments else [])]:
            yield f"{bucket}/{key}", {}
        if "Key" not in arguments and not keys:
            yield bucket, {}

    def _of_iam(self, action: str, call: Call) -> Iterator[On]:
        arguments = call["arguments"]
        if "RoleName" in arguments:
            path = self._role_paths.get(arguments["RoleName"], "/")
            # That of the role, but for the call that gives one.
            boundary = arguments.get("PermissionsBoundary") or self._boundaries.get(arguments["RoleName"])
            given = {"iam:PermissionsBoundary": boundary} if boundary else {}
            yield arn("iam", f"role{path}{arguments['RoleName']}"), given
        elif "PolicyArn" in arguments:
            yield arguments["PolicyArn"], {}

    def _of_application_autoscaling(self, action: str, call: Call) -> Iterator[On]:
        arguments = call["arguments"]
        known = self._scaled.get(arguments.get("ResourceId", ""), next(iter(self._scaled.values()), {}))
        target = arguments.get("ResourceARN") or arn("application-autoscaling", "scalable-target/0f")
        namespace = {"application-autoscaling:service-namespace": arguments.get("ServiceNamespace", "ecs")}
        # One that is registered with tags is not there yet.
        yield target, {**({} if arguments.get("Tags") else _resource_tags(known)), **namespace}

    def _more(self, prefix: str, call: Call) -> Iterator[Request]:
        """What is needed beside the action of the operation's name."""
        operation, arguments = call["operation"], call["arguments"]
        action = f"{prefix}:{operation}"
        for beside in _BESIDE.get(action, ()):
            yield from self._beside(beside, call)
        if action in ("ecs:RegisterTaskDefinition", "ecs:RunTask"):
            family = (arguments.get("family") or arguments["taskDefinition"]).rpartition("/")[2].partition(":")[0]
            for role in self._passed[family]:
                yield Request("iam:PassRole", role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"})
        if action == "codebuild:CreateProject":
            yield Request("iam:PassRole", arguments["serviceRole"], {"iam:PassedToService": "codebuild.amazonaws.com"})
        if action == "ecs:RunTask":
            yield Request(
                "ecs:TagResource", arn("ecs", f"task/{arguments['cluster']}/new"), {"ecs:CreateAction": "RunTask"}
            )
        if action == "rds:DeleteDBInstance" and "FinalDBSnapshotIdentifier" in arguments:
            for name in (
                f"db:{arguments['DBInstanceIdentifier']}",
                f"snapshot:{arguments['FinalDBSnapshotIdentifier']}",
            ):
                yield Request("rds:CreateDBSnapshot", arn("rds", name), {})
        if action == "s3:HeadObject":
            yield Request("s3:ListBucket", f"arn:aws:s3:::{arguments['Bucket']}", {})
        if operation.startswith(("Create", "Register")) and prefix in _TAGGING:
            yield from self._tagging(prefix, call)

    def _beside(self, action: str, call: Call) -> Iterator[Request]:
        if action == "ec2:CreateNetworkInterface":
            yield Request(action, arn("ec2", "network-interface/new"), {})
            for id_ in [call["arguments"]["SubnetId"], *call["arguments"].get("SecurityGroups", [])]:
                kind = _TYPES[id_.rpartition("-")[0]]
                yield Request(action, arn("ec2", f"{kind}/{id_}"), _resource_tags(self._tags[id_]))
        elif action == "ec2:DeleteNetworkInterface":
            yield Request(action, arn("ec2", "network-interface/eni-1"), {})
        elif action.startswith("route53:") and _resource_types(action):
            yield Request(action, "arn:aws:route53:::hostedzone/made", {})
        else:
            yield Request(action, "*", {})

    def _tagging(self, prefix: str, call: Call) -> Iterator[Request]:
        action = f"{prefix}:{_TAGGING[prefix]}"
        if prefix == "ec2":
            for kind, tags in _specified(call):
                context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
                yield Request(action, arn("ec2", f"{kind}/new"), {**context, "ec2:CreateAction": call["operation"]})
            return
        given = _request_tags(call, "")
        if not given:
            return
        if prefix == "elasticfilesystem":
            kind = "access-point" if call["operation"] == "CreateAccessPoint" else "file-system"
            yield Request(action, arn(prefix, f"{kind}/new"), given)
        elif prefix == "servicediscovery":
            yield Request(action, "*", given)
        elif call["operation"] == "CreateListener":
            balancer = arn(prefix, call["arguments"]["LoadBalancerArn"])
            yield Request(action, balancer.replace(":loadbalancer/", ":listener/") + "/new", given)
        else:
            made = self._made(prefix, call)
            yield Request(action, made, given)

    def _made(self, prefix: str, call: Call) -> str:
        arguments = call["arguments"]
        names = {
            "CreateLoadBalancer": lambda: f"loadbalancer/net/{arguments['Name']}/new",
            "CreateTargetGroup": lambda: f"targetgroup/{arguments['Name']}/new",
            "CreateDBInstance": lambda: f"db:{arguments['DBInstanceIdentifier']}",
            "CreateDBSubnetGroup": lambda: f"subgrp:{arguments['DBSubnetGroupName']}",
        }
        if call["operation"] in names:
            return arn(prefix, names[call["operation"]]())
        return next(resource for _type, resource, _context in self._resources(f"{prefix}:{call['operation']}", call))

    def _of_elasticloadbalancing(self, action: str, call: Call) -> Iterator[On]:
        if call["operation"] in ("CreateLoadBalancer", "CreateTargetGroup"):
            yield self._made("elasticloadbalancing", call), {}
            return
        arguments = call["arguments"]
        for member in ("LoadBalancerArn", "ListenerArn", "TargetGroupArn", "ResourceArns"):
            for text in [arguments[member]] if isinstance(arguments.get(member), str) else arguments.get(member, []):
                yield arn("elasticloadbalancing", text), {}


def _resource_tags(tags: Tags) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items() if key != "arn"}


def _specified(call: Call) -> Iterator[tuple[str, Tags]]:
    """The type of what a call of EC2 makes, and the tags that it gets."""
    for each in call["arguments"].get("TagSpecifications", []):
        yield each["ResourceType"], {tag["Key"]: tag["Value"] for tag in each["Tags"]}


def _request_tags(call: Call, type_: str) -> dict[str, str]:
    given = call["arguments"].get("Tags") or call["arguments"].get("tags") or []
    if call["service"] == "ec2" and "TagSpecifications" in call["arguments"]:
        return {}
    if isinstance(given, Mapping):
        return {f"aws:RequestTag/{key}": value for key, value in given.items()}
    pairs = [(tag.get("Key") or tag.get("key"), tag.get("Value", tag.get("value"))) for tag in given]
    return {f"aws:RequestTag/{key}": value for key, value in pairs}


@cache
def _services() -> Mapping[str, Any]:
    return {service["prefix"]: service for service in parliament.iam_definition}


@cache
def _resource_types(action: str) -> frozenset[str]:
    """Those that AWS knows for an action."""
    prefix, name = action.split(":")
    found = [each for each in _services()[prefix]["privileges"] if each["privilege"] == name]
    assert found, f"AWS knows no action {action}"
    return frozenset(each["resource_type"].rstrip("*") for each in found[0]["resource_types"] if each["resource_type"])


def _type_of(resource: str) -> str:
    """The type of a resource in the service authorization reference, by its ARN."""
    if resource == "*":
        return "container-instance"
    prefix, rest = resource.split(":")[2], resource.split(":", 5)[5]
    first = rest.replace(":", "/").split("/")[0]
    if prefix == "s3":
        return "object" if "/" in rest else "bucket"
    if prefix == "elasticloadbalancing" and first != "targetgroup":
        return "/".join(rest.split("/")[:2]) + ("/" if first == "loadbalancer" else "")
    if prefix == "logs":
        return "log-stream" if ":log-stream:" in rest else "log-group"
    special = {"secretsmanager": "Secret", "sqs": "queue", "application-autoscaling": "ScalableTarget"}
    return special.get(prefix, first)
