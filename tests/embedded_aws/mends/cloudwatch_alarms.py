"""CloudWatch: alarms as they are put and told. What watches them is in cloudwatch_watch.py."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from .. import alarms

Alarm = dict[str, Any]

#: The member that has the actions of a state.
ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
#: Held by whoever changes alarms.
lock = threading.RLock()

_MOST_ACTIONS = 5
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_SHORT_PERIODS = (10, 20, 30)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_OF_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_MEMBERS = (
    "AlarmDescription",
    *_OF_ONE_METRIC,
    "Metrics",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
)


def apply() -> None:
    cloudwatch._put_metric_alarm = put_alarm


def put_alarm(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False):
    """Fault: members that ministack does not know are dropped, others are filled in, and anything is taken."""
    if not is_json:
        return cloudwatch._error("InvalidAction", "The embedded AWS takes alarms in JSON and CBOR only.", 400)
    if complaint := _complaint(data):
        return cloudwatch._error("ValidationError", complaint, 400, use_json=True)
    tags = data.get("Tags")
    is_new = data["AlarmName"] not in cloudwatch._alarms
    refused = cloudwatch._alarm_tags_refusal(tags, data.get("DatapointsToAlarm"), is_new, is_cbor, is_json)
    if refused:
        return refused
    alarm = write(data)
    if is_new and tags:
        cloudwatch._resource_tags[alarm["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in tags}
    return cloudwatch._json_ok({})


def write(asked: dict[str, Any]) -> Alarm:
    """The alarm that PutMetricAlarm makes; one that was there keeps its state, and nothing else."""
    now = time.time()
    name = asked["AlarmName"]
    with lock:
        before = cloudwatch._alarms.get(name)
        state = before or {
            "StateValue": alarms.INSUFFICIENT_DATA,
            "StateReason": "Unchecked: Initial alarm creation",
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        alarm = {
            "AlarmName": name,
            "AlarmArn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}",
            "AlarmConfigurationUpdatedTimestamp": now,
            "ActionsEnabled": asked.get("ActionsEnabled", True),
            **{member: asked.get(member) or [] for member in ACTIONS.values()},
            **{member: value for member, value in state.items() if member.startswith("State")},
            **{member: asked[member] for member in _MEMBERS if asked.get(member) is not None},
        }
        if "MetricName" in alarm:
            alarm.setdefault("Dimensions", [])
        cloudwatch._alarms[name] = alarm
    write_history(alarm, "ConfigurationUpdate", f'Alarm "{name}" {"updated" if before else "created"}', {})
    return alarm


def write_history(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}),
        }
    )


def metric_of(alarm: Alarm) -> dict[str, Any] | None:
    """Namespace, name, dimensions, unit, period and statistic of what the alarm watches; None for metric math."""
    if "MetricName" in alarm:
        return {**alarm, "Statistic": alarm.get("ExtendedStatistic") or alarm["Statistic"]}
    watched = next((query for query in alarm.get("Metrics") or [] if query.get("ReturnData", True)), {})
    if "MetricStat" not in watched:
        return None
    one = watched["MetricStat"]
    return {**one["Metric"], "Period": one["Period"], "Unit": one.get("Unit"), "Statistic": one["Stat"]}


def _complaint(asked: dict[str, Any]) -> str | None:
    """What AWS does not take of PutMetricAlarm's arguments."""
    for member in ("AlarmName", "EvaluationPeriods", "ComparisonOperator"):
        if not asked.get(member):
            return f"The parameter {member} is required."
    if asked["ComparisonOperator"] not in alarms.COMPARISONS or asked.get("Threshold") is None:
        return "The embedded AWS has alarms with a threshold only."
    if int(asked.get("DatapointsToAlarm") or 1) > int(asked["EvaluationPeriods"]):
        return "DatapointsToAlarm must be less than or equal to EvaluationPeriods."
    if asked.get("TreatMissingData") not in (None, *_TREATMENTS):
        return f"Option {asked['TreatMissingData']} is not supported for TreatMissingData."
    return _complaint_of_metric(asked) or _complaint_of_actions(asked)


def _complaint_of_metric(asked: dict[str, Any]) -> str | None:
    if asked.get("Metrics"):
        beside = [member for member in _OF_ONE_METRIC if asked.get(member)]
        return f"{beside[0]} must not be specified together with Metrics." if beside else None
    if not (asked.get("MetricName") and asked.get("Namespace")):
        return "Exactly one of MetricName, with its Namespace, Metrics and EvaluationCriteria is required."
    if bool(asked.get("Statistic")) == bool(asked.get("ExtendedStatistic")):
        return "Either Statistic or ExtendedStatistic must be specified, and not both."
    period, periods = int(asked.get("Period") or 0), int(asked["EvaluationPeriods"])
    if period not in _SHORT_PERIODS and (period <= 0 or period % _MINUTE):
        return "Period must be 10, 20, 30 or a multiple of 60."
    if period * periods > (_DAY if period < _HOUR else 7 * _DAY):
        return "Metrics cannot be checked across more than a day, or a week where the period is an hour or more."
    return None


def _complaint_of_actions(asked: dict[str, Any]) -> str | None:
    for member in ACTIONS.values():
        actions = asked.get(member) or []
        if len(actions) > _MOST_ACTIONS:
            return f"{member} can have at most {_MOST_ACTIONS} items."
        for arn in actions:
            if not arn.startswith("arn:") or arn.count(":") < 5:
                return f"Invalid arn syntax: {arn}"
    return None
