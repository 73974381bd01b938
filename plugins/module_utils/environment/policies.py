# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each of Airflow's components may do. Every statement names the resources of one environment.

The actions are those that Airflow and its providers call. What is in DAG files is run by dag-processor, triggerer,
worker, the tasks that have a container of their own, and by one-off commands; not by api-server and scheduler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import dag_versions, naming
from ..engine.actions import Resource
from ..engine.known import Existing
from ..engine.tags import ROLE, tags
from . import dags, ecs_executor, executors, names, pools, settings
from .arns import Account, account
from .broker import broker
from .components import ALL, API_SERVER, COMMAND, DAG_PROCESSOR, ECS_TASK, SCHEDULER, TRIGGERER, Component
from .statements import Statement, allow, deny

Inputs = Mapping[str, Any]

VERSION = "2012-10-17"

#: Beside the workers.
RUN_DAG_FILES = (DAG_PROCESSOR, TRIGGERER, COMMAND, ECS_TASK)

#: Where GuardDuty's Runtime Monitoring is on, ECS puts a container of this image into every task, and pulls it with the
#: task's execution role. Each region has it in another account of AWS's, and regions are added: so the account is left
#: open. Sources: "Prerequisites for AWS Fargate (Amazon ECS only) support" and "Amazon ECR repository hosting GuardDuty
#: agent" in GuardDuty's user guide.
GUARDDUTY_AGENT = "repository/aws-guardduty-agent-fargate"


def document(statements: list[Statement]) -> dict[str, Any]:
    """Statements as a policy document."""
    return {"Version": VERSION, "Statement": statements}


def theirs(inputs: Inputs, variable: str) -> dict[str, Any]:
    """The inline policy of the statements that a user gives by that variable; nothing without any. It is one of its
    own, since a Sid is used once in a document.
    """
    return {variable: document(inputs[variable])} if inputs[variable] else {}


def assume_role(inputs: Inputs, known: Existing) -> dict[str, Any]:
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


def role_arn(inputs: Inputs, known: Existing, name: str) -> str:
    """The ARN of one of the environment's roles, which it has as well once it is made anew."""
    where = account(known, inputs["farflow_region"])
    return where.global_arn("iam", f"role{names.role_path(inputs)}{name}")


def regions_of_trust(role: Resource) -> set[str]:
    """The regions from which a role may be taken, by its ``aws:SourceArn``."""
    trust = role.properties["assume_role_policy"] or {"Statement": {}}
    conditions = [condition for each in trust["Statement"].values() for condition in each.get("Condition", {}).values()]
    sources = [
        arn for condition in conditions for key, arns in condition.items() if key == "aws:SourceArn" for arn in arns
    ]
    return {arn.split(":")[3] for arn in sources if arn.count(":") >= 5}


