"""CloudWatch: metrics that are put and read, alarms that follow them, and what alarms tell to topics."""

from __future__ import annotations

import datetime
import json
import time

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

POOL = [{"Name": "Environment", "Value": "local"}, {"Name": "Pool", "Value": "default"}]
OTHER = [POOL[0], {"Name": "Pool", "Value": "other"}]
ALARM = {
    "AlarmName": "wanted",
    "Namespace": "farflow/airflow",
    "MetricName": "WorkersWanted",
    "Dimensions": POOL,
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "missing",
}


@pytest.fixture
def cloudwatch(aws):
    """A minute of AWS's takes half a second."""
    with aws.clock(120):
        yield aws.client("cloudwatch")


def put(cloudwatch, value, dimensions=None, **members):
    datum = {
        "MetricName": "WorkersWanted",
        "Dimensions": POOL if dimensions is None else dimensions,
        "Value": value,
        "Unit": "Count",
        **members,
    }
    cloudwatch.put_metric_data(Namespace="farflow/airflow", MetricData=[datum])


def alarm_of(cloudwatch, name="wanted"):
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


def transitions(cloudwatch, kind="StateUpdate", name="wanted"):
    """What the alarm's history says, the oldest first."""
    items = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType=kind, ScanBy="TimestampAscending")
    return [item["HistorySummary"] for item in items["AlarmHistoryItems"]]


def test_metrics_are_told_apart_by_their_dimensions(cloudwatch):
    put(cloudwatch, 3.0)
    put(cloudwatch, 5.0)
    put(cloudwatch, 7.0, OTHER)
    found = cloudwatch.list_metrics(Namespace="farflow/airflow")["Metrics"]
    assert [metric["Dimensions"] for metric in found] == [POOL, OTHER]
    now = datetime.datetime.now(datetime.UTC)
    times = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(hours=1)}
    metric = {"Namespace": "farflow/airflow", "MetricName": "WorkersWanted", "Dimensions": POOL}
    wanted = ["Maximum", "Sum", "SampleCount"]
    [point] = cloudwatch.get_metric_statistics(**metric, **times, Period=3600, Statistics=wanted)["Datapoints"]
    assert {name: point[name] for name in wanted} == {"Maximum": 5.0, "Sum": 8.0, "SampleCount": 2.0}
    queries = [
        {"Id": "pool", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}},
        {"Id": "none", "MetricStat": {"Metric": {**metric, "Dimensions": []}, "Period": 3600, "Stat": "Average"}},
    ]
    pool, none = cloudwatch.get_metric_data(MetricDataQueries=queries, **times)["MetricDataResults"]
    assert (pool["Values"], none["Values"]) == ([4.0], [])
    assert pool["Timestamps"][0].timestamp() % 3600 == 0


def test_newest_values_come_first(cloudwatch):
    put(cloudwatch, 1.0, Timestamp=time.time() - 3600)
    put(cloudwatch, 2.0)
    metric = {"Namespace": "farflow/airflow", "MetricName": "WorkersWanted", "Dimensions": POOL}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    times = {"StartTime": time.time() - 7200, "EndTime": time.time() + 60}
    for order, values in (({}, [2.0, 1.0]), ({"ScanBy": "TimestampAscending"}, [1.0, 2.0])):
        [result] = cloudwatch.get_metric_data(MetricDataQueries=[query], **times, **order)["MetricDataResults"]
        assert result["Values"] == values


@pytest.mark.parametrize(
    ("namespace", "datum", "code"),
    [
        ("AWS/ECS", {"Value": 1.0}, "InvalidParameterValue"),
        ("mine", {"Value": float("nan")}, "InvalidParameterValue"),
        ("mine", {}, "MissingParameter"),
    ],
)
def test_what_is_no_metric_of_ours_is_not_put(cloudwatch, namespace, datum, code):
    with pytest.raises(ClientError, match=code):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", **datum}])


def test_an_alarm_is_described_as_it_was_put(cloudwatch):
    topic = "arn:aws:sns:us-east-1:123456789012:alarms"
    put_as = {
        **ALARM,
        "AlarmDescription": "what it is for",
        "AlarmActions": [topic],
        "OKActions": [],
        "InsufficientDataActions": [topic],
        "DatapointsToAlarm": 1,
        "ActionsEnabled": True,
    }
    cloudwatch.put_metric_alarm(**put_as, Tags=[{"Key": "k", "Value": "v"}])
    alarm = alarm_of(cloudwatch)
    assert {name: alarm[name] for name in put_as} == put_as
    told = {
        "AlarmArn",
        "AlarmConfigurationUpdatedTimestamp",
        "StateValue",
        "StateReason",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
    }
    assert set(alarm) - set(put_as) == told
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    cloudwatch.put_metric_alarm(**ALARM)
    assert "AlarmDescription" not in alarm_of(cloudwatch)


