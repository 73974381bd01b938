"""What ECS and CodeBuild do with the roles that they are given, and what they say where these do not let them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

ACCOUNT = "123456789012"
HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/dev/execution"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/execution/"
BUILDER = f"arn:aws:iam::{ACCOUNT}:role/dev/builder"
ECS, CODEBUILD = "ecs-tasks.amazonaws.com", "codebuild.amazonaws.com"


def document(*statements):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    )


def trust(service=ECS, account=ACCOUNT, source=f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"):
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}}
    return document({"Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": condition})


def everything_but(*actions):
    return document({"NotAction": ["none:None", *actions], "Resource": "*"})


@pytest.fixture
def role(aws):
    """`role("execution")` makes a role that may do all, or what a policy says, by whom the trust names."""

    def make(name, trust, policy):
        role = {"RoleName": name, "Path": "/dev/", "AssumeRolePolicyDocument": trust}
        aws.client("iam").create_role(**role)
        aws.client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy)

    return make


@pytest.fixture
def secret(aws):
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return aws.client("secretsmanager").create_secret(Name="dev/password", SecretString="x", KmsKeyId=key)["ARN"]


@pytest.fixture
def ecs(aws, subnets, secret):
    """A client of an account in which a task can run."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="c")
    aws.client("logs").create_log_group(logGroupName="/dev/tasks")
    container = {
        "name": "main",
        "image": f"{HOST}/dev-tasks:1",
        "secrets": [
            {"name": "PASSWORD", "valueFrom": f"{secret}:key::"},
            {"name": "PARAMETER", "valueFrom": "/dev/parameter"},
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/dev/tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "main"},
        },
    }
    ecs.register_task_definition(
        family="dev-plain",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=EXECUTION,
        containerDefinitions=[container],
    )
    with aws.behaviours(enforced_iam=True), aws.clock(60):
        yield ecs


@pytest.fixture
def run(ecs, subnets):
    """Runs a task to its end."""

    def run():
        (task,) = ecs.run_task(**TASK, networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}})["tasks"]

        def ended():
            (found,) = ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"]
            return found if found["lastStatus"] == "STOPPED" else None

        until(ended)
        return ended()

    return run


TASK = {"cluster": "c", "taskDefinition": "dev-plain", "launchType": "FARGATE"}
UNPREPARED = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed"
#: What the execution role lacks, and parts of the words in which the task says so.
LACKS = {
    "ecr:GetAuthorizationToken": (UNPREPARED, "unable to retrieve ecr registry auth", "on resource: * because"),
    "secretsmanager:GetSecretValue": (UNPREPARED, "unable to retrieve secret from asm", "secret:dev/password-"),
    "kms:Decrypt": (UNPREPARED, "unable to retrieve secret from asm", ":key/"),
    "ssm:GetParameters": (UNPREPARED, "unable to retrieve secrets from ssm", ":parameter/dev/parameter because"),
    "ecr:BatchGetImage": (
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {HOST}/",
        f"dev-tasks:1: pulling from host {HOST} failed with status code [manifests 1]: 403 Forbidden",
    ),
    "ecr:BatchCheckLayerAvailability": ("CannotPullContainerError: ", f"HEAD request to https://{HOST}/v2/dev-tasks/"),
    "ecr:GetDownloadUrlForLayer": ("CannotPullContainerError: ref pull has been retried", "403 Forbidden"),
    "logs:CreateLogStream": (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
        "to create Cloudwatch log stream: AccessDeniedException: User: ",
        "log-group:/dev/tasks:log-stream:main/main/",
    ),
}


@pytest.mark.parametrize("action", LACKS)
def test_a_task_whose_execution_role_lacks_a_right_does_not_start(role, run, action):
    role("execution", trust(), everything_but(action))
    task = run()
    assert task["stopCode"] == "TaskFailedToStart"
    assert "startedAt" not in task
    for words in LACKS[action]:
        assert words in task["stoppedReason"]
    if not task["stoppedReason"].startswith("CannotPull"):
        assert f"User: {SESSION}{task['taskArn'].rpartition('/')[2]} is not authorized to" in task["stoppedReason"]
        assert f"no identity-based policy allows the {action} action" in task["stoppedReason"]


