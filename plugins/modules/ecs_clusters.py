#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_clusters
short_description: Reconcile any number of ECS clusters for Fargate in one call
version_added: 0.2.0
description:
  - Creates, changes or deletes ECS clusters so that container insights, capacity providers, their default strategy,
    configuration and tags are as given.
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
  clusters:
    description: The clusters.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the cluster.
        type: str
        required: true
      container_insights:
        description: Which metrics CloudWatch gathers of the cluster.
        type: str
        choices: [disabled, enabled, enhanced]
        default: disabled
      capacity_providers:
        description: The capacity that its services and tasks can use.
        type: list
        elements: str
        choices: [FARGATE, FARGATE_SPOT]
        default: [FARGATE, FARGATE_SPOT]
      default_capacity_provider_strategy:
        description: What services and tasks use that name neither a launch type nor a strategy.
        type: list
        elements: dict
        default: []
        suboptions:
          capacity_provider:
            description: One of O(clusters[].capacity_providers).
            type: str
            required: true
            choices: [FARGATE, FARGATE_SPOT]
          weight:
            description: Its share of the tasks.
            type: int
            default: 0
          base:
            description: How many tasks run on it at least.
            type: int
            default: 0
      configuration:
        description:
          - The C(configuration) of C(CreateCluster) in snake_case, with C(execute_command_configuration) and
            C(managed_storage_configuration).
        type: dict
      service_connect_namespace:
        description: The Cloud Map namespace that services use which name none.
        type: str
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  stop_tasks:
    description:
      - With O(state=absent), whether tasks are stopped that run in them and that no service has started. ECS deletes no
        cluster in which a task runs.
    type: bool
    default: false
  state:
    description: Whether the named clusters shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The cluster of an environment
  farflow.airflow.ecs_clusters:
    clusters:
      - name: prod-airflow
        container_insights: enabled
        default_capacity_provider_strategy:
          - capacity_provider: FARGATE
            weight: 1
        tags:
          team: data
"""

RETURN = r"""
clusters:
  description: One entry a cluster, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(settings containerInsights disabled -> enabled).
      type: list
      elements: str
  sample:
    - name: prod-airflow
      arn: arn:aws:ecs:eu-west-1:123456789012:cluster/prod-airflow
      changed: true
      reasons: ["settings containerInsights disabled -> enabled"]
"""

from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds.ecs import task_calls
from ..module_utils.kinds.ecs.cluster import ECS_CLUSTER, documents

PROVIDERS = list(documents.CAPACITY_PROVIDERS)

STRATEGY = {
    "capacity_provider": {"type": "str", "required": True, "choices": PROVIDERS},
    "weight": {"type": "int", "default": 0},
    "base": {"type": "int", "default": 0},
}

CLUSTER = {
    "name": {"type": "str", "required": True},
    "container_insights": {"type": "str", "choices": list(documents.INSIGHTS), "default": "disabled"},
    "capacity_providers": {"type": "list", "elements": "str", "choices": PROVIDERS, "default": PROVIDERS},
    "default_capacity_provider_strategy": {"type": "list", "elements": "dict", "default": [], "options": STRATEGY},
    "configuration": {"type": "dict"},
    "service_connect_namespace": {"type": "str"},
    "tags": {"type": "dict", "default": {}},
}

ARGUMENT_SPEC = {
    "clusters": {"type": "list", "elements": "dict", "required": True, "options": CLUSTER},
    "stop_tasks": {"type": "bool", "default": False},
    "state": STATE,
}

_REASON = "The cluster is removed"


def work(parameters, clients, check_mode):
    """Reconciles the clusters."""
    if parameters["state"] == "absent" and parameters["stop_tasks"] and not check_mode:
        for cluster in parameters["clusters"]:
            for task in task_calls.without_service(clients, cluster["name"]):
                task_calls.stop(clients, cluster["name"], task["taskArn"], _REASON)
    return batch(ECS_CLUSTER, "clusters", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
