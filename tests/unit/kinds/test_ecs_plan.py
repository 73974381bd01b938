"""The plan for many families from what lists tell, with descriptions of suspects only."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CHANGE, CREATE, DELETE
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.shapes.shapes import snake
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.task_definition import documents as pure
from hypothesis import given
from hypothesis import strategies as st

ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/"


def wanted(family="prod-a", image="x", **changed):
    containers = [{"name": "web", "image": image}]
    tags = [{"key": "farflow:environment", "value": "prod"}]
    return pure.desired(
        {"family": family, "cpu": 256, "memory": 512, "container_definitions": containers, "tags": tags, **changed}
    )


def answer(resource, revision, **tags):
    """What DescribeTaskDefinition says of a revision of the resource's content."""
    document = {**pure.request(resource), "taskDefinitionArn": f"{ARN}{resource.name}:{revision}"}
    all_tags = {**pure.tags_with_digest(resource, revision), **tags}
    return {"taskDefinition": document, "tags": [{"key": key, "value": value} for key, value in all_tags.items()]}


def index(*pairs):
    """An index of the newest revisions of resources, with the tags that we write."""
    tags = {f"{ARN}{each.name}:{revision}": pure.tags_with_digest(each, revision) for each, revision in pairs}
    return pure.Index.of(tags, tags)


def never(arns):
    raise AssertionError(f"described {arns}")


def test_what_the_lists_prove_is_not_described():
    some = [wanted("prod-a"), wanted("prod-b")]
    assert pure.plan_task_definitions(some, index((some[0], 3), (some[1], 1)), never) == []


def test_creates_changes_and_deletes():
    old, new = wanted("prod-a", image="old"), wanted("prod-a", image="new")
    gone = wanted("prod-gone")
    asked = []

    def describe(arns):
        asked.append(arns)
        return {arn: answer(old, 3) for arn in arns}

    actions = pure.plan_task_definitions([wanted("prod-new"), new], index((old, 3), (gone, 1)), describe)
    assert [(each.kind, each.resource.name, each.reasons, each.resource.id) for each in actions] == [
        (CREATE, "prod-new", (), None),
        (CHANGE, "prod-a", ("image old -> new",), f"{ARN}prod-a:3"),
        (DELETE, "prod-gone", (), f"{ARN}prod-gone:1"),
    ]
    assert asked == [[f"{ARN}prod-a:3"]]


def test_a_digest_of_another_revision_proves_nothing():
    resource = wanted()
    copied = {f"{ARN}prod-a:2": pure.tags_with_digest(resource, 1)}
    asked = []

    def describe(arns):
        asked.extend(arns)
        return {arns[0]: answer(wanted(image="another"), 2)}

    [action] = pure.plan_task_definitions([resource], pure.Index.of(copied, copied), describe)
    assert (action.reasons, asked) == (("image another -> x",), [f"{ARN}prod-a:2"])


def test_what_is_not_known_yet_is_a_blocked_change():
    before = wanted()
    after = wanted(image=UNKNOWN)
    arn = f"{ARN}prod-a:1"
    [action] = pure.plan_task_definitions([after], index((before, 1)), lambda arns: {arn: answer(before, 1)})
    assert (action.blocked, action.reasons) == (True, (f"image x -> {UNKNOWN}",))


def test_the_newest_revision_counts_by_number():
    arns = [f"{ARN}prod-a:{revision}" for revision in (9, 10, 2)]
    assert pure.Index.of(arns, {}).newest("prod-a") == f"{ARN}prod-a:10"
    assert pure.surplus(pure.Index.of(arns, {}), "prod-a", 3) == [f"{ARN}prod-a:2"]


def test_a_foreign_newest_revision_still_belongs_to_the_environment():
    ours = wanted()
    seen = pure.Index.of(
        [f"{ARN}prod-a:1", f"{ARN}prod-a:2", f"{ARN}prod-strange:1"],
        {f"{ARN}prod-a:1": pure.tags_with_digest(ours, 1)},
    )
    assert list(seen.tagged("farflow:environment", "prod").arns) == ["prod-a"]
    found = {each.name: (each.id, each.properties["tags"].get("farflow:environment")) for each in seen.resources()}
    assert found == {"prod-a": (f"{ARN}prod-a:2", "prod"), "prod-strange": (f"{ARN}prod-strange:1", None)}


@pytest.mark.parametrize(
    ("name", "as_written"),
    [
        ("sizeInGiB", "size_in_gib"),
        ("enableECSManagedTags", "enable_ecs_managed_tags"),
        ("managedEBSVolume", "managed_ebs_volume"),
        ("awsvpcConfiguration", "awsvpc_configuration"),
        ("s3filesVolumeConfiguration", "s3files_volume_configuration"),
        ("readonlyRootFilesystem", "readonly_root_filesystem"),
    ],
)
def test_names_as_users_write_them(name, as_written):
    assert snake(name) == as_written


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=8))
def test_any_environment_survives_the_way_to_aws_and_back(environment):
    containers = [
        {
            "name": "web",
            "image": "x",
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
        }
    ]
    resource = wanted(container_definitions=containers)
    document = {**pure.request(resource), "taskDefinitionArn": f"{ARN}prod-a:1"}
    back = pure.canonical(document, document["tags"])
    assert back.properties == resource.properties
    assert pure.digest(back, 1) == pure.digest(resource, 1)


@pytest.mark.parametrize(
    ("told", "is_named"),
    [
        ("a" * 24, True),
        (f"{'b' * 24} {'a' * 24}", True),
        ("b" * 24, False),
        ("registry/prod-tasks@sha256:" + "a" * 64, True),
        ("registry/other@sha256:" + "b" * 64, False),
        ("registry/prod-tasks:load-1", True),
        ("registry/prod-tasks:load-11", False),
        ("registry/some-prod-tasks:load-1", False),
        ("x", False),
    ],
)
def test_an_image_is_named_by_its_digest_or_its_tag(told, is_named):
    assert pure.names_image(told, "prod-tasks:load-1", "sha256:" + "a" * 64) == is_named


def test_the_images_of_ten_containers_are_told_in_one_tag():
    containers = [{"name": f"c{n}", "image": f"registry/tasks@sha256:{n}{'0' * 63}"} for n in range(10)]
    tags = pure.tags_with_digest(wanted(container_definitions=containers), 1)
    assert len(tags[pure.IMAGES].split()) == 10
    assert len(tags[pure.IMAGES]) <= 256
    assert pure.IMAGES not in pure.tags_with_digest(wanted(image="registry/tasks:latest"), 1)
