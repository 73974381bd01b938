"""Task definitions, and tasks that are run, on an embedded AWS with containers."""

from __future__ import annotations

import time


def register(aws, family, image, script, *, volumes=(), beside=(), role=None, **container):
    """A task definition with a container of its family's name, and those that `beside` says. `role` is the task's."""
    log = {"awslogs-group": "/g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "prefix"}
    common = {
        "image": image,
        "entryPoint": ["sh", "-c"],
        "logConfiguration": {"logDriver": "awslogs", "options": log},
    }
    aws.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
        volumes=list(volumes),
        **({"taskRoleArn": f"arn:aws:iam::123456789012:role/{role}"} if role else {}),
        containerDefinitions=[
            {**common, **each} for each in [{"name": family, "command": [script], **container}, *beside]
        ],
    )


#: Answers each connection with `hello`. A shell as first process would not pass the stop signal on; perl in its place
#: ends at once.
SERVER = (
    "exec perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 6); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);"
    "bind(S, sockaddr_in(8080, INADDR_ANY)); listen(S, 9);"
    r'while (accept(C, S)) { sysread(C, $b, 4096); print C "HTTP/1.0 200 OK\r\n\r\nhello\n"; close C }'
    "'"
)


def in_subnet(subnet, *groups):
    """A network that reaches the internet; without groups it has the one of the VPC, whose members reach each other."""
    chosen = {"securityGroups": list(groups)} if groups else {}
    return {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]], "assignPublicIp": "ENABLED", **chosen}}


def mount_target(aws, file_system, subnet):
    """Makes a file system reachable from a subnet."""
    aws.client("efs").create_mount_target(FileSystemId=file_system, SubnetId=subnet["SubnetId"])


def start(aws, family, subnet, *groups):
    """ARN of a task that was started."""
    started = aws.client("ecs").run_task(
        cluster="c", taskDefinition=family, launchType="FARGATE", networkConfiguration=in_subnet(subnet, *groups)
    )
    return started["tasks"][0]["taskArn"]


def run(aws, family, subnet, *groups):
    """Run a task to its end: (task, its log lines)."""
    ecs, logs = aws.client("ecs"), aws.client("logs")
    arn = start(aws, family, subnet, *groups)

    def stopped():
        return ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED"

    until(stopped)
    task = ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]
    stream = f"prefix/{family}/{arn.rsplit('/', 1)[1]}"
    if not logs.describe_log_streams(logGroupName="/g", logStreamNamePrefix=stream)["logStreams"]:
        return task, []
    events = logs.get_log_events(logGroupName="/g", logStreamName=stream, startFromHead=True)["events"]
    return task, [event["message"] for event in events]


def http_get(address, path, header):
    """A shell command that prints what `address` answers; the image has Perl, but no HTTP client."""
    lines = "\\r\\n".join([f"GET {path} HTTP/1.0", "$ARGV[1]", "", ""])
    script = (
        f"use IO::Socket::INET; my $s = IO::Socket::INET->new($ARGV[0]) or die $!; print $s qq({lines}); print <$s>"
    )
    return f"perl -e '{script}' {address} '{header}'"


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)