def test_an_alarm_follows_the_values_of_its_metric(cloudwatch):
    cloudwatch.put_metric_alarm(**{**ALARM, "Threshold": 5.0})
    put(cloudwatch, 9.0, OTHER)
    put(cloudwatch, 2.0)
    until(lambda: alarm_of(cloudwatch)["StateValue"] == "OK")
    put(cloudwatch, 7.0)
    until(lambda: alarm_of(cloudwatch)["StateValue"] == "ALARM")
    alarm = alarm_of(cloudwatch)
    assert alarm["StateReason"].endswith("was greater than or equal to the threshold (5.0).")
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [7.0]
    until(lambda: alarm_of(cloudwatch)["StateValue"] == "INSUFFICIENT_DATA")
    assert transitions(cloudwatch) == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to INSUFFICIENT_DATA",
    ]


def test_missing_data_may_breach(cloudwatch):
    cloudwatch.put_metric_alarm(**{**ALARM, "TreatMissingData": "breaching"})
    until(lambda: alarm_of(cloudwatch)["StateValue"] == "ALARM")


def test_an_alarm_tells_topics_once_when_its_state_changes(aws, cloudwatch):
    topic = aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    actions = {"AlarmActions": [topic], "InsufficientDataActions": [topic, "arn:aws:sns:us-east-1:123456789012:none"]}
    cloudwatch.put_metric_alarm(**ALARM, **actions)
    put(cloudwatch, 1.0)
    until(lambda: len([one for one in aws.published() if one["topic"] == topic]) == 2)
    subjects = [one["subject"] for one in aws.published() if one["topic"] == topic]
    assert subjects == ['ALARM: "wanted" in us-east-1', 'INSUFFICIENT_DATA: "wanted" in us-east-1']
    message = json.loads(aws.published()[0]["message"])
    assert (message["NewStateValue"], message["OldStateValue"]) == ("ALARM", "INSUFFICIENT_DATA")
    assert message["Trigger"]["Dimensions"] == [{"value": one["Value"], "name": one["Name"]} for one in POOL]
    assert f"Successfully executed action {topic}" in transitions(cloudwatch, "Action")
    aws.reset()
    assert aws.published() == []


def test_an_alarm_without_actions_does_nothing_and_one_that_is_set_does(aws, cloudwatch):
    topic = aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic])
    cloudwatch.disable_alarm_actions(AlarmNames=["wanted"])
    cloudwatch.set_alarm_state(AlarmName="wanted", StateValue="ALARM", StateReason="test")
    assert aws.published() == []
    cloudwatch.enable_alarm_actions(AlarmNames=["wanted"])
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": "other"}, AlarmActions=[topic])
    cloudwatch.set_alarm_state(AlarmName="other", StateValue="ALARM", StateReason="test")
    assert [one["subject"] for one in aws.published()] == ['ALARM: "other" in us-east-1']
    until(lambda: alarm_of(cloudwatch, "other")["StateValue"] == "INSUFFICIENT_DATA")


@pytest.mark.parametrize(
    "change",
    [
        {"Statistic": ""},
        {"ExtendedStatistic": "p90"},
        {"Period": 45},
        {"EvaluationPeriods": 2000},
        {"DatapointsToAlarm": 2},
        {"TreatMissingData": "whatever"},
        {"AlarmActions": ["topic"]},
        {"AlarmActions": ["arn:aws:sns:us-east-1:123456789012:alarms"] * 6},
    ],
    ids=str,
)
def test_what_is_no_alarm_is_refused(cloudwatch, change):
    request = {name: value for name, value in {**ALARM, **change}.items() if value != ""}
    with pytest.raises(ClientError, match="ValidationError"):
        cloudwatch.put_metric_alarm(**request)


def test_get_resources_finds_alarms_by_their_tags(aws, cloudwatch):
    tagging = aws.client("resourcegroupstaggingapi")
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "k", "Value": "v"}])
    arn = alarm_of(cloudwatch)["AlarmArn"]
    filters = {"ResourceTypeFilters": ["cloudwatch:alarm"], "TagFilters": [{"Key": "k", "Values": ["v"]}]}
    assert [one["ResourceARN"] for one in tagging.get_resources(**filters)["ResourceTagMappingList"]] == [arn]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert tagging.get_resources(**filters)["ResourceTagMappingList"] == []


def test_alarms_are_deleted_and_come_in_pages(cloudwatch):
    for number in range(3):
        cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": f"wanted-{number}"})
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="wanted-", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 1]
    cloudwatch.delete_alarms(AlarmNames=["wanted-0", "wanted-2"])
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["wanted-1"]
