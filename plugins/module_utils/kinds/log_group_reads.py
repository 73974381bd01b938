# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CloudWatch Logs tells of a log group, and what of it is compared."""

from __future__ import annotations

from ..engine.reads import TAGS, Compared, NotCompared, Nothing, Reads, Told

_FILTERS = NotCompared("subscription and metric filters, data protection", "organizations collect logs by these")
_SEARCHED = NotCompared(
    "index policies, transformers, anomaly detectors", "they change how log events are searched, not who reads them"
)
_WRITERS = NotCompared(
    "resource policies, and syslog by way of an endpoint", "they let others write log events into it, and read none"
)
_LINES = Nothing("its log events")

READS = [
    Reads(
        kind="log_group",
        title="Log groups",
        service="logs",
        ids=(
            "logGroupName",
            "logGroupIdentifier",
            "logGroupIdentifiers",
            "logGroupNamePrefix",
            "logGroupNamePattern",
            "filterLogGroupArn",
            "resourceArn",
        ),
        operations={
            "DescribeFieldIndexes": _SEARCHED,
            "DescribeIndexPolicies": _SEARCHED,
            "DescribeLogGroups": Compared(),
            "DescribeLogStreams": _LINES,
            "DescribeMetricFilters": _FILTERS,
            "DescribeQueries": Nothing("searches that somebody has made"),
            "DescribeResourcePolicies": _WRITERS,
            "DescribeSubscriptionFilters": _FILTERS,
            "FilterLogEvents": _LINES,
            "GetDataProtectionPolicy": _FILTERS,
            "GetLogEvents": _LINES,
            "GetLogGroupFields": _LINES,
            "GetTransformer": _SEARCHED,
            "ListAggregateLogGroupSummaries": Nothing("how many there are"),
            "ListLogAnomalyDetectors": _SEARCHED,
            "ListLogGroups": Told("logs DescribeLogGroups"),
            "ListSyslogConfigurations": _WRITERS,
            "ListTagsForResource": TAGS,
            "ListTagsLogGroup": TAGS,
        },
    ),
]
