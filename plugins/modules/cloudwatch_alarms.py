#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_alarms
short_description: Reconcile any number of CloudWatch alarms in one call
version_added: 0.2.0
description:
  - Creates, changes or deletes alarms on single metrics, so that metric, evaluation, actions and tags are as given.
  - An alarm on several metrics, or on an expression, that has the name of one of these becomes one on a single metric.
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
  alarms:
    description: The alarms.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name, at most 255 characters.
        type: str
        required: true
      namespace:
        description: The namespace of the metric. Required for an alarm that shall exist.
        type: str
      metric_name:
        description: The name of the metric. Required for an alarm that shall exist.
        type: str
      dimensions:
        description: The metric's dimensions, as values by name.
        type: dict
        default: {}
      statistic:
        description: What is taken of the data of a period.
        type: str
        choices: [Average, Maximum, Minimum, SampleCount, Sum]
        default: Average
      unit:
        description: The unit in which the metric was put. Without it data of every unit count.
        type: str
      period:
        description: The length of a period in seconds, 10, 20, 30, or a multiple of 60.
        type: int
        default: 60
      evaluation_periods:
        description: How many periods are looked at.
        type: int
        default: 1
      datapoints_to_alarm:
        description: In how many of them the threshold has to be reached. All of them when it is not given.
        type: int
      threshold:
        description: What the statistic is compared with. Required for an alarm that shall exist.
        type: float
      comparison_operator:
        description: How it is compared. Required for an alarm that shall exist.
        type: str
        choices:
          - GreaterThanOrEqualToThreshold
          - GreaterThanThreshold
          - LessThanOrEqualToThreshold
          - LessThanThreshold
      treat_missing_data:
        description: What periods without data count as.
        type: str
        choices: [breaching, ignore, missing, notBreaching]
        default: missing
      description:
        description: What the alarm is for.
        type: str
        default: ""
      actions_enabled:
        description: Whether its actions are taken.
        type: bool
        default: true
      alarm_actions:
        description: ARNs of what is done in the state C(ALARM), such as scaling policies and topics of SNS.
        type: list
        elements: str
        default: []
      ok_actions:
        description: ARNs of what is done in the state C(OK).
        type: list
        elements: str
        default: []
      insufficient_data_actions:
        description: ARNs of what is done in the state C(INSUFFICIENT_DATA), which it has when there are no data.
        type: list
        elements: str
        default: []
      tags:
        description: All the tags; others are removed.
        type: dict
        default: {}
  state:
    description: Whether the named alarms shall exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Somebody is told when no number of workers is published any more
  farflow.airflow.cloudwatch_alarms:
    alarms:
      - name: prod-workers-wanted
        namespace: farflow/airflow
        metric_name: WorkersWanted
        dimensions: {Environment: prod, Pool: default}
        statistic: Maximum
        threshold: 0
        comparison_operator: GreaterThanOrEqualToThreshold
        insufficient_data_actions: ["arn:aws:sns:eu-west-1:123456789012:on-call"]
"""

RETURN = r"""
alarms:
  description: One entry an alarm, in the order given; after O(state=absent) one for each that was there.
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
      description: What differed, as C(threshold 1.0 -> 0.0).
      type: list
      elements: str
"""

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import STATE, batch, run
from ..module_utils.kinds import cloudwatch_alarm as alarms

_ACTIONS = {"type": "list", "elements": "str", "default": []}

ARGUMENT_SPEC = {
    "alarms": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str"},
            "metric_name": {"type": "str"},
            "dimensions": {"type": "dict", "default": {}},
            "statistic": {"type": "str", "choices": alarms.STATISTICS, "default": "Average"},
            "unit": {"type": "str"},
            "period": {"type": "int", "default": 60},
            "evaluation_periods": {"type": "int", "default": 1},
            "datapoints_to_alarm": {"type": "int"},
            "threshold": {"type": "float"},
            "comparison_operator": {"type": "str", "choices": alarms.COMPARISONS},
            "treat_missing_data": {"type": "str", "choices": alarms.MISSING_DATA, "default": "missing"},
            "description": {"type": "str", "default": ""},
            "actions_enabled": {"type": "bool", "default": True},
            "alarm_actions": _ACTIONS,
            "ok_actions": _ACTIONS,
            "insufficient_data_actions": _ACTIONS,
            "tags": {"type": "dict", "default": {}},
        },
    },
    "state": STATE,
}


def work(parameters, clients, check_mode):
    """Reconciles the alarms."""
    if parameters["state"] == "present" and (wrong := alarms.refusals(parameters["alarms"])):
        raise FarflowError("\n".join(wrong))
    return batch(alarms.CLOUDWATCH_ALARM, "alarms", parameters, clients, check_mode)


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
