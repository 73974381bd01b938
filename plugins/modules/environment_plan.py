#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_plan
short_description: Look at an environment once, and say what there is to do
version_added: 0.1.0
description:
  - Gathers the inputs of all roles from Ansible's variables and checks them, reads everything of the environment that
    exists on AWS at once, and compares it with what is desired. Changes nothing.
  - Where services are to start containers, it asks Service Quotas for the account's vCPU of Fargate, and warns where
    they are too few. Without the right to ask it says nothing.
  - It runs on the controller, as an action.
  - O(debug_botocore_endpoint_logs) has no effect.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - action_common_attributes
  - action_common_attributes.conn
  - action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    description: It never changes anything. In check mode it says C(changed) when there is something to do.
    support: full
  connection:
    support: none
  delegation:
    support: none
  diff_mode:
    description: One line for each thing to do and each reason.
    support: full
  platform:
    platforms: posix
    support: full
  until:
    description: Can be repeated by C(until).
    support: full
options:
  layers:
    description: The layers to plan, each named after its role, and V(dags), which has none. All of them when it is not
      given.
    type: list
    elements: str
    choices: [network, rds, ecs_cluster, dag_tasks, airflow_service, worker_pool, dags]
  state:
    description: Whether the environment shall exist. For V(absent) the plan leaves what C(farflow_teardown_keep) names.
    type: str
    choices: [present, absent]
    default: present
  previous:
    description: The actions of the looks before, which have been done since. It looks again while one is still or once
      more to be done, and fails when that is so after a minute and a half.
    type: list
    elements: dict
    default: []
  deployments:
    description: By the service's name the deployments that this run has started. When one of them has failed there is
      nothing to do to its service, and M(farflow.airflow.ecs_rollouts) tells why.
    type: dict
    default: {}
  under_way:
    description: Types of resources that are being made in the background.
    type: list
    elements: str
    default: []
  rebuild:
    description: Whether what C(farflow_rebuild) names is still to be built again. Once it has been, the newest build is
      the wanted one.
    type: bool
    version_added: 0.2.0
    default: true
  wait_minutes:
    description: For how long to look again while AWS is still making something, such as a database.
    type: int
    default: 0
  outputs_only:
    description: Whether only the outputs are wanted. Then nothing is told of what there is to do, and a look is not
      refused for what a deploy would be refused for.
    type: bool
    default: false
    version_added: 0.2.0
  inputs_only:
    description: Whether only the inputs are wanted. Then they are checked, and AWS is asked nothing.
    type: bool
    default: false
    version_added: 0.2.0
  converged:
    description: Whether to look again while anything is left to do, and to fail when that is so after a minute and a
      half.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at the environment
  farflow.airflow.environment_plan:
  register: look

- name: Wait for the database
  farflow.airflow.environment_plan:
    layers: [rds]
    wait_minutes: 45
"""

RETURN = r"""
pending:
  description: How many actions there are.
  returned: success, without O(outputs_only)
  type: int
waits:
  description: Whether one of them waits for what another one makes.
  returned: success, without O(outputs_only)
  type: bool
layers:
  description: By layer, what there is to do.
  returned: success, without O(outputs_only)
  type: dict
  contains:
    actions:
      description: Every action with C(kind) (create, change, delete), C(type), C(name), C(reasons) and C(blocked),
        which says that it cannot be done yet.
      type: list
      elements: dict
    possible:
      description: How many of them can be done now, one after another. To these belong those that need no more than ids
        of what is made by others of them; C(present) refers to it.
      type: int
    present:
      description: By type, what the modules that make them are given.
      type: dict
    absent:
      description: By type, what is to be deleted.
      type: dict
affected:
  description: The layers that have actions, or refer to what a layer with actions makes.
  returned: success, without O(outputs_only)
  type: list
  elements: str
in_progress:
  description: The layers in which AWS is making or changing something.
  returned: success, without O(outputs_only)
  type: list
  elements: str
outputs:
  description: Where Airflow is and how to get in. What does not exist yet is null.
  returned: success
  type: dict
  contains:
    url:
      description: Where people reach Airflow.
      type: str
    username:
      description: The first user.
      type: str
    password_command:
      description: The command that reads the password.
      type: str
    cluster:
      description: The ECS cluster.
      type: str
    services:
      description: The names of Airflow's services.
      type: list
      elements: str
    scheduler:
      description: The name of the scheduler's service.
      type: str
    unsteady_services:
      description: Those that are being deployed, or that run fewer tasks than they should though no autoscaler counts
        them. A deploy waits for them, also when there is nothing to do.
      type: list
      elements: str
    draining:
      description: Old workers that still have a task in hand, as sentences. A deploy does not wait for them.
      type: list
      elements: str
    busy_tasks:
      description: With O(state=absent), the ECS tasks that have work in hand, in words. These are workers that have a
        task, and what tasks of DAGs have started.
      type: list
      elements: str
    airflow_repository:
      description: The ECR repository of Airflow's images.
      type: str
    task_repository:
      description: The ECR repository of the images of DAG tasks.
      type: str
    command_secrets:
      description: How the names of the secrets begin that a command of Airflow's may refer to.
      type: str
    security_group_rules:
      description: The rules that the security groups shall have, by which M(farflow.airflow.ecs_rollouts) and
        M(farflow.airflow.database_schema) tell which are missing.
      type: list
      elements: dict
    run_task:
      description: What M(farflow.airflow.ecs_run_task) needs to run a command of Airflow's.
      type: dict
    run_dag_task:
      description: What M(farflow.airflow.ecs_run_task) needs to run a DAG task, by whose name C(families) has the task
        definition.
      type: dict
    dags_bucket:
      description: The bucket that versions of the DAGs are in; null where Airflow reads those of its image.
      type: str
    codebuild:
      description: What M(farflow.airflow.ecr_images) needs where CodeBuild builds; else null.
      type: dict
dag_check:
  description: The options of M(farflow.airflow.dag_check), but for where it parses.
  returned: success, where V(dags) is among the layers
  type: dict
dag_tests:
  description: The option O(farflow.airflow.dag_tests#module:tasks), where C(dag_tasks) is among the layers.
  returned: success, where V(dags) is among the layers
  type: list
  elements: dict
inputs:
  description: The variables that playbooks and roles take from here, of their types, and with their defaults where
    nothing is given.
  returned: success
  type: dict
done:
  description: What a next look is given as O(previous) when all that is possible has been done.
  returned: success, without O(outputs_only)
  type: list
  elements: dict
keep:
  description: What C(farflow_teardown_keep) names.
  returned: success, without O(outputs_only)
  type: list
  elements: str
kept:
  description: What a teardown leaves.
  returned: success, without O(outputs_only)
  type: list
  elements: str
"""
