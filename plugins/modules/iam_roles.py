#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_roles
short_description: Reconcile any number of IAM roles with their policies in one call
version_added: 0.1.0
description:
  - Creates, changes or deletes IAM roles so that trust, inline and attached policies, permissions boundary,
    description, session duration and tags are exactly as given. Policies that are not given are removed.
  - Policy documents are compared by what they allow. The order of statements, actions, resources and principals, the
    letter case of actions, and one value against a list of one make no difference.
  - Returns when AWS shows what was set.
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
  roles:
    description: The roles.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, unique in the account whatever the path.
        type: str
        required: true
      path:
        description: The path. AWS cannot change it, a role elsewhere with this name is refused.
        type: str
        default: /
      assume_role_policy:
        description: Who may take on the role. Required for a role that shall exist.
        type: dict
      policies:
        description: All the inline policies, a document for each name.
        type: dict
        default: {}
      managed_policy_arns:
        description: ARNs of all the managed policies.
        type: list
        elements: str
        default: []
      permissions_boundary:
        description: ARN of the policy that bounds the role.
        type: str
      max_session_duration:
        description: The longest session that can be asked for, in seconds from 3600 to 43200.
        type: int
        default: 3600
      description:
        description: For people.
        type: str
        default: ""
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named roles shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The role of a DAG task
  farflow.airflow.iam_roles:
    roles:
      - name: prod-task-report
        path: /farflow/prod/
        assume_role_policy:
          Version: "2012-10-17"
          Statement:
            Effect: Allow
            Principal:
              Service: ecs-tasks.amazonaws.com
            Action: sts:AssumeRole
        policies:
          report:
            Version: "2012-10-17"
            Statement:
              - Sid: ReadData
                Effect: Allow
                Action: s3:GetObject
                Resource: arn:aws:s3:::data/*
        tags:
          team: data
"""

RETURN = r"""
roles:
  description: One entry a role, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(max_session_duration 3600 -> 7200).
      type: list
      elements: str
  sample:
    - name: prod-task-report
      arn: arn:aws:iam::123456789012:role/farflow/prod/prod-task-report
      changed: true
      reasons: ["policies report Statement ReadData Effect Deny -> Allow"]
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.iam_role import IamRole, documents

ARGUMENT_SPEC = {
    "roles": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "path": {"type": "str", "default": "/"},
            "assume_role_policy": {"type": "dict"},
            "policies": {"type": "dict", "default": {}},
            "managed_policy_arns": {"type": "list", "elements": "str", "default": []},
            "permissions_boundary": {"type": "str"},
            "max_session_duration": {"type": "int", "default": documents.MAX_SESSION_DURATION},
            "description": {"type": "str", "default": ""},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the roles."""
    if parameters["state"] == "present":
        refuse_incomplete([documents.desired(role) for role in parameters["roles"]])
    return batch(IamRole(documents.common_path(parameters["roles"])), "roles", parameters, clients, check_mode)


def refuse_incomplete(roles):
    """Raises FarflowError for roles that AWS would not take."""
    untrusted = [role.name for role in roles if not role.properties["assume_role_policy"]]
    if untrusted:
        raise FarflowError(f"roles without assume_role_policy: {', '.join(untrusted)}")
    too_large = [problem for role in roles if (problem := documents.size_problem(role))]
    if too_large:
        raise FarflowError("\n".join(too_large))


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
