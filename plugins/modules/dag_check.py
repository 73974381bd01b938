#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_check
short_description: Have DAG files parsed by Airflow's image, and say what is wrong with them
version_added: 0.2.0
description:
  - Parses each DAG file as Airflow's dag-processor does, with the packages and plugins of Airflow's image, and fails
    with a sentence for everything that is wrong, with file and line.
  - It finds import errors, DAGs that are there twice, tasks that wait for one another in a circle, DAG tasks without a
    folder, arguments of FargateTask of the wrong type, executors that are not there, an C(executor_config) that can't
    be, queues that no worker serves, pools that are not there, and files that take too long to be parsed. No task is
    run.
  - With a Docker engine it needs no AWS. A file that asks Airflow for a variable or a connection while it is parsed is
    then told by a warning.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Does the same, but runs no one-off task on AWS.
    details: With O(where=task) it checks nothing.
    support: partial
  diff_mode:
    description: Changes nothing.
    support: none
requirements:
  - docker (Python package), with O(where=engine)
options:
  path:
    description: The folder of Airflow's image. The DAGs are in C(dags) below it.
    type: path
    required: true
  where:
    description: Whether a container of a Docker engine parses the files, or a one-off task of the environment.
    type: str
    choices: [engine, task]
    default: engine
  image:
    description: Airflow's image, as the Docker engine knows it.
    type: str
  build:
    description: How to build O(image), an element of the option O(farflow.airflow.ecr_images#module:images). Without it
      the image has to be there.
    type: dict
  build_ca_bundle:
    description: See O(farflow.airflow.ecr_images#module:build_ca_bundle).
    type: path
  may_build:
    description: Whether an image that the engine has not is built by O(build). If not, O(build) tells only which of the
      engine's images is meant.
    type: bool
    default: true
  environment:
    description: Environment variables of the container.
    type: dict
    default: {}
  run_task:
    description: What M(farflow.airflow.ecs_run_task) needs for a command of Airflow's, as environment_plan returns it.
    type: dict
  bucket:
    description: The bucket of the versions of the DAGs, by which the one-off task gets the files.
    type: str
  tasks:
    description: The names of the DAG tasks.
    type: list
    elements: str
    default: []
  executors:
    description: The names of the executors that a task can ask for.
    type: list
    elements: str
    default: [CeleryExecutor]
  queues:
    description: The queues that workers serve.
    type: list
    elements: str
    default: []
  pools:
    description: Airflow's pools beside C(default_pool). Where neither this is given nor the environment is asked, pools
      are not checked.
    type: list
    elements: str
  allow_broken:
    description: Files in which anything may be wrong. One that ends with C(*) stands for all that begin so.
    type: list
    elements: str
    default: []
  versions:
    description: Whether Airflow reads versions of the DAGs, so that each run has to have one.
    type: bool
    default: true
  seconds:
    description: The most seconds that one file may take.
    type: int
    default: 30
  skip_without_engine:
    description: Whether it is no error when no Docker engine answers, or none that has the image.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check the DAGs
  farflow.airflow.dag_check:
    path: airflow
    image: farflow/prod-airflow:airflow
    tasks: [number_task, multi_task]
    queues: [prod-celery]
"""

RETURN = r"""
checked:
  description: Whether the files were parsed.
  returned: always
  type: bool
reason:
  description: Why they were not; empty where they were.
  returned: always
  type: str
problems:
  description: What is wrong, a sentence each.
  returned: always
  type: list
  elements: str
  sample: ["dags/report.py:12: task 'fetch' of DAG 'report' runs DAG task 'fetsch', which is no folder in tasks/"]
files:
  description: How many files were parsed.
  returned: always
  type: int
dags:
  description: How many DAGs are in them.
  returned: always
  type: int
"""

from pathlib import Path

from ..module_utils.dags import check as dag_check
from ..module_utils.dags import check_documents
from ..module_utils.engine.module import run

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "where": {"type": "str", "choices": ["engine", "task"], "default": "engine"},
    "image": {"type": "str"},
    "build": {"type": "dict"},
    "build_ca_bundle": {"type": "path"},
    "may_build": {"type": "bool", "default": True},
    "environment": {"type": "dict", "default": {}},
    "run_task": {"type": "dict"},
    "bucket": {"type": "str"},
    "tasks": {"type": "list", "elements": "str", "default": []},
    "executors": {"type": "list", "elements": "str", "default": ["CeleryExecutor"]},
    "queues": {"type": "list", "elements": "str", "default": []},
    "pools": {"type": "list", "elements": "str"},
    "allow_broken": {"type": "list", "elements": "str", "default": []},
    "versions": {"type": "bool", "default": True},
    "seconds": {"type": "int", "default": 30},
    "skip_without_engine": {"type": "bool", "default": False},
}

RULES = {"required_if": [("where", "engine", ["image"]), ("where", "task", ["run_task", "bucket"])]}

NOTHING = {"changed": False, "checked": False, "reason": "", "problems": [], "files": 0, "dags": 0}


def work(parameters, clients, check_mode):
    """Checks the files."""
    airflow, seconds = Path(parameters["path"]).absolute(), parameters["seconds"]
    if parameters["where"] == "task":
        if check_mode:
            return {**NOTHING, "reason": "check mode runs no task on AWS"}
        lines = dag_check.by_task(clients, airflow, parameters["bucket"], parameters["run_task"], seconds)
    else:
        given = (parameters[name] for name in ("environment", "build", "build_ca_bundle", "may_build"))
        try:
            lines = dag_check.by_engine(dag_check.read(airflow), parameters["image"], seconds, *given)
        except dag_check.NoEngine as error:
            if not parameters["skip_without_engine"]:
                raise
            return {**NOTHING, "reason": str(error)}
    found = check_documents.judge(check_documents.facts(lines), _allowed(parameters))
    result = {**NOTHING, "checked": True, "problems": found.problems, "files": found.files, "dags": found.dags}
    if found.warnings:
        result["warnings"] = found.warnings
    if found.problems:
        told = "".join(f"\n- {problem}" for problem in found.problems)
        result.update(failed=True, msg=f"the DAGs are not right, nothing was deployed:{told}")
    return result


def _allowed(parameters):
    return check_documents.Allowed(
        tasks=parameters["tasks"],
        executors=parameters["executors"],
        queues=parameters["queues"],
        pools=parameters["pools"],
        broken=parameters["allow_broken"],
        versions=parameters["versions"],
        seconds=parameters["seconds"],
    )


def main():
    run(ARGUMENT_SPEC, work, **RULES)


if __name__ == "__main__":
    main()
