from __future__ import annotations

import pytest
from aws_double.wire import AwsError
from given_task_definitions import container, edited, run, task


def test_registers_then_changes_nothing(ecs, run_module):
    first = run(run_module, task("test-b"), task("test-a"))
    assert [(each["family"], each["revision"], each["reasons"]) for each in first["task_definitions"]] == [
        ("test-b", 1, ["created"]),
        ("test-a", 1, ["created"]),
    ]
    ecs.forget_calls()
    second = run(run_module, task("test-b"), task("test-a"))
    assert second["changed"] is False
    assert [each["arn"] for each in second["task_definitions"]] == [each["arn"] for each in first["task_definitions"]]
    assert ecs.wire.mutations() == []
    assert "DescribeTaskDefinition" not in ecs.wire.operations()


SAME = {
    "environment reordered": lambda each: container(each)["environment"].reverse(),
    "secrets reordered": lambda each: container(each)["secrets"].reverse(),
    "ports reordered": lambda each: container(each)["port_mappings"].reverse(),
    "volumes reordered": lambda each: each["volumes"].reverse(),
    "tags reordered": lambda each: each["tags"].reverse(),
    "sizes as strings": lambda each: each.update(cpu="512", memory="1024"),
    "sizes with units": lambda each: each.update(cpu=".5 vCPU", memory="1 GB"),
    "host port given": lambda each: container(each)["port_mappings"][0].update(host_port=8080, protocol="tcp"),
    "EFS defaults given": lambda each: each["volumes"][0]["efs_volume_configuration"].update(
        root_directory="/", transit_encryption="DISABLED", authorization_config={"iam": "DISABLED"}
    ),
    "health check defaults given": lambda each: container(each)["health_check"].update(
        interval=30, timeout=5, retries=3, start_period=0
    ),
    "container defaults given": lambda each: container(each).update(
        cpu=0, essential=True, stop_timeout=30, readonly_root_filesystem=False, version_consistency="enabled"
    ),
    "task defaults given": lambda each: each.update(
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        ephemeral_storage={"size_in_gib": 20},
        runtime_platform={"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
        enable_fault_injection=False,
    ),
    "empty given": lambda each: (
        each.update(placement_constraints=[], task_role_arn=None),
        container(each).update(entry_point=[], docker_labels={}, user="", linux_parameters={}, privileged=False),
    ),
    "a volume's empty host given": lambda each: each["volumes"][1].update(host={}),
    "AWS's spelling": lambda each: each.update(executionRoleArn=each.pop("execution_role_arn")),
}


@pytest.mark.parametrize("index_knows", [True, False])
@pytest.mark.parametrize("edit", SAME.values(), ids=SAME.keys())
def test_what_aws_does_not_distinguish_is_no_change(ecs, run_module, edit, index_knows):
    run(run_module, task(), {**edited(edit), "family": "test-b"})
    if not index_knows:
        ecs.tagging.hidden.update(ecs.tags.by_arn)
    ecs.forget_calls()
    assert run(run_module, edited(edit), {**task(), "family": "test-b"})["changed"] is False
    assert ecs.wire.mutations() == []
    assert ("DescribeTaskDefinition" in ecs.wire.operations()) is not index_knows


CHANGES = {
    "memory": (lambda each: each.update(memory=2048), ["memory 1024 -> 2048"]),
    "environment": (
        lambda each: container(each)["environment"][0].update(value="debug"),
        ["environment LOG_LEVEL info -> debug"],
    ),
    "environment emptied": (
        lambda each: container(each)["environment"][0].update(value=""),
        ['environment LOG_LEVEL info -> ""'],
    ),
    "environment gone": (
        lambda each: container(each)["environment"].pop(1),
        ["environment ZONE a -> (none)"],
    ),
    "command of the same length": (
        lambda each: container(each).update(command=["python", "letters.py"]),
        ["command [python, numbers.py] -> [python, letters.py]"],
    ),
    "secret": (
        lambda each: container(each)["secrets"][0].update(value_from="arn:c"),
        ["secrets A arn:a -> arn:c"],
    ),
    "container's memory": (
        lambda each: container(each).update(memory=512),
        ["container memory (none) -> 512"],
    ),
    "architecture": (
        lambda each: each.update(runtime_platform={"cpu_architecture": "ARM64"}),
        ["runtime_platform cpu_architecture X86_64 -> ARM64"],
    ),
    "storage": (
        lambda each: each.update(ephemeral_storage={"size_in_gib": 50}),
        ["ephemeral_storage size_in_gib 20 -> 50"],
    ),
    "an empty volume more": (
        lambda each: each["volumes"].append({"name": "cache"}),
        ["volumes cache name (none) -> cache", "volumes cache configured_at_launch (none) -> false"],
    ),
    "a second container": (
        lambda each: each["container_definitions"].append({"name": "sidecar", "image": "x", "essential": False}),
        ["containers sidecar image (none) -> x", "containers sidecar essential (none) -> false"],
    ),
}


@pytest.mark.parametrize(("edit", "reasons"), CHANGES.values(), ids=CHANGES.keys())
def test_change_is_predicted_told_and_done(ecs, run_module, edit, reasons):
    run(run_module, task(), task("test-other"))
    ecs.forget_calls()
    predicted = run(run_module, edited(edit), task("test-other"), check_mode=True)
    assert ecs.wire.mutations() == []
    done = run(run_module, edited(edit), task("test-other"))
    first, other = done["task_definitions"]
    assert set(reasons) <= set(first["reasons"])
    assert [each["reasons"] for each in predicted["task_definitions"]] == [first["reasons"], []]
    assert (predicted["task_definitions"][0]["revision"], first["revision"]) == (1, 2)
    assert other["changed"] is False
    assert ecs.wire.mutations() == ["RegisterTaskDefinition"]
    assert run(run_module, edited(edit), task("test-other"))["changed"] is False


def test_check_mode_registers_nothing(ecs, run_module):
    result = run(run_module, task(), check_mode=True)
    assert result["task_definitions"] == [
        {"family": "test-numbers", "arn": None, "revision": None, "changed": True, "reasons": ["created"]}
    ]
    assert ecs.wire.mutations() == []


def test_secrets_in_the_environment_are_not_told(ecs, run_module):
    run(run_module, task())
    wanted = edited(lambda each: container(each)["environment"].append({"name": "DB_PASSWORD", "value": "hunter2"}))
    assert run(run_module, wanted)["task_definitions"][0]["reasons"] == ["environment DB_PASSWORD (none) -> (hidden)"]


def test_two_hundred_families_cost_a_handful_of_calls(ecs, run_module):
    families = [task(f"test-{number}") for number in range(200)]
    run(run_module, *families)
    ecs.forget_calls()
    assert run(run_module, *families)["changed"] is False
    assert ecs.call_count == 4


def test_absent_leaves_nothing_of_the_named_families(ecs, run_module):
    run(run_module, task(), task("test-numbers-too"))
    run(run_module, task(memory=2048))
    gone = [{"family": "test-numbers"}, {"family": "test-none"}]
    predicted = run(run_module, *gone, state="absent", check_mode=True)
    result = run(run_module, *gone, state="absent")
    assert predicted == result
    assert [(each["family"], each["changed"], each["reasons"]) for each in result["task_definitions"]] == [
        ("test-numbers", True, ["deleted"]),
        ("test-none", False, []),
    ]
    status = {name: each["status"] for name, each in ecs.task_definitions.stored.items()}
    assert status == {
        "test-numbers:1": "DELETE_IN_PROGRESS",
        "test-numbers:2": "DELETE_IN_PROGRESS",
        "test-numbers-too:1": "ACTIVE",
    }
    assert run(run_module, *gone, state="absent")["changed"] is False


def test_absent_leaves_what_another_environment_has_registered(ecs, run_module):
    """In a family of a name that two environments came to."""
    tags = task()["tags"]
    others = task(tags=[{"key": "farflow:environment", "value": "test-too"}])
    container(others)["log_configuration"]["options"]["awslogs-group"] = "/farflow/test-too/tasks"
    for given in (task(), {**others, "memory": 2048}, task(), {**others, "memory": 4096}):
        run(run_module, given, keep_revisions=9)
    ecs.task_definitions.DeregisterTaskDefinition({"taskDefinition": "test-numbers:2"})
    result = run(run_module, {"family": "test-numbers", "tags": tags}, state="absent")
    assert result["changed"] is True
    status = {name: each["status"] for name, each in ecs.task_definitions.stored.items()}
    assert status == {
        "test-numbers:1": "DELETE_IN_PROGRESS",
        "test-numbers:2": "INACTIVE",
        "test-numbers:3": "DELETE_IN_PROGRESS",
        "test-numbers:4": "ACTIVE",
    }
    assert run(run_module, {"family": "test-numbers", "tags": tags}, state="absent")["changed"] is False


def test_absent_takes_a_revision_whose_tags_were_overwritten(ecs, run_module):
    """Which log group its containers write to nobody can edit."""
    tags = task()["tags"]
    run(run_module, task())
    run(run_module, task(memory=2048, tags=[{"key": "farflow:environment", "value": "somebody's"}]), keep_revisions=9)
    run(run_module, {"family": "test-numbers", "tags": tags}, state="absent")
    assert {each["status"] for each in ecs.task_definitions.stored.values()} == {"DELETE_IN_PROGRESS"}


def test_absent_can_leave_the_revisions_inactive(ecs, run_module):
    run(run_module, task())
    run(run_module, {"family": "test-numbers"}, state="absent", delete=False)
    assert ecs.task_definitions.stored["test-numbers:1"]["status"] == "INACTIVE"


def test_a_role_made_a_moment_ago_is_waited_for(ecs, run_module, no_pauses):
    refusals = ["Role is not valid", "Too many concurrent attempts to create a new revision of the specified family."]

    def fault(operation, given):
        if operation == "RegisterTaskDefinition" and refusals:
            raise AwsError("ClientException", refusals.pop())

    ecs.wire.fault = fault
    assert run(run_module, task())["task_definitions"][0]["revision"] == 1


def test_an_error_of_aws_names_the_family(ecs, run_module):
    def fault(operation, given):
        if operation == "RegisterTaskDefinition":
            raise AwsError("ClientException", "no such thing")

    ecs.wire.fault = fault
    result = run(run_module, task())
    assert result["failed"]
    assert result["msg"].startswith("could not register task definition test-numbers: ")
    assert "no such thing" in result["msg"]


def test_everything_wrong_is_told_before_aws_is_called(ecs, run_module):
    wrong = task("test-b", memory=1000, container_definitons=[], ipc_mode="task")
    container(wrong)["links"] = ["a"]
    result = run(run_module, task(cpu=1, tags=[]), wrong, task("test-c"), task("test-c"))
    assert result["failed"]
    assert result["msg"].split("\n") == [
        "task definition test-numbers: cpu 1 is not a size of Fargate; "
        "choose from 256, 512, 1024, 2048, 4096, 8192, 16384",
        "task definition test-b: container_definitions test-b links is refused: "
        "containers on Fargate share one network interface of their task (awsvpc)",
        "task definition test-b: container_definitons is not known, did you mean container_definitions?",
        "task definition test-b: ipc_mode is refused: Fargate does not support it",
        "task definition test-c is given twice",
    ]
    assert ecs.call_count == 0
