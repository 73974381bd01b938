# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms of CloudWatch on one metric."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..engine.actions import Resource
from ..engine.clients import Clients, chunks, pages, tag_dict, tag_list
from ..engine.kind import Document, Kind
from ..engine.tags import PrefetchedTags

TYPE = "cloudwatch_alarm"

STATISTICS = ["Average", "Maximum", "Minimum", "SampleCount", "Sum"]
COMPARISONS = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
]
MISSING_DATA = ["breaching", "ignore", "missing", "notBreaching"]

#: Our names for what PutMetricAlarm takes of an alarm on one metric, but for dimensions and the actions.
_MEMBERS = {
    "namespace": "Namespace",
    "metric_name": "MetricName",
    "statistic": "Statistic",
    "unit": "Unit",
    "period": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparison_operator": "ComparisonOperator",
    "treat_missing_data": "TreatMissingData",
    "description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
}

#: By the state in which they are taken.
_ACTIONS = {
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}

#: What the alarms of others have, and ours never.
_FOREIGN = {
    "metrics": "Metrics",
    "extended_statistic": "ExtendedStatistic",
    "threshold_metric_id": "ThresholdMetricId",
    "evaluation_criteria": "EvaluationCriteria",
}

_NAMES_A_CALL = 100


class CloudwatchAlarm(Kind):
    """A metric alarm. A composite one of that name is not seen: names of both are the same set."""

    type = TYPE
    title, titles = "CloudWatch alarm", "CloudWatch alarms"
    gone = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
    busy = frozenset({"ConcurrentModificationException"})
    busy_when_new = gone
    names_a_call = _NAMES_A_CALL

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        return pages(clients("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix)

    def look_up_all(self, clients: Clients, names: Sequence[str]) -> Iterable[Document]:
        for some in chunks(list(names), _NAMES_A_CALL):
            yield from clients("cloudwatch").describe_alarms(AlarmNames=some)["MetricAlarms"]

    def name(self, document: Document) -> str:
        return str(document["AlarmName"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return tag_dict(clients("cloudwatch").list_tags_for_resource(ResourceARN=document["AlarmArn"])["Tags"])

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(document["AlarmArn"])

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        return canonical(document, tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """PutMetricAlarm takes tags for a new alarm alone, and does not say its ARN."""
        tags = tag_list(wanted.properties["tags"], "Key", "Value")
        clients("cloudwatch").put_metric_alarm(**request(wanted), **({"Tags": tags} if tags else {}))
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        clients("cloudwatch").put_metric_alarm(**request(wanted))

    def tag(self, clients: Clients, found: Resource, tags: Mapping[str, str]) -> None:
        clients("cloudwatch").tag_resource(ResourceARN=found.id, Tags=tag_list(dict(tags), "Key", "Value"))

    def untag(self, clients: Clients, found: Resource, keys: Sequence[str]) -> None:
        clients("cloudwatch").untag_resource(ResourceARN=found.id, TagKeys=list(keys))

    def delete(self, clients: Clients, found: Resource) -> None:
        clients("cloudwatch").delete_alarms(AlarmNames=[found.name])


CLOUDWATCH_ALARM = CloudwatchAlarm()


def desired(alarm: Mapping[str, Any]) -> Resource:
    """``{name, namespace, metric_name, dimensions?, statistic?, unit?, period?, evaluation_periods?,
    datapoints_to_alarm?, threshold, comparison_operator, treat_missing_data?, description?, actions_enabled?,
    alarm_actions?, ok_actions?, insufficient_data_actions?, tags?}`` as a resource. Actions are ARNs, ``dimensions``
    are values by name, ``period`` is in seconds.
    """
    return _alarm(
        alarm["name"],
        {name: alarm.get(name) for name in _MEMBERS},
        dict(alarm.get("dimensions") or {}),
        {name: list(alarm.get(name) or []) for name in _ACTIONS},
        {},
        alarm.get("tags") or {},
    )


def canonical(document: Mapping[str, Any], tags: Mapping[str, str]) -> Resource:
    """A member of DescribeAlarms' ``MetricAlarms``. What ours never have is under ``foreign``, so that it differs."""
    return _alarm(
        document["AlarmName"],
        {name: document.get(member) for name, member in _MEMBERS.items()},
        {each["Name"]: each["Value"] for each in document.get("Dimensions") or []},
        {name: list(document.get(member) or []) for name, member in _ACTIONS.items()},
        {name: document[member] for name, member in _FOREIGN.items() if document.get(member)},
        tags,
        document["AlarmArn"],
    )


def request(wanted: Resource) -> dict[str, Any]:
    """The arguments of PutMetricAlarm but for the tags. It replaces the whole alarm: what is not sent is taken away."""
    properties = wanted.properties
    members = {member: properties[name] for name, member in _MEMBERS.items() if properties[name] not in (None, "")}
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(properties["dimensions"].items())]
    actions = {member: properties[name] for name, member in _ACTIONS.items()}
    return {"AlarmName": wanted.name, **members, "Dimensions": dimensions, **actions}


def refusals(alarms: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with alarms that shall exist, a sentence each."""
    needed = ("namespace", "metric_name", "threshold", "comparison_operator")
    wrong = []
    for alarm in alarms:
        missing = [name for name in needed if alarm.get(name) in (None, "")]
        if missing:
            wrong.append(f"alarm {alarm['name']} needs {', '.join(missing)}")
        period = alarm.get("period")
        if period is not None and period not in (10, 20, 30) and (period < 60 or period % 60):
            wrong.append(f"alarm {alarm['name']}: period is {period}, allowed: 10, 20, 30, or a multiple of 60 seconds")
    return wrong


def _alarm(
    name: str,
    members: Mapping[str, Any],
    dimensions: Mapping[str, str],
    actions: Mapping[str, list[str]],
    foreign: Mapping[str, Any],
    tags: Mapping[str, str],
    arn: str | None = None,
) -> Resource:
    evaluated = members["evaluation_periods"] or 1
    threshold = members["threshold"]
    properties = {
        **members,
        "dimensions": dict(dimensions),
        "statistic": members["statistic"] or (None if foreign else "Average"),
        "period": members["period"] or (None if foreign else 60),
        "evaluation_periods": evaluated,
        # AWS leaves it out where it is the same, and shows it where it was sent.
        "datapoints_to_alarm": members["datapoints_to_alarm"] or evaluated,
        "threshold": None if threshold is None else float(threshold),
        "treat_missing_data": members["treat_missing_data"] or "missing",
        "description": members["description"] or "",
        "actions_enabled": members["actions_enabled"] is not False,
        **{name: sorted(arns) for name, arns in actions.items()},
        "foreign": dict(foreign),
        "tags": dict(tags),
    }
    return Resource(TYPE, name, properties, arn)
