#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_run_task
short_description: Run a Fargate task to its end
version_added: 0.1.0
description:
  - Starts one task, waits for its end and returns its exit code and log lines.
  - The module fails when the task can't start, is stopped, or ends with an exit code that is not in O(exit_codes).
    The error has the reason, advice and the last log lines. A task that runs longer than O(wait_timeout) is stopped.
  - A task that did not start because AWS does not know all rights of a new execution role yet is started again, up to
    two times.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Makes no call of AWS, and returns the request that a run would make.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
options:
  cluster:
    description: The name or ARN of the cluster.
    type: str
    required: true
  task_definition:
    description: A family (its newest ACTIVE revision runs), C(family:revision), or an ARN.
    type: str
    required: true
  container:
    description:
      - The container that O(command) and O(environment) are for. Required where the task definition has several
        containers.
      - Its exit code, reason and log are those of the task. How other containers end does not matter, and neither
        does how those end that AWS adds, such as GuardDuty's agent.
    type: str
  command:
    description: The command, in place of the one in the task definition.
    type: list
    elements: str
  environment:
    description: Environment variables that are added or overridden. Not for secrets, as everybody who may describe
      the task can read it.
    type: dict
  network_configuration:
    description: The C(networkConfiguration) of C(RunTask) in snake_case, with C(awsvpc_configuration).
    type: dict
    required: true
  launch_type:
    description: The launch type; C(FARGATE) when there is no O(capacity_provider_strategy) either.
    type: str
    choices: [FARGATE]
  capacity_provider_strategy:
    description: Items with C(capacity_provider), C(weight) and C(base).
    type: list
    elements: dict
  platform_version:
    description: The platform version of Fargate.
    type: str
  propagate_tags:
    description: From where the task gets more tags than O(tags).
    type: str
    choices: [TASK_DEFINITION]
  started_by:
    description: The C(startedBy) of the task, by which it can be found later.
    type: str
  tags:
    description: The tags of the task.
    type: dict
    default: {}
  client_token:
    description: A request with the token of an earlier one starts no second task. By default each run has a new one.
    type: str
  wait_timeout:
    description: How long the task may take, in seconds.
    type: int
    default: 1800
  log_lines:
    description: How many of its last log lines are returned, or are part of an error. After O(wait_timeout) an error
      has 50.
    type: int
    default: 50
  all_log_lines:
    description: Whether all log lines are returned.
    type: bool
    default: false
  show_log:
    description: Whether each log line is shown while the task runs. Only where the module runs on the controller,
      without C(async) and C(become).
    type: bool
    default: false
    version_added: 0.2.0
  exit_codes:
    description: The exit codes that count as success.
    type: list
    elements: int
    default: [0]
    version_added: 0.2.0
"""

EXAMPLES = r"""
- name: Migrate the database
  farflow.airflow.ecs_run_task:
    cluster: prod-airflow
    task_definition: prod-command
    command: [airflow, db, migrate]
    network_configuration:
      awsvpc_configuration:
        subnets: [subnet-0a1b2c3d4e5f60718]
        security_groups: [sg-0a1b2c3d4e5f60718]
"""

RETURN = r"""
task_arn:
  description: The ARN of the task; null in check mode.
  returned: always
  type: str
  sample: arn:aws:ecs:eu-west-1:123456789012:task/prod-airflow/0123456789abcdef0123456789abcdef
exit_code:
  description: The exit code, one of O(exit_codes); null in check mode.
  returned: always
  type: int
  sample: 0
stop_code:
  description: AWS's code for why the task stopped.
  returned: always
  type: str
  sample: EssentialContainerExited
stopped_reason:
  description: AWS's words for it.
  returned: always
  type: str
  sample: Essential container in task exited
log_lines:
  description: The last log lines, oldest first.
  returned: always
  type: list
  elements: str
  sample: ["Database migrating done!"]
would_run:
  description: The arguments of RunTask.
  returned: in check mode
  type: dict
"""

from dataclasses import asdict

from ..module_utils.engine.compare import UNKNOWN
from ..module_utils.engine.module import run
from ..module_utils.runs import run_task_documents
from ..module_utils.runs.run_task import run_to_end

ARGUMENT_SPEC = {
    "cluster": {"type": "str", "required": True},
    "task_definition": {"type": "str", "required": True},
    "container": {"type": "str"},
    "command": {"type": "list", "elements": "str"},
    "environment": {"type": "dict"},
    "network_configuration": {"type": "dict", "required": True},
    "launch_type": {"type": "str", "choices": ["FARGATE"]},
    "capacity_provider_strategy": {"type": "list", "elements": "dict"},
    "platform_version": {"type": "str"},
    "propagate_tags": {"type": "str", "choices": ["TASK_DEFINITION"]},
    "started_by": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
    "client_token": {"type": "str", "no_log": False},
    "wait_timeout": {"type": "int", "default": 1800},
    "log_lines": {"type": "int", "default": 50},
    "all_log_lines": {"type": "bool", "default": False},
    "show_log": {"type": "bool", "default": False},
    "exit_codes": {"type": "list", "elements": "int", "default": [0]},
}

RULES = {"mutually_exclusive": [("launch_type", "capacity_provider_strategy")]}

NOTHING_YET = {"task_arn": None, "exit_code": None, "stop_code": None, "stopped_reason": None, "log_lines": []}


def work(parameters, clients, check_mode, show=None):
    """Runs the task. ``show(line)`` prints a line immediately."""
    if check_mode:
        request = run_task_documents.request(parameters, parameters["container"] or UNKNOWN)
        return {"changed": True, **NOTHING_YET, "would_run": request}
    lines = None if parameters["all_log_lines"] else parameters["log_lines"]
    more = {"exit_codes": parameters["exit_codes"], "show": show if parameters["show_log"] else None}
    ended = run_to_end(clients, parameters, parameters["wait_timeout"], lines, **more)
    return {"changed": True, **asdict(ended)}


def main():
    run(ARGUMENT_SPEC, work, **RULES)


if __name__ == "__main__":
    main()
