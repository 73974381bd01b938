#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: efs_file_systems
short_description: Reconcile encrypted EFS file systems with their mount targets and access points in one call
version_added: 0.2.0
description:
  - Makes EFS file systems, with their mount targets and access points, what the options say. Every property is
    compared.
    Mount targets and access points that are not given are deleted.
  - AWS changes neither KMS key nor performance mode, and not the user or directory of an access point. Where one of
    them differs, the module fails. A file system that is not encrypted is refused, too. When one is refused, none is
    changed.
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
  file_systems:
    description: The file systems.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, which is the creation token; at most 64 characters.
        type: str
        required: true
      kms_key_id:
        description: ARN of the KMS key that encrypts it. The AWS managed key when it is not given.
        type: str
      performance_mode:
        description: The performance mode. V(maxIO) serves more clients at once, with more latency.
        type: str
        choices: [generalPurpose, maxIO]
        default: generalPurpose
      throughput_mode:
        description: The throughput mode.
        type: str
        choices: [elastic, bursting, provisioned]
        default: elastic
      provisioned_throughput_in_mibps:
        description: The throughput of O(file_systems[].throughput_mode=provisioned), and required with it.
        type: float
      lifecycle:
        description: When files move between storage classes. Without it they never do.
        type: dict
        suboptions:
          transition_to_ia:
            description: How long after its last access a file moves to Infrequent Access.
            type: str
            choices:
              [AFTER_1_DAY, AFTER_7_DAYS, AFTER_14_DAYS, AFTER_30_DAYS, AFTER_60_DAYS, AFTER_90_DAYS, AFTER_180_DAYS,
               AFTER_270_DAYS, AFTER_365_DAYS]
          transition_to_archive:
            description: How long after its last access a file moves to Archive.
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
          - The file system policy. Its statements need no Resource, which AWS sets to the file system.
        type: dict
      subnets:
        description: A mount target is made in each, one in an availability zone.
        type: list
        elements: str
        default: []
      security_groups:
        description: Security groups of every mount target. Required with O(file_systems[].subnets).
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
            description: The POSIX user of all requests through the access point.
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
                description: Secondary group ids.
                type: list
                elements: int
                default: []
          root_directory:
            description: The directory that clients see as the root directory.
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
    description: Whether to wait until all mount targets are available.
    type: bool
    default: true
  wait_timeout:
    description: How long to wait, in seconds.
    type: int
    default: 300
  retain:
    description: With O(state=absent), whether the file systems stay, with their files and access points. Only their
      mount targets are deleted, so that the subnets they are in can be.
    type: bool
    default: false
  state:
    description: Whether the named file systems should exist. With V(absent) all their files are lost, unless
      O(retain=true).
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: A volume that the DAG tasks share
  farflow.airflow.efs_file_systems:
    file_systems:
      - name: prod-shared-volume
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
file_systems:
  description: One entry for each file system, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    file_system_id:
      description: The id; null in check mode for one that does not exist yet, and when it is gone.
      type: str
    arn:
      description: The ARN; null as RV(file_systems[].file_system_id).
      type: str
    mount_targets:
      description: Ids of the mount targets by subnet.
      type: dict
    access_points:
      description: Ids of the access points by name.
      type: dict
    changed:
      description: Whether the file system or a part of it was, or in check mode would be, created, changed or
        deleted.
      type: bool
    reasons:
      description: What differed, as C(file system prod-shared-volume throughput_mode bursting -> elastic).
      type: list
      elements: str
"""

from functools import partial
from itertools import chain

from ..module_utils.engine.immutable import refuse_changes
from ..module_utils.engine.module import STATE, refuse, run, side_by_side
from ..module_utils.engine.parallel import in_parallel
from ..module_utils.engine.steps import of_type
from ..module_utils.kinds import efs
from ..module_utils.kinds.efs import documents

AFTER = {"type": "str", "choices": documents.AFTER}

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

FILE_SYSTEM = {
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
}

ARGUMENT_SPEC = {
    "file_systems": {"type": "list", "elements": "dict", "required": True, "options": FILE_SYSTEM},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
    "retain": {"type": "bool", "default": False},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the file systems; their ids."""
    given, present = parameters["file_systems"], parameters["state"] == "present"
    refuse(line for each in given if present for line in documents.refusals(each))
    names = [each["name"] for each in given]
    wanted = [documents.desired(each) if present else [] for each in given]
    found = in_parallel(partial(efs.read, clients), names)
    refuse_changes(chain(*wanted), chain(*found), documents.IMMUTABLE)
    do = partial(reconcile, parameters, clients, check_mode)
    return side_by_side("file_systems", do, names, wanted, found)


def reconcile(parameters, clients, check_mode, name, wanted, found):
    """Converges one file system."""
    present, retain = parameters["state"] == "present", parameters["retain"]
    going = found if present or not retain else of_type(documents.MOUNT_TARGET, found)
    steps = efs.converge(clients, wanted, going, check_mode)
    if steps.changed and not check_mode:
        found = efs.read(clients, name)
    entry = documents.result(name, found if present or retain else [])
    if present and parameters["wait"] and not check_mode:
        efs.await_mountable(clients, entry["file_system_id"], parameters["wait_timeout"])
    return {**entry, **steps.as_result()}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
