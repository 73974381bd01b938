# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What EFS tells of a file system, its mount targets and access points, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, OfOthers, Reads, Told

READS = [
    Reads(
        kind="file_system",
        title="Shared volume",
        service="efs",
        ids=("FileSystemId", "CreationToken", "DescribeTags.FileSystemId", "ResourceId"),
        operations={
            "DescribeAccessPoints": OfOthers("access_point"),
            "DescribeBackupPolicy": Compared(),
            "DescribeFileSystemPolicy": Compared(),
            "DescribeFileSystems": Compared(),
            "DescribeLifecycleConfiguration": Compared(),
            "DescribeMountTargets": OfOthers("mount_target"),
            "DescribeReplicationConfigurations": Compared(),
            "DescribeTags": Told("efs DescribeFileSystems"),
            "ListTagsForResource": Told("efs DescribeFileSystems"),
        },
        besides=(NotCompared("the files", "they are what tasks hand to each other"),),
    ),
    Reads(
        kind="mount_target",
        title="Mount targets",
        service="efs",
        ids=("MountTargetId",),
        operations={
            "DescribeMountTargetSecurityGroups": Compared(),
            "DescribeMountTargets": Compared(),
        },
    ),
    Reads(
        kind="access_point",
        title="Access points of the shared volume",
        service="efs",
        ids=("AccessPointId", "ResourceId"),
        operations={
            "DescribeAccessPoints": Compared(),
            "DescribeMountTargets": OfOthers("mount_target"),
            "ListTagsForResource": Told("efs DescribeAccessPoints"),
        },
    ),
]
