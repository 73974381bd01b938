# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""On what a deployer acts: ARNs of the environment's own names, and conditions where AWS gives ids instead of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...engine.tags import ENVIRONMENT
from ...images import references
from ...lock import claim
from .. import images, names
from ..arns import Account

Inputs = Mapping[str, Any]
Arns = Callable[[Inputs, Account], list[str]]
Condition = Callable[[Inputs, Account], Mapping[str, Mapping[str, Any]]]

#: What a resource says of itself, and what a request says of what it makes.
OWN_TAG, GIVEN_TAG = f"aws:ResourceTag/{ENVIRONMENT}", f"aws:RequestTag/{ENVIRONMENT}"


def every(inputs: Inputs, where: Account) -> list[str]:
    return ["*"]


def parts(*types: str) -> Arns:
    """All of these types of EC2: AWS gives them ids, so that a condition has to tell whose they are."""
    return lambda inputs, where: [where.arn("ec2", f"{each}/*") for each in types]


def _of(service: str, *resources: Callable[[Inputs], str]) -> Arns:
    return lambda inputs, where: [where.arn(service, each(inputs)) for each in resources]


cluster = _of("ecs", lambda inputs: f"cluster/{names.cluster(inputs)}")
#: A look describes all clusters whose names begin alike, to see which of them are the environment's.
clusters_begun_alike = _of(
    "ecs", lambda inputs: f"cluster/{names.cluster(inputs)}", lambda inputs: f"cluster/{names.cluster(inputs)}-*"
)
services = _of(
    "ecs",
    lambda inputs: f"service/{names.cluster(inputs)}/*",
    lambda inputs: f"service-revision/{names.cluster(inputs)}/*",
)
tasks = _of("ecs", lambda inputs: f"task/{names.cluster(inputs)}/*")
task_definitions = _of("ecs", lambda inputs: f"task-definition/{names.environment(inputs)}-*:*")
component_definitions = _of("ecs", lambda inputs: f"task-definition/{names.component_family(inputs, '*')}:*")
repositories = _of(
    "ecr",
    lambda inputs: f"repository/{names.task_repository(inputs)}",
    lambda inputs: f"repository/{names.airflow_repository(inputs)}",
)


def given_repositories(inputs: Inputs, where: Account) -> list[str]:
    """The repositories of images that others have built, where this region's ECR is asked for them."""
    given = [*inputs["dag_tasks_images"].values(), inputs["airflow_service_image"]]
    ecr = images.ecr(inputs)
    asked = [one for one in map(references.parse, filter(None, given)) if one.account(ecr) is not None]
    return sorted({str(one.arn(ecr, where.id, where.partition)) for one in asked})


log_groups = _of("logs", lambda inputs: f"log-group:/farflow/{names.environment(inputs)}/*")
queues = _of("sqs", names.queue, lambda inputs: names.queue(inputs, "*"))
secrets = _of("secretsmanager", lambda inputs: f"secret:{names.secret(inputs, '*')}")
command_secrets = _of("secretsmanager", lambda inputs: f"secret:{names.secret(inputs, 'commands/*')}")
any_secret = _of("secretsmanager", lambda inputs: "secret:*")
project = _of("codebuild", lambda inputs: f"project/{names.image_builder(inputs)}")
#: Application Auto Scaling makes alarms of its own for target tracking, by this name, and in the caller's name.
alarms = _of(
    "cloudwatch",
    lambda inputs: f"alarm:{names.alarm(inputs, '*')}",
    lambda inputs: f"alarm:TargetTracking-service/{names.cluster(inputs)}/*",
)
scalable_targets = _of("application-autoscaling", lambda inputs: "scalable-target/*")
lock = _of("ssm", lambda inputs: f"parameter{claim.parameter(names.environment(inputs))}")
file_systems = _of("elasticfilesystem", lambda inputs: "file-system/*", lambda inputs: "access-point/*")
private_names = _of("servicediscovery", lambda inputs: "namespace/*", lambda inputs: "service/*")
load_balancers = _of(
    "elasticloadbalancing",
    lambda inputs: f"loadbalancer/net/{names.load_balancer(inputs)}/*",
    lambda inputs: f"listener/net/{names.load_balancer(inputs)}/*",
    lambda inputs: f"targetgroup/{names.target_group(inputs)}/*",
)
databases = _of(
    "rds",
    lambda inputs: f"db:{names.database(inputs)}",
    lambda inputs: f"subgrp:{names.database(inputs)}",
    lambda inputs: f"pg:{names.database(inputs)}-*",
    lambda inputs: f"snapshot:{names.database(inputs)}-*",
)
#: AWS's own, which each engine has; a database uses it where nobody names another.
option_groups = _of("rds", lambda inputs: "og:default:postgres*")


