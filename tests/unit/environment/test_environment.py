"""What a look makes of what it sees, on layers of the test's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN
from ansible_collections.farflow.airflow.plugins.module_utils.engine.references import AFTER, reference
from ansible_collections.farflow.airflow.plugins.module_utils.environment.plan import (
    Layer,
    as_result,
    look,
    unfinished,
    without_failed,
)
from ansible_collections.farflow.airflow.plugins.module_utils.environment.reader import Reader
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecs.service import documents as ecs_services

SIDE = {"tags": {"farflow:role": "side"}}


def definition(memory, revision=None):
    return Resource("definition", "a", {"memory": memory, **SIDE}, revision)


def service(definition_id, count=1, id_=None):
    return Resource("service", "a", {"definition": definition_id, "count": count, **SIDE}, id_)


def seen(desired, existing, **layer):
    """One look at a layer that desires and finds these."""
    layer = Layer("side", lambda inputs, known: desired(known), [Reader(lambda *_unused: existing, ())], **layer)
    return look(None, {}, {"side": layer}, ["side"])


def told(result):
    return [(action["kind"], action["type"], action["name"], action["reasons"]) for action in result]


def test_who_refers_to_what_a_change_renews_changes_too():
    found = seen(
        lambda known: [definition(2048), service(known.id("definition", "a"))],
        [definition(1024, "a:1"), service("a:1", id_="arn")],
        replaces_id=lambda change: change.resource.type == "definition",
    )
    layer = as_result(found)["layers"]["side"]
    assert told(layer["actions"]) == [
        ("change", "definition", "a", ["memory 1024 -> 2048"]),
        ("change", "service", "a", [f"definition a:1 -> {UNKNOWN}"]),
    ]
    assert [action["blocked"] for action in layer["actions"]] == [False, False]


def test_who_refers_to_what_keeps_its_id_stays():
    found = seen(
        lambda known: [definition(2048), service(known.id("definition", "a"))],
        [definition(1024, "a:1"), service("a:1", id_="arn")],
    )
    assert [action.resource.type for action in found.actions["side"]] == ["definition"]


def test_of_two_with_one_name_all_refer_to_the_one_that_stays():
    """As the lost answer to CreateVpc leaves them: the first is half made, and the second was made again."""
    found = seen(
        lambda known: [definition(2048), service(known.id("definition", "a"))],
        [definition(1024, "lost"), definition(2048, "found"), service("found", id_="arn")],
    )
    assert [(each.kind, each.resource.id) for each in found.actions["side"]] == [("delete", "lost")]


def part(name, owner="volume"):
    return Resource("part", name, SIDE, f"id-{name}", part_of=("whole", owner))


WHOLE = Resource("whole", "volume", SIDE, "id", arguments={"name": "volume", "parts": ["a"]})


def ecs_service(count, deployment="ecs-svc/1", rollout="COMPLETED"):
    properties = {"desired_count": count, "rollout_state": rollout, **SIDE}
    return Resource(ecs_services.TYPE, "web", properties, "arn", {ecs_services.DEPLOYMENT: deployment})


STARTED = {
    "nothing": ({}, ecs_service(1), 1),
    "what still runs": ({"web": "ecs-svc/1"}, ecs_service(1), 1),
    "what failed": ({"web": "ecs-svc/1"}, ecs_service(2, rollout="FAILED"), 0),
    "what failed in an earlier run": ({}, ecs_service(2, rollout="FAILED"), 1),
    "what was rolled back": ({"web": "ecs-svc/2"}, ecs_service(1), 0),
    "another service": ({"worker": "ecs-svc/2"}, ecs_service(1), 1),
}


@pytest.mark.parametrize(("started", "found", "left"), STARTED.values(), ids=STARTED.keys())
def test_a_run_does_not_try_again_what_failed_in_it(started, found, left):
    seen_ = without_failed(seen(lambda known: [ecs_service(2)], [found]), started)
    assert as_result(seen_)["pending"] == left


def test_a_service_that_is_yet_to_be_made_has_not_failed():
    seen_ = without_failed(seen(lambda known: [ecs_service(2)], []), {"web": "ecs-svc/1"})
    assert told(as_result(seen_)["layers"]["side"]["actions"]) == [("create", "ecs_service", "web", [])]


def test_what_only_an_existing_one_has_is_no_argument_of_a_change():
    wanted = Resource("address", "a", {"tags": {"farflow:role": "side", "team": "data"}})
    found = Resource("address", "a", SIDE, "eipalloc-1", {"used": False})
    layer = as_result(seen(lambda known: [wanted], [found]))["layers"]["side"]
    assert layer["present"] == {"address": [{**wanted.properties, "name": "a", "id": "eipalloc-1"}]}


def test_a_part_goes_by_the_hand_of_what_it_belongs_to():
    desired = [WHOLE, Resource("part", "volume/a", SIDE, attributes=WHOLE.attributes)]
    layer = as_result(seen(lambda known: desired, [WHOLE, part("volume/a"), part("volume/b")]))["layers"]["side"]
    assert told(layer["actions"]) == [("delete", "part", "volume/b", [])]
    assert layer["present"] == {"part": [{"name": "volume", "parts": ["a"]}]}
    assert layer["absent"] == {}


def test_a_part_of_what_goes_too_needs_no_other_hand():
    layer = as_result(seen(lambda known: [], [WHOLE, part("volume/a")]))["layers"]["side"]
    assert layer["present"] == {}
    assert set(layer["absent"]) == {"whole", "part"}


def test_what_outlives_stays_with_its_parts_whatever_its_name():
    """As a file system that was restored from a backup, with the tags of the one that is desired."""
    desired = [WHOLE, Resource("part", "volume/a", SIDE, attributes=WHOLE.attributes)]
    restored = [Resource("whole", "restored", SIDE, "id-2"), part("restored/a", "restored")]
    existing = [WHOLE, part("volume/a"), part("volume/b"), *restored]
    found = seen(lambda known: desired, existing, kept_until_teardown=frozenset({"whole"}))
    assert [each.resource.name for each in found.actions["side"]] == ["volume/b"]


def test_a_layer_guards_what_outlives_it_whichever_role_a_hand_has_written_on_it():
    """As on a snapshot of the database, which no other layer can delete."""
    snapshot = Resource("snapshot", "by hand", SIDE, "id")
    side = Layer("side", lambda inputs, known: [], [Reader(lambda *_unused: [snapshot], ())])
    guard = Layer("guard", lambda inputs, known: [], [], kept_until_teardown=frozenset({"snapshot"}))
    layers = {"side": side, "guard": guard}
    assert look(None, {}, layers, layers).actions == {"side": [], "guard": []}
    torn_down = look(None, {}, layers, layers, kept=lambda resource: False)
    assert [each.resource.name for each in torn_down.actions["guard"]] == ["by hand"]
    assert torn_down.actions["side"] == []


def test_what_the_hands_did_not_mend_is_named():
    stubborn = seen(lambda known: [definition(2048)], [definition(1024, "a:1")])
    before = as_result(stubborn)["layers"]["side"]["actions"]
    line = "change definition a (a:1): memory 1024 -> 2048\na change: look who else sets what stands there, "
    assert unfinished(stubborn, before).startswith(f"did not converge, AWS does not show what was asked for:\n{line}")
    assert unfinished(stubborn, converged=True).startswith(f"did not converge, this is left to do:\n{line}")


def test_of_what_aws_has_made_and_given_up_the_reason_is_told():
    """As a NAT gateway, which is there for a moment, and then has failed."""
    gone = Resource("failed service", "a", {}, "nat-1", reason="Quota: no address is left")
    stubborn = seen(lambda known: [service("arn")], [gone])
    before = as_result(stubborn)["layers"]["side"]["actions"]
    line = "create service a: the last one failed: Quota: no address is left"
    assert unfinished(stubborn, before).endswith(f":\n{line}")
    assert unfinished(stubborn, converged=True).endswith(f":\n{line}")


def test_what_was_mended_or_waits_is_not_held_against_the_operations():
    stubborn = seen(lambda known: [definition(2048)], [definition(1024, "a:1")])
    actions = as_result(stubborn)["layers"]["side"]["actions"]
    assert unfinished(stubborn, [{**action, "blocked": True} for action in actions]) == ""
    assert unfinished(stubborn, actions, under_way=["definition"]) == ""
    assert unfinished(stubborn) == ""
    mended = seen(lambda known: [definition(1024)], [definition(1024, "a:1")])
    assert unfinished(mended, actions, converged=True) == ""


def in_turn(*desired, existing=(), under_way=()):
    """What can be done now, one after another, and whether it has to be looked again."""
    result = as_result(seen(lambda known: list(desired), list(existing)), under_way)
    layer = result["layers"]["side"]
    assert layer["possible"] == sum(not each["blocked"] for each in layer["actions"])
    return [each["name"] for some in layer["present"].values() for each in some], result["waits"]


def step(name, *needs, type_="step", after=()):
    return Resource(type_, name, {"needs": [reference("step", each) for each in needs], **SIDE}, after=after)


def test_what_needs_ids_alone_can_be_done_in_turn():
    assert in_turn(step("a"), step("b", "a"), step("c", "a", "b")) == (["a", "b", "c"], True)
    assert in_turn(step("a"), step("b")) == (["a", "b"], False)


@pytest.mark.parametrize(
    "blocked",
    [
        step("b", "elsewhere"),
        step("b", "a", after=(UNKNOWN,)),
        step("b", "b"),
        Resource("step", "b", {"address": UNKNOWN, **SIDE}, after=(reference("step", "a"),)),
    ],
    ids=["of what nobody makes", "of what only a look tells", "of itself", "in part"],
)
def test_what_needs_more_than_what_is_made_is_not_done_in_turn(blocked):
    assert in_turn(step("a"), blocked, step("c", "b")) == (["a"], True)


def test_nothing_is_done_in_turn_after_what_is_under_way_or_goes():
    assert in_turn(step("image", type_="image"), step("b", "image"), under_way=["image"]) == ([], True)
    gone = Resource("step", "a", SIDE, "id-1")
    assert in_turn(step("b", "a"), existing=[replace(gone, id=None)])[0] == []


def test_with_what_is_made_goes_what_has_to_be_there_before():
    layer = as_result(seen(lambda known: [step("a"), step("b", after=(reference("step", "a"), "id-9"))], []))
    a, b = layer["layers"]["side"]["present"]["step"]
    assert AFTER not in a
    assert b[AFTER] == [reference("step", "a")]


def test_layers_in_which_aws_makes_something_are_told():
    database = Resource("database", "a", SIDE, "id-1", {"state": "creating"})
    assert as_result(seen(lambda known: [database], [database]))["in_progress"] == ["side"]
    assert as_result(seen(lambda known: [database], [replace(database, attributes={})]))["in_progress"] == []


def two_layers(first, second):
    """What can be done in each of two layers, which are made one after the other."""
    layers = {
        name: Layer(name, lambda inputs, known, some=some: some, []) for name, some in (("a", first), ("b", second))
    }
    result = as_result(look(None, {}, layers, ["a", "b"]))
    return [[each["name"] for each in layer["present"].get("step", [])] for layer in result["layers"].values()]


def test_what_needs_an_id_that_a_later_layer_makes_is_done_after_the_next_look():
    assert two_layers([step("a"), step("b", "c")], [step("c"), step("d", "a")]) == [["a"], ["c", "d"]]


def test_nothing_goes_before_what_comes_in_its_place():
    """As a route table: without one, its subnets have no way out."""
    old = Resource("step", "old", SIDE, "id-1")
    after_a_look = Resource("step", "new", {"address": UNKNOWN, **SIDE})
    result = as_result(seen(lambda known: [after_a_look], [old]))
    assert result["layers"]["side"]["absent"] == {}
    assert result["waits"]
    result = as_result(seen(lambda known: [step("new")], [old]))
    assert list(result["layers"]["side"]["absent"]) == ["step"]


def test_what_differs_in_another_way_after_each_change_is_not_changed_for_ever():
    stubborn = seen(lambda known: [definition(2048)], [definition(1024, "a:1")])
    once = {"kind": "change", "type": "definition", "name": "a", "blocked": False}
    others = [{**once, "reasons": [f"memory {memory} -> 2048"]} for memory in range(5)]
    assert unfinished(stubborn, others[:4]) == ""
    assert "did not converge" in unfinished(stubborn, others)


def test_after_an_action_only_layers_are_looked_at_again_that_it_can_have_affected():
    def layer(name, *needs, wants=()):
        return Layer(name, lambda inputs, known: list(wants), [], needs=needs)

    wanted = [Resource("step", "a", SIDE)]
    layers = [layer("ground"), layer("side"), layer("wall", "ground", wants=wanted), layer("roof", "wall")]
    by_name = {each.name: each for each in layers}
    assert as_result(look(None, {}, by_name, by_name))["affected"] == ["wall", "roof"]
    assert as_result(look(None, {}, by_name, ["ground", "side"]))["affected"] == []
