"""CloudWatch: metrics, which are told apart by their dimensions, and their statistics."""

from __future__ import annotations

import math
from typing import Any

from ministack.services import cloudwatch

Point = dict[str, Any]

_IN_JSON_ONLY = "The embedded AWS answers this in JSON and CBOR only."


def apply() -> None:
    cloudwatch._put_metric_data = refuse_data(cloudwatch._put_metric_data)
    cloudwatch._get_metric_statistics = get_statistics
    cloudwatch._get_metric_data = get_data


def put_of_aws(document: dict[str, Any]) -> None:
    """A value of a metric of AWS's own, which nobody else can put: `namespace`, `name`, `value`, `unit`,
    `dimensions` by name.
    """
    unit, dimensions = document.get("unit", "None"), document["dimensions"]
    cloudwatch.record_metric(document["namespace"], document["name"], document["value"], unit, dimensions)


def refuse_data(put_metric_data):
    """Fault: values that are no numbers, and namespaces that are AWS's own, are taken."""

    def handler(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False):
        namespace = data.get("Namespace") or cloudwatch._p(params, "Namespace")
        if refusal := _refusal(namespace, data.get("MetricData", [])):
            return cloudwatch._error(*refusal, 400, use_json=is_json)
        return put_metric_data(params, data, is_cbor, is_json)

    return handler


def get_statistics(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False):
    """Fault: without dimensions, all metrics of a name are taken for one."""
    if not is_json:
        return cloudwatch._error("InvalidAction", _IN_JSON_ONLY, 400)
    simple, extended = data.get("Statistics", []), data.get("ExtendedStatistics", [])
    found = []
    for start, inside in _by_period(points(data), data["Period"]):
        point = {"Timestamp": start, "Unit": inside[0]["Unit"], **{name: statistic(inside, name) for name in simple}}
        if extended:
            point["ExtendedStatistics"] = {name: statistic(inside, name) for name in extended}
        found.append(point)
    return cloudwatch._json_ok({"Label": data["MetricName"], "Datapoints": found})


def get_data(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False):
    """Fault: the same; and the oldest values come first, whatever was asked for."""
    if not is_json:
        return cloudwatch._error("InvalidAction", _IN_JSON_ONLY, 400)
    queries = [query for query in data["MetricDataQueries"] if query.get("ReturnData", True)]
    if not all("MetricStat" in query for query in queries):
        return cloudwatch._error("ValidationError", "The embedded AWS knows no metric math.", 400, use_json=True)
    times = {name: data.get(name) for name in ("StartTime", "EndTime")}
    results = [_result(query, times, data.get("ScanBy") != "TimestampAscending") for query in queries]
    return cloudwatch._json_ok({"MetricDataResults": results, "Messages": []})


def points(metric: dict[str, Any]) -> list[Point]:
    """Those of exactly this namespace, name and dimensions, of its unit if it says one, and of its times."""
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    unit = metric.get("Unit")
    start, end = (cloudwatch._parse_ts(metric.get(name)) for name in ("StartTime", "EndTime"))
    return [
        point
        for point in list(cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or [])
        if unit in (None, point["Unit"])
        and (start is None or point["Timestamp"] >= start)
        and (end is None or point["Timestamp"] < end)
    ]


def statistic(some: list[Point], name: str) -> float:
    """`Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount` or a percentile of one or more points."""
    return float(cloudwatch._stat_value(cloudwatch._calc_stats(some), name, some))


def _refusal(namespace: str, data: list[dict[str, Any]]) -> tuple[str, str] | None:
    if not namespace:
        return "MissingParameter", "The parameter Namespace is required."
    if namespace.startswith("AWS/"):
        return "InvalidParameterValue", f"The value {namespace} for parameter Namespace is invalid."
    for number, datum in enumerate(data, 1):
        values = [datum["Value"]] if "Value" in datum else datum.get("Values", [])
        if not (values or datum.get("StatisticValues")):
            return "MissingParameter", f"The parameter MetricData.member.{number}.Value is required."
        if not all(math.isfinite(float(value)) for value in values):  # botocore writes "NaN"
            return "InvalidParameterValue", f"The value for parameter MetricData.member.{number}.Value is invalid."
    return None


def _result(query: dict[str, Any], times: dict[str, Any], newest_first: bool) -> dict[str, Any]:
    one = query["MetricStat"]
    inside = points({**one["Metric"], "Unit": one.get("Unit"), **times})
    found = [(start, statistic(some, one["Stat"])) for start, some in _by_period(inside, one["Period"])]
    found.sort(reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or one["Metric"]["MetricName"],
        "Timestamps": [start for start, _value in found],
        "Values": [value for _start, value in found],
        "StatusCode": "Complete",
    }


def _by_period(some: list[Point], period: int) -> list[tuple[int, list[Point]]]:
    """The points by the beginning of their period, the oldest first."""
    found: dict[int, list[Point]] = {}
    for point in some:
        found.setdefault(int(point["Timestamp"] // period) * period, []).append(point)
    return sorted(found.items())
