#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_task_definitions
short_description: Reconcile any number of ECS task definitions for Fargate in one call
version_added: 0.1.0
description:
  - Registers a new revision of exactly those families whose newest ACTIVE revision would behave differently from what
    is given. Every member of the API is compared; defaults that AWS fills in, the order of lists without order, absent
    or empty members and numbers as strings are no differences, and neither is a member that ECS has got since this
    release, unless it is given.
  - Tags are changed in place, without a new revision.
  - A tag C(farflow:digest) on each revision lets a run without differences need no more calls than AWS's lists have
    pages, for any number of families. What the tag does not prove is described and compared in full.
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
  task_definitions:
    description:
      - The input of C(RegisterTaskDefinition) in snake_case, as C(container_definitions), C(ephemeral_storage),
        C(log_configuration). All members of the API that apply to Fargate are known, those of the botocore that is
        installed; what Fargate does not have is refused with the reason, and so are sizes that it does not offer.
      - C(network_mode) and C(requires_compatibilities) can be left out.
      - With O(state=absent) only C(family) is looked at, and of C(tags) the environment in C(farflow:environment).
        Where it is given, revisions that carry the tag of another environment stay.
    type: list
    elements: dict
    required: true
  keep_revisions:
    description: How many revisions of a family stay ACTIVE when one is registered, the newest one included.
    type: int
    default: 3
  delete:
    description: With O(state=absent), whether the revisions are deleted, not only deregistered.
    type: bool
    default: true
  state:
    description: Whether the families shall have an ACTIVE revision.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Two tasks
  farflow.airflow.ecs_task_definitions:
    task_definitions:
      - family: prod-numbers
        cpu: 256
        memory: 512
        execution_role_arn: arn:aws:iam::123456789012:role/prod-tasks-execution
        container_definitions:
          - name: prod-numbers
            image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod@sha256:94afd1f2e64d908bc90dbca0035a5b567
            environment:
              - name: LOG_LEVEL
                value: info
            log_configuration:
              log_driver: awslogs
              options:
                awslogs-group: /farflow/prod/tasks
                awslogs-region: eu-west-1
                awslogs-stream-prefix: numbers
        tags:
          - key: farflow:environment
            value: prod

- name: Away with it
  farflow.airflow.ecs_task_definitions:
    task_definitions:
      - family: prod-numbers
    state: absent
"""

RETURN = r"""
task_definitions:
  description: One entry a family, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    family:
      description: The family.
      type: str
    arn:
      description: The ARN of the newest revision; null in check mode for a family that does not exist yet.
      type: str
    revision:
      description: Its number.
      type: int
    changed:
      description: Whether it was, or in check mode would be, registered, tagged, deregistered or deleted.
      type: bool
    reasons:
      description: What differed, as C(memory 1024 -> 2048) or C(environment LOG_LEVEL info -> debug).
      type: list
      elements: str
  sample:
    - family: prod-numbers
      arn: arn:aws:ecs:eu-west-1:123456789012:task-definition/prod-numbers:4
      revision: 4
      changed: true
      reasons: ["environment LOG_LEVEL info -> debug"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, run
from ..module_utils.kinds.ecs import task_definition as ecs_task_definitions
from ..module_utils.kinds.ecs.task_definition import documents

ARGUMENT_SPEC = {
    "task_definitions": {"type": "list", "elements": "dict", "required": True},
    "keep_revisions": {"type": "int", "default": 3},
    "delete": {"type": "bool", "default": True},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the families, or removes them."""
    given = parameters["task_definitions"]
    if parameters["keep_revisions"] < 1:
        raise FarflowError("keep_revisions must be at least 1: the newest revision is one of them")
    if parameters["state"] == "present":
        wanted = documents.all_desired(given)
        index = ecs_task_definitions.read(clients, [each.name for each in wanted], documents.environment_of(wanted))
        outcomes = ecs_task_definitions.reconcile(clients, wanted, index, check_mode, parameters["keep_revisions"])
    else:
        families = documents.families(given)
        owners = documents.owners(given)
        outcomes = ecs_task_definitions.remove(clients, families, check_mode, parameters["delete"], owners)
    entries = [outcome.as_entry() for outcome in outcomes]
    lines = "".join(f"{each['family']}: {reason}\n" for each in entries for reason in each["reasons"])
    changed = any(each["changed"] for each in entries)
    return {"changed": changed, "task_definitions": entries, "diff": {"prepared": lines}}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
