"""CloudWatch: the alarms on the number of workers that are wanted."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.cloudwatch_alarm import CLOUDWATCH_ALARM

from .facts import Tagging, drift, kind

ALARM = "local-wanted-worker-heavy"


def _cloudwatch(aws):
    return aws.client("cloudwatch")


def _tags(aws, arn):
    return {tag["Key"]: tag["Value"] for tag in _cloudwatch(aws).list_tags_for_resource(ResourceARN=arn)["Tags"]}


def _tag(aws, arn, tags):
    tags = [{"Key": key, "Value": value} for key, value in tags.items()]
    _cloudwatch(aws).tag_resource(ResourceARN=arn, Tags=tags)


kind(
    "cloudwatch_alarm",
    made_by="monitoring PutMetricAlarm",
    read_by="cloudwatch DescribeAlarms",
    tags=Tagging(
        lambda aws, name, id_: _tags(aws, id_),
        lambda aws, name, id_, tags: _tag(aws, id_, tags),
        lambda aws, name, id_, keys: _cloudwatch(aws).untag_resource(ResourceARN=id_, TagKeys=keys),
    ),
    changed_by=CLOUDWATCH_ALARM,
)

_MEMBERS = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "Dimensions",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
)


def _put(aws, **changes):
    (found,) = _cloudwatch(aws).describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    given = {member: found[member] for member in _MEMBERS if member in found}
    _cloudwatch(aws).put_metric_alarm(**{**given, **changes})


@drift(f"change cloudwatch_alarm {ALARM}", "actions_enabled false -> true")
def nobody_follows_the_number_of_workers(aws):
    _cloudwatch(aws).disable_alarm_actions(AlarmNames=[ALARM])


@drift(f"change cloudwatch_alarm {ALARM}", "threshold 5.0 -> 0.0")
def few_workers_are_not_started(aws):
    _put(aws, Threshold=5.0)


@drift(f"change cloudwatch_alarm {ALARM}", "alarm_actions")
def the_alarm_without_its_policy(aws):
    _put(aws, AlarmActions=[])


@drift(f"change cloudwatch_alarm {ALARM}", "period 3600 -> 60")
def the_number_of_workers_followed_once_an_hour(aws):
    _put(aws, Period=3600)


@drift(f"change cloudwatch_alarm {ALARM}", "dimensions Pool")
def the_number_of_workers_of_another_pool(aws):
    _put(aws, Dimensions=[{"Name": "Environment", "Value": "local"}, {"Name": "Pool", "Value": "default"}])


@drift(f"create cloudwatch_alarm {ALARM}")
def the_alarm_deleted(aws):
    _cloudwatch(aws).delete_alarms(AlarmNames=[ALARM])
