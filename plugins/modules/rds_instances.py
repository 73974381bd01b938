#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_instances
short_description: Reconcile PostgreSQL instances of Amazon RDS, with passwords from AWS Secrets Manager
version_added: 0.2.0
description:
  - Creates, restores, changes or deletes instances, in parallel. The module itself reads each password from AWS
    Secrets Manager.
  - Every property of an instance is compared. One without a default that is not given stays as it is, but for
    O(instances[].max_allocated_storage), O(instances[].iops) and O(instances[].storage_throughput), which get what
    AWS has without them. A change that AWS has accepted and not carried out yet is no difference.
  - When the secret has a new version, the instance gets the new password.
  - A stopped instance is started.
requirements:
  - boto3 and botocore >= 1.43.49 to change O(instances[].engine_lifecycle_support)
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do, makes no mutating call and does not wait.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  instances:
    description: The instances.
    type: list
    elements: dict
    required: true
    suboptions:
      identifier:
        description: The name of the instance.
        type: str
        required: true
      engine:
        description: The engine. Can't be changed.
        type: str
        choices: [postgres]
        default: postgres
      engine_version:
        description:
          - The version; V(17) stands for any 17.x. Required with O(state=present).
          - With V(17) a new instance gets AWS's default minor version, and an upgrade goes to the newest 17.x to
            which AWS can upgrade the instance.
          - With O(instances[].auto_minor_version_upgrade) a newer minor version is right as well.
        type: str
      allow_major_version_upgrade:
        description: Whether an instance of an older major version may be upgraded.
        type: bool
        default: false
      instance_class:
        description: The size, for example C(db.t4g.small). Required with O(state=present).
        type: str
      allocated_storage:
        description: Storage in GiB. Can be increased, by 10 percent or more, and not decreased. Required with
          O(state=present).
        type: int
      max_allocated_storage:
        description: The limit of storage autoscaling, in GiB. Without it there is none.
        type: int
      storage_type:
        description: The kind of storage.
        type: str
        choices: [gp2, gp3, io1, io2]
        default: gp3
      iops:
        description: Provisioned IOPS. The baseline of the storage when it is not given.
        type: int
      storage_throughput:
        description: Throughput of gp3 storage in MiB/s. The baseline of the storage when it is not given.
        type: int
      storage_encrypted:
        description: Whether storage and backups are encrypted. Can't be changed.
        type: bool
        default: true
      kms_key_id:
        description: ARN or id of the KMS key of the storage. The AWS managed key when it is not given. Can't be
          changed.
        type: str
      multi_az:
        description: Whether it is a Multi-AZ deployment, with a standby in another availability zone.
        type: bool
        default: false
      db_name:
        description: Name of the database that is created with the instance. Can't be changed.
        type: str
      master_username:
        description: The master user. Can't be changed. Required with O(state=present).
        type: str
      master_user_secret:
        description: Name or ARN of the secret that holds the master user's password. Required with O(state=present).
        type: str
      master_user_secret_json_key:
        description: The key of the password, when the secret's value is a JSON object.
        type: str
      port:
        description: The port of the database.
        type: int
        default: 5432
      subnet_group_name:
        description: The subnet group. Can't be changed.
        type: str
      parameter_group_name:
        description: The parameter group. A new instance gets AWS's default for its version when it is not given.
        type: str
      vpc_security_group_ids:
        description: The security groups. A new instance gets the VPC's default one when none is given.
        type: list
        elements: str
        default: []
      publicly_accessible:
        description: Whether the instance has a public address.
        type: bool
        default: false
      backup_retention_period:
        description: For how many days automated backups are kept.
        type: int
        default: 7
      preferred_backup_window:
        description: When backups are taken, for example C(03:00-04:00), UTC. For a new instance AWS chooses when it
          is not given.
        type: str
      preferred_maintenance_window:
        description: The window of maintenance, and of changes without O(instances[].apply_immediately), for example
          C(sun:05:00-sun:06:00), UTC. For a new instance AWS chooses when it is not given.
        type: str
      copy_tags_to_snapshot:
        description: Whether the instance's tags are copied to its snapshots.
        type: bool
        default: true
      deletion_protection:
        description: Whether AWS, and this module, refuse to delete the instance.
        type: bool
        default: false
      auto_minor_version_upgrade:
        description: Whether AWS upgrades the minor version in the maintenance window.
        type: bool
        default: true
      iam_database_authentication_enabled:
        description: Whether users of the database may sign in with an authentication token of IAM instead of a
          password.
        type: bool
        default: false
      performance_insights_enabled:
        description: Whether Performance Insights is on.
        type: bool
        default: false
      performance_insights_retention_period:
        description: For how many days Performance Insights keeps its data.
        type: int
      performance_insights_kms_key_id:
        description: ARN or id of the KMS key of that data.
        type: str
      cloudwatch_logs_exports:
        description: The logs that go to CloudWatch.
        type: list
        elements: str
        choices: [postgresql, upgrade]
        default: []
      ca_certificate_identifier:
        description: The certificate authority of the instance's certificate. A new instance gets AWS's default when
          it is not given.
        type: str
      engine_lifecycle_support:
        description:
          - What AWS does when its standard support of the major version ends. With
            V(open-source-rds-extended-support) it goes on with the version and charges for that by the hour, with
            V(open-source-rds-extended-support-disabled) it upgrades to a later one.
          - When it is not given, an instance keeps what it has; a new one has V(open-source-rds-extended-support). It
            is not changed after the end of standard support.
        type: str
        choices: [open-source-rds-extended-support, open-source-rds-extended-support-disabled]
      tags:
        description: All the tags; others are removed, but for those that begin with C(farflow:), which are this
          collection's own.
        type: dict
        default: {}
      apply_immediately:
        description: Whether changes are made at once, or in the next maintenance window.
        type: bool
        default: true
      restore_from_snapshot:
        description: The snapshot from which an instance is restored that does not exist. Without effect on one that
          exists.
        type: str
      final_snapshot_identifier:
        description: The name of the snapshot taken before a deletion, with the instance's tags. With O(state=absent),
          give either this or O(instances[].skip_final_snapshot).
        type: str
      skip_final_snapshot:
        description: Deletes without a snapshot.
        type: bool
        default: false
      delete_automated_backups:
        description: Whether the automated backups are deleted with the instance.
        type: bool
        default: true
  wait:
    description:
      - Whether to wait until each instance is available with its changes, or is deleted.
      - Without O(wait) a creation is only started, and what needs a finished instance, as the password after a
        restore, is left to the next call with O(wait). The module waits in any case until AWS takes a change.
    type: bool
    default: false
  wait_timeout:
    description: The longest wait of each step, in seconds.
    type: int
    default: 3600
  state:
    description: Whether the named instances should exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Start to make the database
  farflow.airflow.rds_instances:
    instances: &databases
      - identifier: prod-database
        engine_version: "17"
        instance_class: db.t4g.small
        allocated_storage: 25
        db_name: airflow
        master_username: airflow
        master_user_secret: farflow/prod/database_password
        subnet_group_name: prod-database
        parameter_group_name: prod-database-postgres17
        vpc_security_group_ids: [sg-0123456789abcdef0]
        backup_retention_period: 30