def role(
    inputs: Inputs,
    known: Existing,
    owner: str,
    name: str,
    policies: Mapping[str, Any],
    trust: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of a role that ECS tasks take, or whom ``trust`` says; ``policies`` are inline ones, by name."""
    return {
        "name": name,
        "path": names.role_path(inputs),
        "assume_role_policy": trust or assume_role(inputs, known),
        "policies": dict(policies),
        "permissions_boundary": inputs["farflow_permissions_boundary_arn"] or None,
        "tags": tags(inputs, owner),
    }


def execution(
    inputs: Inputs, known: Existing, repositories: list[str], log_group: str, secret_arns: list[str]
) -> dict[str, Any]:
    """What ECS itself does to start a container: pull its image and that of GuardDuty's agent, open the log stream,
    read the secrets. Repositories are given by their names, or by their ARNs.
    """
    where = account(known, inputs["farflow_region"])
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    statements = [
        # AWS knows no narrower resource for this action.
        allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], "*"),
        allow(
            "PullImage",
            pull,
            *dict.fromkeys(
                each if each.startswith("arn:") else where.arn("ecr", f"repository/{each}") for each in repositories
            ),
        ),
        allow("PullGuardDutyAgent", pull, replace(where, id="*").arn("ecr", GUARDDUTY_AGENT)),
        allow(
            "WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], where.arn("logs", f"log-group:{log_group}:*")
        ),
    ]
    if secret_arns:
        statements.append(allow("ReadSecrets", ["secretsmanager:GetSecretValue"], *sorted(secret_arns)))
    return document([*statements, *_decrypt_secrets(inputs)])


def component(inputs: Inputs, known: Existing, which: Component) -> dict[str, Any]:
    """What a component calls."""
    where = account(known, inputs["farflow_region"])
    if which.pool:
        return document(_worker(inputs, where, which))
    makers = {
        API_SERVER: [
            _read_connections,
            _read_variables,
            _read_logs,
            _show_dag_tasks,
            _show_dags,
            _list_fargate_tasks,
            _show_fargate_tasks,
        ],
        SCHEDULER: [_read_variables, broker.sends, _write_first_logs, _publish_workers_wanted, _run_ecs_tasks],
        ECS_TASK: _RUNS_TASKS,
        DAG_PROCESSOR: [_read_connections, _read_variables, _read_dags],
        TRIGGERER: [_read_connections, _read_variables, _write_logs, _list_fargate_tasks, _watch_fargate_tasks],
        COMMAND: [
            _read_connections,
            _read_variables,
            _read_commands,
            broker.sends,
            _write_logs,
            _run_fargate_tasks,
            _read_dags,
        ],
    }
    statements = [statement for make in makers[which] for statement in make(inputs, where)]
    return document([*statements, *_of_all(inputs)])


def _worker(inputs: Inputs, where: Account, which: Component) -> list[Statement]:
    return [
        *(statement for make in _RUNS_TASKS for statement in make(inputs, where)),
        *broker.receives(inputs, where, which.pool),
        *_protect_itself(inputs, where, which),
        *_of_all(inputs),
    ]


def _of_all(inputs: Inputs) -> list[Statement]:
    """What every component may do."""
    exec_ = [_exec()] if inputs["airflow_service_enable_execute_command"] else []
    return [*_decrypt_secrets(inputs), *exec_]


def _protect_itself(inputs: Inputs, where: Account, which: Component) -> list[Statement]:
    """A worker that has a task in hand asks ECS not to stop it, and sees whether others have taken its place."""
    service = where.arn("ecs", f"service/{names.cluster(inputs)}/{names.service(inputs, which.name)}")
    protection = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    return [
        allow("ProtectTasks", protection, _tasks(inputs, where)),
        allow("DescribeOwnService", ["ecs:DescribeServices"], service),
    ]


def _publish_workers_wanted(inputs: Inputs, where: Account) -> list[Statement]:
    """AWS knows no narrower resource for this action."""
    if not pools.scaled_by_work(inputs):
        return []
    namespace = {"cloudwatch:namespace": pools.NAMESPACE}
    return [allow("PublishWorkersWanted", ["cloudwatch:PutMetricData"], "*", StringEquals=namespace)]


def _run_ecs_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    """What the executor calls that runs each task in an ECS task of its own: on that definition, and on what it has
    started.
    """
    if not executors.has_ecs(inputs):
        return []
    tasks = _tasks(inputs, where)
    definition = where.arn("ecs", f"task-definition/{names.component_family(inputs, ECS_TASK.name)}:*")
    passed = (names.execution_role(inputs, "airflow"), names.component_role(inputs, ECS_TASK.name))
    path = names.role_path(inputs).strip("/")
    return [
        allow("RunEcsTasks", ["ecs:RunTask"], definition, ArnEquals={"ecs:cluster": _cluster(inputs, where)}),
        allow("TagEcsTasks", ["ecs:TagResource"], tasks, StringEquals={"ecs:CreateAction": "RunTask"}),
        allow(
            "PassEcsTaskRoles",
            ["iam:PassRole"],
            *(where.global_arn("iam", f"role/{path}/{name}") for name in passed),
            StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"},
        ),
        allow("WatchEcsTasks", ["ecs:DescribeTasks"], tasks),
        allow(
            "StopEcsTasks",
            ["ecs:StopTask"],
            tasks,
            StringEquals={f"aws:ResourceTag/{ecs_executor.TAG}": executors.ECS},
        ),
    ]


def results(inputs: Inputs, known: Existing) -> dict[str, Any]:
    """What the role of every DAG task may do in the bucket: hand results on, and take those of others."""
    where = account(known, inputs["farflow_region"])
    return document([allow("HandResultsOn", ["s3:GetObject", "s3:PutObject"], _results(inputs, where))])


def _results(inputs: Inputs, where: Account) -> str:
    return f"{where.bucket(names.log_bucket(inputs, where.id))}/{settings.RESULTS}/*"


def _read_connections(inputs: Inputs, where: Account) -> list[Statement]:
    return [_read_secrets(inputs, where, "ReadConnections", settings.CONNECTIONS)]


def _read_variables(inputs: Inputs, where: Account) -> list[Statement]:
    return [_read_secrets(inputs, where, "ReadVariables", settings.VARIABLES)]


def _read_commands(inputs: Inputs, where: Account) -> list[Statement]:
    return [_read_secrets(inputs, where, "ReadSecretsOfCommands", settings.COMMANDS)]


def _read_secrets(inputs: Inputs, where: Account, sid: str, kind: str) -> Statement:
    secrets = where.arn("secretsmanager", f"secret:{names.secret(inputs, kind)}/*")
    return allow(sid, ["secretsmanager:GetSecretValue"], secrets)


def _decrypt_secrets(inputs: Inputs) -> list[Statement]:
    """By the keys that users have given their secrets, and for nothing else that is encrypted with these."""
    keys = inputs["farflow_secret_kms_key_arns"]
    through = {"StringLike": {"kms:ViaService": "secretsmanager.*"}}
    return [allow("DecryptSecrets", ["kms:Decrypt"], *keys, **through)] if keys else []


def _read_dags(inputs: Inputs, where: Account) -> list[Statement]:
    """Without the right to list, what is missing looks like what is forbidden; that check of AWS has no prefix."""
    if not dags.are_versions(inputs):
        return []
    bucket, keys = where.bucket(names.log_bucket(inputs, where.id)), f"{dag_versions.PREFIX}*"
    return [
        allow("ListDags", ["s3:ListBucket"], bucket),
        allow("ReadDags", ["s3:GetObject"], f"{bucket}/{keys}"),
    ]


def _show_dag_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    """For the page "Fargate" of the user interface. AWS knows no narrower resource for these actions."""
    return [allow("ShowDagTasks", ["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"], "*")]


def _show_dags(inputs: Inputs, where: Account) -> list[Statement]:
    """The same for the versions of the DAGs; what lists the logs lists them."""
    if not dags.are_versions(inputs):
        return []
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    keys = (f"{dag_versions.PREFIX}history/*", dag_versions.POINTER)
    return [allow("ShowDagVersions", ["s3:GetObject"], *(f"{bucket}/{key}" for key in keys))]


def _show_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    """The same for those that run."""
    return [allow("ShowFargateTasks", ["ecs:DescribeTasks"], _tasks(inputs, where))]


def _read_logs(inputs: Inputs, where: Account) -> list[Statement]:
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    return [
        allow("ListTaskLogs", ["s3:ListBucket"], bucket),
        allow("ReadTaskLogs", ["s3:GetObject"], f"{bucket}/logs/*"),
    ]


def _write_logs(inputs: Inputs, where: Account) -> list[Statement]:
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    return [
        allow("ListTaskLogs", ["s3:ListBucket"], bucket),
        allow("WriteTaskLogs", ["s3:GetObject", "s3:PutObject"], f"{bucket}/logs/*"),
    ]


def _write_first_logs(inputs: Inputs, where: Account) -> list[Statement]:
    """A task that can be sent to no worker has no other log: the scheduler says there why. It reads and lists none."""
    bucket = where.bucket(names.log_bucket(inputs, where.id))
    return [allow("WriteTaskLogs", ["s3:PutObject"], f"{bucket}/logs/*")]


def _run_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    """What EcsRunTaskOperator calls; not on Airflow's own components, which run in the same cluster."""
    environment, cluster = names.environment(inputs), _cluster(inputs, where)
    definitions = where.arn("ecs", f"task-definition/{environment}-*:*")
    own_definitions = where.arn("ecs", f"task-definition/{names.component_family(inputs, '*')}:*")
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
        allow("RunFargateTasks", ["ecs:RunTask"], definitions, ArnEquals={"ecs:cluster": cluster}),
        deny("RunNoComponents", ["ecs:RunTask"], own_definitions),
        allow(
            "TagFargateTasks",
            ["ecs:TagResource"],
            _tasks(inputs, where),
            StringEquals={"ecs:CreateAction": "RunTask"},
        ),
        allow(
            "PassTaskRoles", ["iam:PassRole"], *roles, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        ),
        # AWS knows no narrower resource for these actions. By the first FargateTask tells the nearest name for a wrong
        # one, by the second it sees what a task.yml says of the capacity.
        allow("ListFamilies", ["ecs:ListTaskDefinitionFamilies"], "*"),
        allow("ReadCapacity", ["ecs:DescribeTaskDefinition"], "*"),
        allow("StoreInputs", ["s3:PutObject"], _results(inputs, where)),
        *_list_fargate_tasks(inputs, where),
        *_watch_fargate_tasks(inputs, where),
    ]


