# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an ECS service's desired count may be and what moves it, as it is compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...engine.actions import Resource

TARGET = "scalable_target"
POLICY = "scaling_policy"

#: What sets the bounds by the clock. None is wanted: a target's bounds are those that it is given.
SCHEDULED_ACTION = "scheduled_action"

#: In the environment's clusters all of it is the workers', whoever made it.
TYPES = frozenset({TARGET, POLICY, SCHEDULED_ACTION})

DIMENSION = "ecs:service:DesiredCount"
NAMESPACE = "ecs"
TARGET_TRACKING = "TargetTrackingScaling"
STEP_SCALING = "StepScaling"

ADJUSTMENT_TYPES = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]
AGGREGATION_TYPES = ["Average", "Maximum", "Minimum"]
#: Of a policy, unless AWS has raised it for the account. Source: "Application Auto Scaling quotas" in its guide.
MOST_STEPS = 20

#: Seconds; what AWS takes for an ECS service that says nothing.
COOLDOWN = 300

PREDEFINED_METRICS = [
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
]

_SUSPENDED = {
    "dynamic_scaling_in_suspended": "DynamicScalingInSuspended",
    "dynamic_scaling_out_suspended": "DynamicScalingOutSuspended",
    "scheduled_scaling_suspended": "ScheduledScalingSuspended",
}


def resource_id(cluster: str, service: str) -> str:
    """What Application Auto Scaling calls an ECS service."""
    return f"service/{cluster}/{service}"


def desired(target: Mapping[str, Any]) -> list[Resource]:
    """``{cluster, service, min_capacity, max_capacity, suspended_state?, policies?, tags?}`` as the scalable target
    and its policies. One of target tracking is ``{name, predefined_metric, resource_label?, target_value,
    scale_in_cooldown?, scale_out_cooldown?, disable_scale_in?}``, one with steps ``{name, step_scaling:
    {adjustment_type, steps, cooldown?, metric_aggregation_type?, min_adjustment_magnitude?}}``, where a step is
    ``{lower_bound?, upper_bound?, adjustment}``.
    """
    name = _name(resource_id(target["cluster"], target["service"]))
    suspended = target.get("suspended_state") or {}
    return [
        Resource(
            TARGET,
            name,
            {
                "min_capacity": target["min_capacity"],
                "max_capacity": target["max_capacity"],
                "suspended_state": {key: bool(suspended.get(key)) for key in _SUSPENDED},
                "tags": dict(target.get("tags") or {}),
            },
        ),
        *(
            Resource(POLICY, f"{name}/{policy['name']}", _desired_policy(policy))
            for policy in target.get("policies") or []
        ),
    ]


def _desired_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    if steps := policy.get("step_scaling"):
        return _step_properties(steps)
    return _policy_properties(
        policy_type=TARGET_TRACKING,
        predefined_metric=policy["predefined_metric"],
        resource_label=policy.get("resource_label"),
        target_value=policy["target_value"],
        scale_in_cooldown=policy.get("scale_in_cooldown"),
        scale_out_cooldown=policy.get("scale_out_cooldown"),
        disable_scale_in=policy.get("disable_scale_in"),
    )