- name: Wait for it where it is needed
  farflow.airflow.rds_instances:
    instances: *databases
    wait: true
  register: databases

- name: Delete it, and keep what it held
  farflow.airflow.rds_instances:
    instances:
      - identifier: prod-database
        final_snapshot_identifier: prod-database-20260101t120000
    state: absent
    wait: true
"""

RETURN = r"""
instances:
  description: One entry an instance, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    identifier:
      description: The name of the instance.
      type: str
    arn:
      description: The ARN; null when the instance does not exist.
      type: str
    address:
      description: Where clients connect to; null until AWS has given it out.
      type: str
    port:
      description: The port there; null likewise.
      type: int
    status:
      description: AWS's word for the state of the instance, C(absent) when it does not exist.
      type: str
      sample: available
    reboot_required:
      description: Whether a parameter waits for a reboot.
      type: bool
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed.
      type: list
      elements: str
      sample: ["instance_class db.t4g.small -> db.t4g.medium"]
"""

from functools import partial

from ..module_utils.engine.module import STATE, refuse, run, side_by_side
from ..module_utils.kinds.rds import instance as rds_instances
from ..module_utils.kinds.rds.instance import status as rds_status
from ..module_utils.kinds.rds.instance.documents import (
    DEFAULTS,
    WITH_EXTENDED_SUPPORT,
    WITHOUT_EXTENDED_SUPPORT,
    incomplete,
)

TEXT = {"type": "str"}
NUMBER = {"type": "int"}
OFF = {"type": "bool", "default": False}
ON = {"type": "bool", "default": True}

INSTANCE = {
    "identifier": {"type": "str", "required": True},
    "engine": {"type": "str", "choices": ["postgres"], "default": DEFAULTS["engine"]},
    "engine_version": TEXT,
    "allow_major_version_upgrade": OFF,
    "instance_class": TEXT,
    "allocated_storage": NUMBER,
    "max_allocated_storage": NUMBER,
    "storage_type": {"type": "str", "choices": ["gp2", "gp3", "io1", "io2"], "default": DEFAULTS["storage_type"]},
    "iops": NUMBER,
    "storage_throughput": NUMBER,
    "storage_encrypted": ON,
    "kms_key_id": {"type": "str", "no_log": False},
    "multi_az": OFF,
    "db_name": TEXT,
    "master_username": TEXT,
    "master_user_secret": {"type": "str", "no_log": False},
    "master_user_secret_json_key": {"type": "str", "no_log": False},
    "port": {"type": "int", "default": DEFAULTS["port"]},
    "subnet_group_name": TEXT,
    "parameter_group_name": TEXT,
    "vpc_security_group_ids": {"type": "list", "elements": "str", "default": []},
    "publicly_accessible": OFF,
    "backup_retention_period": {"type": "int", "default": DEFAULTS["backup_retention_period"]},
    "preferred_backup_window": TEXT,
    "preferred_maintenance_window": TEXT,
    "copy_tags_to_snapshot": ON,
    "deletion_protection": OFF,
    "auto_minor_version_upgrade": ON,
    "iam_database_authentication_enabled": OFF,
    "performance_insights_enabled": OFF,
    "performance_insights_retention_period": NUMBER,
    "performance_insights_kms_key_id": {"type": "str", "no_log": False},
    "cloudwatch_logs_exports": {
        "type": "list",
        "elements": "str",
        "choices": ["postgresql", "upgrade"],
        "default": [],
    },
    "ca_certificate_identifier": TEXT,
    "engine_lifecycle_support": {"type": "str", "choices": [WITH_EXTENDED_SUPPORT, WITHOUT_EXTENDED_SUPPORT]},
    "tags": {"type": "dict", "default": {}},
    "apply_immediately": ON,
    "restore_from_snapshot": TEXT,
    "final_snapshot_identifier": TEXT,
    "skip_final_snapshot": OFF,
    "delete_automated_backups": ON,
}

ARGUMENT_SPEC = {
    "instances": {"type": "list", "elements": "dict", "required": True, "options": INSTANCE},
    "wait": OFF,
    "wait_timeout": {"type": "int", "default": 3600},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Makes, changes or deletes the instances."""
    present = parameters["state"] == "present"
    refuse(line for each in parameters["instances"] if present for line in incomplete(each))
    do = partial(reconcile, rds_instances.present if present else rds_instances.absent, clients, check_mode)
    waiting = {name: parameters[name] for name in ("wait", "wait_timeout")}
    return side_by_side("instances", do, [{**each, **waiting} for each in parameters["instances"]])


def reconcile(do, clients, check_mode, instance):
    """What becomes of one instance."""
    outcome = do(clients, instance, check_mode)
    document = outcome.document or {}
    endpoint = document.get("Endpoint") or {}
    identifier = instance["identifier"]
    return {
        "identifier": identifier,
        "arn": document.get("DBInstanceArn"),
        "address": endpoint.get("Address"),
        "port": endpoint.get("Port"),
        "status": document.get("DBInstanceStatus", "absent"),
        "reboot_required": rds_status.needs_reboot(document),
        "changed": bool(outcome.reasons),
        "reasons": outcome.reasons,
        "diff": {"prepared": "".join(f"{identifier}: {reason}\n" for reason in outcome.reasons)},
    }


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
