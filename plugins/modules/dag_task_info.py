#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_task_info
short_description: Discover and validate the DAG tasks of a project
version_added: 0.1.0
description:
  - Reads the folders under C(tasks/) and returns what each of them asks of Fargate. Changes nothing and calls no AWS.
  - A DAG task is a folder with a C(Dockerfile). A C(task.yml) beside it is optional; its keys are C(cpu) in CPU units
    (1024 are a vCPU), C(memory) in MiB, C(ephemeral_storage) in GiB, C(architecture), C(command) (a list),
    C(environment) (a mapping of texts), C(secrets) (a mapping of environment variables to ARNs or names of secrets),
    C(policy) (a list of IAM statements), C(readonly_root_filesystem) and C(shared_volume) (booleans),
    C(stop_timeout) in seconds, C(capacity) (whether it runs on Fargate Spot), C(context) and C(dockerfile) (what the
    image is built from, as seen from the folder) and C(base) (the DAG task whose image that begins with).
  - Everything that is wrong in any of the tasks is told in one error, with file, line and key.
  - Hidden folders, C(__pycache__) and files directly under C(tasks/) are passed over.
  - C(task.yml) and C(__pycache__) are not part of a task's image.
author: farflow.airflow contributors (@farflow)
attributes:
  check_mode:
    description: Reads only, so check mode is the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
requirements:
  - PyYAML
options:
  path:
    description: The folder that holds one folder a DAG task.
    type: path
    required: true
  environment:
    description: The name of the environment. It is the first part of the tasks' family names.
    type: str
    required: true
  defaults:
    description: What a task gets that says nothing else.
    type: dict
    default: {}
    suboptions:
      cpu:
        description: CPU units, 1024 are a vCPU.
        type: int
        default: 256
      memory:
        description: MiB.
        type: int
        default: 512
      architecture:
        description: The processor's.
        type: str
        choices: [X86_64, ARM64]
        default: X86_64
      ephemeral_storage:
        description: GiB, from 21 to 200. AWS gives 20 when it is not set.
        type: int
      stop_timeout:
        description: Seconds from SIGTERM to SIGKILL, at most 120. AWS gives 30 when it is not set.
        type: int
"""

EXAMPLES = r"""
- name: Look into tasks/
  farflow.airflow.dag_task_info:
    path: tasks
    environment: prod
  register: dag_tasks
"""

RETURN = r"""
tasks:
  description: The DAG tasks, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The folder's name.
      type: str
    path:
      description: The folder, absolute.
      type: str
    family:
      description: The ECS family, which is the container's name too.
      type: str
    cpu:
      description: CPU units.
      type: int
    memory:
      description: MiB.
      type: int
    architecture:
      description: V(X86_64) or V(ARM64).
      type: str
    ephemeral_storage:
      description: GiB; null for AWS's 20.
      type: int
    command:
      description: The command; null for the image's own.
      type: list
      elements: str
    environment:
      description: Environment variables.
      type: dict
    secrets:
      description: Environment variables and the ARNs or names of the secrets that fill them.
      type: dict
    policy:
      description: IAM statements of the task's own role; actions and resources are sorted lists.
      type: list
      elements: dict
    readonly_root_filesystem:
      description: Whether the container can write to no file of its image.
      type: bool
    shared_volume:
      description: Whether the environment's EFS volume is mounted.
      type: bool
    stop_timeout:
      description: Seconds; null for AWS's 30.
      type: int
    capacity:
      description: V(on_demand), V(spot) or V(spot_then_on_demand); null where C(task.yml) says nothing.
      type: str
    context_path:
      description: The folder that the image is built from, absolute.
      type: str
    dockerfile:
      description: The Dockerfile, relative to that folder.
      type: str
    exclude:
      description: What is left out of the image beside what C(.dockerignore) says, as lines of such a file.
      type: list
      elements: str
    base:
      description: The DAG task whose image this one begins with; null without one.
      type: str
    context_size:
      description: Bytes in the files that the image is built from.
      type: int
    image:
      description: The image, as M(farflow.airflow.ecr_images) takes it, but for the repository and the base.
      type: dict
  sample:
    - name: number_task
      path: /home/me/farflow/tasks/number_task
      family: prod-number_task
      cpu: 256
      memory: 512
      architecture: X86_64
      ephemeral_storage: null
      command: null
      environment:
        GREETING: hello
      secrets: {}
      policy: []
      readonly_root_filesystem: true
      shared_volume: false
      stop_timeout: 30
      capacity: null
      context_path: /home/me/farflow/tasks/number_task
      dockerfile: Dockerfile
      exclude: [task.yml, "**/__pycache__"]
      base: null
      context_size: 1460
      image:
        name: number_task
        context: /home/me/farflow/tasks/number_task
        dockerfile: Dockerfile
        architecture: X86_64
        exclude: [task.yml, "**/__pycache__"]
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.engine.errors import FarflowError
from ..module_utils.project import task_folders as dag_tasks_folder
from ..module_utils.project.task_yml import ARCHITECTURES

_DEFAULTS = dag_tasks_folder.DEFAULTS

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "defaults": {
        "type": "dict",
        "default": {},
        "options": {
            "cpu": {"type": "int", "default": _DEFAULTS["cpu"]},
            "memory": {"type": "int", "default": _DEFAULTS["memory"]},
            "architecture": {
                "type": "str",
                "choices": list(ARCHITECTURES),
                "default": _DEFAULTS["architecture"],
            },
            "ephemeral_storage": {"type": "int"},
            "stop_timeout": {"type": "int"},
        },
    },
}


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        tasks = dag_tasks_folder.discover(
            module.params["path"], module.params["environment"], module.params["defaults"]
        )
        for warning in dag_tasks_folder.warnings(tasks):
            module.warn(warning)
    except FarflowError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, tasks=[{**asdict(task), "image": task.image} for task in tasks])


if __name__ == "__main__":
    main()