def zones(inputs: Inputs, where: Account) -> list[str]:
    """Hosted zones, to which Route 53 gives ids."""
    return [f"arn:{where.partition}:route53:::hostedzone/*"]


def named_snapshot(inputs: Inputs, where: Account) -> list[str]:
    """The snapshot that the variables name, whatever its name is."""
    return [where.arn("rds", f"snapshot:{name}")] if (name := inputs["rds_snapshot_identifier"]) else []


def roles(inputs: Inputs, where: Account) -> list[str]:
    return [where.global_arn("iam", f"role{names.role_path(inputs)}*")]


def gone_roles(inputs: Inputs, where: Account) -> list[str]:
    """Roles that are no longer there, by what is known of them: their names."""
    return [where.global_arn("iam", f"role/{names.environment(inputs)}-*")]


def identities(inputs: Inputs, where: Account) -> list[str]:
    """All users and roles."""
    return [where.global_arn("iam", f"{kind}/*") for kind in ("role", "user")]


def service_linked_roles(inputs: Inputs, where: Account) -> list[str]:
    return [where.global_arn("iam", f"role/aws-service-role/{each}/*") for each in LINKED]


def buckets(inputs: Inputs, where: Account) -> list[str]:
    return [where.bucket(names.log_bucket(inputs, where.id)), where.bucket(names.context_bucket(inputs, where.id))]


def objects(inputs: Inputs, where: Account) -> list[str]:
    return [f"{bucket}/*" for bucket in buckets(inputs, where)]


def dag_versions(inputs: Inputs, where: Account) -> list[str]:
    return [f"{where.bucket(names.log_bucket(inputs, where.id))}/dags/*"]


def contexts(inputs: Inputs, where: Account) -> list[str]:
    return [f"{where.bucket(names.context_bucket(inputs, where.id))}/*"]


def named_policies(inputs: Inputs, where: Account) -> list[str]:
    """Managed policies that the variables name."""
    boundary = inputs["farflow_permissions_boundary_arn"]
    return [*([boundary] if boundary else []), *inputs["airflow_service_managed_policy_arns"]]


def certificate(service: str) -> Arns:
    """The certificate that the variables name, if that service keeps it."""

    def arns(inputs: Inputs, where: Account) -> list[str]:
        named = inputs["airflow_service_certificate_arn"]
        return [named] if named.split(":")[2:3] == [service] else []

    return arns


def named_keys(inputs: Inputs, where: Account) -> list[str]:
    """KMS keys that the variables name."""
    return [*database_key(inputs, where), *inputs["farflow_secret_kms_key_arns"]]


def database_key(inputs: Inputs, where: Account) -> list[str]:
    return [inputs["rds_kms_key_id"]] if inputs["rds_kms_key_id"] else []


#: The services that make a role of their own once in an account, when they are first used.
LINKED = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticfilesystem.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
)


def own(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    """What carries the environment's tag."""
    return {"StringEquals": {OWN_TAG: names.environment(inputs)}}


def tagged_when_made(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    """What gets the environment's tag by the call that makes it."""
    return {"StringEquals": {GIVEN_TAG: names.environment(inputs)}}


def no_environments(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    """What has no tag of any environment."""
    return {"Null": {OWN_TAG: "true"}}


def in_region(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:RequestedRegion": where.region}}


def in_cluster(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    return {"ArnEquals": {"ecs:cluster": where.arn("ecs", f"cluster/{names.cluster(inputs)}")}}


def bounded(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    """With the boundary that the variables name, if they name one."""
    boundary = inputs["farflow_permissions_boundary_arn"]
    return {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else {}


def passed_to(*services: str) -> Condition:
    return lambda inputs, where: {"StringEquals": {"iam:PassedToService": list(services)}}


def linked(inputs: Inputs, where: Account) -> dict[str, dict[str, list[str]]]:
    return {"StringEquals": {"iam:AWSServiceName": list(LINKED)}}


def by_the_database(inputs: Inputs, where: Account) -> dict[str, dict[str, str]]:
    suffix = "amazonaws.com.cn" if where.partition == "aws-cn" else "amazonaws.com"
    return {"StringEquals": {"kms:ViaService": f"rds.{where.region}.{suffix}"}}
