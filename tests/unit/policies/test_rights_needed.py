"""What each component calls is allowed."""

from __future__ import annotations

import aws_requests as aws
import pytest
from deployed_policies import API_KEY, REGION, REPORTS, made, rights, roles, secret_arn

from tests.embedded_aws.authorization.evaluation import ALLOWED, Request, decide, listed
from tests.stack.airflow_calls import OPERATIONS

READ_SECRETS = {
    "a connection": aws.get_secret("connections/warehouse"),
    "a variable": aws.get_secret("variables/limit"),
    # one that does not exist, as Airflow asks for first: the name alone
    "a missing connection": aws.on("secretsmanager:GetSecretValue", secret_arn("connections/aws_default")[:-7]),
}
READ_DAGS = {
    "list versions of the DAGs": aws.list_objects(prefix="dags/history/"),
    "look for the current one": aws.head_object("dags/current.json"),
}
WRITE_LOGS = {
    "look for an older log": aws.head_object(),
    "read the older log": aws.get_object(),
    "write the log": aws.put_object(),
}
WATCH = {
    "wait for the task": aws.of_task("DescribeTasks"),
    "stop the task": aws.of_task("StopTask"),
    "stop a task started without tags": aws.on("ecs:StopTask", aws.arn("ecs", "task/dev/0f1e")),
    "show the task's log": aws.get_log_events(),
}
RUN = {
    "run a task without rights": aws.run_task(),
    "run a task with rights": aws.run_task("dev-reporter", "dev-task-reporter"),
    "run a task from a folder airflow-worker": aws.run_task("dev--airflow-worker"),
    "find the task again": aws.list_tasks(),
    "see on which capacity to run it": aws.any_resource("ecs:DescribeTaskDefinition"),
    "tell the nearest name for a wrong one": aws.any_resource("ecs:ListTaskDefinitionFamilies"),
    "store inputs that RunTask does not take": aws.put_object("results/example/run/plain/1/inputs.json"),
    **WATCH,
}
RESULTS = {
    "hand a result on": aws.put_object("results/example/run/plain/1/rows.csv"),
    "take another's result": aws.get_object("results/example/run/other/1/rows.csv"),
}
SEND = {"declare the queue": aws.sqs("GetQueueAttributes"), "send a message": aws.sqs("SendMessage")}
HEAVY = f"{aws.QUEUE}-heavy"
#: Its family, and the roles that it takes.
ECS_TASK = ("dev-airflow-ecs-task", "dev-airflow-ecs-task", "dev-airflow-execution")


def receive(queue):
    """What a worker does with its queue."""
    return {
        "declare the queue": aws.sqs("GetQueueAttributes", queue),
        "receive messages": aws.sqs("ReceiveMessage", queue),
        "acknowledge a message": aws.sqs("DeleteMessage", queue),
        "give a message back": aws.sqs("ChangeMessageVisibility", queue),
    }


def protect(component):
    """What a worker does so that no task in hand is lost."""
    return {
        "protect itself": aws.of_task("UpdateTaskProtection", "worker_pool"),
        "see its protection": aws.of_task("GetTaskProtection", "worker_pool"),
        "see who takes its place": aws.on("ecs:DescribeServices", aws.arn("ecs", f"service/dev/dev-{component}")),
    }


def start(repository, log_group, *secrets):
    """What ECS does before a container runs."""
    stream = aws.arn("logs", f"log-group:{log_group}:log-stream:plain/dev-plain/0f1e")
    pulls = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    return {
        "sign in to the registry": aws.any_resource("ecr:GetAuthorizationToken"),
        **{f"pull: {each}": aws.on(f"ecr:{each}", aws.arn("ecr", f"repository/{repository}")) for each in pulls},
        **{f"pull GuardDuty's agent: {each}": aws.on(f"ecr:{each}", aws.guardduty_agent()) for each in pulls},
        "open the log": aws.on("logs:CreateLogStream", stream),
        "write the log": aws.on("logs:PutLogEvents", stream),
        **{f"read {arn}": aws.on("secretsmanager:GetSecretValue", arn) for arn in secrets},
    }


def build(*repositories):
    """What CodeBuild does to build images and push them."""
    stream = aws.arn("logs", "log-group:/farflow/dev/image-builder:log-stream:0f1e")
    pulls = ("BatchCheckLayerAvailability", "BatchGetImage", "DescribeImages", "GetDownloadUrlForLayer")
    pushes = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
    return {
        "sign in to the registry": aws.any_resource("ecr:GetAuthorizationToken"),
        "get the context": aws.get_object("contexts/0f1e.tar.gz", aws.CONTEXTS),
        **{
            f"{each} {repository}": aws.on(f"ecr:{each}", aws.arn("ecr", f"repository/{repository}"))
            for repository in repositories
            for each in (*pulls, *pushes)
        },
        "open the log": aws.on("logs:CreateLogStream", stream),
        "write the log": aws.on("logs:PutLogEvents", stream),
    }


AIRFLOW_SECRETS = ("database-url", "result-backend-url", "fernet-key", "jwt-signing-key", "api-secret-key")

