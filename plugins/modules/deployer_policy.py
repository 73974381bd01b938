#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: deployer_policy
short_description: Say by which IAM policies a deployer may do what playbooks do
version_added: 0.2.0
description:
  - Works out, from the variables of an environment, the IAM policies that allow what playbooks of this collection call
    on AWS, and no more. Each is within the characters that IAM takes; all of them belong to one role or user.
  - Changes nothing on AWS. With O(account_id) it asks AWS for nothing at all.
  - It runs on the controller, as an action.
  - O(debug_botocore_endpoint_logs) has no effect.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Says what it would write, and writes nothing.
    support: full
  diff_mode:
    description: The policies themselves are the result.
    support: none
options:
  playbooks:
    description: The playbooks that the policies are for. All that call AWS when it is not given.
    type: list
    elements: str
    choices:
      - plan
      - deploy
      - dag_tasks
      - dags
      - dags_list
      - dags_check
      - airflow_command
      - run_task
      - orphans
      - teardown
  account_id:
    description: The AWS account. That of the credentials when it is not given.
    type: str
  path:
    description: A folder to write the policies into, each in a file of its own.
    type: path
"""

EXAMPLES = r"""
- name: What a pipeline that only plans may do
  farflow.airflow.deployer_policy:
    playbooks: [plan]
    account_id: "123456789012"
    path: policies
  vars:
    farflow_environment: prod
    farflow_region: eu-west-1
"""

RETURN = r"""
policies:
  description: The policy documents, by names that they can have.
  returned: success
  type: dict
  sample:
    prod-plan-1:
      Version: "2012-10-17"
      Statement: []
files:
  description: The files that hold them, with O(path).
  returned: success
  type: list
  elements: str
"""
