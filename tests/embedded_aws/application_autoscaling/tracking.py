"""The alarms that Application Auto Scaling makes, keeps and deletes for its target tracking policies."""

from __future__ import annotations

import uuid
from typing import Any

from ministack.services import cloudwatch

from ..mends import cloudwatch_alarms
from .documents import METRICS, metric_of
from .registry import Policy

_PERIOD = 60
#: Data points above the target, and below nine tenths of it, as AWS makes these alarms for services of ECS.
_ABOVE = 3
_BELOW = 15
_LOW = 0.9


def keep_alarms(policy: Policy) -> None:
    """Makes the alarms that the policy is to have, or changes them, and deletes those of what it was before."""
    wanted = _alarms(policy) if policy.tracks else {}
    for which in set(policy.alarms) - set(wanted):
        cloudwatch._alarms.pop(policy.alarms.pop(which), None)
    for which, document in wanted.items():
        name = policy.alarms.setdefault(which, f"TargetTracking-{policy.resource}-{which}-{uuid.uuid4()}")
        cloudwatch_alarms.write({"AlarmName": name, **document})


def delete_alarms(policy: Policy) -> None:
    """With a policy go the alarms that were made for it; in those of others it is no action any more."""
    for name in policy.alarms.values():
        cloudwatch._alarms.pop(name, None)
    for alarm in cloudwatch._alarms.values():
        for member in cloudwatch_alarms.ACTIONS.values():
            alarm[member] = [arn for arn in alarm[member] if arn != policy.arn]


def alarms_of(policy: Policy) -> list[dict[str, str]]:
    """Those that were made for it, or call it."""
    names = list(policy.alarms.values())
    for name, alarm in cloudwatch._alarms.items():
        if any(policy.arn in alarm[member] for member in cloudwatch_alarms.ACTIONS.values()):
            names.append(name)
    arns = {name: cloudwatch._alarms[name]["AlarmArn"] for name in names if name in cloudwatch._alarms}
    return [{"AlarmName": name, "AlarmARN": arn} for name, arn in arns.items()]


def _alarms(policy: Policy) -> dict[str, dict[str, Any]]:
    target = float(policy.configuration["TargetValue"])
    action = policy.arn + policy.suffix
    common = {
        **_metric(policy),
        "AlarmActions": [action],
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {action}.",
    }
    high = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": _ABOVE, "Threshold": target}
    low = {"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": _BELOW, "Threshold": target * _LOW}
    if policy.configuration.get("DisableScaleIn"):
        return {"AlarmHigh": {**common, **high}}
    return {"AlarmHigh": {**common, **high}, "AlarmLow": {**common, **low}}


def _metric(policy: Policy) -> dict[str, Any]:
    metric = metric_of(policy.configuration)
    if metric.get("Metrics"):
        return {"Metrics": [_query(one) for one in metric["Metrics"]]}
    if "PredefinedMetricType" not in metric:
        kept = ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit")
        return {**{name: metric[name] for name in kept if name in metric}, "Period": _PERIOD}
    if metric["PredefinedMetricType"] not in METRICS:
        group = metric["ResourceLabel"].split("/", 3)[-1]
        dimensions = {"TargetGroup": group}
        return _of_aws("AWS/ApplicationELB", "RequestCountPerTarget", "Sum", dimensions)
    cluster, service = policy.resource.split("/")[1:]
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    return {**_of_aws("AWS/ECS", METRICS[metric["PredefinedMetricType"]], "Average", dimensions), "Unit": "Percent"}


def _of_aws(namespace: str, name: str, statistic: str, dimensions: dict[str, str]) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Statistic": statistic,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Period": _PERIOD,
    }


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """A metric of a policy as one of an alarm, that says its period."""
    if "MetricStat" not in query:
        return query
    return {**query, "MetricStat": {**query["MetricStat"], "Period": _PERIOD}}
