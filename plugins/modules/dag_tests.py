#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_tests
short_description: Run the tests of DAGs, with each FargateTask as a container of this machine
version_added: 0.2.0
description:
  - Runs pytest on the folder C(tests) below O(path), in a container of Airflow's image. A test gets the DAGs by the
    fixture C(dags), and C(dag.test()) runs one. Each FargateTask in it becomes a container of its DAG task's image.
  - Images that are not built yet, or whose folders have changed, are built. Nothing is asked of AWS.
  - The container reaches the Docker engine by its socket, and with that all that the engine's own user may. So run only
    tests that you would run as yourself.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Does the same; it changes nothing but the Docker engine's images.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
requirements:
  - docker (Python package)
  - PyYAML
options:
  path:
    description: The folder of Airflow's image, with C(dags) and C(tests).
    type: path
    required: true
  image:
    description: The name that Airflow's image gets in the Docker engine.
    type: str
    required: true
  build:
    description: How to build it, an element of the option O(farflow.airflow.ecr_images#module:images).
    type: dict
    required: true
  tasks:
    description: The DAG tasks, each after the one that it is based on.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of its folder.
        type: str
        required: true
      image:
        description: The name that its image gets in the Docker engine.
        type: str
        required: true
      build:
        description: How to build it.
        type: dict
        required: true
      base:
        description: The name of the image that it begins with.
        type: str
        default: ""
      command:
        description: Its command; the image's when it is not given.
        type: list
        elements: str
      environment:
        description: Its environment variables.
        type: dict
        default: {}
      secrets:
        description: The names of those of its environment variables that are secrets.
        type: list
        elements: str
        default: []
  secrets_file:
    description: A file of YAML with values of secrets, as C({task&#58; {variable&#58; value}}). It need not exist.
    type: path
  environment:
    description: Environment variables of the container.
    type: dict
    default: {}
  arguments:
    description: Arguments of pytest.
    type: list
    elements: str
    default: []
  build_ca_bundle:
    description: See O(farflow.airflow.ecr_images#module:build_ca_bundle).
    type: path
  show_log:
    description: Whether each line is shown while the tests run, where this runs on the controller itself.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Test the DAGs
  farflow.airflow.dag_tests:
    path: airflow
    image: farflow/airflow:airflow
    build:
      repository: airflow
      name: airflow
      context: airflow
"""

RETURN = r"""
exit_code:
  description: Pytest's exit code; 5 where there are no tests.
  returned: always
  type: int
lines:
  description: What pytest has printed.
  returned: always
  type: list
  elements: str
"""

from ..module_utils.dags import tests as dag_tests
from ..module_utils.engine.module import run

TASK = {
    "name": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "build": {"type": "dict", "required": True},
    "base": {"type": "str", "default": ""},
    "command": {"type": "list", "elements": "str"},
    "environment": {"type": "dict", "default": {}},
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
}

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "image": {"type": "str", "required": True},
    "build": {"type": "dict", "required": True},
    "tasks": {"type": "list", "elements": "dict", "default": [], "options": TASK},
    "secrets_file": {"type": "path", "no_log": False},
    "environment": {"type": "dict", "default": {}},
    "arguments": {"type": "list", "elements": "str", "default": []},
    "build_ca_bundle": {"type": "path"},
    "show_log": {"type": "bool", "default": False},
}


def work(parameters, clients, check_mode, show=None):
    """Runs the tests. ``show(line)`` shows a person a line at once."""
    lines = []

    def told(line):
        lines.append(line)
        if show and parameters["show_log"]:
            show(line)

    warnings = dag_tests.lacking(parameters["secrets_file"], parameters["tasks"])
    code = dag_tests.run(parameters, told)
    result = {"changed": False, "exit_code": code, "lines": lines}
    if warnings:
        result["warnings"] = warnings
    if code:
        ended = "there are no tests" if code == 5 else f"tests of DAGs failed, pytest ended with exit code {code}"
        result.update(failed=True, msg="\n".join([f"{ended}; the end of what it printed:", *lines[-60:]]))
    return result


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
