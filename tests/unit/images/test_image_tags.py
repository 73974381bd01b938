from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.images import documents as ecr_images

ADDRESS = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/test-tasks"
OLD, NEW = "0123456789abcdef0123", "fedcba98765432100123"


def listed(digest, *tags):
    return ecr_images.canonical("test-tasks", ADDRESS, {"imageDigest": digest, "imageTags": list(tags)})


@pytest.fixture
def image(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return {"repository": "test-tasks", "name": "extract", "context": str(tmp_path)}


@pytest.mark.parametrize("name", ["a", "multi_task", "a-b.c", "_x", "9"])
def test_a_tag_is_the_name_and_the_beginning_of_the_digest(name):
    assert ecr_images.tag_of(name, "ab" * 32) == f"{name}-{'ab' * 10}"


def test_a_long_name_is_cut_and_stays_distinct():
    one, other = (ecr_images.tag_of("x" * 200 + end, "ab" * 32) for end in "ab")
    assert len(one) == len(other) == 128 - len(".9999")
    assert one != other


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a/b", "a:b", "größe"])
def test_a_name_that_no_tag_can_hold_is_refused(name):
    with pytest.raises(FarflowError, match="image name"):
        ecr_images.tag_of(name, "ab" * 32)


def test_what_is_listed_pins_itself():
    (image,) = listed("sha256:1", f"extract-{NEW}")
    assert image.name == f"test-tasks:extract-{NEW}"
    assert image.id == "sha256:1"
    assert image.attributes["uri"] == f"{ADDRESS}@sha256:1"


@pytest.mark.parametrize("tag", ["latest", "extract", f"extract-{NEW[:-1]}", f"-{NEW}", f"extract-{NEW.upper()}"])
def test_images_with_other_tags_are_not_ours(tag):
    assert listed("sha256:1", tag) == []


def test_an_untagged_image_is_not_ours():
    assert ecr_images.canonical("test-tasks", ADDRESS, {"imageDigest": "sha256:1"}) == []


def test_a_plan_builds_what_is_missing_and_knows_what_is_there(image):
    wanted = ecr_images.desired(image)
    (missing,) = plan([wanted], [])
    assert missing.kind == "create"
    there = listed("sha256:1", wanted.attributes["tag"])
    assert plan([wanted], there) == []
    assert Existing(there).attribute("image", wanted.name, "uri") == f"{ADDRESS}@sha256:1"


def test_architecture_and_arguments_are_part_of_the_tag(image):
    others = [{"architecture": "ARM64"}, {"build_args": {"A": 1}}, {"target": "x"}, {"exclude": ["Dockerfile"]}]
    names = {ecr_images.desired({**image, **other}).name for other in [{}, *others]}
    assert len(names) == 5


@pytest.mark.parametrize("value", [True, 3.10, None, ["x"]])
def test_a_build_argument_that_would_reach_the_build_as_another_text_is_refused(image, value):
    with pytest.raises(FarflowError, match="build argument DEBUG: is .*, allowed: a text; write it in quotes"):
        ecr_images.desired({**image, "build_args": {"DEBUG": value}})


def test_numbers_and_texts_are_the_same_build_argument(image):
    one, other = ({**image, "build_args": {"VERSION": value}} for value in (3, "3"))
    assert ecr_images.desired(one).name == ecr_images.desired(other).name


def test_the_base_is_part_of_the_tag(image):
    alone, one, other = (ecr_images.desired({**image, **base}).name for base in ({}, {"base": "a:1"}, {"base": "a:2"}))
    assert len({alone, one, other}) == 3
    assert ecr_images.based_on(alone, "a:1") == one


def test_another_build_of_the_same_has_a_number(image):
    first, third = (ecr_images.desired({**image, "build": build}) for build in (1, 3))
    assert third.name == f"{first.name}.3"
    assert third.attributes["context"] == first.attributes["context"]


@pytest.mark.parametrize("build", [-1, 10000])
def test_a_build_without_a_tag_is_refused(image, build):
    with pytest.raises(FarflowError, match="allowed: from 1 to 9999"):
        ecr_images.desired({**image, "build": build})


def test_the_newest_build_is_that_of_the_highest_number():
    tags = [f"extract-{NEW}.10", f"extract-{NEW}.9", f"extract-{NEW}", f"extract-{OLD}", f"load-{NEW}.2"]
    images = [image for number, tag in enumerate(tags) for image in listed(f"sha256:{number}", tag)]
    found = {one.name: one.attributes["build"] for one in ecr_images.newest_builds(images)}
    assert found == {f"test-tasks:extract-{NEW}": 10, f"test-tasks:extract-{OLD}": 1, f"test-tasks:load-{NEW}": 2}


@pytest.mark.parametrize("end", [".1", ".0", ".02", ".10000", ".", ".x"])
def test_other_numbers_are_not_ours(end):
    assert listed("sha256:1", f"extract-{NEW}{end}") == []


def test_a_build_of_the_same_context_says_so(image):
    wanted = ecr_images.desired({**image, "build": 2})
    assert ecr_images.reason(wanted, listed("sha256:1", f"extract-{wanted.attributes['context']}")) == "built again"


def test_the_reason_names_the_newest_image_of_that_name(image):
    wanted = ecr_images.desired(image)
    actual = [
        *listed("sha256:9", f"extract-more-{OLD}"),
        *listed("sha256:2", f"extract-{NEW}"),
        *listed("sha256:1", f"extract-{OLD}"),
    ]
    assert ecr_images.reason(wanted, actual) == f"context {NEW} -> {wanted.attributes['context']}"
    assert ecr_images.reason(wanted, actual[:1]) == "created"


def test_kept_images_are_named_by_digest_or_by_what_runs_them():
    images = [image for number in "123" for image in listed(f"sha256:{number}", f"extract-{number * 20}")]
    left = ecr_images.superfluous(plan([], images), ["sha256:1", f"{ADDRESS}@sha256:3"])
    assert [image.id for image in left] == ["sha256:2"]