NEEDED = {
    "airflow-api-server": {
        **READ_SECRETS,
        "find the logs of a task": aws.list_objects(),
        "read a log": aws.get_object(),
        "show DAG tasks": aws.any_resource("ecs:ListTaskDefinitions"),
        "show a DAG task": aws.any_resource("ecs:DescribeTaskDefinition"),
        "show versions of the DAGs": aws.get_object("dags/history/00000001.json"),
        "show which version is the current one": aws.get_object("dags/current.json"),
        "find what runs": aws.list_tasks(),
        "show what runs": aws.of_task("DescribeTasks"),
    },
    "airflow-scheduler": {
        **SEND,
        "send a message to another pool": aws.sqs("SendMessage", HEAVY),
        "a deadline's variable": aws.get_secret("variables/limit"),
        "say how many workers are wanted": aws.put_metric_data("farflow/airflow"),
        "say in its log why a task can't be sent": aws.put_object(),
        "run a task of Airflow in an ECS task": aws.run_task(*ECS_TASK),
        "see how it goes": aws.of_ecs_task("DescribeTasks"),
        "stop one of which nothing is heard": aws.of_ecs_task("StopTask"),
        "tell in its log why it never started": aws.put_object(),
    },
    "airflow-ecs-task": {**READ_SECRETS, **RUN, **WRITE_LOGS, **READ_DAGS},
    "airflow-dag-processor": {**READ_SECRETS, **READ_DAGS},
    "airflow-triggerer": {
        **READ_SECRETS,
        "find those that nobody waits for": aws.list_tasks(),
        **WATCH,
        **WRITE_LOGS,
    },
    "airflow-worker": {**READ_SECRETS, **receive(aws.QUEUE), **RUN, **WRITE_LOGS, **READ_DAGS, **protect("worker")},
    "airflow-worker-heavy": {
        **READ_SECRETS,
        **receive(HEAVY),
        **RUN,
        **WRITE_LOGS,
        **READ_DAGS,
        **protect("worker-heavy"),
        "what its policy allows": aws.put_object("today.csv", REPORTS),
    },
    "airflow-command": {
        **READ_SECRETS,
        "a secret of a command": aws.get_secret("commands/ada"),
        **SEND,
        **RUN,
        **WRITE_LOGS,
        **READ_DAGS,
    },
    "airflow-execution": start(
        "dev-airflow", "/farflow/dev/airflow", *map(secret_arn, (*AIRFLOW_SECRETS, "admin-password"))
    ),
    "tasks-execution": start("dev-tasks", "/farflow/dev/tasks", API_KEY),
    "task-reporter": {"what its task.yml asks for": aws.put_object("today.csv", REPORTS), **RESULTS},
    "task": RESULTS,
    "image-builder": build("dev-tasks", "dev-airflow"),
}

CASES = [
    pytest.param(role, requests, id=f"{role}: {what}")
    for role, needed in NEEDED.items()
    for what, requests in needed.items()
]


@pytest.mark.parametrize(("role", "requests"), CASES)
def test_allowed(role, requests):
    documents = rights(roles()[role])
    assert [str(request) for request in requests if decide(documents, request) != ALLOWED] == []


def test_every_role_is_in_the_table():
    assert NEEDED.keys() == roles().keys()


def test_every_operation_that_airflow_calls_is_in_the_table():
    components = [needed for role, needed in NEEDED.items() if role.startswith("airflow-") and "execution" not in role]
    asked = {request.action for needed in components for requests in needed.values() for request in requests}
    assert asked == set().union(*OPERATIONS.values())


@pytest.mark.parametrize("role", NEEDED)
def test_nothing_is_granted_that_the_table_does_not_use(role):
    """So that a right goes when its last use does."""
    asked = {request.action for requests in NEEDED[role].values() for request in requests}
    statements = [statement for document in rights(roles()[role]) for statement in document["Statement"]]
    granted = {action for each in statements if each["Effect"] == "Allow" for action in listed(each["Action"])}
    assert granted == asked


def test_the_scheduler_runs_no_ecs_task_where_that_is_not_switched_on():
    off = roles(of=made(airflow_service_executors=["celery"]))
    assert roles().keys() - off.keys() == {"airflow-ecs-task"}
    granted = {action for each in rights(off["airflow-scheduler"])[0]["Statement"] for action in listed(each["Action"])}
    assert not any(action.startswith(("ecs:", "iam:")) for action in granted)


READERS_OF_SECRETS = [
    role
    for role, needed in NEEDED.items()
    if "secretsmanager:GetSecretValue" in {each.action for requests in needed.values() for each in requests}
]


@pytest.mark.parametrize("role", READERS_OF_SECRETS)
def test_secrets_with_a_key_of_ones_own_are_decrypted_where_it_is_given(role):
    """By Secrets Manager alone, and with no other key."""
    key, other = (aws.arn("kms", f"key/{name}") for name in ("1111", "2222"))
    through = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    documents = rights(roles(of=made(farflow_secret_kms_key_arns=[key]))[role])
    assert decide(documents, Request("kms:Decrypt", key, through)) == ALLOWED
    assert decide(documents, Request("kms:Decrypt", other, through)) != ALLOWED
    assert decide(documents, Request("kms:Decrypt", key, {"kms:ViaService": f"s3.{REGION}.amazonaws.com"})) != ALLOWED
    assert decide(rights(roles()[role]), Request("kms:Decrypt", key, through)) != ALLOWED


@pytest.mark.parametrize("role", [name for name in NEEDED if name.startswith("airflow-") and "execution" not in name])
def test_ecs_exec_gets_its_channels_where_it_is_switched_on(role):
    actions = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
    requests = [Request(f"ssmmessages:{action}", "*") for action in actions]
    without, with_it = rights(roles()[role]), rights(roles(execute_command=True)[role])
    assert {decide(with_it, request) for request in requests} == {ALLOWED}
    assert ALLOWED not in {decide(without, request) for request in requests}
