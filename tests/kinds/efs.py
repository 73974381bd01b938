"""EFS: the shared volume."""

from __future__ import annotations

import json

from ansible_collections.farflow.airflow.plugins.module_utils.kinds import efs

from .ec2 import group_id, subnet_id
from .facts import Never, Tagging, drift, kind, mapping, pairs
from .service_discovery import AnyId

TAGS = Tagging(
    lambda aws, name, id_: mapping(aws.client("efs").list_tags_for_resource(ResourceId=id_)["Tags"]),
    lambda aws, name, id_, tags: aws.client("efs").tag_resource(ResourceId=id_, Tags=pairs(tags)),
    lambda aws, name, id_, keys: aws.client("efs").untag_resource(ResourceId=id_, TagKeys=keys),
)

kind(
    "file_system",
    made_by="elasticfilesystem CreateFileSystem",
    read_by="efs DescribeFileSystems",
    tags=TAGS,
    changed_by=efs.FILE_SYSTEM,
)
kind(
    "mount_target",
    made_by="elasticfilesystem CreateMountTarget",
    read_by="efs DescribeMountTargets",
    tags=Never("AWS has no tags for them: they are known by their file system"),
    changed_by=efs.MountTarget(AnyId()),
)
kind(
    "access_point",
    made_by="elasticfilesystem CreateAccessPoint",
    read_by="efs DescribeAccessPoints",
    tags=TAGS,
    changed_by=efs.AccessPoint(AnyId()),
)


VOLUME = "file_system local-shared-volume"


def file_system_id(aws):
    (found,) = aws.client("efs").describe_file_systems()["FileSystems"]
    return found["FileSystemId"]


@drift(f"change {VOLUME}", "throughput_mode bursting -> elastic")
def another_throughput_mode_of_the_volume(aws):
    aws.client("efs").update_file_system(FileSystemId=file_system_id(aws), ThroughputMode="bursting")


@drift(f"change {VOLUME}", "lifecycle transition_to_ia AFTER_7_DAYS -> ", seen_by="efs DescribeLifecycleConfiguration")
def files_move_to_a_cheaper_class(aws):
    aws.client("efs").put_lifecycle_configuration(
        FileSystemId=file_system_id(aws), LifecyclePolicies=[{"TransitionToIA": "AFTER_7_DAYS"}]
    )


@drift(f"change {VOLUME}", "backup ", seen_by="efs DescribeBackupPolicy")
def backups_of_the_volume_switched(aws):
    efs = aws.client("efs")
    status = efs.describe_backup_policy(FileSystemId=file_system_id(aws))["BackupPolicy"]["Status"]
    other = "DISABLED" if status == "ENABLED" else "ENABLED"
    efs.put_backup_policy(FileSystemId=file_system_id(aws), BackupPolicy={"Status": other})


@drift(f"change {VOLUME}", "policy Statement Everybody", seen_by="efs DescribeFileSystemPolicy")
def the_volume_opened_to_everybody(aws):
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*"}
    aws.client("efs").put_file_system_policy(
        FileSystemId=file_system_id(aws), Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    )


@drift(f"change {VOLUME}", "replication_overwrite_protection DISABLED -> ENABLED")
def another_file_system_may_be_copied_over_the_volume(aws):
    aws.client("efs").update_file_system_protection(
        FileSystemId=file_system_id(aws), ReplicationOverwriteProtection="DISABLED"
    )


@drift(
    f"change {VOLUME}",
    "replication [to fs-",
    seen_by="efs DescribeReplicationConfigurations",
)
def files_copied_to_another_file_system(aws):
    aws.client("efs").create_replication_configuration(
        SourceFileSystemId=file_system_id(aws), Destinations=[{"Region": "eu-west-1"}]
    )


def mount_target(aws, subnet):
    targets = aws.client("efs").describe_mount_targets(FileSystemId=file_system_id(aws))["MountTargets"]
    return next(each["MountTargetId"] for each in targets if each["SubnetId"] == subnet_id(aws, subnet))


@drift("create mount_target local-shared-volume/{local-private-a}")
def a_mount_target_deleted(aws):
    aws.client("efs").delete_mount_target(MountTargetId=mount_target(aws, "local-private-a"))


@drift(
    "change mount_target local-shared-volume/{local-private-b}",
    "security_groups [sg-",
    seen_by="efs DescribeMountTargetSecurityGroups",
)
def another_security_group_of_a_mount_target(aws):
    aws.client("efs").modify_mount_target_security_groups(
        MountTargetId=mount_target(aws, "local-private-b"), SecurityGroups=[group_id(aws, "local-airflow")]
    )


@drift("create access_point local-shared-volume/local-tasks", follows=("change ecs_task_definition local-hello",))
def the_access_point_deleted(aws):
    efs = aws.client("efs")
    (point,) = efs.describe_access_points()["AccessPoints"]
    efs.delete_access_point(AccessPointId=point["AccessPointId"])
