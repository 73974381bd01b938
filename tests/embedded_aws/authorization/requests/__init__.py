"""What IAM is asked for each call: actions on resources, with keys of the request's context. A file for each service.

An operation without a row is an error, never a silent permission. Names of actions, their resources and their keys are
those of the service authorization reference; what an operation needs besides its own action is said where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...parsed import Call
from ..evaluation import Request
from . import (
    acm,
    application_autoscaling,
    cloudwatch,
    codebuild,
    ec2,
    ecr,
    ecs,
    efs,
    elbv2,
    iam,
    kms,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
    service_quotas,
    servicediscovery,
    sqs,
    ssm,
    sts,
    tagging,
)
from .asked import Asked

#: By the signing name: IAM's prefix of the service, and its rows.
SERVICES: dict[str, tuple[str, Mapping[str, Callable[[Asked], list[Request]]]]] = {
    "acm": ("acm", acm.ROWS),
    "application-autoscaling": ("application-autoscaling", application_autoscaling.ROWS),
    "codebuild": ("codebuild", codebuild.ROWS),
    "ec2": ("ec2", ec2.ROWS),
    "ecr": ("ecr", ecr.ROWS),
    "ecs": ("ecs", ecs.ROWS),
    "elasticfilesystem": ("elasticfilesystem", efs.ROWS),
    "elasticloadbalancing": ("elasticloadbalancing", elbv2.ROWS),
    "iam": ("iam", iam.ROWS),
    "kms": ("kms", kms.ROWS),
    "logs": ("logs", logs.ROWS),
    "monitoring": ("cloudwatch", cloudwatch.ROWS),
    "rds": ("rds", rds.ROWS),
    "route53": ("route53", route53.ROWS),
    "s3": ("s3", s3.ROWS),
    "secretsmanager": ("secretsmanager", secretsmanager.ROWS),
    "servicediscovery": ("servicediscovery", servicediscovery.ROWS),
    "servicequotas": ("servicequotas", service_quotas.ROWS),
    "sqs": ("sqs", sqs.ROWS),
    "ssm": ("ssm", ssm.ROWS),
    "sts": ("sts", sts.ROWS),
    "tagging": ("tag", tagging.ROWS),
}


#: What nobody needs a right for.
FREE = {("sts", "GetCallerIdentity")}


def wanted(call: Call) -> list[Request]:
    """All that has to be allowed for a call; nothing for what everybody may do.

    Raises: NotImplementedError for an operation without a row.
    """
    prefix, rows = SERVICES.get(call.service, ("", {}))
    if call.operation not in rows:
        raise NotImplementedError(f"there is no row that says what {call.service} {call.operation} needs")
    asked = Asked(prefix, call.operation, call.parameters, call.region)
    if (call.service, call.operation) in FREE:
        return []
    # what names no resource is refused by the service itself, but only to who may ask for any
    return rows[call.operation](asked) or asked.on("*")
