#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database_schema
short_description: Migrate Airflow's database and make its first user
version_added: 0.1.0
description:
  - Runs C(migrate) and C(create-admin) of Airflow's image as one-off Fargate tasks, waits until each has ended, and
    writes to the tag C(farflow:schema) of the database which image did it.
  - Where the schema is that of an older Airflow, a snapshot is taken first, unless an attempt with the same image has
    taken one of the same instance less than an hour ago. It is called C(<database>-before-<image>-<time>), in UTC, and
    is kept until somebody deletes it.
  - M(farflow.airflow.environment_plan) says when that is needed. All of it is safe to repeat.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.security_group_rules
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Says that it would run, and runs nothing.
    support: full
  diff_mode:
    description: There is none.
    support: none
options:
  cluster:
    description: The cluster in which the tasks run.
    type: str
    required: true
  task_definition:
    description: ARN of the task definition of Airflow's commands.
    type: str
    required: true
  container:
    description: The container in it.
    type: str
    required: true
  network_configuration:
    description: The network of the tasks, in the snake_case of RunTask.
    type: dict
    required: true
  database_arn:
    description: ARN of the RDS instance.
    type: str
    required: true
  migrated_by:
    description: What the tag shall say.
    type: str
    required: true
  tags:
    description: The tags of the snapshot.
    type: dict
    default: {}
  wait_timeout:
    description: For how many seconds each of the tasks may run.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Migrate the database
  farflow.airflow.database_schema:
    cluster: prod
    task_definition: arn:aws:ecs:eu-west-1:123456789012:task-definition/prod-airflow-command:3
    container: command
    network_configuration:
      awsvpc_configuration:
        subnets: [subnet-0123456789abcdef0]
        security_groups: [sg-0123456789abcdef0]
    database_arn: arn:aws:rds:eu-west-1:123456789012:db:prod-database
    migrated_by: sha256:2f5a8b... admin
"""

RETURN = r"""
log_lines:
  description: The last lines that the tasks printed.
  returned: always
  type: list
  elements: str
  sample: ["migration: done", "admin: admin made"]
snapshot:
  description: The snapshot from before the upgrade, if there was one. It is less than an hour older than that.
  returned: always
  type: str
  sample: prod-database-before-2f5a8bd1c0e9-20260504031000
databases:
  description: The database that is as the image needs it. Empty in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its identifier.
      type: str
    arn:
      description: Its ARN.
      type: str
"""

from ..module_utils.engine.module import run
from ..module_utils.environment.database_schema import migrate
from ..module_utils.runs import lacking_rules

ARGUMENT_SPEC = {
    "cluster": {"type": "str", "required": True},
    "task_definition": {"type": "str", "required": True},
    "container": {"type": "str", "required": True},
    "network_configuration": {"type": "dict", "required": True},
    "database_arn": {"type": "str", "required": True},
    "migrated_by": {"type": "str", "required": True},
    "tags": {"type": "dict", "default": {}},
    "wait_timeout": {"type": "int", "default": 3600},
    "security_group_rules": lacking_rules.OPTION,
}

TASK = ("cluster", "task_definition", "container", "network_configuration")


def work(parameters, clients, check_mode):
    """Migrates."""
    if check_mode:
        return {"changed": True, "log_lines": [], "snapshot": None, "databases": []}
    task = {name: parameters[name] for name in TASK}
    database, migrated_by = parameters["database_arn"], parameters["migrated_by"]
    tags, limit = parameters["tags"], parameters["wait_timeout"]
    with lacking_rules.told_in_errors(clients, parameters["security_group_rules"]):
        lines, snapshot = migrate(clients, task, database, migrated_by, tags, limit)
    databases = [{"name": database.rpartition(":")[2], "arn": database}]
    return {"changed": True, "log_lines": lines, "snapshot": snapshot, "databases": databases}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
