"""The tags of every kind of resource as AWS tells them and as somebody with the account's keys changes them, by a
resource's type and name and its id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.embedded_aws.settings import ACCOUNT_ID, REGION

Key = tuple[str, str]
Tags = dict[str, str]


@dataclass(frozen=True)
class _Hand:
    """``read(aws, name, id)``; ``add(aws, name, id, tags)``; ``remove(aws, name, id, keys)``."""

    read: Callable[[Any, str, str], Tags]
    add: Callable[[Any, str, str, Tags], Any]
    remove: Callable[[Any, str, str, list[str]], Any]


def read_tags(aws: Any, key: Key, id_: str) -> Tags:
    """The tags of a resource; none of one of a kind that carries none."""
    hand = _HANDS.get(key[0])
    return hand.read(aws, key[1], id_) if hand else {}


def write_tags(aws: Any, key: Key, id_: str, before: Tags, after: Tags) -> None:
    """Makes the tags of a resource what they are ``after``."""
    hand = _HANDS[key[0]]
    superfluous = sorted(set(before) - set(after))
    added = {name: value for name, value in after.items() if before.get(name) != value}
    if superfluous:
        hand.remove(aws, key[1], id_, superfluous)
    if added:
        hand.add(aws, key[1], id_, added)


def _pairs(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def _mapping(pairs: list[dict[str, str]], key: str = "Key", value: str = "Value") -> Tags:
    return {pair[key]: pair[value] for pair in pairs}


def _ec2(aws: Any, name: str, id_: str) -> Tags:
    filters = [{"Name": "resource-id", "Values": [id_]}]
    return _mapping(aws.client("ec2").describe_tags(Filters=filters)["Tags"])


EC2 = _Hand(
    _ec2,
    lambda aws, name, id_, tags: aws.client("ec2").create_tags(Resources=[id_], Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("ec2").delete_tags(Resources=[id_], Tags=[{"Key": key} for key in keys]),
)

RDS = _Hand(
    lambda aws, name, id_: _mapping(aws.client("rds").list_tags_for_resource(ResourceName=id_)["TagList"]),
    lambda aws, name, id_, tags: aws.client("rds").add_tags_to_resource(ResourceName=id_, Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("rds").remove_tags_from_resource(ResourceName=id_, TagKeys=keys),
)

IAM = _Hand(
    lambda aws, name, id_: _mapping(aws.client("iam").list_role_tags(RoleName=name)["Tags"]),
    lambda aws, name, id_, tags: aws.client("iam").tag_role(RoleName=name, Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("iam").untag_role(RoleName=name, TagKeys=keys),
)

LOGS = _Hand(
    lambda aws, name, id_: dict(aws.client("logs").list_tags_for_resource(resourceArn=id_)["tags"]),
    lambda aws, name, id_, tags: aws.client("logs").tag_resource(resourceArn=id_, tags=tags),
    lambda aws, name, id_, keys: aws.client("logs").untag_resource(resourceArn=id_, tagKeys=keys),
)


def _queue(aws: Any, name: str) -> str:
    return str(aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


SQS = _Hand(
    lambda aws, name, id_: dict(aws.client("sqs").list_queue_tags(QueueUrl=_queue(aws, name)).get("Tags") or {}),
    lambda aws, name, id_, tags: aws.client("sqs").tag_queue(QueueUrl=_queue(aws, name), Tags=tags),
    lambda aws, name, id_, keys: aws.client("sqs").untag_queue(QueueUrl=_queue(aws, name), TagKeys=keys),
)


def _bucket_tags(aws: Any, name: str) -> Tags:
    s3 = aws.client("s3")
    try:
        return _mapping(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except s3.exceptions.ClientError:
        return {}


def _set_bucket_tags(aws: Any, name: str, tags: Tags) -> None:
    s3 = aws.client("s3")
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _pairs(tags)})
    else:
        s3.delete_bucket_tagging(Bucket=name)


S3 = _Hand(
    lambda aws, name, id_: _bucket_tags(aws, name),
    lambda aws, name, id_, tags: _set_bucket_tags(aws, name, {**_bucket_tags(aws, name), **tags}),
    lambda aws, name, id_, keys: _set_bucket_tags(
        aws, name, {key: value for key, value in _bucket_tags(aws, name).items() if key not in keys}
    ),
)

ECR = _Hand(
    lambda aws, name, id_: _mapping(aws.client("ecr").list_tags_for_resource(resourceArn=id_)["tags"]),
    lambda aws, name, id_, tags: aws.client("ecr").tag_resource(resourceArn=id_, tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("ecr").untag_resource(resourceArn=id_, tagKeys=keys),
)

ECS = _Hand(
    lambda aws, name, id_: _mapping(aws.client("ecs").list_tags_for_resource(resourceArn=id_)["tags"], "key", "value"),
    lambda aws, name, id_, tags: aws.client("ecs").tag_resource(resourceArn=id_, tags=_pairs(tags, "key", "value")),
    lambda aws, name, id_, keys: aws.client("ecs").untag_resource(resourceArn=id_, tagKeys=keys),
)

SCALING = _Hand(
    lambda aws, name, id_: dict(aws.client("application-autoscaling").list_tags_for_resource(ResourceARN=id_)["Tags"]),
    lambda aws, name, id_, tags: aws.client("application-autoscaling").tag_resource(ResourceARN=id_, Tags=tags),
    lambda aws, name, id_, keys: aws.client("application-autoscaling").untag_resource(ResourceARN=id_, TagKeys=keys),
)

ELB = _Hand(
    lambda aws, name, id_: _mapping(
        aws.client("elbv2").describe_tags(ResourceArns=[id_])["TagDescriptions"][0]["Tags"]
    ),
    lambda aws, name, id_, tags: aws.client("elbv2").add_tags(ResourceArns=[id_], Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("elbv2").remove_tags(ResourceArns=[id_], TagKeys=keys),
)


def _cloud_map(kind: str) -> _Hand:
    def arn(id_: str) -> str:
        return f"arn:aws:servicediscovery:{REGION}:{ACCOUNT_ID}:{kind}/{id_}"

    def client(aws: Any) -> Any:
        return aws.client("servicediscovery")

    return _Hand(
        lambda aws, name, id_: _mapping(client(aws).list_tags_for_resource(ResourceARN=arn(id_))["Tags"]),
        lambda aws, name, id_, tags: client(aws).tag_resource(ResourceARN=arn(id_), Tags=_pairs(tags)),
        lambda aws, name, id_, keys: client(aws).untag_resource(ResourceARN=arn(id_), TagKeys=keys),
    )


EFS = _Hand(
    lambda aws, name, id_: _mapping(aws.client("efs").list_tags_for_resource(ResourceId=id_)["Tags"]),
    lambda aws, name, id_, tags: aws.client("efs").tag_resource(ResourceId=id_, Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("efs").untag_resource(ResourceId=id_, TagKeys=keys),
)

SECRETS = _Hand(
    lambda aws, name, id_: _mapping(aws.client("secretsmanager").describe_secret(SecretId=name).get("Tags") or []),
    lambda aws, name, id_, tags: aws.client("secretsmanager").tag_resource(SecretId=name, Tags=_pairs(tags)),
    lambda aws, name, id_, keys: aws.client("secretsmanager").untag_resource(SecretId=name, TagKeys=keys),
)


def _project_tags(aws: Any, name: str) -> Tags:
    (project,) = aws.client("codebuild").batch_get_projects(names=[name])["projects"]
    return _mapping(project.get("tags") or [], "key", "value")


def _set_project_tags(aws: Any, name: str, tags: Tags) -> None:
    aws.client("codebuild").update_project(name=name, tags=_pairs(tags, "key", "value"))


CODEBUILD = _Hand(
    lambda aws, name, id_: _project_tags(aws, name),
    lambda aws, name, id_, tags: _set_project_tags(aws, name, {**_project_tags(aws, name), **tags}),
    lambda aws, name, id_, keys: _set_project_tags(
        aws, name, {key: value for key, value in _project_tags(aws, name).items() if key not in keys}
    ),
)

_HANDS = {
    **dict.fromkeys(
        (
            *("vpc", "subnet", "internet_gateway", "elastic_ip", "nat_gateway"),
            *("route_table", "security_group", "vpc_endpoint"),
        ),
        EC2,
    ),
    **dict.fromkeys(("rds_instance", "rds_subnet_group", "rds_parameter_group"), RDS),
    "iam_role": IAM,
    "log_group": LOGS,
    "sqs_queue": SQS,
    "s3_bucket": S3,
    "ecr_repository": ECR,
    **dict.fromkeys(("ecs_cluster", "ecs_service", "ecs_task_definition"), ECS),
    "scalable_target": SCALING,
    **dict.fromkeys(("load_balancer", "target_group", "listener"), ELB),
    "dns_namespace": _cloud_map("namespace"),
    "discovery_service": _cloud_map("service"),
    **dict.fromkeys(("file_system", "access_point"), EFS),
    "secret": SECRETS,
    "codebuild_project": CODEBUILD,
}

#: Kinds that carry no tags of ours, and why.
WITHOUT_TAGS = {
    "mount_target": "AWS has no tags for them: they are known by their file system",
    "scaling_policy": "AWS has no tags for them: they are known by their target",
    "security_group_rules": "they are the rules of a group, which is tagged, and compared by what they let through",
    "network_acl": "AWS has made it with the VPC, by which it is known",
    "image": "AWS has no tags of this kind for them: their repository is tagged",
    "database_schema": "it is what a tag of the database says",
    "dag_bundle": "it is what an object in the bucket says",
}
