from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.reading import find
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecr_repository import ECR_REPOSITORY
from ansible_collections.farflow.airflow.plugins.modules import ecr_repositories as module

EXPIRE_UNTAGGED = {
    "rulePriority": 1,
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
    "action": {"type": "expire"},
}
KEEP_FIFTY = {
    "rulePriority": 2,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50},
    "action": {"type": "expire"},
}
PULL = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}
REPOSITORIES = [
    {"name": "test-tasks", "lifecycle_policy": {"rules": [EXPIRE_UNTAGGED]}, "tags": {"team": "data"}},
    {"name": "test-airflow"},
]


def clients():
    return Clients(lambda service, config: boto3.client(service))


def put_image(repository, tag="first"):
    manifest = {"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "tag": tag}
    boto3.client("ecr").put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)


def test_creates_then_changes_nothing(aws, run_module):
    first = run_module(module, repositories=REPOSITORIES)
    assert [(entry["name"], entry["reasons"]) for entry in first["repositories"]] == [
        ("test-tasks", ["created"]),
        ("test-airflow", ["created"]),
    ]
    second = run_module(module, repositories=REPOSITORIES)
    assert second["changed"] is False
    assert [entry["arn"] for entry in second["repositories"]] == [entry["arn"] for entry in first["repositories"]]


def test_a_repository_is_born_immutable_scanned_encrypted_and_tagged(aws, run_module):
    run_module(module, repositories=REPOSITORIES)
    ecr = boto3.client("ecr")
    found = ecr.describe_repositories(repositoryNames=["test-tasks"])["repositories"][0]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"] == {"encryptionType": "AES256"}
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert tags == [{"Key": "team", "Value": "data"}]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("image_tag_mutability", "MUTABLE", "image_tag_mutability IMMUTABLE -> MUTABLE"),
        ("scan_on_push", False, "scan_on_push true -> false"),
        ("tags", {"team": "web"}, "tags team data -> web"),
        ("tags", {}, "tags team data -> (none)"),
        ("lifecycle_policy", {"rules": [EXPIRE_UNTAGGED, KEEP_FIFTY]}, "lifecycle_policy rules "),
        ("lifecycle_policy", None, "lifecycle_policy rules "),
        ("repository_policy", PULL, "repository_policy Version (none) -> 2012-10-17"),
    ],
)
def test_change_is_predicted_told_and_done(aws, run_module, key, value, reason):
    run_module(module, repositories=REPOSITORIES)
    first = {name: given for name, given in {**REPOSITORIES[0], key: value}.items() if given is not None}
    wanted = [first, REPOSITORIES[1]]
    predicted = run_module(module, check_mode=True, repositories=wanted)
    done = run_module(module, repositories=wanted)
    assert predicted["repositories"] == done["repositories"]
    assert done["repositories"][0]["reasons"][0].startswith(reason)
    assert done["repositories"][1]["changed"] is False
    assert run_module(module, repositories=wanted)["changed"] is False


@pytest.mark.parametrize(
    "same",
    [
        {"lifecycle_policy": {"rules": [KEEP_FIFTY, EXPIRE_UNTAGGED]}},
        {"repository_policy": {**PULL, "Statement": {**PULL["Statement"][0], "Principal": {"AWS": ["123456789012"]}}}},
    ],
)
def test_policies_that_say_the_same_are_no_change(aws, run_module, same):
    policies = {"lifecycle_policy": {"rules": [EXPIRE_UNTAGGED, KEEP_FIFTY]}, "repository_policy": PULL}
    run_module(module, repositories=[{"name": "test-tasks", **policies}])
    assert run_module(module, repositories=[{"name": "test-tasks", **policies, **same}])["changed"] is False


