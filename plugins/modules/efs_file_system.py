#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: efs_file_system
short_description: An encrypted EFS file system with its mount targets and access points in one call
version_added: 0.1.0
description:
  - Brings an EFS file system, its mount targets and its access points to what is given, with every field compared.
    Mount targets and access points that are not given are deleted.
  - KMS key and performance mode, and the user and directory of an access point, cannot change; the module fails and
    says so. A file system that is not encrypted is refused, too.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  name:
    description: The name, which is the creation token; at most 64 characters.
    type: str
    required: true
  kms_key_id:
    description: ARN of the KMS key that encrypts it. AWS's own key when it is not given.
    type: str
  performance_mode:
    description: Latency against parallelism.
    type: str
    choices: [generalPurpose, maxIO]
    default: generalPurpose
  throughput_mode:
    description: How throughput grows.
    type: str
    choices: [elastic, bursting, provisioned]
    default: elastic
  provisioned_throughput_in_mibps:
    description: The throughput of O(throughput_mode=provisioned).
    type: float
  lifecycle:
    description: When files move between storage classes; never when it is not given.
    type: dict
    suboptions:
      transition_to_ia:
        description: To infrequent access, after the last access.
        type: str
        choices:
          [AFTER_1_DAY, AFTER_7_DAYS, AFTER_14_DAYS, AFTER_30_DAYS, AFTER_60_DAYS, AFTER_90_DAYS, AFTER_180_DAYS,
           AFTER_270_DAYS, AFTER_365_DAYS]
      transition_to_archive:
        description: To the archive, after the last access.
        type: str
        choices:
          [AFTER_1_DAY, AFTER_7_DAYS, AFTER_14_DAYS, AFTER_30_DAYS, AFTER_60_DAYS, AFTER_90_DAYS, AFTER_180_DAYS,
           AFTER_270_DAYS, AFTER_365_DAYS]
      transition_to_primary_storage_class:
        description: Back to the primary class.
        type: str
        choices: [AFTER_1_ACCESS]
  backup:
    description: Whether AWS Backup makes a daily backup.
    type: bool
    default: false
  policy:
    description:
      - The file system policy. Its statements need no Resource, which is the file system.
    type: dict
  subnets:
    description: A mount target is made in each, one in an availability zone.
    type: list
    elements: str
    default: []
  security_groups:
    description: Security groups of every mount target. Required with O(subnets).
    type: list
    elements: str
    default: []
  access_points:
    description: All the access points.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name, which is the client token; at most 64 characters. AWS takes no token twice in an account and
            region, whatever the file system.
        type: str
        required: true
      posix_user:
        description: Who all its clients are.
        type: dict
        suboptions:
          uid:
            description: User id.
            type: int
            required: true
          gid:
            description: Group id.
            type: int
            required: true
          secondary_gids:
            description: More group ids.
            type: list
            elements: int
            default: []
      root_directory:
        description: What its clients see as root.
        type: dict
        suboptions:
          path:
            description: The directory.
            type: str
            default: /
          owner_uid:
            description: The owner of a directory that has to be made.
            type: int
          owner_gid:
            description: The group of a directory that has to be made.
            type: int
          permissions:
            description: The octal mode of a directory that has to be made.
            type: str
  tags:
    description: All the tags of file system and access points; others are removed.
    type: dict
    default: {}
  wait:
    description: Whether to wait until all mount targets can be mounted.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds.
    type: int
    default: 300
  retain:
    description: With O(state=absent), whether the file system stays, with its files and access points. Only its mount
      targets are deleted, so that the subnets they are in can be.
    type: bool
    default: false
  state:
    description: Whether it shall exist. With V(absent) all its files are lost, unless O(retain=true).
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: A volume that the DAG tasks share
  farflow.airflow.efs_file_system:
    name: prod-shared-volume
    lifecycle:
      transition_to_ia: AFTER_30_DAYS
    subnets: [subnet-0a, subnet-0b]
    security_groups: [sg-0c]
    access_points:
      - name: prod-tasks
        posix_user:
          uid: 50000
          gid: 0
        root_directory:
          path: /tasks
          owner_uid: 50000
          owner_gid: 0
          permissions: "0770"
    wait: false
"""

RETURN = r"""
name:
  description: The name.
  returned: always
  type: str
file_system_id:
  description: The id; null in check mode for one that does not exist yet, and when it is gone.
  returned: always
  type: str
arn:
  description: The ARN; null as RV(file_system_id).
  returned: always
  type: str
mount_targets:
  description: Ids of the mount targets by subnet.
  returned: always
  type: dict
access_points:
  description: Ids of the access points by name.
  returned: always
  type: dict
reasons:
  description: What differed, as C(file system prod-shared-volume throughput_mode bursting -> elastic).
  returned: always
  type: list
  elements: str
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.immutable import refuse_changes
from ..module_utils.engine.module import STATE, run
from ..module_utils.kinds import efs as glue
from ..module_utils.kinds.efs import documents as pure

AFTER = {"type": "str", "choices": pure.AFTER}

LIFECYCLE = {
    "transition_to_ia": AFTER,
    "transition_to_archive": AFTER,
    "transition_to_primary_storage_class": {"type": "str", "choices": ["AFTER_1_ACCESS"]},
}

POSIX_USER = {
    "uid": {"type": "int", "required": True},
    "gid": {"type": "int", "required": True},
    "secondary_gids": {"type": "list", "elements": "int", "default": []},
}

ROOT_DIRECTORY = {
    "path": {"type": "str", "default": "/"},
    "owner_uid": {"type": "int"},
    "owner_gid": {"type": "int"},
    "permissions": {"type": "str"},
}

ACCESS_POINT = {
    "name": {"type": "str", "required": True},
    "posix_user": {"type": "dict", "options": POSIX_USER},
    "root_directory": {"type": "dict", "options": ROOT_DIRECTORY},
}

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "kms_key_id": {"type": "str", "no_log": False},
    "performance_mode": {"type": "str", "choices": ["generalPurpose", "maxIO"], "default": "generalPurpose"},
    "throughput_mode": {"type": "str", "choices": ["elastic", "bursting", "provisioned"], "default": "elastic"},
    "provisioned_throughput_in_mibps": {"type": "float"},
    "lifecycle": {"type": "dict", "options": LIFECYCLE},
    "backup": {"type": "bool", "default": False},
    "policy": {"type": "dict"},
    "subnets": {"type": "list", "elements": "str", "default": []},
    "security_groups": {"type": "list", "elements": "str", "default": []},
    "access_points": {"type": "list", "elements": "dict", "default": [], "options": ACCESS_POINT},
    "tags": {"type": "dict", "default": {}},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
    "retain": {"type": "bool", "default": False},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Converges the file system and says how to reach it."""
    name, present, retain = parameters["name"], parameters["state"] == "present", parameters["retain"]
    refusals = pure.refusals(parameters) if present else []
    if refusals:
        raise FarflowError("\n".join(refusals))
    wanted = pure.desired(parameters) if present else []
    found = glue.read(clients, name)
    refuse_changes(wanted, found, pure.IMMUTABLE)
    going = found if present or not retain else [one for one in found if one.type == pure.MOUNT_TARGET]
    steps = glue.converge(clients, wanted, going, check_mode)
    if steps.changed and not check_mode:
        found = glue.read(clients, name)
    result = pure.result(name, found if present or retain else [])
    if present and parameters["wait"] and not check_mode:
        glue.await_mountable(clients, result["file_system_id"], parameters["wait_timeout"])
    return {**result, **steps.as_result()}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
