"""Images that nothing names are deleted, where that is asked for."""

from __future__ import annotations

import boto3
from ansible_collections.farflow.airflow.plugins.modules import ecr_images as module
from ansible_collections.farflow.airflow.plugins.modules import ecs_task_definitions
from docker_double import REPOSITORY, put, tags


def test_prune_deletes_what_nobody_names(repository, engine, image, run_module):
    uris = [run_module(module, images=[image(content=str(number))])["images"][0]["uri"] for number in range(4)]
    put(REPOSITORY, "the-users-own", "theirs")
    arguments = {"images": [image(content="3")], "prune": [REPOSITORY], "keep": [uris[1]]}
    predicted = run_module(module, check_mode=True, **arguments)
    assert len(tags()) == 5
    done = run_module(module, **arguments)
    assert predicted["pruned"] == done["pruned"]
    assert sorted(each["digest"] for each in done["pruned"]) == sorted(uri.split("@")[1] for uri in (uris[0], uris[2]))
    assert len(tags()) == 3
    assert run_module(module, **arguments)["changed"] is False


def test_prune_spares_what_somebody_has_tagged(repository, engine, image, run_module):
    [entry] = run_module(module, images=[image()])["images"]
    ecr = boto3.client("ecr", region_name="eu-west-1")
    [found] = ecr.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": entry["tag"]}])["images"]
    ecr.put_image(repositoryName=REPOSITORY, imageManifest=found["imageManifest"], imageTag="release-1")
    assert run_module(module, images=[], prune=[REPOSITORY])["pruned"] == []
    assert set(tags()) == {entry["tag"], "release-1"}


def test_prune_spares_a_new_image_that_equals_an_old_one(repository, engine, image, run_module):
    """Another comment in a Dockerfile is another context, and the same image."""
    run_module(module, images=[image(dockerfile="FROM scratch\n")])
    wanted = [image(dockerfile="FROM scratch\n# why\n")]
    (entry,) = run_module(module, images=wanted, prune=[REPOSITORY])["images"]
    assert entry["tag"] in tags()


def test_prune_spares_what_task_definitions_name(aws, repository, engine, image, run_module):
    """Those of the environment, of another one that runs what this one has built, and of strangers."""
    by_content = {}
    for content in ("gone", "kept", "unpinned", "untold", "promoted", "pinned", "theirs", "new"):
        [by_content[content]] = run_module(module, images=[image(content=content)])["images"]
    for content in ("gone", "kept", "new"):
        register(run_module, by_content[content]["uri"])
    register(run_module, by_content["promoted"]["uri"], "prod")
    by_hand("test-unpinned", f"{REPOSITORY}:{by_content['unpinned']['tag']}")
    by_hand("test-untold", by_content["untold"]["uri"])
    by_hand("others", f"{REPOSITORY}:{by_content['pinned']['tag']}")
    by_hand("others", by_content["theirs"]["uri"])
    done = run_module(module, images=[], prune=[REPOSITORY])
    assert [each["digest"] for each in done["pruned"]] == [by_content["gone"]["digest"]]


def register(run_module, uri, environment="test"):
    """A revision of ours that names an image; two are kept."""
    container = {"name": "extract", "image": uri}
    tags = [{"key": "farflow:environment", "value": environment}]
    definition = {"family": f"{environment}-extract", "cpu": 256, "memory": 512, "container_definitions": [container]}
    run_module(ecs_task_definitions, task_definitions=[{**definition, "tags": tags}], keep_revisions=2)


def by_hand(family, image):
    ecs = boto3.client("ecs", region_name="eu-west-1")
    container = {"name": "extract", "image": image if "@" in image else f"registry/{image}", "memory": 512}
    ecs.register_task_definition(family=family, containerDefinitions=[container])


def test_nothing_is_pruned_unasked(repository, engine, image, run_module):
    run_module(module, images=[image(content="1")])
    run_module(module, images=[image(content="2")])
    assert len(tags()) == 2
