#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repositories
short_description: Reconcile any number of ECR repositories in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes ECR repositories so that tag mutability, scanning, policies and tags are as given.
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
  repositories:
    description: The repositories.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the repository.
        type: str
        required: true
      image_tag_mutability:
        description: Whether a tag, once pushed, can be moved to another image.
        type: str
        choices: [IMMUTABLE, MUTABLE]
        default: IMMUTABLE
      scan_on_push:
        description: Whether images are scanned for vulnerabilities as they are pushed.
        type: bool
        default: true
      encryption_type:
        description:
          - How images are encrypted at rest. AWS can't change it later.
          - V(KMS) and V(KMS_DSSE) need O(repositories[].kms_key).
        type: str
        choices: [AES256, KMS, KMS_DSSE]
        default: AES256
      kms_key:
        description: ARN of the KMS key. AWS can't change it later.
        type: str
      lifecycle_policy:
        description: The lifecycle policy, a document with C(rules). None when it is not given.
        type: dict
      repository_policy:
        description: The resource policy, an IAM document. None when it is not given.
        type: dict
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named repositories shall exist.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: With O(state=absent), deletes a repository that holds images, with its images.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A repository for the images of all DAG tasks
  farflow.airflow.ecr_repositories:
    repositories:
      - name: prod-tasks
        lifecycle_policy:
          rules:
            - rulePriority: 1
              selection:
                tagStatus: untagged
                countType: sinceImagePushed
                countUnit: days
                countNumber: 7
              action:
                type: expire
        tags:
          team: data

- name: Gone, with every image
  farflow.airflow.ecr_repositories:
    repositories:
      - name: prod-tasks
    state: absent
    force: true
"""

RETURN = r"""
repositories:
  description: One entry a repository, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(image_tag_mutability MUTABLE -> IMMUTABLE).
      type: list
      elements: str
  sample:
    - name: prod-tasks
      arn: arn:aws:ecr:eu-west-1:123456789012:repository/prod-tasks
      changed: true
      reasons: ["created"]
"""

from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.ecr_repository import EcrRepository, documents

ARGUMENT_SPEC = {
    "repositories": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "required_if": [("encryption_type", "KMS", ["kms_key"]), ("encryption_type", "KMS_DSSE", ["kms_key"])],
        "options": {
            "name": {"type": "str", "required": True},
            "image_tag_mutability": {"type": "str", "choices": documents.IMAGE_TAG_MUTABILITY, "default": "IMMUTABLE"},
            "scan_on_push": {"type": "bool", "default": True},
            "encryption_type": {"type": "str", "choices": documents.ENCRYPTION_TYPES, "default": "AES256"},
            "kms_key": {"type": "str", "no_log": False},
            "lifecycle_policy": {"type": "dict"},
            "repository_policy": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
    "force": {"type": "bool", "default": False},
}


def work(parameters, clients, check_mode):
    """Reconciles the repositories."""
    return batch(EcrRepository(parameters["force"]), "repositories", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
