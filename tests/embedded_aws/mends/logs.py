"""CloudWatch Logs: the behaviour `late_logs`, of lines that are not shown yet."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import cloudwatch_logs

from .. import behaviours


def apply() -> None:
    cloudwatch_logs._get_log_events = hide(cloudwatch_logs._get_log_events)


def hide(get_log_events):
    """A stream that was just made does not exist, and lines that were just written are not there."""

    def handler(data: dict[str, Any]):
        if not behaviours.LATE_LOGS.is_on:
            return get_log_events(data)
        lag = behaviours.LATE_LOGS.seconds(f"{data.get('logGroupName')} {data.get('logStreamName')}")
        shown_until = int((time.time() - lag) * 1000)
        group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(data), {"streams": {}})
        stream = group["streams"].get(data.get("logStreamName"))
        if not stream:
            return get_log_events(data)
        if any(event["timestamp"] > shown_until for event in stream["events"]):
            behaviours.LATE_LOGS.strike()
        if stream["creationTime"] > shown_until:
            behaviours.LATE_LOGS.strike()
            return get_log_events({**data, "logStreamName": f"{data['logStreamName']}-hidden"})
        return get_log_events({**data, "endTime": min(data.get("endTime", shown_until), shown_until)})

    return handler
