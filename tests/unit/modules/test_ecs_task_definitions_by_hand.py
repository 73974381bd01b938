"""Revisions that others registered, deregistered or tagged, and those that were superseded."""

from __future__ import annotations

import copy

import pytest
from given_task_definitions import container, edited, run, task


def active(ecs):
    """The numbers of the ACTIVE revisions."""
    stored = ecs.task_definitions.stored.values()
    return [each["revision"] for each in stored if each["status"] == "ACTIVE"]


def stranger_registers(ecs, register=None, **changed):
    """Somebody registers the newest revision again with changes, in the console: with the old one's tags."""
    register = register or ecs.task_definitions.RegisterTaskDefinition
    newest = copy.deepcopy(ecs.task_definitions.resolved("test-numbers"))
    tags = [{"key": key, "value": value} for key, value in ecs.tags.by_arn[newest["taskDefinitionArn"]].items()]
    return register({**newest, **changed, "tags": tags})


def test_a_foreign_newer_revision_is_mended(ecs, run_module):
    run(run_module, task())
    stranger_registers(ecs, memory="2048")
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (3, ["memory 2048 -> 1024"])
    assert run(run_module, task())["changed"] is False


def test_a_foreign_revision_with_the_same_content_gets_our_tags(ecs, run_module):
    run(run_module, task())
    stranger_registers(ecs)
    ecs.forget_calls()
    [entry] = run(run_module, task())["task_definitions"]
    assert entry["revision"] == 2
    assert [reason.split(" ")[:2] for reason in entry["reasons"]] == [["tags", "farflow:digest"]]
    assert ecs.wire.mutations() == ["TagResource"]
    assert run(run_module, task())["changed"] is False


def test_a_foreign_revision_without_any_tags_is_mended(ecs, run_module):
    run(run_module, task())
    newest = ecs.task_definitions.resolved("test-numbers")
    ecs.task_definitions.RegisterTaskDefinition({**copy.deepcopy(newest), "memory": "2048"})
    [entry] = run(run_module, task())["task_definitions"]
    lost = ["tags farflow:environment (none) -> test", "tags team (none) -> data"]
    assert (entry["revision"], entry["reasons"]) == (3, ["memory 2048 -> 1024", *lost])
    assert run(run_module, task())["changed"] is False


def test_a_foreign_revision_that_is_deregistered_again_leaves_nothing_to_mend(ecs, run_module):
    run(run_module, task())
    stranger_registers(ecs, memory="2048")
    ecs.task_definitions.DeregisterTaskDefinition({"taskDefinition": "test-numbers:2"})
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["changed"]) == (1, False)


def test_a_deregistered_revision_is_mended(ecs, run_module):
    run(run_module, task())
    run(run_module, task(memory=2048))
    ecs.task_definitions.DeregisterTaskDefinition({"taskDefinition": "test-numbers:2"})
    [entry] = run(run_module, task(memory=2048))["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (3, ["memory 1024 -> 2048"])
    assert run(run_module, task(memory=2048))["changed"] is False


def test_the_only_revision_deregistered_is_made_anew(ecs, run_module):
    run(run_module, task())
    ecs.task_definitions.DeregisterTaskDefinition({"taskDefinition": "test-numbers:1"})
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (2, ["created"])
    ecs.forget_calls()
    assert run(run_module, task())["changed"] is False
    assert "DescribeTaskDefinition" not in ecs.wire.operations()


def test_a_call_that_was_repeated_since_its_answer_was_lost_leaves_no_double(ecs, run_module, monkeypatch):
    register = ecs.task_definitions.RegisterTaskDefinition

    def registers_twice(request):
        register(copy.deepcopy(request))
        return register(request)

    monkeypatch.setattr(ecs.task_definitions, "RegisterTaskDefinition", registers_twice)
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (2, ["created"])
    assert active(ecs) == [2]
    assert run(run_module, task())["changed"] is False


def test_a_strangers_revision_is_no_double(ecs, run_module, monkeypatch):
    run(run_module, task())
    stranger_registers(ecs, memory="4096")
    register = ecs.task_definitions.RegisterTaskDefinition

    def comes_second(request):
        stranger_registers(ecs, register, memory="2048")
        return register(request)

    monkeypatch.setattr(ecs.task_definitions, "RegisterTaskDefinition", comes_second)
    [entry] = run(run_module, task())["task_definitions"]
    assert entry["revision"] == 4
    assert active(ecs) == [1, 2, 3, 4]


def test_from_a_to_b_to_a(ecs, run_module):
    run(run_module, task())
    run(run_module, task(memory=2048))
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (3, ["memory 2048 -> 1024"])


def test_an_overwritten_digest_is_written_again(ecs, run_module):
    arn = run(run_module, task())["task_definitions"][0]["arn"]
    right = ecs.tags.by_arn[arn]["farflow:digest"]
    ecs.tags.by_arn[arn]["farflow:digest"] = "something"
    ecs.forget_calls()
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (1, [f"tags farflow:digest something -> {right}"])
    assert ecs.wire.mutations() == ["TagResource"]
    assert run(run_module, task())["changed"] is False


@pytest.mark.parametrize(
    ("changed", "removed", "reason"),
    [
        ({"team": "operations"}, [], "tags team operations -> data"),
        ({}, ["team"], "tags team (none) -> data"),
        ({"owner": "me"}, [], "tags owner me -> (none)"),
        ({}, ["farflow:environment"], "tags farflow:environment (none) -> test"),
    ],
    ids=["overwritten", "removed", "added", "ours removed"],
)
def test_tags_edited_by_hand_are_mended(ecs, run_module, changed, removed, reason):
    arn = run(run_module, task())["task_definitions"][0]["arn"]
    ecs.tags.TagResource({"resourceArn": arn, "tags": [{"key": key, "value": value} for key, value in changed.items()]})
    ecs.tags.UntagResource({"resourceArn": arn, "tagKeys": removed})
    [entry] = run(run_module, task())["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (1, [reason])
    assert run(run_module, task())["changed"] is False


def test_tags_are_changed_in_place(ecs, run_module):
    run(run_module, task())
    wanted = task(tags=[{"key": "farflow:environment", "value": "test"}, {"key": "owner", "value": "me"}])
    [entry] = run(run_module, wanted)["task_definitions"]
    assert (entry["revision"], entry["reasons"]) == (1, ["tags owner (none) -> me", "tags team data -> (none)"])
    assert run(run_module, wanted)["changed"] is False


def test_superseded_revisions_are_deregistered_but_for_the_last_few(ecs, run_module):
    for level in "abcde":
        wanted = edited(lambda each, level=level: container(each)["environment"][0].update(value=level))
        run(run_module, wanted, keep_revisions=2)
    active = [name for name, each in ecs.task_definitions.stored.items() if each["status"] == "ACTIVE"]
    assert active == ["test-numbers:4", "test-numbers:5"]