def test_an_image_of_the_registry_on_the_loopback_is_of_ecr_too(aws, role, run):
    role("execution", trust(), everything_but("ecr:BatchGetImage"))
    definition = aws.client("ecs").describe_task_definition(taskDefinition="dev-plain")["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    container["image"] = f"{aws.registry}/dev-tasks@sha256:{'0' * 64}"
    register_again(aws, definition)
    assert f"failed to resolve ref {aws.registry}/dev-tasks@sha256:" in run()["stoppedReason"]


def register_again(aws, definition):
    names = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
    given = {name: definition[name] for name in (*names, "containerDefinitions")}
    aws.client("ecs").register_task_definition(**given)


def lines(aws, task):
    stream = f"main/main/{task['taskArn'].rpartition('/')[2]}"
    return aws.client("logs").get_log_events(logGroupName="/dev/tasks", logStreamName=stream)["events"]


def test_one_that_has_all_of_them_runs_and_writes_its_log(aws, role, run):
    role("execution", trust(), everything_but())
    task = run()
    assert task["stopCode"] == "EssentialContainerExited"
    assert len(lines(aws, task)) == 1


def test_the_lines_of_one_that_may_not_write_them_are_lost(aws, role, run):
    role("execution", trust(), everything_but("logs:PutLogEvents"))
    task = run()
    assert task["stopCode"] == "EssentialContainerExited"
    assert lines(aws, task) == []


def test_a_log_group_that_the_task_makes_needs_a_right_of_its_own(aws, role, run):
    role("execution", trust(), everything_but("logs:CreateLogGroup"))
    definition = aws.client("ecs").describe_task_definition(taskDefinition="dev-plain")["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    container["logConfiguration"]["options"] |= {"awslogs-group": "/new", "awslogs-create-group": "true"}
    register_again(aws, definition)
    reason = run()["stoppedReason"]
    assert "failed to create Cloudwatch log group: AccessDeniedException" in reason
    assert "allows the logs:CreateLogGroup action" in reason


#: Trust policies by which ECS may not assume a role.
NOT_FOR_US = {
    "another service": trust("lambda.amazonaws.com"),
    "another account": trust(account="999988887777"),
    "another region": trust(source=f"arn:aws:ecs:eu-west-1:{ACCOUNT}:*"),
    "one cluster, which ECS does not support": trust(source=f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c"),
    "people of the account": document({"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}),
}


@pytest.mark.parametrize("given", NOT_FOR_US.values(), ids=NOT_FOR_US)
@pytest.mark.parametrize("member", ["executionRoleArn", "taskRoleArn"])
def test_a_role_that_does_not_trust_ecs_is_refused(ecs, role, subnets, given, member):
    role("execution", trust(), everything_but())
    role("other", given, everything_but())
    overrides = {member: EXECUTION.replace("execution", "other")}
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    with pytest.raises(ClientError, match="ECS was unable to assume the role '.*/other' that was provided"):
        ecs.run_task(**TASK, networkConfiguration=network, overrides=overrides)


def test_a_role_that_is_gone_is_refused(ecs, subnets):
    with pytest.raises(ClientError, match="ECS was unable to assume the role '.*/execution' that was provided"):
        ecs.run_task(**TASK, networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}})


def test_a_service_tells_of_a_role_that_does_not_trust_ecs(ecs, role, subnets):
    role("execution", trust("lambda.amazonaws.com"), everything_but())
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    ecs.create_service(**TASK, serviceName="web", desiredCount=1, networkConfiguration=network)
    (service,) = ecs.describe_services(cluster="c", services=["web"])["services"]
    assert "failed to launch a task with (error ECS was unable to assume the role" in service["events"][0]["message"]


PROJECT = {
    "name": "images",
    "source": {"type": "NO_SOURCE", "buildspec": "{}"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "standard", "computeType": "BUILD_GENERAL1_SMALL"},
    "serviceRole": BUILDER,
}
TRUST_OF_BUILDER = trust(CODEBUILD, source=f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/images")


@pytest.mark.parametrize(
    "given", [trust(), TRUST_OF_BUILDER.replace("project/images", "project/others")], ids=["ECS", "another project"]
)
def test_a_project_whose_role_does_not_trust_codebuild_is_refused(aws, ecs, role, given):
    role("builder", given, everything_but())
    with pytest.raises(ClientError, match=f"CodeBuild is not authorized to perform: sts:AssumeRole on {BUILDER}"):
        aws.client("codebuild").create_project(**PROJECT)


@pytest.fixture
def build(aws, ecs, role):
    """Builds with a role that may do all but something."""

    def build(*without, untrusted=False):
        role("builder", TRUST_OF_BUILDER, everything_but(*without))
        codebuild = aws.client("codebuild")
        codebuild.create_project(**PROJECT)
        if untrusted:
            aws.client("iam").update_assume_role_policy(RoleName="builder", PolicyDocument=trust())
        (found,) = codebuild.batch_get_builds(ids=[codebuild.start_build(projectName="images")["build"]["id"]])[
            "builds"
        ]
        return found

    return build


def test_a_build_begins_with_the_rights_of_its_role(build):
    assert build()["buildStatus"] == "SUCCEEDED"


@pytest.mark.parametrize("action", ["logs:CreateLogGroup", "logs:CreateLogStream"])
def test_a_build_whose_role_may_not_open_its_log_fails(build, action):
    found = build(action)
    submitted = found["phases"][0]
    assert (found["buildStatus"], submitted["phaseType"], submitted["phaseStatus"]) == ("FAILED", "SUBMITTED", "FAILED")
    (context,) = submitted["contexts"]
    assert context["statusCode"] == "ACCESS_DENIED"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/builder/AWSCodeBuild-{found['id'].rpartition(':')[2]}"
    for words in (f"Service role {BUILDER} does not allow AWS CodeBuild to create", f"User: {session} is not", action):
        assert words in context["message"]


def test_a_build_whose_role_trusts_codebuild_no_longer_fails(build):
    found = build(untrusted=True)
    assert found["buildStatus"] == "FAILED"
    assert "sts:AssumeRole" in found["phases"][0]["contexts"][0]["message"]
