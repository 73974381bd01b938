"""Which image is wanted, as the context, the base, ECR and farflow_rebuild decide it."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import images
from ansible_collections.farflow.airflow.plugins.module_utils.environment.images import Image
from ansible_collections.farflow.airflow.plugins.module_utils.images import documents as ecr_images

CONTEXT = "0123456789abcdef0123"
NAME = f"dev-tasks:extract-{CONTEXT}"
INPUTS = {
    "farflow_environment": "dev",
    "farflow_region": "eu-west-1",
    "farflow_registry": None,
    "farflow_image_builder": "docker",
}


def known(*names):
    """ECR has images of these names."""
    address = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev-tasks"
    found = [
        image
        for name in names
        for image in ecr_images.canonical(
            "dev-tasks", address, {"imageDigest": f"sha256:{name}", "imageTags": [name.partition(":")[2]]}
        )
    ]
    return Existing([*found, *ecr_images.newest_builds(found)])


def image(name=NAME, **more):
    return Image(name, {"repository": "dev-tasks", "name": "extract", "context": "/extract"}, **more)


def wanted(image, known):
    (resource,) = images.desired([image], INPUTS, known)
    return resource


@pytest.mark.parametrize(
    ("there", "again", "expected"),
    [
        ([], False, NAME),
        ([], True, NAME),
        ([NAME], False, NAME),
        ([NAME], True, f"{NAME}.2"),
        ([NAME, f"{NAME}.2"], False, f"{NAME}.2"),
        ([f"{NAME}.2"], False, f"{NAME}.2"),  # the first one has been deleted
        ([NAME, f"{NAME}.9"], True, f"{NAME}.10"),
        (["dev-tasks:extract-99999999999999999999.7"], True, NAME),
    ],
)
def test_the_newest_build_or_the_one_after_it(there, again, expected):
    assert wanted(image(again=again), known(*there)).name == expected


def test_what_was_built_again_stays_the_wanted_image():
    before = known(NAME)
    again = wanted(image(again=True), before).name
    assert image(again=True).uri(before) == UNKNOWN
    after = known(NAME, again)
    assert wanted(image(), after).name == again
    assert image().uri(after).endswith(f"@sha256:{again}")


def test_the_builder_is_told_the_number_and_the_plan_the_reason():
    resource = wanted(image(again=True), known(NAME))
    assert resource.arguments["build"] == 2
    assert [action.reasons for action in plan([resource], [])] == [("built again",)]
    assert "build" not in wanted(image(), known(NAME)).arguments


def test_an_image_follows_its_base():
    base = image(f"dev-tasks:base-{CONTEXT}")
    before = wanted(image(base=base), known())
    assert before.arguments["base"] == f"dev-tasks:base-{CONTEXT}"
    after = wanted(image(base=image(f"dev-tasks:base-{CONTEXT[::-1]}")), known())
    again = wanted(image(base=image(f"dev-tasks:base-{CONTEXT}", again=True)), known(f"dev-tasks:base-{CONTEXT}"))
    assert again.arguments["base"] == f"dev-tasks:base-{CONTEXT}.2"
    assert len({NAME, before.name, after.name, again.name}) == 4


def test_the_module_builds_under_the_name_that_the_layer_wants(tmp_path):
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    arguments = {"repository": "dev-tasks", "name": "extract", "context": str(tmp_path)}
    base = image(f"dev-tasks:base-{CONTEXT}", again=True)
    made = Image(ecr_images.desired(arguments).name, arguments, base)
    for again in (False, True):
        resource = wanted(Image(made.name, arguments, base, again), known(f"dev-tasks:base-{CONTEXT}"))
        assert ecr_images.desired(resource.arguments).name == resource.name


def test_what_others_build_is_taken_in_its_newest_build_or_refused():
    expected = image(expected_by="dag_tasks_images.extract")
    assert images.desired([expected], INPUTS, known()) == []
    assert expected.uri(known(NAME, f"{NAME}.2")).endswith(".2")
    assert expected.refusal(known(NAME)) == []
    (refusal,) = expected.refusal(known())
    assert refusal.startswith(f"dag_tasks_images.extract: is not given, and ECR has no {NAME}")


def test_an_image_may_be_based_on_a_given_one():
    base = images.given(INPUTS, "dag_tasks_images.base", "team/base:1")
    assert wanted(image(base=base), known()).arguments["base"] == "team/base:1"
