"""The tags that a resource has at this moment, by its ARN: the values of aws:ResourceTag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.services import codebuild, ec2, ecs, secretsmanager, tagging

from ..application_autoscaling import registry
from ..mends import tagging as mended


def of(arn: str) -> dict[str, str]:
    """None of a resource that there is not yet, and of a kind that carries none."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return {}
    return _SERVICES.get(parts[2], _nothing)(arn, parts[5])


def _nothing(_arn: str, _resource: str) -> dict[str, str]:
    return {}


def _read(tags: Any) -> dict[str, str]:
    """Of any of the forms that services have."""
    if isinstance(tags, Mapping):
        return dict(tags)
    return {each.get("Key") or each.get("key") or "": each.get("Value") or each.get("value") or "" for each in tags}


def _ec2(_arn: str, resource: str) -> dict[str, str]:
    return _read(ec2._tags.get(resource.rpartition("/")[2]) or [])


def _ecs(arn: str, _resource: str) -> dict[str, str]:
    task = ecs._tasks.get(arn)
    inherited = _read(ecs._tags.get(_passed_on_by(task)) or []) if task else {}
    return {**inherited, **_read(ecs._tags.get(arn) or [])}


def _passed_on_by(task: Mapping[str, Any]) -> str:
    """What a task of a service has its tags from, which ministack does not pass on: the service or its definition."""
    cluster = task["clusterArn"].rpartition("/")[2]
    service = ecs._services.get(f"{cluster}/{task.get('group', '').removeprefix('service:')}") or {}
    arns = {"SERVICE": service.get("serviceArn", ""), "TASK_DEFINITION": task["taskDefinitionArn"]}
    return str(arns.get(service.get("propagateTags", ""), ""))


def _secrets(arn: str, _resource: str) -> dict[str, str]:
    """Of one that waits for its deletion, too."""
    return next((_read(each.get("Tags") or []) for each in secretsmanager._secrets.values() if each["ARN"] == arn), {})


def _codebuild(_arn: str, resource: str) -> dict[str, str]:
    return _read((codebuild._projects.get(resource.rpartition("/")[2]) or {}).get("tags") or [])


def _logs(arn: str, _resource: str) -> dict[str, str]:
    """Of the group, whatever of it is asked for."""
    return _listed(mended.collect_log_groups)(":".join(arn.split(":")[:7]), "")


def _s3(arn: str, _resource: str) -> dict[str, str]:
    return _listed(tagging._collect_s3)(arn.partition("/")[0], "")


def _scalable_targets(arn: str, _resource: str) -> dict[str, str]:
    return next((dict(target.tags) for target in registry.targets().values() if target.arn == arn), {})


def _listed(collect: Callable[[], Iterable[tuple[str, Any]]]) -> Callable[[str, str], dict[str, str]]:
    def tags(arn: str, _resource: str) -> dict[str, str]:
        return next((_read(each) for name, each in collect() if name == arn), {})

    return tags


_SERVICES: dict[str, Callable[[str, str], dict[str, str]]] = {
    "application-autoscaling": _scalable_targets,
    "cloudwatch": _listed(mended.collect_alarms),
    "codebuild": _codebuild,
    "ec2": _ec2,
    "ecr": _listed(tagging._collect_ecr),
    "ecs": _ecs,
    "elasticfilesystem": _listed(tagging._collect_efs),
    "elasticloadbalancing": _listed(mended.collect_elbv2),
    "iam": _listed(tagging._collect_iam),
    "kms": _listed(tagging._collect_kms),
    "logs": _logs,
    "rds": _listed(mended.collect_rds),
    "s3": _s3,
    "secretsmanager": _secrets,
    "servicediscovery": _listed(mended.collect_service_discovery),
    "sqs": _listed(tagging._collect_sqs),
    "ssm": _listed(mended.collect_parameters),
}
