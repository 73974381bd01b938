"""What nobody, or not everybody, may do is not allowed."""

from __future__ import annotations

import aws_requests as aws
import pytest
from deployed_policies import ACCOUNT, REGION, REPORTS, resource_policies, rights, roles, secret_arn, trust

from tests.embedded_aws.authorization.evaluation import ALLOWED, DENIED, NOT_ALLOWED, Request, decide, listed

KEY = aws.arn("kms", "key/0f1e2d3c")
#: Whose account is another one in each region.
GUARDDUTY_AGENT = aws.guardduty_agent().replace(aws.GUARDDUTY_ACCOUNT, "*")
OWN_GROUP = "/farflow/dev/airflow"
OTHER_BUCKET = f"arn:aws:s3:::prod-airflow-logs-{ACCOUNT}-{REGION}"

NOBODY = {
    # identity
    "make a role": aws.on("iam:CreateRole", aws.role_arn("dev-task-new")),
    "widen a role's rights": aws.on("iam:PutRolePolicy", aws.role_arn("dev-airflow-worker")),
    "attach a managed policy": aws.on("iam:AttachRolePolicy", aws.role_arn("dev-task")),
    "change who may take a role": aws.on("iam:UpdateAssumeRolePolicy", aws.role_arn("dev-task")),
    "take another role": aws.on("sts:AssumeRole", aws.role_arn("prod-airflow-worker", "prod")),
    "make an access key": aws.on("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/admin"),
    "pass a role of other origin": aws.on("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    "pass a role of Airflow's": aws.pass_role("dev-airflow-api-server"),
    "pass a worker's role": aws.pass_role("dev-airflow-worker"),
    "pass the role of an ECS task to functions": aws.pass_role("dev-airflow-ecs-task", service="lambda.amazonaws.com"),
    "pass a role of another environment": aws.pass_role("prod-task", "prod"),
    "pass a role that only has a name like ours": aws.pass_role("dev-task-reporter", "another"),
    "pass a role of an environment whose name begins alike": aws.pass_role("dev-2-task-reporter", "dev-2"),
    "pass a role to functions": aws.pass_role("dev-task-reporter", service="lambda.amazonaws.com"),
    "pass a role to machines": aws.pass_role("dev-task-reporter", service="ec2.amazonaws.com"),
    # secrets
    "read a connection of another environment": aws.get_secret("connections/warehouse", "prod"),
    "read a connection of one whose name begins alike": aws.get_secret("connections/warehouse", "dev-2"),
    "read the database's password": aws.get_secret("database-password"),
    "read the admin password of another environment": aws.get_secret("admin-password", "prod"),
    "read a secret of other origin": aws.on("secretsmanager:GetSecretValue", aws.arn("secretsmanager", "secret:x-a1")),
    "write a connection": aws.on("secretsmanager:PutSecretValue", secret_arn("connections/warehouse")),
    "delete a secret": aws.on("secretsmanager:DeleteSecret", secret_arn("fernet-key")),
    "list secrets": aws.any_resource("secretsmanager:ListSecrets"),
    "read many secrets at once": aws.any_resource("secretsmanager:BatchGetSecretValue"),
    "decrypt with a key": aws.on("kms:Decrypt", KEY),
    "read parameters": aws.on("ssm:GetParameter", aws.arn("ssm", "parameter/farflow/dev")),
    # queues
    "receive from another queue": aws.sqs("ReceiveMessage", "prod-celery"),
    "send to another queue": aws.sqs("SendMessage", "dev-celery-2"),
    "empty the queue": aws.sqs("PurgeQueue"),
    "delete the queue": aws.sqs("DeleteQueue"),
    "make a queue": aws.sqs("CreateQueue", "dev-other"),
    "list queues": aws.any_resource("sqs:ListQueues"),
    # buckets
    "read another bucket": aws.get_object("x", "arn:aws:s3:::payroll"),
    "read logs of another environment": aws.get_object(bucket=OTHER_BUCKET),
    "list another bucket": aws.list_objects(OTHER_BUCKET),
    "write beside the logs": aws.put_object("dags/evil.py"),
    "delete a log": aws.on("s3:DeleteObject", f"{aws.BUCKET}/logs/dag_id=example"),
    "open the bucket": aws.on("s3:PutBucketPolicy", aws.BUCKET),
    "let the public in": aws.on("s3:PutBucketPublicAccessBlock", aws.BUCKET),
    # containers
    "start a component of Airflow's": aws.run_task("dev-airflow-command")[:1],
    "open a shell in a container": aws.of_task("ExecuteCommand"),
    "open a shell in a component": aws.of_task("ExecuteCommand", "airflow_service"),
    "stop the api-server": aws.of_task("StopTask", "airflow_service"),
    "stop a worker": aws.of_task("StopTask", "worker_pool"),
    "stop a task of another cluster": aws.of_task("StopTask", cluster="prod"),
    "look at tasks of another cluster": aws.of_task("DescribeTasks", cluster="dev-2"),
    "list tasks of another cluster": aws.list_tasks("prod"),
    "tag a running task": aws.of_task("TagResource"),
    "register a task definition": aws.any_resource("ecs:RegisterTaskDefinition"),
    "protect a task of another cluster": aws.of_task("UpdateTaskProtection", cluster="prod"),
    "put a metric of AWS's": aws.put_metric_data("AWS/ECS"),
    "change a service": aws.on("ecs:UpdateService", aws.arn("ecs", "service/dev/dev-worker")),
    "delete a service": aws.on("ecs:DeleteService", aws.arn("ecs", "service/dev/dev-api-server")),
    "replace an image of another environment": aws.on("ecr:PutImage", aws.arn("ecr", "repository/prod-airflow")),
    "delete an image": aws.on("ecr:BatchDeleteImage", aws.arn("ecr", "repository/dev-airflow")),
    "pull from another account": aws.on("ecr:BatchGetImage", aws.arn("ecr", "repository/dev-tasks", "999988887777")),
    "pull what else is of GuardDuty": aws.on("ecr:BatchGetImage", aws.guardduty_agent(name="aws-guardduty-agent")),
    "pull GuardDuty's agent of another region": aws.on("ecr:BatchGetImage", aws.guardduty_agent("us-east-1")),
    "replace GuardDuty's agent": aws.on("ecr:PutImage", aws.guardduty_agent()),
    "start a build": aws.on("codebuild:StartBuild", aws.arn("codebuild", "project/dev-image-builder")),
    "change what is built": aws.put_object("contexts/0f1e.tar.gz", aws.CONTEXTS),
    "open a channel to a shell": aws.any_resource("ssmmessages:OpenDataChannel"),
    # the rest
    "read logs of Airflow's components": aws.get_log_events(OWN_GROUP),
    "delete logs": aws.on("logs:DeleteLogGroup", aws.arn("logs", f"log-group:{OWN_GROUP}:*")),
    "delete the database": aws.on("rds:DeleteDBInstance", aws.arn("rds", "db:dev-database")),
    "set the database's password": aws.on("rds:ModifyDBInstance", aws.arn("rds", "db:dev-database")),
    "open the network": aws.any_resource("ec2:AuthorizeSecurityGroupIngress"),
    "start a machine": aws.any_resource("ec2:RunInstances"),
}

#: Each needs several rights, and one that is lacking forbids it.
STARTS = {
    "run a component of Airflow's": aws.run_task("dev-airflow-command", "dev-airflow-command", "dev-airflow-execution"),
    "run a task with rights of Airflow's": aws.run_task(task_role="dev-airflow-worker"),
    "run a task with rights of another environment": aws.run_task(task_role="prod-task-reporter", environment="prod"),
    "run a task of another environment": aws.run_task(
        "dev-2-plain", "dev-2-task", "dev-2-tasks-execution", environment="dev-2"
    ),
    "run a task in another cluster": aws.run_task(cluster="prod"),
    "run what is not of Airflow": aws.run_task("payroll"),
    "run a task of Airflow with a worker's rights": aws.run_task(
        "dev-airflow-ecs-task", "dev-airflow-worker", "dev-airflow-execution"
    ),
    "run a task of Airflow in another cluster": aws.run_task(
        "dev-airflow-ecs-task", "dev-airflow-ecs-task", "dev-airflow-execution", cluster="prod"
    ),
}

WORKERS = {"airflow-worker", "airflow-worker-heavy"}
#: They run tasks of Airflow.
RUNNERS = {"airflow-ecs-task", *WORKERS}
WITH_LOGS = {"airflow-triggerer", "airflow-command", *RUNNERS}

#: What some may, and all others may not.
SOME = {
    **{
        f"read Airflow's {name}": (aws.get_secret(name), {"airflow-execution"})
        for name in ("admin-password", "fernet-key", "jwt-signing-key", "api-secret-key", "database-url")
    },
    "read connections": (
        aws.get_secret("connections/warehouse"),
        {"airflow-api-server", "airflow-dag-processor", *WITH_LOGS},
    ),
    "read secrets of commands": (aws.get_secret("commands/ada"), {"airflow-command"}),
    "read task definitions": (
        aws.any_resource("ecs:DescribeTaskDefinition"),
        {"airflow-api-server", "airflow-command", *RUNNERS},
    ),
    "run DAG tasks": (aws.run_task(), {"airflow-command", *RUNNERS}),
    "run tasks of Airflow in ECS tasks": (
        aws.run_task("dev-airflow-ecs-task", "dev-airflow-ecs-task", "dev-airflow-execution"),
        {"airflow-scheduler"},
    ),
    "stop these": (aws.of_ecs_task("StopTask"), {"airflow-scheduler"}),
    "stop DAG tasks": (aws.of_task("StopTask"), WITH_LOGS),
    "receive Celery's messages": (aws.sqs("ReceiveMessage"), {"airflow-worker"}),
    "receive those of another pool": (aws.sqs("ReceiveMessage", f"{aws.QUEUE}-heavy"), {"airflow-worker-heavy"}),
    "protect a worker": (aws.of_task("UpdateTaskProtection", "worker_pool"), WORKERS),
    "say how many workers are wanted": (aws.put_metric_data("farflow/airflow"), {"airflow-scheduler"}),
    "send Celery's messages": (aws.sqs("SendMessage"), {"airflow-scheduler", "airflow-command"}),
    "read the logs of Airflow's tasks": (aws.get_object(), {"airflow-api-server", *WITH_LOGS}),
    "write the logs of Airflow's tasks": (aws.put_object(), {"airflow-scheduler", *WITH_LOGS}),
    "pull Airflow's image": (
        aws.on("ecr:BatchGetImage", aws.arn("ecr", "repository/dev-airflow")),
        {"airflow-execution", "image-builder"},
    ),
    "push Airflow's image": (aws.on("ecr:PutImage", aws.arn("ecr", "repository/dev-airflow")), {"image-builder"}),
    "pull images of DAG tasks": (
        aws.on("ecr:BatchGetImage", aws.arn("ecr", "repository/dev-tasks")),
        {"tasks-execution", "image-builder"},
    ),
    "pull GuardDuty's agent": (
        aws.on("ecr:BatchGetImage", aws.guardduty_agent()),
        {"airflow-execution", "tasks-execution"},
    ),
    "hand results on": (
        aws.put_object("results/example/run/plain/1/rows.csv"),
        {"task", "task-reporter", "airflow-command", *RUNNERS},
    ),
    "take results": (aws.get_object("results/example/run/plain/1/rows.csv"), {"task", "task-reporter"}),
    "use the rights of a DAG task": (aws.put_object("today.csv", REPORTS), {"task-reporter", "airflow-worker-heavy"}),
}


def who_may(requests):
    """The roles for which all of it is allowed."""
    return {
        name for name, role in roles().items() if {decide(rights(role), request) for request in requests} == {ALLOWED}
    }


@pytest.mark.parametrize(
    "requests", [pytest.param(asked, id=what) for what, asked in (*NOBODY.items(), *STARTS.items())]
)
def test_nobody_may(requests):
    assert who_may(requests) == set()


@pytest.mark.parametrize(("requests", "some"), [pytest.param(*row, id=what) for what, row in SOME.items()])
def test_some_may_and_nobody_else(requests, some):
    assert who_may(requests) == some


#: The service that may assume a role, and for which resource; for a role not listed here, ECS for a task.
TAKEN_BY = {"image-builder": ("codebuild.amazonaws.com", ("codebuild", "project/dev-image-builder"))}


@pytest.mark.parametrize("name", roles())
def test_a_role_is_taken_by_its_service_for_this_account_and_region_alone(name):
    service, source = TAKEN_BY.get(name, (aws.ECS_TASKS, ("ecs", "task/dev/0f1e")))

    def assume(by=service, of=ACCOUNT, **elsewhere):
        context = {"aws:SourceAccount": of, "aws:SourceArn": aws.arn(*source, **elsewhere)}
        return Request("sts:AssumeRole", "*", context, ("Service", by))

    document = [trust(roles()[name])]
    assert decide(document, assume()) == ALLOWED
    refused = [
        assume(by="lambda.amazonaws.com"),
        assume(of="999988887777"),
        assume(account="999988887777"),
        assume(region="us-east-1"),
        Request("sts:AssumeRole", "*", {}, ("Service", service)),
        Request("sts:AssumeRole", "*", {}, ("AWS", f"arn:aws:iam::{ACCOUNT}:root")),
        Request("sts:AssumeRole", "*", {}, ("AWS", "*")),
    ]
    assert ALLOWED not in {decide(document, request) for request in refused}


@pytest.mark.parametrize("bucket", [aws.BUCKET, aws.CONTEXTS])
def test_a_bucket_is_closed_to_plain_http(bucket):
    document = resource_policies()[f"s3_bucket {bucket.removeprefix('arn:aws:s3:::')}"]
    for request in (*aws.get_object("x", bucket), *aws.put_object("x", bucket), *aws.list_objects(bucket)):
        for secure, expected in (("false", DENIED), ("true", NOT_ALLOWED)):
            context = {"aws:SecureTransport": secure}
            asked = Request(request.action, request.resource, context, ("AWS", aws.role_arn("dev-airflow-worker")))
            assert decide([document], asked) == expected


USERS = "of the user"


def _statements():
    for name, role in roles(execute_command=True).items():
        for document in rights(role):
            for statement in document["Statement"]:
                yield f"{name} {statement.get('Sid', USERS)}", statement


def test_every_action_is_named():
    assert [name for name, each in _statements() if "*" in str(each["Action"])] == []


def test_all_resources_are_meant_only_where_aws_knows_no_narrower_one():
    everywhere = {
        action
        for _unused, each in _statements()
        if "*" in listed(each["Resource"])
        for action in listed(each["Action"])
    }
    channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    assert everywhere == {
        "cloudwatch:PutMetricData",  # held to our namespace by a condition
        "ecr:GetAuthorizationToken",
        "ecs:ListTasks",  # held to the cluster by a condition
        "ecs:ListTaskDefinitionFamilies",
        "ecs:ListTaskDefinitions",
        "ecs:DescribeTaskDefinition",
        *(f"ssmmessages:{channel}" for channel in channels),
    }


def test_every_other_resource_is_of_this_environment():
    ours = [(name, each) for name, each in _statements() if not name.endswith(USERS)]
    assert ours
    for name, each in ours:
        for resource in set(listed(each["Resource"])) - {"*", GUARDDUTY_AGENT}:
            assert "dev-" in resource or "/dev/" in resource or "api-key" in resource, (name, resource)
