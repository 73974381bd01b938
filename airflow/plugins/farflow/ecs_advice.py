# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why a task stopped, and what cures it.

Sources: "Stopped task error codes", "CannotPullContainerError" and "ResourceInitializationError" in the developer
guide of Amazon ECS. The first row that matches the words of AWS wins, so the special ones stand first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_CURES: tuple[tuple[str, str], ...] = (
    (
        r"CannotStart|CannotCreate|executable file not found|exec:.*no such file",
        "the container can't start: check command, entry_point, working_directory and user against the image",
    ),
    (
        r"CannotPull.*(denied|unauthorized|forbidden|\b403\b|no basic auth)|not authorized.*ecr:GetAuthorizationToken",
        "the execution role may not pull, or there is no such repository: it needs ecr:GetAuthorizationToken, "
        "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository",
    ),
    (
        r"CannotPull.*(not found|does not exist|manifest unknown|repository .* not)",
        "the image is not in the registry: build and push it, and compare the digest in the task definition",
    ),
    (
        r"CannotPull.*(toomanyrequests|rate limit|\b429\b)",
        "the registry limits anonymous pulls: copy the image to ECR, or give repository_credentials",
    ),
    (
        r"CannotPull.*(timeout|i/o|deadline|connect|reset|no route|lookup)",
        "the registry can't be reached: the subnets need a NAT gateway (or VPC endpoints for ecr.api, ecr.dkr and S3), "
        "and the security group must allow port 443 outwards",
    ),
    (
        r"CannotPull.*(no space|disk)",
        "the image does not fit: make it smaller, or raise ephemeral_storage size_in_gib",
    ),
    (
        r"CannotPull.*(platform|architecture)|exec format error",
        "the image was built for another CPU: build it for runtime_platform cpu_architecture, or change that",
    ),
    (r"CannotPull", "the image can't be pulled: check its name, the execution role and the way to the registry"),
    (
        r"ResourceInitializationError.*(logger|log group|CreateLogStream|awslogs)",
        "the log driver can't start: the log group must exist, and the execution role needs logs:CreateLogStream and "
        "logs:PutLogEvents on it",
    ),
    (
        r"ResourceInitializationError.*not authorized.*ssm:GetParameters",
        "the execution role may not read a parameter: it needs ssm:GetParameters on that ARN, and kms:Decrypt for a "
        "key of your own",
    ),
    (
        r"ResourceInitializationError.*(AccessDenied|not authorized).*|(AccessDenied|not authorized).*GetSecretValue",
        "the execution role may not read a secret: it needs secretsmanager:GetSecretValue on that ARN, and kms:Decrypt "
        "for a key of your own, which farflow_secret_kms_key_arns grants",
    ),
    (
        r"ResourceInitializationError.*(secret|ssm|asm).*(not find|not found|NotFound|InvalidRequest|json key)",
        "a secret does not exist, is pending deletion, or does not have that JSON key: check value_from",
    ),
    (
        r"ResourceInitializationError.*(secret|ssm|asm|registry auth|deadline|timeout|i/o)",
        "Secrets Manager or ECR can't be reached: the subnets need a NAT gateway or VPC endpoints, and the security "
        "group must allow port 443 outwards",
    ),
    (
        r"ResourceInitializationError.*(efs|mount|EFS)",
        "the EFS volume can't be mounted: each subnet's zone needs a mount target, its security group must allow port "
        "2049 from the task, and with IAM the task role needs elasticfilesystem:ClientMount",
    ),
    (
        r"ResourceInitializationError|TaskFailedToStart.*Initialization",
        "Fargate could not prepare the task: check subnets, security groups, execution role and secrets",
    ),
    (
        r"OutOfMemory|\bOOM|memory usage",
        "the container used more memory than it has: raise memory of the task, or make the program need less",
    ),
    (
        r"Spot|SpotInterruption",
        "AWS took the Spot capacity back: run again, or give FARGATE a base or weight in capacity_provider_strategy",
    ),
    (
        r"Capacity is unavailable|RESOURCE:|capacity.*(unavailable|insufficient)",
        "Fargate has no capacity of that size there now: try again later, allow more availability zones, or take "
        "another size, architecture or capacity provider",
    ),
    (
        r"(quota|limit).*(vCPU|task|exceeded|reached)|You.ve reached the limit",
        "the account's Fargate quota is used up: ask AWS for more vCPUs, or stop other tasks",
    ),
    (
        r"failed container health checks|container.*unhealthy|HealthCheck",
        "the container's own health check fails: run its command in the container, and check start_period and timeout",
    ),
    (
        r"(failed|unhealthy).*(ELB|target group|target-group|health checks)",
        "the load balancer's health check fails: check its path and port, that the container listens on 0.0.0.0, the "
        "security groups, and whether health_check_grace_period_seconds is too short for the start",
    ),
    (
        r"role.*(assume|invalid)|unable to assume",
        "ECS can't use the role: its trust policy must allow ecs-tasks.amazonaws.com",
    ),
    (
        r"(subnet|security group|network interface).*(not|invalid|fail|exceed|insufficient)|\bENI\b",
        "the network interface can't be made: check that the subnets have free addresses and belong, like the "
        "security groups, to one VPC",
    ),
    (
        r"Scaling activity|ServiceSchedulerInitiated|deployment",
        "ECS stopped it itself: see the service's events",
    ),
    (r"UserInitiated|stopped by user", "somebody stopped it: see StopTask in CloudTrail"),
    (
        r"exit code 137",
        "the container was killed: it used more memory than it has, or did not end within its stop_timeout",
    ),
    (r"EssentialContainerExited|Essential container", "the program ended: its last log lines say why"),
    (r"TaskFailedToStart", "the task did not start: check image, network, roles and secrets"),
)

