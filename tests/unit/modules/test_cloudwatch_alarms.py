from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.cloudwatch_alarm import canonical, desired
from ansible_collections.farflow.airflow.plugins.modules import cloudwatch_alarms as module

pytestmark = pytest.mark.usefixtures("aws")

POLICY = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:0f1e:resource/ecs/service/test/test-worker"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"
ALARM = {
    "name": "test-wanted-worker",
    "namespace": "farflow/airflow",
    "metric_name": "WorkersWanted",
    "dimensions": {"Environment": "test", "Pool": "default"},
    "statistic": "Maximum",
    "period": 60,
    "threshold": 0,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
    "alarm_actions": [POLICY],
    "insufficient_data_actions": [TOPIC],
    "description": "workers",
    "tags": {"farflow:environment": "test"},
}


def cloudwatch():
    return boto3.client("cloudwatch")


def found(name="test-wanted-worker"):
    return next(iter(cloudwatch().describe_alarms(AlarmNames=[name])["MetricAlarms"]), None)


def test_creates_then_changes_nothing(run_module):
    predicted = run_module(module, check_mode=True, alarms=[ALARM])
    assert (predicted["changed"], found()) == (True, None)
    first = run_module(module, alarms=[ALARM])
    assert first["alarms"][0]["reasons"] == ["created"]
    assert first["alarms"][0]["arn"] == found()["AlarmArn"]
    assert found()["Dimensions"] == [{"Name": "Environment", "Value": "test"}, {"Name": "Pool", "Value": "default"}]
    assert run_module(module, alarms=[ALARM])["changed"] is False


CHANGES = {
    "threshold": ({"threshold": 2.5}, ["threshold 0.0 -> 2.5"]),
    "period": ({"period": 30}, ["period 60 -> 30"]),
    "statistic": ({"statistic": "Sum"}, ["statistic Maximum -> Sum"]),
    "comparison": ({"comparison_operator": "LessThanThreshold"}, None),
    "missing data": ({"treat_missing_data": "breaching"}, ["treat_missing_data missing -> breaching"]),
    "periods": ({"evaluation_periods": 3, "datapoints_to_alarm": 2}, None),
    "description": ({"description": ""}, None),
    "actions": ({"actions_enabled": False}, ["actions_enabled true -> false"]),
    "no topic": ({"insufficient_data_actions": []}, None),
    "ok action": ({"ok_actions": [TOPIC]}, None),
    "dimension": ({"dimensions": {"Environment": "test"}}, None),
    "tags": ({"tags": {"team": "data"}}, None),
}


@pytest.mark.parametrize(("members", "reasons"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_predicted_told_and_done(run_module, members, reasons):
    run_module(module, alarms=[ALARM])
    wanted = [{**ALARM, **members}]
    predicted = run_module(module, check_mode=True, alarms=wanted)
    done = run_module(module, alarms=wanted)
    assert predicted["alarms"] == done["alarms"]
    assert reasons in (None, done["alarms"][0]["reasons"])
    assert done["changed"]
    assert run_module(module, alarms=wanted)["changed"] is False


def test_what_others_put_into_an_alarm_is_taken_away(run_module):
    run_module(module, alarms=[ALARM])
    query = {"Id": "m", "Expression": 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/ECS")', "Period": 60}
    cloudwatch().put_metric_alarm(
        AlarmName=ALARM["name"],
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1,
        Metrics=[{**query, "ReturnData": True}],
    )
    assert run_module(module, alarms=[ALARM])["changed"]
    assert run_module(module, alarms=[ALARM])["changed"] is False


def test_is_deleted(run_module):
    run_module(module, alarms=[ALARM])
    assert run_module(module, check_mode=True, state="absent", alarms=[{"name": ALARM["name"]}])["changed"]
    assert run_module(module, state="absent", alarms=[{"name": ALARM["name"]}])["changed"]
    assert found() is None
    assert run_module(module, state="absent", alarms=[{"name": ALARM["name"]}])["changed"] is False


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"threshold": None, "metric_name": None}, "alarm test-wanted-worker needs metric_name, threshold"),
        ({"period": 45}, "period is 45, allowed: 10, 20, 30, or a multiple of 60 seconds"),
    ],
)
def test_what_aws_would_refuse_is_refused(run_module, members, words):
    assert words in run_module(module, alarms=[{**ALARM, **members}])["msg"]


def test_what_aws_fills_in_is_no_difference():
    answer = {
        "AlarmName": "a",
        "AlarmArn": "arn",
        "Namespace": "n",
        "MetricName": "m",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "LessThanThreshold",
        "ActionsEnabled": True,
        "Dimensions": [],
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
    }
    asked = {"name": "a", "namespace": "n", "metric_name": "m", "threshold": 1, "evaluation_periods": 2}
    wanted = desired({**asked, "comparison_operator": "LessThanThreshold"})
    assert canonical(answer, {}).properties == wanted.properties
