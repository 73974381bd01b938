"""Amazon CloudWatch. An alarm that is made with tags needs cloudwatch:TagResource (PutMetricAlarm in its reference)."""

from __future__ import annotations

from ..evaluation import Request
from .asked import Asked, Row, by, everything, needs_tagging, rows

_ALARM = "alarm:"


def _alarm(asked: Asked) -> str:
    return asked.arn(f"{_ALARM}{asked['AlarmName']}")


def _put_alarm(asked: Asked) -> list[Request]:
    actions = asked.get("AlarmActions")
    context = {"cloudwatch:AlarmActions": actions} if actions else {}
    return asked.on(_alarm(asked), **context)


ROWS: dict[str, Row] = {
    "PutMetricAlarm": needs_tagging(_put_alarm, "TagResource", _alarm),
    **rows("DeleteAlarms DescribeAlarms", by("AlarmNames", _ALARM, "*")),
    **rows("TagResource UntagResource ListTagsForResource", by("ResourceARN")),
    "PutMetricData": lambda asked: asked.on("*", cloudwatch__namespace=asked["Namespace"]),
    **rows("GetMetricData GetMetricStatistics ListMetrics", everything),
}