_TROUBLE = r"unable to|failed to launch|is unhealthy|failed (ELB|container) health checks"


def cure(words: str) -> str | None:
    """What cures what AWS says in these words; None when nobody knows."""
    return next((text for pattern, text in _CURES if re.search(pattern, words, re.IGNORECASE | re.DOTALL)), None)


def telling_event(messages: Iterable[str]) -> str | None:
    """The first of a service's events, newest first, that tells of a trouble, with what cures it; None when none does.
    Where Fargate has no capacity, or the account no quota left, there is no stopped task to tell of it.
    """
    for message in messages:
        words = re.sub(r"\(service [^)]*\)", "", message)
        advice = cure(words) if re.search(_TROUBLE, words) else None
        if advice:
            return f"{message}\nadvice: {advice}"
    return None


@dataclass(frozen=True)
class Stop:
    """How a task ended. ``exit_code`` is the one of the container that matters: the first that is not zero."""

    code: str | None
    reason: str
    container: str | None
    exit_code: int | None

    @property
    def advice(self) -> str | None:
        """What cures it; None when nobody knows, or nothing is wrong."""
        return cure(f"{self.code or ''} {self.reason} exit code {self.exit_code}")

    def told(self) -> str:
        """``EssentialContainerExited: Essential container in task exited, container web exit code 1``."""
        ended = f", container {self.container} exit code {self.exit_code}" if self.exit_code is not None else ""
        return f"{self.code}: {self.reason}{ended}" if self.code else f"{self.reason or 'stopped'}{ended}"


def stop_of(task: Mapping[str, Any], declared: Collection[str] = ()) -> Stop:
    """How a member of DescribeTasks' answer ended. ``declared`` names the containers that count; without, all do. What
    AWS puts beside them, such as GuardDuty's agent, ends in its own way and says nothing of them.
    """
    containers = [each for each in task.get("containers") or [] if not declared or each["name"] in declared]
    failed = next((each for each in containers if each.get("exitCode")), None)
    explained = next((each for each in containers if each.get("reason")), None)
    matters: Mapping[str, Any] = failed or explained or next(iter(containers), {})
    reasons = dict.fromkeys(filter(None, [task.get("stoppedReason"), *(each.get("reason") for each in containers)]))
    return Stop(task.get("stopCode") or None, "; ".join(reasons), matters.get("name"), matters.get("exitCode"))
