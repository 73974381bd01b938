"""Which images are in use, and what it costs in calls to know."""

from __future__ import annotations

import boto3
import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.images import in_use as images_in_use
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs import task_definition as ecs_task_definitions
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import documents as pure

REPOSITORY = "dev-tasks"
LETTERS = "abcdef"


@pytest.fixture
def clients(ecs):
    return Clients(boto3.Session().client)


def digest(letter):
    return f"sha256:{letter * 64}"


IMAGES = [
    Resource("image", f"{REPOSITORY}:load-{letter * 20}", {}, digest(letter), {"repository": REPOSITORY})
    for letter in LETTERS
]


def named(letter):
    return f"registry/{REPOSITORY}@{digest(letter)}"


def register(clients, family, *images):
    """A revision of ours of which the containers name images."""
    containers = [{"name": f"part-{number}", "image": image} for number, image in enumerate(images)]
    tags = [{"key": "farflow:environment", "value": family.split("-")[0]}]
    given = {"family": family, "cpu": 256, "memory": 512, "container_definitions": containers, "tags": tags}
    wanted = [pure.desired(given)]
    index = ecs_task_definitions.read(clients, [family])
    ecs_task_definitions.reconcile(clients, wanted, index, check_mode=False, keep=3)


def by_hand(ecs, family, image, **members):
    given = {"family": family, "cpu": "256", "containerDefinitions": [{"name": "web", "image": image}], **members}
    ecs.task_definitions.RegisterTaskDefinition(given)


def used(ecs, clients, images=IMAGES):
    """The letters of the images in use, and how many revisions were described."""
    ecs.forget_calls()
    found = images_in_use.in_use(clients, images)
    letters = "".join(each for each in LETTERS if digest(each) in found)
    return letters, ecs.wire.operations().count("DescribeTaskDefinition")


def test_all_revisions_of_every_environment_tell_by_their_tags(ecs, clients):
    register(clients, "dev-load", named("a"))
    register(clients, "dev-load", named("b"))
    register(clients, "prod-load", named("c"), named("d"))
    assert used(ecs, clients) == ("abcd", 0)


def test_nothing_is_asked_for_no_images(ecs, clients):
    register(clients, "dev-load", named("a"))
    assert used(ecs, clients, []) == ("", 0)
    assert ecs.call_count == 0


def test_of_strangers_the_newest_revision_is_described(ecs, clients):
    register(clients, "dev-load", named("a"))
    for family in ("one", "two"):
        for _unused in range(5):
            by_hand(ecs, family, "registry/theirs:1")
    assert used(ecs, clients) == ("a", 2)


def test_all_revisions_of_a_stranger_who_takes_images_from_the_repository_are(ecs, clients):
    by_hand(ecs, "one", f"registry/{REPOSITORY}:load-{'e' * 20}")
    by_hand(ecs, "one", f"registry:5000/{REPOSITORY}@{digest('f')}")
    by_hand(ecs, "two", f"registry/other-{REPOSITORY}@{digest('d')[:-1]}0")
    assert used(ecs, clients) == ("ef", 3)


def test_tags_tell_nothing_where_an_image_is_named_by_its_tag(ecs, clients):
    register(clients, "dev-load", named("a"), f"registry/{REPOSITORY}:load-{'b' * 20}")
    assert used(ecs, clients) == ("ab", 1)


def test_inherited_tags_tell_nothing(ecs, clients):
    """The console gives a new revision the tags of the one that it was made from."""
    register(clients, "dev-load", named("a"))
    first = ecs_task_definitions.read_all(clients)
    tags = [{"key": key, "value": value} for key, value in first.tags[first.newest("dev-load")].items()]
    by_hand(ecs, "dev-load", named("b"), tags=tags)
    assert used(ecs, clients) == ("ab", 1)