@pytest.mark.parametrize(
    "drift",
    [
        lambda ecr: ecr.put_image_tag_mutability(repositoryName="test-tasks", imageTagMutability="MUTABLE"),
        lambda ecr: ecr.put_image_scanning_configuration(
            repositoryName="test-tasks", imageScanningConfiguration={"scanOnPush": False}
        ),
        lambda ecr: ecr.delete_lifecycle_policy(repositoryName="test-tasks"),
        lambda ecr: ecr.set_repository_policy(repositoryName="test-tasks", policyText=json.dumps(PULL)),
        lambda ecr: ecr.untag_resource(
            resourceArn=ecr.describe_repositories(repositoryNames=["test-tasks"])["repositories"][0]["repositoryArn"],
            tagKeys=["team"],
        ),
    ],
)
def test_drift_is_mended(aws, run_module, drift):
    run_module(module, repositories=REPOSITORIES)
    drift(boto3.client("ecr"))
    assert run_module(module, repositories=REPOSITORIES)["repositories"][0]["changed"] is True
    assert run_module(module, repositories=REPOSITORIES)["changed"] is False


def test_check_mode_creates_nothing(aws, run_module):
    result = run_module(module, check_mode=True, repositories=REPOSITORIES)
    assert [entry["arn"] for entry in result["repositories"]] == [None, None]
    assert boto3.client("ecr").describe_repositories()["repositories"] == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_another_encryption_is_refused_with_what_to_do(aws, run_module, check_mode):
    run_module(module, repositories=REPOSITORIES)
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    wanted = [{**REPOSITORIES[0], "encryption_type": "KMS", "kms_key": key}]
    result = run_module(module, check_mode=check_mode, repositories=wanted)
    assert "encryption_type AES256 -> KMS" in result["msg"]
    assert "delete the repository" in result["msg"]


def test_kms_needs_a_key(aws, run_module):
    result = run_module(module, repositories=[{"name": "test-tasks", "encryption_type": "KMS"}])
    assert "kms_key" in result["msg"]


def test_kms_key_is_kept(aws, run_module):
    wanted = [{"name": "test-tasks", "encryption_type": "KMS", "kms_key": "arn:aws:kms:eu-west-1:123456789012:key/1"}]
    run_module(module, repositories=wanted)
    assert run_module(module, repositories=wanted)["changed"] is False


def test_absent_needs_force_for_images_and_is_content_twice(aws, run_module):
    run_module(module, repositories=REPOSITORIES)
    put_image("test-tasks")
    refused = run_module(module, repositories=REPOSITORIES[:1], state="absent")
    assert "could not delete ECR repository test-tasks" in refused["msg"]
    result = run_module(module, repositories=REPOSITORIES[:1], state="absent", force=True)
    assert result["repositories"][0]["reasons"] == ["deleted"]
    left = boto3.client("ecr").describe_repositories()["repositories"]
    assert [repository["repositoryName"] for repository in left] == ["test-airflow"]
    assert run_module(module, repositories=REPOSITORIES[:1], state="absent", force=True)["changed"] is False


def test_an_environment_finds_its_own_and_not_its_namesakes(aws, run_module):
    ours, theirs = {"farflow:environment": "test"}, {"farflow:environment": "test-eu"}
    made = [("test-tasks", ours), ("test-eu-tasks", theirs), ("test-users-own", {}), ("test-airflow", {})]
    run_module(module, repositories=[{"name": name, "tags": tags} for name, tags in made])
    found = find(ECR_REPOSITORY, clients(), "test", names=["test-airflow"])
    assert sorted(resource.name for resource in found) == ["test-airflow", "test-tasks"]
    assert found[0].attributes["uri"].endswith(f".amazonaws.com/{found[0].name}")


def test_a_strangers_repository_that_is_closed_to_us_is_none(aws, run_module, calls):
    run_module(module, repositories=[{"name": "test-strangers"}])
    calls.refuse("ListTagsForResource", "AccessDeniedException", times=2)
    assert find(ECR_REPOSITORY, clients(), "test", expected=["test-tasks"]) == []
    with pytest.raises(FarflowError, match="give the identity that runs this the permission"):
        find(ECR_REPOSITORY, clients(), "test", expected=["test-strangers"])


