# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CloudWatch tells of an alarm, and what of it is compared."""

from __future__ import annotations

from ..engine.reads import TAGS, Compared, NotCompared, Nothing, Reads

_MUTED = NotCompared("rules that mute alarms", "workers that run go on, and the alarm acts again when the window ends")

READS = [
    Reads(
        kind="cloudwatch_alarm",
        title="Alarms",
        service="cloudwatch",
        ids=(
            "AlarmName",
            "AlarmNames",
            "AlarmNamePrefix",
            "ChildrenOfAlarmName",
            "ParentsOfAlarmName",
            "ResourceARN",
            "ResourceArn",
        ),
        operations={
            "DescribeAlarmContributors": Nothing("the metrics by which it is in alarm"),
            "DescribeAlarmHistory": Nothing("what has happened to it"),
            "DescribeAlarms": Compared(),
            "GetResourceMetricsConfiguration": Nothing("of resources that send metrics, which an alarm is not"),
            "ListAlarmMuteRules": _MUTED,
            "ListManagedInsightRules": Nothing("of resources that AWS has rules for, which an alarm is not"),
            "ListTagsForResource": TAGS,
        },
        besides=(NotCompared("other alarms, dashboards", "they change nothing of Airflow"),),
    ),
]
