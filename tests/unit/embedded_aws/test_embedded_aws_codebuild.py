"""CodeBuild of the embedded AWS, without containers: what the emulator gets wrong by itself is right."""

from __future__ import annotations

import os

import pytest

from tests.embedded_aws import EmbeddedAWS

PROJECT = {
    "name": "images",
    "source": {"type": "NO_SOURCE", "buildspec": "{}"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "standard", "computeType": "BUILD_GENERAL1_SMALL"},
    "serviceRole": "arn:aws:iam::123456789012:role/images",
    "cache": {"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]},
    "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "/images"}},
    "queuedTimeoutInMinutes": 50,
    "concurrentBuildLimit": 5,
}


@pytest.fixture(scope="module")
def running():
    with EmbeddedAWS(f"test-codebuild-{os.getpid()}") as aws:
        yield aws


@pytest.fixture
def codebuild(running):
    running.reset()
    client = running.client("codebuild")
    client.create_project(**PROJECT)
    return client


def project(codebuild):
    return codebuild.batch_get_projects(names=["images"])["projects"][0]


def test_a_project_keeps_all_that_it_is_given(codebuild):
    kept = project(codebuild)
    assert {key: kept[key] for key in PROJECT} == PROJECT
    assert kept["encryptionKey"].endswith(":alias/aws/s3")
    codebuild.update_project(name="images", concurrentBuildLimit=-1, cache={"type": "NO_CACHE"})
    changed = project(codebuild)
    assert "concurrentBuildLimit" not in changed
    assert changed["cache"] == {"type": "NO_CACHE"}
    assert changed["logsConfig"] == PROJECT["logsConfig"]


def test_a_build_is_what_it_was_asked_to_be(codebuild):
    variables = [{"name": "FOR", "value": "one", "type": "PLAINTEXT"}]
    build = codebuild.start_build(
        projectName="images",
        buildspecOverride="{1}",
        imageOverride="arm",
        environmentTypeOverride="ARM_CONTAINER",
        environmentVariablesOverride=variables,
    )["build"]
    (told,) = codebuild.batch_get_builds(ids=[build["id"]])["builds"]
    assert told["source"]["buildspec"] == "{1}"
    assert told["environment"]["image"] == "arm"
    assert told["environment"]["type"] == "ARM_CONTAINER"
    assert told["environment"]["environmentVariables"] == variables
    assert told["logs"]["groupName"] == "/images"
    assert told["queuedTimeoutInMinutes"] == 50
    assert project(codebuild)["environment"] == PROJECT["environment"]


def test_a_token_starts_one_build(codebuild):
    ids = {
        codebuild.start_build(projectName="images", idempotencyToken=token)["build"]["id"] for token in ("a", "a", "b")
    }
    assert len(ids) == 2


def test_a_project_that_is_gone_is_deleted_without_an_error(codebuild):
    codebuild.delete_project(name="images")
    codebuild.delete_project(name="images")
    assert codebuild.list_projects()["projects"] == []