@pytest.fixture
def inspected(aws, monkeypatch):
    """Amazon Inspector scans by rules of the registry, which answer for every repository with ``on_push``."""
    from botocore.client import BaseClient

    call, on_push = BaseClient._make_api_call, []

    def answer(self, operation, given):
        if operation == "GetRegistryScanningConfiguration":
            return {"scanningConfiguration": {"scanType": "ENHANCED"}}
        if operation == "PutImageScanningConfiguration":
            return {}
        found = call(self, operation, given)
        for repository in found.get("repositories", []):
            repository["imageScanningConfiguration"] = {"scanOnPush": on_push[0]}
        return found

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return on_push.append


@pytest.mark.parametrize(("wanted", "by_rule"), [(True, False), (False, True), (True, True)])
def test_where_the_registry_decides_what_a_repository_says_of_scanning_is_no_difference(
    run_module, inspected, wanted, by_rule
):
    repository = {"name": "test-tasks", "scan_on_push": wanted}
    inspected(by_rule)
    run_module(module, repositories=[repository])
    assert run_module(module, repositories=[repository])["changed"] is False


def test_where_it_does_not_decide_it_is_one(aws, run_module, calls):
    run_module(module, repositories=[{"name": "test-tasks"}])
    boto3.client("ecr").put_image_scanning_configuration(
        repositoryName="test-tasks", imageScanningConfiguration={"scanOnPush": False}
    )
    calls.refuse("GetRegistryScanningConfiguration", "AccessDeniedException")
    assert run_module(module, repositories=[{"name": "test-tasks"}])["repositories"][0]["reasons"] == [
        "scan_on_push false -> true"
    ]
    assert run_module(module, repositories=[{"name": "test-tasks"}])["changed"] is False
    assert len(calls.of("GetRegistryScanningConfiguration")) == 1


def test_an_environment_sees_whether_the_registry_decides(run_module, inspected):
    inspected(False)
    wanted = {"name": "test-tasks", "tags": {"farflow:environment": "test"}}
    run_module(module, repositories=[wanted])
    clients = Clients(lambda service, config: boto3.client(service))
    (found,) = find(ECR_REPOSITORY, clients, "test")
    assert plan([ECR_REPOSITORY.desired(wanted)], [found]) == []


def made_by_another_run(calls):
    ecr = boto3.client("ecr")
    calls.before("CreateRepository", lambda: ecr.create_repository(repositoryName="test-tasks"))


def test_a_repository_that_another_run_has_just_made_is_taken_and_mended(aws, run_module, calls):
    made_by_another_run(calls)
    assert run_module(module, repositories=REPOSITORIES[:1])["repositories"][0]["reasons"] == ["created"]
    assert run_module(module, repositories=REPOSITORIES[:1])["changed"] is False


def test_one_that_cannot_be_what_is_wanted_is_refused(aws, run_module, calls):
    made_by_another_run(calls)
    key = {"encryption_type": "KMS", "kms_key": "arn:aws:kms:eu-west-1:123456789012:key/1"}
    message = run_module(module, repositories=[{**REPOSITORIES[0], **key}])["msg"]
    assert "exists already, as arn:aws:ecr:" in message
    assert "encryption_type AES256 -> KMS" in message


def test_a_creation_whose_answer_is_lost_ends_as_wanted(aws, run_module, calls):
    calls.lose("PutLifecyclePolicy")
    run_module(module, repositories=REPOSITORIES[:1])
    run_module(module, repositories=REPOSITORIES[:1])
    assert run_module(module, repositories=REPOSITORIES[:1])["changed"] is False


def test_a_creation_takes_as_many_calls_as_there_are_things_to_set(aws, run_module, calls):
    calls.made.clear()
    run_module(module, repositories=REPOSITORIES[:1])
    assert calls.of("") == ["DescribeRepositories", "CreateRepository", "PutLifecyclePolicy"]
