"""CloudWatch: alarms are evaluated as time passes, and do what they are told to when their state changes.

ministack looks at an alarm when a metric is put, and never again, so that no alarm ever lacks data. It does not know
the actions of Auto Scaling, which CloudWatch takes again each minute that an alarm stays in its state.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import cloudwatch, sns

from .. import alarms, clock
from ..application_autoscaling import scaling
from . import cloudwatch_metrics
from .cloudwatch_alarms import ACTIONS, Alarm, lock, metric_of, write_history

logger = logging.getLogger("embedded_aws")

_MINUTE = 60
#: How often alarms are looked at whose period is less than a minute.
_OFTEN = 10

#: What was published to topics of SNS, the oldest first: topic, subject, message.
published: list[dict[str, str]] = []
#: By the alarm's ARN: the values it was evaluated by, and what came of its actions of Auto Scaling.
_evaluated: dict[str, tuple[float, ...]] = {}
_outcomes: dict[tuple[str, str], str] = {}


def apply() -> None:
    cloudwatch._evaluate_all_alarms = lambda: None
    cloudwatch._evaluate_alarm = lambda _alarm: None
    cloudwatch._dispatch_alarm_actions = act
    sns._fanout = remember(sns._fanout)
    threading.Thread(target=_watch, daemon=True, name="alarms").start()


def forget() -> None:
    """Nothing was published, and nothing was evaluated."""
    published.clear()
    _evaluated.clear()
    _outcomes.clear()


def remember(fanout):
    """What is published to a topic can be read, whoever has subscribed to it."""

    def handler(topic: str, identifier: str, message: str, subject: str, *rest: Any, **named: Any) -> Any:
        published.append({"topic": topic, "subject": subject or "", "message": message})
        return fanout(topic, identifier, message, subject, *rest, **named)

    return handler


def act(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
    """Fault: actions of Auto Scaling are not taken, and what is told to SNS lacks most of what AWS tells."""
    for arn in _actions(alarm, new_state):
        if cloudwatch._is_sns_action_arn(arn):
            subject = f'{new_state}: "{alarm["AlarmName"]}" in {get_region()}'[:100]
            sns._fanout(arn, new_uuid(), json.dumps(_notification(alarm, old_state, new_state, reason)), subject)
            write_history(alarm, "Action", f"Successfully executed action {arn}", {"actionState": "Succeeded"})
        elif scaling.is_policy(arn):
            _scale(alarm, arn)


def _watch() -> None:
    """Looks at alarms whenever as much of AWS's time has passed as lies between two looks."""
    while True:
        number, moment = clock.next_tick(_OFTEN)
        for (account, region, _name), alarm in cloudwatch._alarms.all_items():
            if number % (_MINUTE // _OFTEN) == 0 or (metric_of(alarm) or {}).get("Period", _MINUTE) < _MINUTE:
                with request_scope(account, region):
                    _look_at(alarm, moment)


def _look_at(alarm: Alarm, moment: float) -> None:
    try:
        verdict = alarms.evaluate(alarm, list(_values(alarm, moment)))
        with lock:
            if cloudwatch._alarms.get(alarm["AlarmName"]) is not alarm:
                return
            before = alarm["StateValue"]
            _evaluated[alarm["AlarmArn"]] = verdict.evaluated
            if verdict.state not in (None, before):
                _change_state(alarm, verdict, moment)
        if alarm["StateValue"] != before:
            act(alarm, before, alarm["StateValue"], alarm["StateReason"])
            cloudwatch._evaluate_parent_alarms(alarm)
        else:
            for arn in filter(scaling.is_policy, _actions(alarm, before)):
                _scale(alarm, arn)
    except Exception:
        logger.exception("the alarm %s cannot be evaluated", alarm.get("AlarmName"))


def _values(alarm: Alarm, moment: float) -> Iterator[float | None]:
    """Of each period of the evaluation range that ends now, the oldest first."""
    metric = metric_of(alarm)
    if metric is None:
        return
    period = clock.real(metric["Period"])
    points = cloudwatch_metrics.points(metric)
    for number in range(alarms.evaluation_range(alarm), 0, -1):
        start = moment - number * period
        inside = [point for point in points if start <= point["Timestamp"] < start + period]
        yield cloudwatch_metrics.statistic(inside, metric["Statistic"]) if inside else None


def _change_state(alarm: Alarm, verdict: alarms.Verdict, moment: float) -> None:
    metric = metric_of(alarm) or {}
    before, reason = alarm["StateValue"], alarms.reason(alarm, verdict)
    data = {
        "version": "1.0",
        "queryDate": _iso(moment),
        "statistic": metric.get("Statistic"),
        "period": metric.get("Period"),
        "recentDatapoints": list(verdict.evaluated),
        "threshold": alarm["Threshold"],
    }
    now = time.time()
    alarm |= {
        "StateValue": verdict.state,
        "StateReason": reason,
        "StateReasonData": json.dumps(data),
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    cloudwatch._record_history(alarm["AlarmName"], before, verdict.state, reason, reason_data=data)


def _actions(alarm: Alarm, state: str) -> list[str]:
    return list(alarm.get(ACTIONS[state]) or []) if alarm.get("ActionsEnabled", True) else []


def _scale(alarm: Alarm, arn: str) -> None:
    """Calls a policy. What is repeated each minute is written into the history when another thing comes of it."""
    name, state, evaluated = alarm["AlarmName"], alarm["StateValue"], _evaluated.get(alarm["AlarmArn"], ())
    call = scaling.Call(name, state, float(alarm["Threshold"]), alarm["ComparisonOperator"], evaluated)
    error = scaling.perform(arn, call)
    place = alarm["AlarmArn"], arn
    if _outcomes.get(place) != error:
        _outcomes[place] = error
        summary = f"Failed to execute action {arn}. {error}" if error else f"Successfully executed action {arn}"
        write_history(alarm, "Action", summary, {"actionState": "Failed" if error else "Succeeded"})


def _notification(alarm: Alarm, old_state: str, new_state: str, reason: str) -> dict[str, Any]:
    """What a topic is told."""
    metric = metric_of(alarm) or {}
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": _iso(alarm.get("AlarmConfigurationUpdatedTimestamp", 0)),
        "NewStateValue": new_state,
        "NewStateReason": reason,
        "StateChangeTime": _iso(time.time()),
        "Region": get_region(),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        **{member: alarm.get(member, []) for member in ACTIONS.values()},
        "Trigger": {
            "MetricName": metric.get("MetricName"),
            "Namespace": metric.get("Namespace"),
            "StatisticType": "Statistic",
            "Statistic": str(metric.get("Statistic", "")).upper(),
            "Unit": metric.get("Unit"),
            "Dimensions": [{"value": one["Value"], "name": one["Name"]} for one in metric.get("Dimensions") or []],
            "Period": metric.get("Period"),
            "EvaluationPeriods": alarm.get("EvaluationPeriods"),
            "ComparisonOperator": alarm.get("ComparisonOperator"),
            "Threshold": alarm.get("Threshold"),
            "TreatMissingData": alarm.get("TreatMissingData", ""),
            "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
        },
    }


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
