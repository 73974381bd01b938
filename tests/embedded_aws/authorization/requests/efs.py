"""Amazon EFS. What its operations need of EC2 is said on their pages in its API reference: a mount target has a network
interface, which is made in the caller's name.
"""

from __future__ import annotations

from typing import Any

from ministack.services import efs

from ..evaluation import Request
from . import ec2
from .asked import Asked, Row, by, everything, needs_tagging, rows

_CREATE_ACTION = "elasticfilesystem:CreateAction"
_file_system = by("FileSystemId", "file-system/", "*")


def _new_file_system(asked: Asked) -> str:
    return asked.arn("file-system/*")


def _new_access_point(asked: Asked) -> str:
    return asked.arn("access-point/*")


def _create_file_system(asked: Asked) -> list[Request]:
    return asked.on("*", elasticfilesystem__Encrypted=str(bool(asked.get("Encrypted"))).lower())


def _create_mount_target(asked: Asked) -> list[Request]:
    describes = ("DescribeSubnets", "DescribeNetworkInterfaces")
    create, groups = "ec2:CreateNetworkInterface", asked.get("SecurityGroups") or []
    return [
        *_file_system(asked),
        *(request for each in describes for request in asked.without_tags("*", action=f"ec2:{each}")),
        *asked.without_tags(asked.arn("network-interface/*", "ec2"), action=create),
        *(request for each in (asked["SubnetId"], *groups) for request in ec2.existing(asked, each, create)),
    ]


def _mount_target(*ec2_actions: str) -> Row:
    """On the file system of a mount target, and with these actions on its network interface. Those that only describe
    know no resource.
    """

    def row(asked: Asked) -> list[Request]:
        found: Any = efs._mount_targets.get(asked.get("MountTargetId")) or {}
        requests = asked.on(asked.arn(f"file-system/{found.get('FileSystemId') or '*'}"))
        interface = asked.arn(f"network-interface/{found.get('NetworkInterfaceId') or '*'}", "ec2")
        for action in ec2_actions:
            on = "*" if action.startswith("Describe") else interface
            requests += asked.without_tags(on, action=f"ec2:{action}")
        return requests

    return row


def _mount_targets(asked: Asked) -> list[Request]:
    return _mount_target()(asked) if asked.get("MountTargetId") else _file_system(asked)


def _access_points(asked: Asked) -> list[Request]:
    if asked.get("AccessPointId"):
        return asked.on(asked.named("access-point/", asked["AccessPointId"]))
    return _file_system(asked)


def _tagged(asked: Asked) -> list[Request]:
    given = str(asked["ResourceId"])
    return asked.on(asked.named("access-point/" if given.startswith("fsap-") else "file-system/", given))


ROWS: dict[str, Row] = {
    "CreateFileSystem": needs_tagging(_create_file_system, "TagResource", _new_file_system, _CREATE_ACTION),
    "CreateAccessPoint": needs_tagging(_file_system, "TagResource", _new_access_point, _CREATE_ACTION),
    "CreateMountTarget": _create_mount_target,
    "DeleteMountTarget": _mount_target("DeleteNetworkInterface"),
    "DescribeMountTargetSecurityGroups": _mount_target("DescribeNetworkInterfaceAttribute"),
    "ModifyMountTargetSecurityGroups": _mount_target("ModifyNetworkInterfaceAttribute"),
    "DescribeMountTargets": _mount_targets,
    "DescribeAccessPoints": _access_points,
    "DeleteAccessPoint": by("AccessPointId", "access-point/"),
    **rows(
        "DeleteFileSystem DeleteFileSystemPolicy DescribeBackupPolicy DescribeFileSystemPolicy DescribeFileSystems "
        "DescribeLifecycleConfiguration DescribeReplicationConfigurations PutBackupPolicy PutFileSystemPolicy "
        "PutLifecycleConfiguration UpdateFileSystem UpdateFileSystemProtection",
        _file_system,
    ),
    "DeleteReplicationConfiguration": by("SourceFileSystemId", "file-system/"),
    **rows("TagResource UntagResource ListTagsForResource", _tagged),
    "DescribeAccountPreferences": everything,
}
