from __future__ import annotations

from copy import deepcopy

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.modules import codebuild_projects as module
from aws_double.codebuild import Double
from aws_double.leaves import values
from aws_double.wire import AwsError, plugged_in

PROJECT = {
    "name": "test-images",
    "service_role": "arn:aws:iam::123456789012:role/images",
    "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
    "privileged_mode": True,
    "environment_variables": {"LOG_LEVEL": "info"},
    "buildspec": "version: 0.2\n",
    "cache_modes": ["LOCAL_DOCKER_LAYER_CACHE"],
    "log_group": "/farflow/test/images",
    "timeout_in_minutes": 30,
    "concurrent_build_limit": 5,
    "tags": {"team": "data"},
}

CHANGES = [
    ("description", "builds", "description (none) -> builds"),
    ("encryption_key", "arn:aws:kms:eu-west-1:123456789012:key/1", "encryptionKey alias/aws/s3 -> arn:aws:kms"),
    ("service_role", "arn:aws:iam::123456789012:role/b", "serviceRole arn:aws:iam::123456789012:role/images -> "),
    ("image", "mine", "environment image aws/codebuild/amazonlinux-x86_64-standard:5.0 -> mine"),
    ("image_pull_credentials_type", "SERVICE_ROLE", "environment imagePullCredentialsType CODEBUILD -> SERVICE_ROLE"),
    ("environment_type", "ARM_CONTAINER", "environment type LINUX_CONTAINER -> ARM_CONTAINER"),
    ("compute_type", "BUILD_GENERAL1_LARGE", "environment computeType BUILD_GENERAL1_SMALL -> BUILD_GENERAL1_LARGE"),
    ("privileged_mode", False, "environment privilegedMode true -> false"),
    ("environment_variables", {"LOG_LEVEL": "debug"}, "environment environmentVariables LOG_LEVEL value info -> debug"),
    ("environment_variables", {}, "environment environmentVariables LOG_LEVEL"),
    ("buildspec", "version: 0.1\n", "source buildspec version: 0.2"),
    ("cache_modes", [], "cache type LOCAL -> NO_CACHE"),
    ("log_group", "/other", "logsConfig cloudWatchLogs groupName /farflow/test/images -> /other"),
    ("log_group", None, "logsConfig cloudWatchLogs groupName /farflow/test/images -> (none)"),
    ("timeout_in_minutes", 60, "timeoutInMinutes 30 -> 60"),
    ("queued_timeout_in_minutes", 10, "queuedTimeoutInMinutes 480 -> 10"),
    ("concurrent_build_limit", None, "concurrentBuildLimit 5 -> (none)"),
    ("encryption_key", "alias/mine", "encryptionKey alias/aws/s3 -> "),
    ("tags", {"team": "web"}, "tags team data -> web"),
    ("tags", {}, "tags team data -> (none)"),
]

#: What AWS takes a member for that is not given.
AS_ABSENT = ["DISABLED", "ENABLED", False]

#: Members of AWS's own that make sense only together, or are none of a project's settings.
INNER = {
    "environmentVariables": [{"name": "THEIRS", "value": "1"}],
    "fileSystemLocations": [{"identifier": "theirs", "type": "EFS", "location": "fs-1", "mountPoint": "/mnt"}],
    "secondaryArtifacts": [{"artifactIdentifier": "theirs", "type": "S3", "location": "bucket"}],
    "secondarySources": [{"sourceIdentifier": "theirs", "type": "NO_SOURCE"}],
    "secondarySourceVersions": [{"sourceIdentifier": "theirs", "sourceVersion": "1"}],
    "tags": [{"key": "theirs", "value": "1"}],
    "modes": ["LOCAL_SOURCE_CACHE"],
}


