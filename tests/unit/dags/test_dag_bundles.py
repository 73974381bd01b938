"""Which version of the DAGs is wanted, what a plan says of it, and which versions can go."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils import dag_versions
from ansible_collections.farflow.airflow.plugins.module_utils.dags import bundle_documents as dag_bundles

FIRST, SECOND, THIRD = "a" * 16, "ab" + "c" * 14, "b" * 16


def pointer(version, number=1):
    return {"version": version, "number": number, "etag": '"1"', "size": 10}


def told(wanted, actual):
    (action,) = dag_bundles.plan_dag_bundles([dag_bundles.desired(wanted)], actual)
    return action.kind, list(action.reasons)


def test_the_first_version_is_told_with_its_files():
    assert told({"version": FIRST, "files": {"a": "1"}}, []) == ("create", [f"version {FIRST}, 1 file"])


def test_the_current_version_is_nothing_to_do():
    actual = [dag_bundles.canonical(pointer(FIRST), "", {})]
    assert dag_bundles.plan_dag_bundles([dag_bundles.desired({"version": FIRST})], actual) == []


def test_another_version_is_told_by_its_files():
    actual = [dag_bundles.canonical(pointer(FIRST), "", {"a": "1", "b": "1"})]
    reasons = [f"version {FIRST} -> {SECOND}", "a changed", "b removed", "c added"]
    assert told({"version": SECOND, "files": {"a": "2", "c": "1"}}, actual) == ("change", reasons)


def test_an_emptied_folder_is_told_by_what_was_removed():
    """One whose files nobody knows is not: those of an early version may be told nowhere."""
    actual = [dag_bundles.canonical(pointer(FIRST), "", {"a": "1"})]
    empty = dag_versions.version_of({})
    reasons = [f"version {FIRST} -> {empty}", "a removed"]
    assert told({"version": empty, "files": {}}, actual) == ("change", reasons)
    assert told({"version": SECOND, "files": {}}, actual) == ("change", [f"version {FIRST} -> {SECOND}"])


def test_many_files_are_told_by_their_number():
    actual = [dag_bundles.canonical(pointer(FIRST), "", {f"{index:02}": "1" for index in range(40)})]
    _kind, reasons = told({"version": SECOND, "files": {f"{index:02}": "2" for index in range(40)}}, actual)
    assert (len(reasons), reasons[-1]) == (14, "and 28 more files")


def test_what_is_wrong_is_told_first():
    actual = [dag_bundles.canonical(None, "the pointer can't be used", {})]
    reasons = ["the pointer can't be used", f"version (none) -> {FIRST}"]
    assert told({"version": FIRST}, actual) == ("change", reasons)
    actual = [dag_bundles.canonical(pointer(FIRST), "the archive is missing", {})]
    assert told({"version": FIRST}, actual) == ("change", ["the archive is missing"])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"ETag": '"1"', "ContentLength": 10}, ""),
        (None, "x is missing"),
        ({"ETag": '"2"', "ContentLength": 10}, "x is not what was put there"),
        ({"ETag": '"1"', "ContentLength": 11}, "x is not what was put there"),
    ],
)
def test_an_archive_is_known_by_what_s3_tells_of_it(found, says):
    assert dag_bundles.problem_of_archive("x", pointer(FIRST), found) == says


@pytest.mark.parametrize(
    ("asked", "version", "says"),
    [
        (FIRST, FIRST, ""),
        ("bbbb", THIRD, ""),
        ("aa", "", "dags_version: is 'aa', which is no version of the DAGs, allowed: those there are, last bbbb"),
        ("cccc", "", "dags_version: is 'cccc', which is no version of the DAGs"),
    ],
)
def test_a_version_may_be_named_by_its_first_digits(asked, version, says):
    found, problem = dag_bundles.chosen(asked, [FIRST, SECOND, THIRD], [THIRD, FIRST])
    assert found == version
    assert problem.startswith(says) and bool(problem) == bool(says)


def test_digits_that_several_begin_with_are_too_few():
    found, problem = dag_bundles.chosen("aaaa", [FIRST, "aaaa" + "b" * 12], [])
    assert (found, problem) == ("", "dags_version: is 'aaaa', which 2 versions begin with, allowed: one more digit")


def test_the_last_ones_and_those_in_use_stay():
    moves = [pointer(FIRST, 1), pointer(SECOND, 2), pointer(THIRD, 3), pointer(SECOND, 4)]
    order = dag_bundles.last_used_first(moves)
    assert order == [SECOND, THIRD, FIRST]
    there = [FIRST, SECOND, THIRD, "f" * 16]
    assert dag_bundles.superfluous(there, order, 1, [], []) == sorted([FIRST, THIRD, "f" * 16])
    assert dag_bundles.superfluous(there, order, 1, [FIRST], ["f" * 16]) == [THIRD]
    assert dag_bundles.superfluous(there, order, 9, [], ["f" * 16]) == []


def test_a_pointer_counts_its_moves_and_names_the_version_before():
    archive = {"size": 1, "sha256": "0", "etag": "e", "more": 1}
    who = {"when": "now", "by": "me", "commit": None}
    first = dag_bundles.next_pointer(None, FIRST, 2, archive, **who)
    assert first == {
        "number": 1,
        "version": FIRST,
        "previous": None,
        "files": 2,
        "size": 1,
        "sha256": "0",
        "etag": "e",
        **who,
    }
    second = dag_bundles.next_pointer(first, SECOND, 2, archive, **who)
    assert (second["number"], second["previous"]) == (2, FIRST)
