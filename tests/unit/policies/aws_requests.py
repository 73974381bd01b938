"""Calls of AWS as the requests that IAM decides on: one operation may need several."""

from __future__ import annotations

from dataclasses import replace

from deployed_policies import ACCOUNT, ENVIRONMENT, REGION, secret_arn

from tests.embedded_aws.authorization.evaluation import Request

Requests = tuple[Request, ...]

BUCKET = f"arn:aws:s3:::{ENVIRONMENT}-airflow-logs-{ACCOUNT}-{REGION}"
#: AWS's own, of this region.
GUARDDUTY_ACCOUNT = "694911143906"
CONTEXTS = f"arn:aws:s3:::{ENVIRONMENT}-build-contexts-{ACCOUNT}-{REGION}"
QUEUE = f"{ENVIRONMENT}-celery"
ECS_TASKS = "ecs-tasks.amazonaws.com"


def arn(service: str, resource: str, account: str = ACCOUNT, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def guardduty_agent(region: str = REGION, name: str = "aws-guardduty-agent-fargate") -> str:
    """The repository of the image that GuardDuty's Runtime Monitoring adds to Fargate tasks."""
    return arn("ecr", f"repository/{name}", GUARDDUTY_ACCOUNT, region)


def role_arn(name: str, environment: str = ENVIRONMENT) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/farflow/{environment}/{name}"


def get_secret(name: str, environment: str = ENVIRONMENT) -> Requests:
    return (Request("secretsmanager:GetSecretValue", secret_arn(name, environment)),)


def sqs(operation: str, queue: str = QUEUE) -> Requests:
    return (Request(f"sqs:{operation}", arn("sqs", queue)),)


def put_metric_data(namespace: str) -> Requests:
    return (Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace}),)


def list_objects(bucket: str = BUCKET, prefix: str = "logs/") -> Requests:
    return (Request("s3:ListBucket", bucket, {"s3:prefix": prefix}),)


def get_object(key: str = "logs/dag_id=example", bucket: str = BUCKET) -> Requests:
    return (Request("s3:GetObject", f"{bucket}/{key}"),)


def head_object(key: str = "logs/dag_id=example") -> Requests:
    """Without s3:ListBucket a missing object is 403, not 404. That check has no prefix."""
    return (*get_object(key), Request("s3:ListBucket", BUCKET))


def put_object(key: str = "logs/dag_id=example", bucket: str = BUCKET) -> Requests:
    return (Request("s3:PutObject", f"{bucket}/{key}"),)


def run_task(
    family: str = "dev-plain",
    task_role: str = "dev-task",
    execution_role: str = "dev-tasks-execution",
    *,
    environment: str = ENVIRONMENT,
    cluster: str = ENVIRONMENT,
) -> Requests:
    """RunTask with the definition's tags propagated."""
    context = {"ecs:cluster": arn("ecs", f"cluster/{cluster}")}
    return (
        Request("ecs:RunTask", arn("ecs", f"task-definition/{family}:7"), context),
        tag_new_task(cluster),
        *(pass_role(role, environment)[0] for role in (task_role, execution_role)),
    )


def tag_new_task(cluster: str = ENVIRONMENT) -> Request:
    return Request("ecs:TagResource", arn("ecs", f"task/{cluster}/0f1e"), {"ecs:CreateAction": "RunTask"})


def pass_role(name: str, environment: str = ENVIRONMENT, service: str = ECS_TASKS) -> Requests:
    return (Request("iam:PassRole", role_arn(name, environment), {"iam:PassedToService": service}),)


def of_task(operation: str, owner: str = "dag_tasks", cluster: str = ENVIRONMENT) -> Requests:
    """An operation on a running task, which carries its service's or its definition's tags."""
    context = {"aws:ResourceTag/farflow:role": owner, "ecs:cluster": arn("ecs", f"cluster/{cluster}")}
    return (Request(f"ecs:{operation}", arn("ecs", f"task/{cluster}/0f1e"), context),)


def of_ecs_task(operation: str) -> Requests:
    """The same on one that the scheduler has started, for one task of Airflow's."""
    (request,) = of_task(operation, "airflow_service")
    return (replace(request, context={**request.context, "aws:ResourceTag/farflow:executor": "ecs"}),)


def list_tasks(cluster: str = ENVIRONMENT) -> Requests:
    return (Request("ecs:ListTasks", "*", {"ecs:cluster": arn("ecs", f"cluster/{cluster}")}),)


def get_log_events(group: str = "/farflow/dev/tasks") -> Requests:
    return (Request("logs:GetLogEvents", arn("logs", f"log-group:{group}:log-stream:plain/dev-plain/0f1e")),)


def any_resource(action: str) -> Requests:
    """An action that AWS checks on no resource."""
    return (Request(action, "*"),)


def on(action: str, resource: str) -> Requests:
    return (Request(action, resource),)