def canonical_target(document: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    """A member of DescribeScalableTargets' answer."""
    suspended = document.get("SuspendedState") or {}
    return Resource(
        TARGET,
        _name(document["ResourceId"]),
        {
            "min_capacity": document["MinCapacity"],
            "max_capacity": document["MaxCapacity"],
            "suspended_state": {key: bool(suspended.get(member)) for key, member in _SUSPENDED.items()},
            "tags": dict(tags),
        },
        document.get("ScalableTargetARN"),
        _service(document["ResourceId"]),
    )


def canonical_policy(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeScalingPolicies' answer. What ours never have (a metric of one's own) is under ``foreign``,
    so that it differs.
    """
    name = f"{_name(document['ResourceId'])}/{document['PolicyName']}"
    properties = _stepping(document) if document["PolicyType"] == STEP_SCALING else _tracking(document)
    return Resource(POLICY, name, properties, document["PolicyARN"], part_of=(TARGET, _name(document["ResourceId"])))


def _tracking(document: Mapping[str, Any]) -> dict[str, Any]:
    tracking = document.get("TargetTrackingScalingPolicyConfiguration") or {}
    metric = tracking.get("PredefinedMetricSpecification") or {}
    foreign = {
        key: value
        for key, value in {
            "customized_metric": tracking.get("CustomizedMetricSpecification"),
            "prediction": document.get("PredictiveScalingPolicyConfiguration"),
        }.items()
        if value
    }
    return _policy_properties(
        policy_type=document["PolicyType"],
        predefined_metric=metric.get("PredefinedMetricType"),
        resource_label=metric.get("ResourceLabel"),
        target_value=tracking.get("TargetValue"),
        scale_in_cooldown=tracking.get("ScaleInCooldown"),
        scale_out_cooldown=tracking.get("ScaleOutCooldown"),
        disable_scale_in=tracking.get("DisableScaleIn"),
        foreign=foreign,
    )


def _stepping(document: Mapping[str, Any]) -> dict[str, Any]:
    found = document.get("StepScalingPolicyConfiguration") or {}
    steps = [{name: step.get(member) for name, member in _STEP.items()} for step in found.get("StepAdjustments") or []]
    return _step_properties(
        {
            "adjustment_type": found.get("AdjustmentType"),
            "cooldown": found.get("Cooldown"),
            "metric_aggregation_type": found.get("MetricAggregationType"),
            "min_adjustment_magnitude": found.get("MinAdjustmentMagnitude"),
            "steps": steps,
        }
    )


def canonical_scheduled_action(document: Mapping[str, Any]) -> Resource:
    """A member of DescribeScheduledActions' answer."""
    target = _name(document["ResourceId"])
    properties = {"schedule": document["Schedule"], "action": dict(document.get("ScalableTargetAction") or {})}
    return Resource(
        SCHEDULED_ACTION,
        f"{target}/{document['ScheduledActionName']}",
        properties,
        document["ScheduledActionARN"],
        part_of=(TARGET, target),
    )


def key(target: str) -> dict[str, str]:
    """What every call names a scalable target by."""
    return {"ServiceNamespace": NAMESPACE, "ResourceId": f"service/{target}", "ScalableDimension": DIMENSION}


def register_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of RegisterScalableTarget but for the tags, which it takes for a new one alone."""
    properties = wanted.properties
    return {
        **key(wanted.name),
        "MinCapacity": properties["min_capacity"],
        "MaxCapacity": properties["max_capacity"],
        "SuspendedState": {member: properties["suspended_state"][name] for name, member in _SUSPENDED.items()},
    }


def policy_request(wanted: Resource) -> dict[str, Any]:
    """The arguments of PutScalingPolicy."""
    target, name = split(wanted.name)
    properties = wanted.properties
    if properties["policy_type"] == STEP_SCALING:
        configuration = {"StepScalingPolicyConfiguration": _step_scaling(properties)}
    else:
        configuration = {"TargetTrackingScalingPolicyConfiguration": _target_tracking(properties)}
    return {**key(target), "PolicyName": name, "PolicyType": properties["policy_type"], **configuration}


def _step_scaling(properties: Mapping[str, Any]) -> dict[str, Any]:
    steps = [
        {member: step[name] for name, member in _STEP.items() if step[name] is not None} for step in properties["steps"]
    ]
    magnitude = properties["min_adjustment_magnitude"]
    return {
        "AdjustmentType": properties["adjustment_type"],
        "Cooldown": properties["cooldown"],
        "MetricAggregationType": properties["metric_aggregation_type"],
        "StepAdjustments": steps,
        **({"MinAdjustmentMagnitude": magnitude} if magnitude else {}),
    }


def _target_tracking(properties: Mapping[str, Any]) -> dict[str, Any]:
    metric = {"PredefinedMetricType": properties["predefined_metric"]}
    if properties["resource_label"]:
        metric["ResourceLabel"] = properties["resource_label"]
    return {
        "TargetValue": properties["target_value"],
        "PredefinedMetricSpecification": metric,
        "ScaleInCooldown": properties["scale_in_cooldown"],
        "ScaleOutCooldown": properties["scale_out_cooldown"],
        "DisableScaleIn": properties["disable_scale_in"],
    }


def refusals(targets: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with targets that shall exist, a sentence each."""
    wrong = []
    for target in targets:
        what = f"scalable target {target['cluster']}/{target['service']}"
        least, most = target.get("min_capacity"), target.get("max_capacity")
        if least is None or most is None:
            wrong.append(f"{what} needs min_capacity and max_capacity")
        elif not 0 <= least <= most:
            wrong.append(f"{what}: min_capacity {least} is below 0 or above max_capacity {most}")
        policies = target.get("policies") or []
        names = [policy["name"] for policy in policies]
        wrong += [f"{what}: policy {name} is given twice" for name in sorted(set(names)) if names.count(name) > 1]
        wrong += [f"{what}: policy {policy['name']} {problem}" for policy in policies for problem in _problems(policy)]
    return wrong


def _problems(policy: Mapping[str, Any]) -> Iterator[str]:
    stepping = policy.get("step_scaling")
    tracking = [name for name in ("predefined_metric", "target_value") if policy.get(name) is not None]
    if stepping and tracking:
        yield f"has step_scaling and {' and '.join(tracking)}: it is of one type"
    elif not stepping and len(tracking) < 2:
        yield "needs predefined_metric and target_value, or step_scaling"
    elif stepping and not 1 <= len(stepping["steps"]) <= MOST_STEPS:
        yield f"has {len(stepping['steps'])} steps, allowed: 1 to {MOST_STEPS}"


def target_of(document: Mapping[str, Any]) -> str:
    """The name of the target that AWS tells of, or tells a part of."""
    return _name(document["ResourceId"])


def split(name: str) -> tuple[str, str]:
    """The resource name of a policy or a scheduled action as its target's name and its own."""
    cluster, service, part = name.split("/", 2)
    return f"{cluster}/{service}", part


def _name(resource: str) -> str:
    return resource.removeprefix("service/")


def _service(resource: str) -> dict[str, str]:
    """The service that scales, as the module that takes its scaling away is told of it."""
    cluster, service = _name(resource).split("/")
    return {"cluster": cluster, "service": service}


#: Our names for the members of a step. Bounds are relative to the threshold of the alarm.
_STEP = {
    "lower_bound": "MetricIntervalLowerBound",
    "upper_bound": "MetricIntervalUpperBound",
    "adjustment": "ScalingAdjustment",
}


def _step_properties(given: Mapping[str, Any]) -> dict[str, Any]:
    cooldown = given.get("cooldown")
    return {
        "policy_type": STEP_SCALING,
        "adjustment_type": given["adjustment_type"],
        "cooldown": COOLDOWN if cooldown is None else cooldown,
        "metric_aggregation_type": given.get("metric_aggregation_type") or "Average",
        "min_adjustment_magnitude": given.get("min_adjustment_magnitude"),
        "steps": sorted((_step(step) for step in given["steps"]), key=_lower_bound),
    }


def _step(given: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name: given.get(name) for name in ("lower_bound", "upper_bound")}
    numbers = {name: None if value is None else float(value) for name, value in bounds.items()}
    return {**numbers, "adjustment": int(given["adjustment"])}


def _lower_bound(step: Mapping[str, Any]) -> float:
    return -math.inf if step["lower_bound"] is None else float(step["lower_bound"])


def _policy_properties(
    *,
    target_value: float | None,
    scale_in_cooldown: int | None,
    scale_out_cooldown: int | None,
    disable_scale_in: bool | None,
    foreign: Mapping[str, Any] | None = None,
    **properties: Any,
) -> dict[str, Any]:
    return {
        **properties,
        "target_value": None if target_value is None else float(target_value),
        "scale_in_cooldown": COOLDOWN if scale_in_cooldown is None else scale_in_cooldown,
        "scale_out_cooldown": COOLDOWN if scale_out_cooldown is None else scale_out_cooldown,
        "disable_scale_in": bool(disable_scale_in),
        "foreign": dict(foreign or {}),
    }
