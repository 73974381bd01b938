from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.modules import ecs_run_task as module
from aws_double.tasks import AGENTS, ended
from aws_double.wire import AwsError

STREAM = "/test", f"command/web/{0:032d}"
NETWORK = {"awsvpc_configuration": {"subnets": ["subnet-a"], "security_groups": ["sg-1"]}}


@pytest.fixture
def cluster(ecs, no_pauses):
    ecs.clusters.CreateCluster({"clusterName": "test-airflow"})
    options = {"awslogs-group": "/test", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "command"}
    container = {"name": "web", "image": "x", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    ecs.task_definitions.RegisterTaskDefinition(
        {"family": "test-command", "cpu": "256", "containerDefinitions": [container]}
    )
    for number in range(3):
        ecs.logs.write("/test", f"command/web/{number:032d}", ["one", "two", "three"])
    return ecs


def run(run_module, **arguments):
    given = {"cluster": "test-airflow", "task_definition": "test-command", "network_configuration": NETWORK}
    return run_module(module, **{**given, **arguments})


def test_runs_to_the_end(cluster, run_module):
    cluster.tasks.course = [{"lastStatus": "PENDING"}, {"lastStatus": "RUNNING"}, ended(0)]
    result = run(
        run_module,
        command=["airflow", "db", "migrate"],
        environment={"LEVEL": "debug"},
        tags={"farflow:environment": "test"},
        log_lines=2,
    )
    assert (result["changed"], result["exit_code"]) == (True, 0)
    assert (result["stop_code"], result["log_lines"]) == ("EssentialContainerExited", ["two", "three"])
    [request] = cluster.tasks.requests
    assert request.pop("clientToken")
    assert request == {
        "cluster": "test-airflow",
        "taskDefinition": "test-command",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-1"]}},
        "overrides": {
            "containerOverrides": [
                {
                    "name": "web",
                    "command": ["airflow", "db", "migrate"],
                    "environment": [{"name": "LEVEL", "value": "debug"}],
                }
            ]
        },
        "tags": [{"key": "farflow:environment", "value": "test"}],
    }


COLD = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:a from secrets "
    "manager: AccessDeniedException: User: arn:b is not authorized to perform: secretsmanager:GetSecretValue"
)
NOT_STARTED = ended(None, "TaskFailedToStart", COLD)


def take_turns(cluster, *courses):
    """Each task goes through a course of its own."""
    in_progress = list(courses)

    def fault(operation, given):
        if operation == "RunTask":
            cluster.tasks.course = [in_progress.pop(0)]

    cluster.wire.fault = fault


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_role_of_a_moment_ago_keeps_from_starting_is_started_again(cluster, run_module, times):
    """IAM's changes are not everywhere at once."""
    take_turns(cluster, *[NOT_STARTED] * times, ended(0))
    result = run(run_module, client_token="abc")
    assert result["exit_code"] == 0
    tokens = [request["clientToken"] for request in cluster.tasks.requests]
    assert tokens[0] == "abc"
    assert len(set(tokens)) == times + 1
    assert all(len(token) <= 64 for token in tokens)


def test_what_the_role_may_never_do_is_told_after_three_attempts(cluster, run_module):
    take_turns(cluster, *[NOT_STARTED] * 3)
    result = run(run_module)
    assert result["failed"]
    assert "the execution role may not read a secret" in result["msg"]
    assert len(cluster.tasks.requests) == 3


@pytest.mark.parametrize(
    "end",
    [
        ended(1, reason="AccessDeniedException"),
        ended(None, "TaskFailedToStart", "CannotPullContainerError: i/o timeout"),
        ended(None, "TaskFailedToStart", "ResourceInitializationError: secret arn:a: json key does not exist"),
    ],
)
def test_what_would_not_help_is_not_repeated(cluster, run_module, end):
    take_turns(cluster, end)
    assert run(run_module)["failed"]
    assert len(cluster.tasks.requests) == 1


def test_all_log_lines_also_those_that_come_late(cluster, run_module):
    cluster.logs.write(*STREAM, [str(number) for number in range(250)])
    cluster.logs.late = ["the", "end"]
    result = run(run_module, all_log_lines=True)
    assert result["log_lines"] == [*map(str, range(250)), "the", "end"]


def test_a_task_that_says_nothing(cluster, run_module, monkeypatch):
    cluster.logs.streams.clear()
    monkeypatch.setattr("ansible_collections.farflow.airflow.plugins.module_utils.runs.run_task._LOG_LIMIT", 0)
    assert run(run_module)["log_lines"] == []


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (
            ended(1),
            [
                "EssentialContainerExited: Essential container in task exited, container web exit code 1",
                "advice: the program ended: its last log lines say why",
                "last log lines:\n  one\n  two\n  three",
            ],
        ),
        (ended(137, reason="OutOfMemoryError: Container killed due to memory usage"), ["raise memory of the task"]),
        (ended(0, "SpotInterruption", "Your Spot Task was interrupted."), ["AWS took the Spot capacity back"]),
        (ended(None, "TaskFailedToStart", "CannotPullContainerError: i/o timeout"), ["need a NAT gateway"]),
        (ended(0, "UserInitiated", "Task stopped by user"), ["somebody stopped it"]),
    ],
)
def test_another_end_is_an_error_with_reason_advice_and_log(cluster, run_module, end, told):
    cluster.tasks.course = [end]
    result = run(run_module)
    assert result["failed"]
    for words in told:
        assert words in result["msg"]


