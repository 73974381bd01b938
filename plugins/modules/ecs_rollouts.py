#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_rollouts
short_description: Wait until ECS services run what they were told to
version_added: 0.1.0
description:
  - Waits until the newest deployment of each service is complete and as many tasks run as are desired.
  - Old tasks that ECS lets run, since they protect themselves (task scale-in protection), are not waited for.
  - When a deployment fails or is rolled back, or time is over, it fails with the reason of the stopped tasks, what
    cures it, and the last lines of their logs.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.security_group_rules
  - farflow.airflow.tags
attributes:
  check_mode:
    description: It changes nothing; in check mode it does not wait either.
    support: full
  diff_mode:
    description: There is none.
    support: none
options:
  cluster:
    description: The cluster of the services.
    type: str
    required: true
  services:
    description: The names of the services.
    type: list
    elements: str
    required: true
  deployments:
    description: By service, the id of the deployment to wait for, as M(farflow.airflow.ecs_services) returns it.
      Another one in its place means that it was rolled back.
    type: dict
    default: {}
  wait_timeout:
    description: For how many seconds to wait.
    type: int
    default: 900
"""

EXAMPLES = r"""
- name: Wait for the services
  farflow.airflow.ecs_rollouts:
    cluster: prod
    services: [prod-api-server, prod-scheduler]
"""

RETURN = r"""
services:
  description: The names of the services.
  returned: always
  type: list
  elements: str
  sample: [prod-api-server, prod-scheduler]
draining:
  description: Tasks of earlier deployments that still have work in hand.
  returned: always
  type: list
  elements: str
  sample: ["prod-worker, task 0f1e2d3c4b5a69788796a5b4c3d2e1f0, at the latest until 2026-11-29 23:10 UTC"]
"""

from ..module_utils.engine.module import run
from ..module_utils.runs import lacking_rules
from ..module_utils.runs.rollouts import Rollouts

ARGUMENT_SPEC = {
    "cluster": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "str", "required": True},
    "deployments": {"type": "dict", "default": {}},
    "wait_timeout": {"type": "int", "default": 900},
    "security_group_rules": lacking_rules.OPTION,
}


def work(parameters, clients, check_mode):
    """Waits."""
    names = parameters["services"]
    draining = []
    if names and not check_mode:
        rollouts = Rollouts(clients, parameters["cluster"], names, parameters["deployments"])
        with lacking_rules.told_in_errors(clients, parameters["security_group_rules"]):
            draining = rollouts.wait(parameters["wait_timeout"])
    return {"changed": False, "services": names, "draining": [task.words for task in draining]}


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
