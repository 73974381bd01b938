# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each of Airflow's components may do. Every statement names the resources of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import naming
from ...core.known import Known
from ..tags import tags
from . import names, settings
from .arns import Account, account
from .components import API_SERVER, COMMAND, DAG_PROCESSOR, SCHEDULER, TRIGGERER, WORKER, Component

Statement = dict[str, Any]
Inputs = Mapping[str, Any]

VERSION = "2012-10-17"


def document(statements: list[Statement]) -> dict[str, Any]:
    """Statements as a policy document."""
    return {"Version": VERSION, "Statement": statements}


def assume_role(inputs: Inputs, known: Known) -> dict[str, Any]:
    """Who may take a role: ECS, for tasks of this account and region alone."""
    where = account(known, inputs["farflow_region"])
    condition = {
        "StringEquals": {"aws:SourceAccount": where.id},
        "ArnLike": {"aws:SourceArn": where.arn("ecs", "*")},
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    return document([statement])


def role(inputs: Inputs, known: Known, owner: str, name: str, policies: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a role that ECS tasks take; ``policies`` are inline ones, by name."""
    return {
        "name": name,
        "path": names.role_path(inputs),
        "assume_role_policy": assume_role(inputs, known),
        "policies": dict(policies),
        "tags": tags(inputs, owner),
    }


def _allow(sid: str, actions: list[str], *resources: str, **condition: Any) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}
    return {**statement, **({"Condition": condition} if condition else {})}


def execution(inputs: Inputs, known: Known, repository: str, log_group: str, secret_arns: list[str]) -> dict[str, Any]:
    """What ECS itself does to start a container: pull the image, open the log stream, read the secrets."""
    where = account(known, inputs["farflow_region"])
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    statements = [
        # AWS knows no narrower resource for this action.
        _allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], "*"),
        _allow("PullImage", pull, where.arn("ecr", f"repository/{repository}")),
        _allow(
            "WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], where.arn("logs", f"log-group:{log_group}:*")
        ),
    ]
    if secret_arns:
        statements.append(_allow("ReadSecrets", ["secretsmanager:GetSecretValue"], *sorted(secret_arns)))
    return document(statements)


def component(inputs: Inputs, known: Known, which: Component) -> dict[str, Any]:
    """What a component calls, and what the user adds for those that run the user's code."""
    where = account(known, inputs["farflow_region"])
    makers = {
        API_SERVER: [_read_logs],
        SCHEDULER: [_send_messages, _read_logs],
        DAG_PROCESSOR: [],
        TRIGGERER: [_write_logs, _watch_fargate_tasks],
        WORKER: [_work_messages, _write_logs, _run_fargate_tasks, _watch_fargate_tasks, _protect_itself],
        COMMAND: [_work_messages, _write_logs, _run_fargate_tasks, _watch_fargate_tasks],
    }
    statements = [_read_connections(inputs, where)]
    for make in makers[which]:
        statements += make(inputs, where)
    if which in (DAG_PROCESSOR, TRIGGERER, WORKER, COMMAND):
        statements += inputs["airflow_service_policy"]
    if inputs["airflow_service_enable_execute_command"]:
        statements.append(_exec())
    return document(statements)


def _read_connections(inputs: Inputs, where: Account) -> Statement:
    kinds = (settings.CONNECTIONS, settings.VARIABLES)
    resources = [where.arn("secretsmanager", f"secret:{names.secret(inputs, kind)}/*") for kind in kinds]
    return _allow("ReadConnectionsAndVariables", ["secretsmanager:GetSecretValue"], *resources)


def _read_logs(inputs: Inputs, where: Account) -> list[Statement]:
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    return [
        _allow("ListTaskLogs", ["s3:ListBucket"], bucket),
        _allow("ReadTaskLogs", ["s3:GetObject"], f"{bucket}/logs/*"),
    ]


def _write_logs(inputs: Inputs, where: Account) -> list[Statement]:
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    return [
        _allow("ListTaskLogs", ["s3:ListBucket"], bucket),
        _allow("WriteTaskLogs", ["s3:GetObject", "s3:PutObject"], f"{bucket}/logs/*"),
    ]


def _send_messages(inputs: Inputs, where: Account) -> list[Statement]:
    actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]
    return [_allow("SendMessages", actions, where.arn("sqs", names.queue(inputs)))]


def _work_messages(inputs: Inputs, where: Account) -> list[Statement]:
    actions = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ]
    return [_allow("WorkMessages", actions, where.arn("sqs", names.queue(inputs)))]


def _run_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    environment, cluster = names.environment(inputs), where.arn("ecs", f"cluster/{names.cluster(inputs)}")
    definitions = where.arn("ecs", f"task-definition/{environment}-*:*")
    tasks = where.arn("ecs", f"task/{names.cluster(inputs)}/*")
    path = names.role_path(inputs).strip("/")
    roles = [
        where.global_arn("iam", f"role/{path}/{name}")
        for name in (
            names.execution_role(inputs, "tasks"),
            names.plain_task_role(inputs),
            naming.resource(environment, "task-*", limit=naming.IAM_ROLE_LIMIT),
        )
    ]
    return [
        _allow("RunFargateTasks", ["ecs:RunTask"], definitions, ArnEquals={"ecs:cluster": cluster}),
        _allow("TagFargateTasks", ["ecs:TagResource"], tasks, StringEquals={"ecs:CreateAction": "RunTask"}),
        _allow(
            "PassTaskRoles", ["iam:PassRole"], *roles, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        ),
    ]


def _watch_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    cluster = where.arn("ecs", f"cluster/{names.cluster(inputs)}")
    tasks = where.arn("ecs", f"task/{names.cluster(inputs)}/*")
    logs = where.arn("logs", f"log-group:{naming.task_log_group(names.environment(inputs))}:*")
    return [
        _allow("DescribeFargateTasks", ["ecs:DescribeTasks"], tasks),
        _allow("StopFargateTasks", ["ecs:StopTask"], tasks),
        # AWS knows no narrower resource for these actions; the condition keeps the list to this cluster.
        _allow("ListFargateTasks", ["ecs:ListTasks"], "*", ArnEquals={"ecs:cluster": cluster}),
        _allow("DescribeTaskDefinitions", ["ecs:DescribeTaskDefinition"], "*"),
        _allow("ReadFargateTaskLogs", ["logs:GetLogEvents"], logs),
    ]


def _protect_itself(inputs: Inputs, where: Account) -> list[Statement]:
    tasks = where.arn("ecs", f"task/{names.cluster(inputs)}/*")
    return [_allow("ProtectWhileWorking", ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], tasks)]


def _exec() -> Statement:
    channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    # AWS knows no narrower resource for these actions.
    return _allow("ExecuteCommand", [f"ssmmessages:{channel}" for channel in channels], "*")
