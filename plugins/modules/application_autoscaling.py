#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: application_autoscaling
short_description: Reconcile the scaling of any number of ECS services in one call
version_added: 0.1.0
description:
  - Registers, changes or deregisters the desired count of ECS services as a scalable target, with policies of target
    tracking or with steps. Bounds, suspended state, tags and every field of the policies are compared; policies that
    are not given are deleted. So are scheduled actions, which would change the bounds by the clock.
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
  targets:
    description: The services that scale.
    type: list
    elements: dict
    required: true
    suboptions:
      cluster:
        description: Name of the ECS cluster.
        type: str
        required: true
      service:
        description: Name of the ECS service.
        type: str
        required: true
      min_capacity:
        description: The smallest desired count. Required for one that shall exist.
        type: int
      max_capacity:
        description: The largest desired count. Required for one that shall exist.
        type: int
      suspended_state:
        description: What is held for the time being.
        type: dict
        suboptions:
          dynamic_scaling_in_suspended:
            description: Policies do not scale in.
            type: bool
            default: false
          dynamic_scaling_out_suspended:
            description: Policies do not scale out.
            type: bool
            default: false
          scheduled_scaling_suspended:
            description: Schedules do not scale.
            type: bool
            default: false
      policies:
        description: All the scaling policies.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name.
            type: str
            required: true
          predefined_metric:
            description: What is measured. Required for target tracking.
            type: str
            choices: [ECSServiceAverageCPUUtilization, ECSServiceAverageMemoryUtilization, ALBRequestCountPerTarget]
          resource_label:
            description: The load balancer and target group of C(ALBRequestCountPerTarget).
            type: str
          target_value:
            description: What the metric is held at; a percentage for CPU and memory. Required for target tracking.
            type: float
          scale_in_cooldown:
            description: Seconds between two steps down.
            type: int
            default: 300
          scale_out_cooldown:
            description: Seconds between two steps up.
            type: int
            default: 300
          disable_scale_in:
            description: Only ever scale out.
            type: bool
            default: false
          step_scaling:
            description:
              - Makes it a policy with steps, which does nothing before an alarm of CloudWatch has its ARN as an action
                (M(farflow.airflow.cloudwatch_alarms)).
            type: dict
            version_added: 0.2.0
            suboptions:
              adjustment_type:
                description: What the adjustment of a step is.
                type: str
                required: true
                choices: [ChangeInCapacity, ExactCapacity, PercentChangeInCapacity]
              steps:
                description: What is done by how far the metric is from the alarm's threshold.
                type: list
                elements: dict
                required: true
                suboptions:
                  lower_bound:
                    description: Where the step begins, relative to the threshold. Without it there is no lower bound.
                    type: float
                  upper_bound:
                    description: Where the step ends, relative to the threshold. Without it there is no upper bound.
                    type: float
                  adjustment:
                    description: By how much, or to what, the desired count is changed.
                    type: int
                    required: true
              cooldown:
                description: Seconds after a change in which there is no scaling in, nor a smaller one out.
                type: int
                default: 300
              metric_aggregation_type:
                description: What is taken of the metric's data.
                type: str
                choices: [Average, Maximum, Minimum]
                default: Average
              min_adjustment_magnitude:
                description: The smallest change, for C(PercentChangeInCapacity).
                type: int
      tags:
        description: All the tags of the scalable target; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the services shall scale. With V(absent) they keep the count that they have.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: One to five workers at 70 % CPU
  farflow.airflow.application_autoscaling:
    targets:
      - cluster: prod
        service: prod-worker
        min_capacity: 1
        max_capacity: 5
        policies:
          - name: cpu
            predefined_metric: ECSServiceAverageCPUUtilization
            target_value: 70
            scale_in_cooldown: 60
            scale_out_cooldown: 60
"""

RETURN = r"""
scaling:
  description:
    - One entry a scalable target C(cluster/service), in the order given, then one a policy C(cluster/service/policy),
      and one a scheduled action that was deleted.
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
      description: What differed, as C(max_capacity 5 -> 8).
      type: list
      elements: str
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, as_result, run
from ..module_utils.kinds import autoscaling
from ..module_utils.kinds.autoscaling import documents

SUSPENDED_STATE = {
    "dynamic_scaling_in_suspended": {"type": "bool", "default": False},
    "dynamic_scaling_out_suspended": {"type": "bool", "default": False},
    "scheduled_scaling_suspended": {"type": "bool", "default": False},
}

STEP = {
    "lower_bound": {"type": "float"},
    "upper_bound": {"type": "float"},
    "adjustment": {"type": "int", "required": True},
}

STEP_SCALING = {
    "adjustment_type": {"type": "str", "required": True, "choices": documents.ADJUSTMENT_TYPES},
    "steps": {"type": "list", "elements": "dict", "required": True, "options": STEP},
    "cooldown": {"type": "int", "default": documents.COOLDOWN},
    "metric_aggregation_type": {"type": "str", "choices": documents.AGGREGATION_TYPES, "default": "Average"},
    "min_adjustment_magnitude": {"type": "int"},
}

POLICY = {
    "name": {"type": "str", "required": True},
    "predefined_metric": {"type": "str", "choices": documents.PREDEFINED_METRICS},
    "resource_label": {"type": "str"},
    "target_value": {"type": "float"},
    "scale_in_cooldown": {"type": "int", "default": documents.COOLDOWN},
    "scale_out_cooldown": {"type": "int", "default": documents.COOLDOWN},
    "disable_scale_in": {"type": "bool", "default": False},
    "step_scaling": {"type": "dict", "options": STEP_SCALING},
}

ARGUMENT_SPEC = {
    "targets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "cluster": {"type": "str", "required": True},
            "service": {"type": "str", "required": True},
            "min_capacity": {"type": "int"},
            "max_capacity": {"type": "int"},
            "suspended_state": {"type": "dict", "options": SUSPENDED_STATE},
            "policies": {"type": "list", "elements": "dict", "default": [], "options": POLICY},
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the scalable targets and their policies."""
    targets, present = parameters["targets"], parameters["state"] == "present"
    refusals = documents.refusals(targets) if present else []
    if refusals:
        raise FarflowError("\n".join(refusals))
    bounds = {} if present else {"min_capacity": 0, "max_capacity": 0}
    wanted = [resource for target in targets for resource in documents.desired({**target, **bounds})]
    actual = autoscaling.read(clients, wanted)
    return as_result("scaling", autoscaling.converge(clients, wanted if present else [], actual, check_mode))


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