def test_an_exit_code_that_is_no_error_is_returned_with_the_log(cluster, run_module):
    cluster.tasks.course = [ended(1)]
    result = run(run_module, exit_codes=[0, 1])
    assert (result["exit_code"], result["log_lines"]) == (1, ["one", "two", "three"])
    cluster.tasks.course = [ended(137, reason="OutOfMemoryError: Container killed due to memory usage")]
    assert "raise memory of the task" in run(run_module, exit_codes=[0, 1])["msg"]


@pytest.fixture(params=AGENTS.values(), ids=AGENTS.keys())
def guarded(cluster, request):
    """Ends the tasks of the cluster with an exit code, beside an agent that AWS has added and tells first."""

    def end(exit_code):
        task = ended(exit_code)
        cluster.tasks.course = [{**task, "containers": [request.param, *task["containers"]]}]

    return end


@pytest.mark.parametrize("named", [{}, {"container": "web"}])
def test_a_container_that_aws_adds_does_not_make_a_task_fail(guarded, run_module, named):
    guarded(0)
    result = run(run_module, **named)
    assert (result["exit_code"], result["log_lines"]) == (0, ["one", "two", "three"])
    assert result["stopped_reason"] == "Essential container in task exited"


@pytest.mark.parametrize("named", [{}, {"container": "web"}])
def test_a_container_that_aws_adds_does_not_hide_why_a_task_failed(guarded, run_module, named):
    guarded(3)
    assert run(run_module, **named)["msg"].endswith(
        "failed: EssentialContainerExited: Essential container in task exited, container web exit code 3\n"
        "advice: the program ended: its last log lines say why\nlast log lines:\n  one\n  two\n  three"
    )


def test_of_several_containers_the_one_that_was_run_counts(cluster, run_module):
    containers = cluster.task_definitions.stored["test-command:1"]["containerDefinitions"]
    containers.insert(0, {**containers[0], "name": "router"})
    cluster.logs.write("/test", f"command/router/{1:032d}", ["lost the way"])
    task = ended(0)
    router = {"name": "router", "lastStatus": "STOPPED", "exitCode": 137}
    cluster.tasks.course = [{**task, "containers": [router, *task["containers"]]}]
    assert run(run_module, container="web")["log_lines"] == ["one", "two", "three"]
    failed = run(run_module, container="router")
    assert "container router exit code 137" in failed["msg"]
    assert failed["msg"].endswith("last log lines:\n  lost the way")


def test_no_capacity_is_told_with_advice(cluster, run_module):
    cluster.tasks.failures = [{"reason": "Capacity is unavailable at this time. Please try again later"}]
    result = run(run_module)
    assert result["msg"].startswith("could not run ECS task test-command: Capacity is unavailable at this time.")
    assert "allow more availability zones" in result["msg"]


def test_a_quota_that_is_used_up_is_told_with_advice(cluster, run_module):
    def fault(operation, given):
        if operation == "RunTask":
            raise AwsError(
                "ClientException", "You've reached the limit on the number of vCPUs you can run concurrently"
            )

    cluster.wire.fault = fault
    result = run(run_module)
    assert "could not run ECS task test-command" in result["msg"]
    assert "the account's Fargate quota is used up: ask AWS for more vCPUs" in result["msg"]


def test_a_task_that_takes_too_long_is_stopped(cluster, run_module):
    cluster.tasks.course = [{"lastStatus": "RUNNING"}]
    result = run(run_module, wait_timeout=0)
    assert result["msg"].startswith("gave up waiting for the end of task arn:")
    assert "after 0 s: it is RUNNING; it was stopped" in result["msg"]
    assert result["msg"].endswith("one\ntwo\nthree")
    [task] = cluster.tasks.stored.values()
    assert (task["lastStatus"], task["stoppedReason"]) == ("STOPPED", "ran longer than 0 s")


def test_a_repeated_request_starts_no_second_task(cluster, run_module):
    first = run(run_module, client_token="the-same")
    second = run(run_module, client_token="the-same")
    assert first["task_arn"] == second["task_arn"]
    assert run(run_module)["task_arn"] != first["task_arn"]


def test_an_answer_that_got_lost_starts_no_second_task(cluster, run_module):
    lost = []

    def fault(operation, given):
        if operation == "RunTask" and not lost:
            lost.append(cluster.tasks.RunTask(given))
            raise AwsError("ServerException", "Service Unavailable", 500)

    cluster.wire.fault = fault
    assert run(run_module)["exit_code"] == 0
    assert len(cluster.tasks.stored) == 1


def test_check_mode_calls_nothing_and_says_what_would_run(cluster, run_module):
    cluster.forget_calls()
    result = run(run_module, check_mode=True, container="web", command=["airflow", "version"])
    assert result["task_arn"] is None
    assert result["would_run"]["overrides"] == {
        "containerOverrides": [{"name": "web", "command": ["airflow", "version"]}]
    }
    assert cluster.call_count == 0


def test_several_containers_need_a_name(cluster, run_module):
    cluster.task_definitions.stored["test-command:1"]["containerDefinitions"].append({"name": "sidecar"})
    assert "several containers, say which: web, sidecar" in run(run_module)["msg"]


def test_overrides_that_are_too_long_are_refused_before_they_are_sent(cluster, run_module):
    result = run(run_module, command=["x" * 9000])
    assert "AWS takes 8192" in result["msg"]
    assert cluster.tasks.requests == []
