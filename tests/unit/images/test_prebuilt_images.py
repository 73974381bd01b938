"""References against an ECR: what exists is pinned, what does not is left out."""

from __future__ import annotations

import hashlib
import json

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import images
from ansible_collections.farflow.airflow.plugins.module_utils.images import prebuilt as prebuilt_images
from ansible_collections.farflow.airflow.plugins.module_utils.images.references import Ecr, canonical, parse
from botocore.exceptions import ClientError

OURS = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
INPUTS = {"farflow_region": "eu-west-1", "farflow_registry": None}
NOWHERE = f"registry.example.com/tasks@sha256:{'a' * 64}"


@pytest.fixture
def push(clients):
    def push(repository, tag):
        ecr = boto3.client("ecr")
        if repository not in [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]]:
            ecr.create_repository(repositoryName=repository)
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        layers = [{"digest": f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"}]
        manifest = json.dumps({"mediaType": kind, "layers": layers, "config": {"size": 1}})
        pushed = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
        return pushed["image"]["imageId"]["imageDigest"]

    return push


def find(clients, *references, emulated=None):
    found = prebuilt_images.find(clients, [parse(each) for each in references], Ecr("eu-west-1", emulated))
    return {each.name: each.attributes["uri"] for each in found}


def test_tags_and_digests_are_pinned_where_they_are(clients, push):
    one, two = push("team/a", "1"), push("team/a", "2")
    named = f"{OURS}/team/a:2"
    assert find(clients, "team/a:1", named, f"team/a@{one}") == {
        "team/a:1": f"{OURS}/team/a@{one}",
        named: f"{OURS}/team/a@{two}",
        f"team/a@{one}": f"{OURS}/team/a@{one}",
    }


def test_what_does_not_exist_is_left_out(clients, push):
    push("our", "1")
    assert set(find(clients, "our:1", "our:2", f"our@sha256:{'0' * 64}", "nowhere:1", NOWHERE)) == {"our:1"}


def test_an_emulated_registry_stands_for_ecr(clients, push):
    digest = push("our", "1")
    registry = "127.0.0.1:5000"
    expected = f"{registry}/our@{digest}"
    assert find(clients, "our:1", f"{registry}/our:1", emulated=registry) == {
        "our:1": expected,
        f"{registry}/our:1": expected,
    }


def test_nothing_is_asked_when_nothing_is_given(clients):
    assert prebuilt_images.find(Clients(lambda *_unused, **__: pytest.fail("asked")), [], Ecr("eu-west-1")) == []


def test_a_given_image_is_refused_by_the_variable_that_names_it(clients, push):
    push("our", "1")
    there, missing = (images.given(INPUTS, "dag_tasks_images.x", f"our:{tag}") for tag in "12")
    wanted = [each.reference for each in (there, missing)]
    known = Existing(prebuilt_images.find(clients, wanted, images.ecr(INPUTS)))
    assert there.refusal(known) == []
    assert there.uri(known).startswith(f"{OURS}/our@sha256:")
    (refusal,) = missing.refusal(known)
    assert refusal.startswith("dag_tasks_images.x: is 'our:2', which does not exist in ECR")


@pytest.mark.parametrize(
    ("manifest", "architectures", "refused"),
    [
        ({}, ["ARM64"], ""),
        ({}, ["X86_64", "ARM64"], "which is for one architecture, allowed: an image for ARM64 and X86_64"),
        ({"manifests": ["amd64", "arm64"]}, ["X86_64", "ARM64"], ""),
        ({"manifests": ["amd64", "unknown"]}, ["X86_64"], ""),
        (
            {"manifests": ["amd64", "unknown"]},
            ["X86_64", "ARM64"],
            "which is for amd64, allowed: an image for ARM64 and X86_64",
        ),
        ({"manifests": ["amd64"]}, ["ARM64"], "which is for amd64, allowed: an image for ARM64, which"),
    ],
)
def test_an_image_that_lacks_an_architecture_is_refused(manifest, architectures, refused):
    """As one pool of workers may have another than the rest of Airflow."""
    members = {key: [{"platform": {"architecture": each}} for each in values] for key, values in manifest.items()}
    document = {"imageId": {"imageDigest": f"sha256:{'0' * 64}"}, "imageManifest": json.dumps(members)}
    found = canonical(parse("our:1"), f"{OURS}/our", document)
    given = images.given(INPUTS, "airflow_service_image", "our:1", architectures)
    said = given.refusal(Existing([found]))
    assert [refused in each for each in said] == ([True] if refused else [])


DENIED = {"Code": "AccessDeniedException", "Message": "User is not authorized to perform: ecr:BatchGetImage"}
THEIRS = "999999999999.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def deny(aws):
    """Clients whose ECR shows no image: another account's, whose repository policy does not name who looks."""

    def refuse(model, **_unused):
        raise ClientError({"Error": DENIED}, model.name)

    def make(service, config):
        client = boto3.client(service, config=config)
        client.meta.events.register("before-call.ecr.BatchGetImage", refuse)
        return client

    return Clients(make)


def judged(clients, reference):
    given = images.given(INPUTS, "dag_tasks_images.x", reference)
    known = Existing(prebuilt_images.find(clients, [given.reference], images.ecr(INPUTS)))
    return given.refusal(known), given.warning(known), given.uri(known)


def test_an_image_of_another_account_that_nobody_lets_us_see_needs_a_digest(deny):
    """Who deploys may not be who pulls."""
    digest = f"{THEIRS}/team/a@sha256:{'a' * 64}"
    refused, (warning,), uri = judged(deny, digest)
    assert (refused, uri) == ([], digest)
    assert warning.startswith("dag_tasks_images.x: whether it exists was not seen: could not look for images in")
    (refusal,), warnings, _uri = judged(deny, f"{THEIRS}/team/a:1")
    assert "whose digest ECR does not tell" in refusal and "AccessDeniedException" in refusal
    assert warnings == []


def test_an_image_that_another_account_does_not_have_is_refused_by_its_account(clients):
    (refusal,), warnings, _uri = judged(clients, f"{THEIRS}/team/a:1")
    assert refusal.startswith(
        f"dag_tasks_images.x: is '{THEIRS}/team/a:1', which does not exist in the ECR of account 9"
    )
    assert warnings == []


def test_a_digest_elsewhere_is_taken_as_it_is(clients):
    given = images.given(INPUTS, "airflow_service_image", NOWHERE)
    assert given.refusal(Existing()) == []
    assert given.uri(Existing()) == NOWHERE
