#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_services
short_description: Reconcile any number of ECS services on Fargate in one call, and wait for them together
version_added: 0.1.0
description:
  - Creates, changes or deletes the services of one cluster. Every member of the API is compared; defaults that AWS
    fills in, the order of lists without order and absent or empty members are no differences, and neither is a member
    that ECS has got since this release, unless it is given. Only what differs is sent, so that no deployment starts
    without need.
  - A service whose newest deployment has FAILED is deployed anew, since ECS starts none of its tasks any more. That is
    so when there was no completed deployment that it could be rolled back to.
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
  services:
    description:
      - The input of C(CreateService) in snake_case, as C(service_name), C(desired_count),
        C(network_configuration). All members of the API that apply to Fargate are known, those of the botocore that
        is installed; what Fargate does not have is refused with the reason.
      - C(cluster) is required, and the same for all.
      - C(task_definition) is an ARN or C(family:revision), or a family whose newest ACTIVE revision is meant.
      - Without C(launch_type) and C(capacity_provider_strategy) a service runs on C(FARGATE).
      - "C(autoscaled: true) leaves the count to an autoscaler: C(desired_count) is then used at the creation only. With
        C(autoscaled: {min_capacity: 1, max_capacity: 10}), the bounds of the autoscaler, a count outside of them is
        brought to the nearest bound."
      - "C(drains: true) is for a service whose tasks protect themselves while they have work in hand (task scale-in
        protection). ECS protects no more tasks than are desired: so a change that starts a deployment asks for as many
        more as protect themselves, or, where an autoscaler counts, for at least one more than these. While tasks of
        earlier deployments run, such a count is no difference."
      - With O(state=absent) only C(service_name) and C(cluster) are looked at.
    type: list
    elements: dict
    required: true
  replace:
    description:
      - Whether a service is deleted and made anew when it differs in what AWS can't change in place (launch type of
        another kind, scheduling strategy). Without it that is an error.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the newest deployment of each service is completed and as many tasks run as are desired,
        also of services that were as desired already.
      - A deployment that fails, or is rolled back, is an error with the reason why its task stopped, advice and the
        last log lines.
    type: bool
    default: false
  wait_timeout:
    description: How long to wait for all of them together, in seconds.
    type: int
    default: 900
  drain:
    description:
      - With O(state=absent), whether a service whose tasks protect themselves is kept until they have ended. Its
        desired count becomes 0, and those that are not protected are stopped; it is deleted when none is protected any
        more.
    type: bool
    default: false
    version_added: 0.2.0
  state:
    description: Whether the named services shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: The scheduler
  farflow.airflow.ecs_services:
    wait: true
    services:
      - service_name: prod-scheduler
        cluster: prod-airflow
        task_definition: prod-scheduler
        desired_count: 1
        deployment_configuration:
          deployment_circuit_breaker:
            enable: true
            rollback: true
        network_configuration:
          awsvpc_configuration:
            subnets: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
            security_groups: [sg-0a1b2c3d4e5f60718]
"""

RETURN = r"""
services:
  description: One entry a service, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(desired_count 1 -> 2).
      type: list
      elements: str
  sample:
    - name: prod-scheduler
      arn: arn:aws:ecs:eu-west-1:123456789012:service/prod-airflow/prod-scheduler
      changed: true
      reasons: ["task_definition prod-scheduler:3 -> prod-scheduler:4"]
deployments:
  description: By the service's name the deployments that were started, or were current when something was changed.
  returned: always
  type: dict
  sample:
    prod-scheduler: ecs-svc/0123456789012345678
draining:
  description: The tasks that are protected, for which services were kept.
  returned: when O(state=absent)
  type: list
  elements: str
  sample:
    - prod-worker, task 0123456789abcdef0123456789abcdef, at the latest until 2026-11-03 18:00 UTC
"""

from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.engine.reconcile import Outcome, reconcile
from ..module_utils.kinds.ecs import service as ecs_services
from ..module_utils.kinds.ecs.service import documents
from ..module_utils.runs import draining
from ..module_utils.runs.rollouts import Rollouts

ARGUMENT_SPEC = {
    "services": {"type": "list", "elements": "dict", "required": True},
    "replace": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 900},
    "drain": {"type": "bool", "default": False},
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the services, and waits for them."""
    given = parameters["services"]
    if parameters["state"] == "absent":
        clusters = documents.named(given)
        actual = [each for cluster in clusters for each in ecs_services.read(clients, cluster, clusters[cluster], True)]
        kept, tasks = _draining(clients, actual, check_mode) if parameters["drain"] else ([], [])
        names = {each.name for each in kept}
        gone = [each for each in actual if each.name not in names]
        outcomes = [*kept, *reconcile([], gone, ecs_services.operations(clients), check_mode)]
        return {**as_result("services", outcomes), "deployments": {}, "draining": [each.words for each in tasks]}
    desired = ecs_services.with_revisions(clients, documents.all_desired(given), check_mode)
    if not desired:
        return {**as_result("services", []), "deployments": {}}
    cluster, names = desired[0].properties["cluster"], [each.name for each in desired]
    actual = ecs_services.read(clients, cluster, names, wanted=desired)
    found = {each.name: each for each in actual}
    desired = [documents.counted(each, found.get(each.name)) for each in desired]
    desired = [ecs_services.with_room(clients, each, found.get(each.name)) for each in desired]
    if not parameters["replace"]:
        ecs_services.refuse_fixed(desired, actual)
    started = {}
    outcomes = reconcile(desired, actual, ecs_services.operations(clients, started), check_mode)
    if parameters["wait"] and not check_mode:
        Rollouts(clients, cluster, names, started).wait(parameters["wait_timeout"])
    return {**as_result("services", outcomes), "deployments": started}


def _draining(clients, services, check_mode):
    """The services that have protected tasks, at zero now, and these tasks. First no service shall have more tasks, so
    that none is protected after it was looked at.
    """
    outcomes, tasks = [], []
    for service in services:
        count = service.properties["desired_count"]
        if count and not check_mode:
            ecs_services.set_count(clients, service, 0)
        found = draining.of_services(clients, service.properties["cluster"], [service.name])
        if found:
            reasons = [f"desired_count {count} -> 0"] if count else []
            outcomes.append(Outcome(service.name, service.id, bool(count), reasons))
            tasks += found
    return outcomes, tasks


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
