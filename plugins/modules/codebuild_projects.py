#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: codebuild_projects
short_description: Reconcile any number of CodeBuild projects in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes CodeBuild projects that have no source and no artifacts of their own. Whoever starts a
    build says what it shall do.
  - Everything that can be set of a project is compared. What has no option here is as AWS makes it for a project
    that asks for nothing, and is brought back to that. Left to AWS are the kernel of its hosts, and what CodeBuild has
    got since this release.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Predicts what a run would do and makes no mutating call.
    support: full
  diff_mode:
    description: One line for each difference.
    support: full
options:
  projects:
    description: The projects. Of one that shall not exist its name is enough.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the project.
        type: str
        required: true
      description:
        description: What the project is for.
        type: str
        default: ""
      service_role:
        description: ARN of the role that builds act in. Needed for a project that shall exist.
        type: str
      image:
        description: The image that builds run in. Needed for a project that shall exist.
        type: str
      image_pull_credentials_type:
        description: Who pulls O(projects[].image); V(CODEBUILD) for CodeBuild's own images.
        type: str
        choices: [CODEBUILD, SERVICE_ROLE]
        default: CODEBUILD
      environment_type:
        description: What builds run on.
        type: str
        choices: [LINUX_CONTAINER, ARM_CONTAINER]
        default: LINUX_CONTAINER
      compute_type:
        description: How much a build has of processor and memory.
        type: str
        choices:
          - BUILD_GENERAL1_SMALL
          - BUILD_GENERAL1_MEDIUM
          - BUILD_GENERAL1_LARGE
          - BUILD_GENERAL1_XLARGE
          - BUILD_GENERAL1_2XLARGE
        default: BUILD_GENERAL1_SMALL
      privileged_mode:
        description: Whether a build may run a Docker engine.
        type: bool
        default: false
      environment_variables:
        description: Environment variables in plain text.
        type: dict
        default: {}
      buildspec:
        description: The text of the buildspec. Needed for a project that shall exist.
        type: str
      cache_modes:
        description: What the host of a build keeps for the next one, as long as it can.
        type: list
        elements: str
        choices: [LOCAL_DOCKER_LAYER_CACHE, LOCAL_SOURCE_CACHE, LOCAL_CUSTOM_CACHE]
        default: []
      log_group:
        description: The CloudWatch log group. CodeBuild's own choice when it is not given.
        type: str
      timeout_in_minutes:
        description: How long a build may take.
        type: int
        default: 60
      queued_timeout_in_minutes:
        description: How long a build may wait for its turn.
        type: int
        default: 480
      concurrent_build_limit:
        description: How many builds may run at once. As many as the account may run when it is not given.
        type: int
      encryption_key:
        description: KMS key of what a build puts out. AWS's own for S3 when it is not given.
        type: str
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named projects shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: A project that can build images
  farflow.airflow.codebuild_projects:
    projects:
      - name: prod-images
        service_role: arn:aws:iam::123456789012:role/prod-images
        image: aws/codebuild/amazonlinux-x86_64-standard:5.0
        privileged_mode: true
        cache_modes: [LOCAL_DOCKER_LAYER_CACHE]
        log_group: /farflow/prod/images
        buildspec: |
          version: 0.2
          phases: {build: {commands: [docker version]}}
"""

RETURN = r"""
projects:
  description: One entry a project, in the order given; after O(state=absent) one for each that was there.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    arn:
      description: The ARN; null in check mode for one that does not exist yet.
      type: str
    changed:
      description: Whether it was, or in check mode would be, created, changed or deleted.
      type: bool
    reasons:
      description: What differed, as C(timeoutInMinutes 60 -> 30).
      type: list
      elements: str
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.codebuild_project import CODEBUILD_PROJECT, documents

PROJECT = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "service_role": {"type": "str"},
    "image": {"type": "str"},
    "image_pull_credentials_type": {"type": "str", "choices": documents.PULL_CREDENTIALS, "default": "CODEBUILD"},
    "environment_type": {"type": "str", "choices": documents.ENVIRONMENT_TYPES, "default": "LINUX_CONTAINER"},
    "compute_type": {"type": "str", "choices": documents.COMPUTE_TYPES, "default": "BUILD_GENERAL1_SMALL"},
    "privileged_mode": {"type": "bool", "default": False},
    "environment_variables": {"type": "dict", "default": {}},
    "buildspec": {"type": "str"},
    "cache_modes": {"type": "list", "elements": "str", "choices": documents.CACHE_MODES, "default": []},
    "log_group": {"type": "str"},
    "timeout_in_minutes": {"type": "int", "default": 60},
    "queued_timeout_in_minutes": {"type": "int", "default": 480},
    "concurrent_build_limit": {"type": "int"},
    "encryption_key": {"type": "str", "no_log": False},
    "tags": {"type": "dict", "default": {}},
}
NEEDED = ("service_role", "image", "buildspec")

ARGUMENT_SPEC = {
    "projects": {"type": "list", "elements": "dict", "required": True, "options": PROJECT},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the projects."""
    projects, present = parameters["projects"], parameters["state"] == "present"
    incomplete = [f"project {each['name']} needs {name}" for each in projects for name in NEEDED if not each[name]]
    if present and incomplete:
        raise FarflowError("\n".join(incomplete))
    return batch(CODEBUILD_PROJECT, "projects", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