def _list_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    """By it FargateTask finds its task again, the triggerer those for which no Airflow task waits, and the api-server
    those that run.
    """
    # AWS knows no narrower resource for this action; the condition keeps the list to this cluster.
    return [allow("ListFargateTasks", ["ecs:ListTasks"], "*", ArnEquals={"ecs:cluster": _cluster(inputs, where)})]


def _watch_fargate_tasks(inputs: Inputs, where: Account) -> list[Statement]:
    tasks = _tasks(inputs, where)
    logs = where.arn("logs", f"log-group:{naming.task_log_group(names.environment(inputs))}:*")
    components = sorted({component.role for component in ALL})
    return [
        allow("WatchFargateTasks", ["ecs:DescribeTasks", "ecs:StopTask"], tasks),
        # A task's ARN does not say what it runs; its service's tags do.
        deny("StopNoComponents", ["ecs:StopTask"], tasks, StringEquals={f"aws:ResourceTag/{ROLE}": components}),
        allow("ReadFargateTaskLogs", ["logs:GetLogEvents"], logs),
    ]


def _cluster(inputs: Inputs, where: Account) -> str:
    return where.arn("ecs", f"cluster/{names.cluster(inputs)}")


def _tasks(inputs: Inputs, where: Account) -> str:
    return where.arn("ecs", f"task/{names.cluster(inputs)}/*")


def _exec() -> Statement:
    channels = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    # AWS knows no narrower resource for these actions.
    return allow("ExecuteCommand", [f"ssmmessages:{channel}" for channel in channels], "*")


#: What those make use of that run tasks of Airflow.
_RUNS_TASKS = (_read_connections, _read_variables, _write_logs, _run_fargate_tasks, _read_dags)