@pytest.fixture
def codebuild(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-in-any-name")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    double = Double()
    with plugged_in(double.wires):
        yield double


def leaves(shape, path=()):
    """Every member of UpdateProject's input that can be set by itself, with values, one of them another one."""
    for name, member in shape.members.items():
        if name in INNER:
            yield (*path, name), (INNER[name],)
        elif member.type_name == "structure":
            yield from leaves(member, (*path, name))
        elif member.type_name == "list":
            yield (*path, name), (["one"],)
        elif (*path, name) != ("name",):
            yield (*path, name), values(member)


def with_leaf(document, path, value):
    changed = deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner.setdefault(key, {})
    inner[path[-1]] = value
    return changed


def leaf(document, path):
    for key in path:
        document = document.get(key) if document else None
    return document


MODEL = boto3.session.Session(region_name="eu-west-1").client("codebuild").meta.service_model
CHOSEN_BY_AWS = [("environment", "hostKernel")]
LEAVES = [
    (path, candidates)
    for path, candidates in leaves(MODEL.operation_model("UpdateProject").input_shape)
    if path not in CHOSEN_BY_AWS
]


def test_creates_then_changes_nothing(codebuild, run_module):
    first = run_module(module, projects=[PROJECT])
    assert [(entry["name"], entry["changed"], entry["reasons"]) for entry in first["projects"]] == [
        ("test-images", True, ["created"])
    ]
    codebuild.wire.calls.clear()
    second = run_module(module, projects=[PROJECT])
    assert second["changed"] is False
    assert second["projects"][0]["arn"] == first["projects"][0]["arn"]
    assert codebuild.wire.operations() == ["BatchGetProjects"]


def test_what_is_made_is_what_was_asked_for(codebuild, run_module):
    run_module(module, projects=[PROJECT])
    made = codebuild.projects.stored["test-images"]
    assert made["source"]["type"] == "NO_SOURCE"
    assert made["artifacts"] == {"type": "NO_ARTIFACTS"}
    assert made["environment"]["privilegedMode"] is True
    assert made["cache"] == {"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]}
    assert made["logsConfig"]["cloudWatchLogs"] == {"status": "ENABLED", "groupName": "/farflow/test/images"}


@pytest.mark.parametrize(("key", "value", "reason"), CHANGES)
def test_a_change_is_predicted_told_and_done(codebuild, run_module, key, value, reason):
    run_module(module, projects=[PROJECT])
    wanted = {name: given for name, given in {**PROJECT, key: value}.items() if given is not None}
    codebuild.wire.calls.clear()
    predicted = run_module(module, check_mode=True, projects=[wanted])
    assert codebuild.mutations() == []
    done = run_module(module, projects=[wanted])
    assert predicted["projects"] == done["projects"]
    assert any(each.startswith(reason) for each in done["projects"][0]["reasons"]), done["projects"]
    assert run_module(module, projects=[wanted])["changed"] is False


@pytest.mark.parametrize(("path", "candidates"), LEAVES, ids=[".".join(path) for path, _unused in LEAVES])
def test_what_someone_else_set_is_seen_and_mended(codebuild, run_module, path, candidates):
    """Whatever member of the API it is."""
    run_module(module, projects=[PROJECT])
    made = codebuild.projects.stored["test-images"]
    told = ("badge", "badgeEnabled") if path == ("badgeEnabled",) else path
    same = [leaf(made, told)] if leaf(made, told) is not None else AS_ABSENT
    value = next(each for each in candidates if each not in same)
    codebuild.projects.stored["test-images"] = with_leaf(made, told, value)
    (entry,) = run_module(module, projects=[PROJECT])["projects"]
    assert any(reason.startswith(path[0]) for reason in entry["reasons"]), entry["reasons"]
    assert run_module(module, projects=[PROJECT])["changed"] is False


def test_a_project_that_was_made_public_is_private_again(codebuild, run_module):
    run_module(module, projects=[PROJECT])
    codebuild.projects.stored["test-images"]["projectVisibility"] = "PUBLIC_READ"
    done = run_module(module, projects=[PROJECT])
    assert done["projects"][0]["reasons"] == ["projectVisibility PUBLIC_READ -> PRIVATE"]
    assert run_module(module, projects=[PROJECT])["changed"] is False


def test_order_and_defaults_are_no_difference(codebuild, run_module):
    two = {"A": "1", "B": "2"}
    modes = ["LOCAL_SOURCE_CACHE", "LOCAL_DOCKER_LAYER_CACHE"]
    wanted = {**PROJECT, "environment_variables": two, "tags": two, "cache_modes": modes}
    run_module(module, projects=[wanted])
    made = codebuild.projects.stored["test-images"]
    made["tags"].reverse()
    made["environment"]["environmentVariables"].reverse()
    made["cache"]["modes"].reverse()
    made["logsConfig"]["s3Logs"] = {"status": "DISABLED", "encryptionDisabled": False}
    made["artifacts"].update(name="", packaging="", encryptionDisabled=False)
    made.update(vpcConfig={}, secondarySources=[], fileSystemLocations=[], description="", autoRetryLimit=0)
    made["tags"].append({"key": "aws:cloudformation:stack-name", "value": "AWS's own"})
    assert run_module(module, projects=[wanted])["changed"] is False


def test_check_mode_creates_nothing(codebuild, run_module):
    result = run_module(module, check_mode=True, projects=[PROJECT])
    assert (result["changed"], result["projects"][0]["arn"]) == (True, None)
    assert codebuild.projects.stored == {}


def test_a_role_that_was_just_made_is_waited_for(codebuild, run_module, pauses):
    refusals = ["CodeBuild is not authorized to perform: sts:AssumeRole on service role."] * 2

    def fault(operation, given):
        if operation == "CreateProject" and refusals:
            raise AwsError("InvalidInputException", refusals.pop())

    codebuild.wire.fault = fault
    assert run_module(module, projects=[PROJECT])["changed"] is True
    assert len(pauses) == 2


def test_a_role_that_can_never_be_taken_is_told(codebuild, run_module, pauses):
    def fault(operation, given):
        if operation == "CreateProject":
            raise AwsError("InvalidInputException", "CodeBuild is not authorized to perform: sts:AssumeRole on role")

    codebuild.wire.fault = fault
    message = run_module(module, projects=[PROJECT])["msg"]
    assert "could not create CodeBuild project test-images" in message
    assert "sts:AssumeRole" in message


def test_a_project_that_another_run_has_just_made_is_taken(codebuild, run_module):
    def fault(operation, given):
        if operation == "CreateProject" and not codebuild.projects.stored:
            codebuild.projects.CreateProject({**given, "timeoutInMinutes": 5})

    codebuild.wire.fault = fault
    assert run_module(module, projects=[PROJECT])["changed"] is True
    assert codebuild.projects.stored["test-images"]["timeoutInMinutes"] == 30


def test_a_project_without_an_image_is_refused(codebuild, run_module):
    incomplete = {key: value for key, value in PROJECT.items() if key != "image"}
    assert "project test-images needs image" in run_module(module, projects=[incomplete])["msg"]
    assert codebuild.wire.calls == []


def test_absent_deletes_only_what_is_named(codebuild, run_module):
    run_module(module, projects=[PROJECT, {**PROJECT, "name": "test-other"}])
    names = [{"name": "test-images"}]
    result = run_module(module, projects=names, state="absent")
    assert [(entry["name"], entry["reasons"]) for entry in result["projects"]] == [("test-images", ["deleted"])]
    assert list(codebuild.projects.stored) == ["test-other"]
    assert run_module(module, projects=names, state="absent")["changed"] is False
