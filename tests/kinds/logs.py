"""CloudWatch Logs: the log groups."""

from __future__ import annotations

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.log_group import LOG_GROUP

from .facts import CloudFormation, Tagging, drift, kind

kind(
    "log_group",
    made_by="logs CreateLogGroup",
    read_by="logs DescribeLogGroups",
    tags=Tagging(
        lambda aws, name, id_: dict(aws.client("logs").list_tags_for_resource(resourceArn=id_)["tags"]),
        lambda aws, name, id_, tags: aws.client("logs").tag_resource(resourceArn=id_, tags=tags),
        lambda aws, name, id_, keys: aws.client("logs").untag_resource(resourceArn=id_, tagKeys=keys),
    ),
    cloudformation=CloudFormation("AWS::Logs::LogGroup", {"name": "LogGroupName"}),
    changed_by=LOG_GROUP,
)


@drift("change log_group /farflow/local/tasks", "retention_in_days 1 -> 30")
def logs_of_tasks_kept_for_a_day(aws):
    aws.client("logs").put_retention_policy(logGroupName="/farflow/local/tasks", retentionInDays=1)


@drift("change log_group /farflow/local/airflow", "retention_in_days (none) -> 30")
def logs_of_airflow_kept_for_ever(aws):
    aws.client("logs").delete_retention_policy(logGroupName="/farflow/local/airflow")


@drift("create log_group /farflow/local/tasks")
def the_logs_of_tasks_deleted(aws):
    aws.client("logs").delete_log_group(logGroupName="/farflow/local/tasks")
