"""Answers of DescribeTasks as AWS documents them, and the cure for each."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.runs.advice import stop_of
from ansible_collections.farflow.airflow.plugins.module_utils.runs.run_task_documents import ended_well
from aws_double.tasks import AGENTS


def task(code, reason, *containers):
    return {"stopCode": code, "stoppedReason": reason, "containers": list(containers)}


def container(exit_code=None, reason=None, name="web"):
    return {"name": name, "exitCode": exit_code, "reason": reason}


ESSENTIAL = "Essential container in task exited"

STOPS = {
    "a program that fails": (task("EssentialContainerExited", ESSENTIAL, container(1)), "last log lines say why"),
    "out of memory": (
        task(
            "EssentialContainerExited",
            ESSENTIAL,
            container(137, "OutOfMemoryError: Container killed due to memory usage"),
        ),
        "raise memory of the task",
    ),
    "killed": (task("EssentialContainerExited", ESSENTIAL, container(137)), "or did not end within its stop_timeout"),
    "a file system without that folder": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: mount.nfs4: "
            "mounting fs-1:/x failed, reason given by server: No such file or directory",
        ),
        "the EFS volume can't be mounted",
    ),
    "a digest with the digits of an error": (
        task("TaskFailedToStart", f"CannotPullContainerError: x@sha256:{'403429' * 10}0000: i/o timeout"),
        "need a NAT gateway",
    ),
    "Spot": (
        task("SpotInterruption", "Your Spot Task was interrupted.", container(143)),
        "AWS took the Spot capacity back",
    ),
    "no capacity": (
        task("TaskFailedToStart", "Capacity is unavailable at this time. Please try again later or in a different AZ"),
        "allow more availability zones",
    ),
    "no such image": (
        task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod:x: not found",
        ),
        "the image is not in the registry",
    ),
    "no way to the registry": (
        task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref: "
            "failed to do request: dial tcp 1.2.3.4:443: i/o timeout",
        ),
        "need a NAT gateway",
    ),
    "no right to pull": (
        task(
            "TaskFailedToStart",
            "CannotPullContainerError: pull access denied for prod, repository may require authorization: denied: "
            "User is not authorized to perform: ecr:BatchGetImage",
        ),
        "the execution role may not pull",
    ),
    "the registry limits pulls": (
        task("TaskFailedToStart", "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit"),
        "limits anonymous pulls",
    ),
    "a secret that may not be read": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            "unable to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException: User: "
            "arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: secretsmanager:GetSecretValue",
        ),
        "secretsmanager:GetSecretValue",
    ),
    "a parameter that may not be read": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            "unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: "
            "User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: ssm:GetParameters",
        ),
        "ssm:GetParameters",
    ),
    "no right to sign in to the registry": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            "unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: "
            "User: arn:aws:sts::123456789012:assumed-role/x is not authorized to perform: ecr:GetAuthorizationToken",
        ),
        "the execution role may not pull",
    ),
    "no right to open the log": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "failed to create Cloudwatch log stream: AccessDeniedException: User: arn:aws:sts::123456789012:"
            "assumed-role/x is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:eu-west-1:"
            "123456789012:log-group:/farflow/prod/tasks:log-stream:a/b/c because no identity-based policy allows the "
            "logs:CreateLogStream action : exit status 1",
        ),
        "logs:CreateLogStream",
    ),
    "a secret that is not there": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: "
            "unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the secret",
        ),
        "a secret does not exist",
    ),
    "no way to Secrets Manager": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth "
            "from Amazon ECR: There is a connection issue between the task and Amazon ECR. RequestError: send request "
            "failed caused by: context deadline exceeded",
        ),
        "can't be reached",
    ),
    "no log group": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist",
        ),
        "the log group must exist",
    ),
    "no mount target": (
        task(
            "TaskFailedToStart",
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to "
            "resolve fs-1.efs.eu-west-1.amazonaws.com",
        ),
        "needs a mount target",
    ),
    "an unhealthy target": (
        task(
            "ServiceSchedulerInitiated",
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/w/1)",
        ),
        "the load balancer's health check fails",
    ),
    "an unhealthy container": (
        task("ServiceSchedulerInitiated", "Task failed container health checks", container(None)),
        "the container's own health check fails",
    ),
    "a program that is not there": (
        task(
            "TaskFailedToStart",
            "",
            container(
                None,
                'CannotStartContainerError: ResourceInitializationError: failed to create shim: exec: "airflo": '
                "executable file not found in $PATH",
            ),
        ),
        "check command, entry_point",
    ),
    "another CPU": (
        task(
            "TaskFailedToStart",
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
        ),
        "built for another CPU",
    ),
    "by hand": (task("UserInitiated", "Task stopped by user", container(0)), "somebody stopped it"),
    "a quota": (
        task("TaskFailedToStart", "You've reached the limit on the number of vCPUs you can run concurrently"),
        "ask AWS for more vCPUs",
    ),
}


@pytest.mark.parametrize(("stopped", "cure"), STOPS.values(), ids=STOPS.keys())
def test_each_stop_has_its_own_cure(stopped, cure):
    stop = stop_of(stopped)
    assert stop.advice is not None
    assert cure in stop.advice
    assert not ended_well(stop)


def test_the_container_that_failed_is_the_one_that_matters():
    stop = stop_of(
        task("EssentialContainerExited", ESSENTIAL, container(0, name="proxy"), container(3, "Error", name="web"))
    )
    assert (stop.container, stop.exit_code) == ("web", 3)
    assert stop.told() == f"EssentialContainerExited: {ESSENTIAL}; Error, container web exit code 3"


def test_a_task_that_ended_well_needs_no_cure():
    assert ended_well(stop_of(task("EssentialContainerExited", ESSENTIAL, container(0))))


AGENT = pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS.keys())


@AGENT
def test_what_is_added_to_a_task_does_not_make_it_fail(agent):
    stop = stop_of(task("EssentialContainerExited", ESSENTIAL, agent, container(0)), ["web"])
    assert ended_well(stop)
    assert stop.reason == ESSENTIAL


@AGENT
def test_what_is_added_to_a_task_does_not_hide_why_it_failed(agent):
    stop = stop_of(task("EssentialContainerExited", ESSENTIAL, agent, container(3, "Error")), ["web"])
    assert stop.told() == f"EssentialContainerExited: {ESSENTIAL}; Error, container web exit code 3"
    assert "last log lines say why" in stop.advice
