"""An id that AWS has yet to give out is handed on as a reference to its resource, and replaced when it is there."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import (
    UNKNOWN,
    contains_unknown,
    differences,
)
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.engine.references import (
    is_unknown_for_good,
    reference,
    references,
    resolved,
)
from hypothesis import given
from hypothesis import strategies as st

VPC = reference("vpc", "dev")
LISTENER = reference("listener", "dev-airflow:443")
SECRET = reference("secret", "farflow/dev/fernet-key")

DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([VPC, SECRET, UNKNOWN, f"tcp 80 {VPC}"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ("vpc-1", set()),
        (UNKNOWN, set()),
        (VPC, {("vpc", "dev")}),
        ({"rules": {f"tcp 8080 {LISTENER}": "why"}}, {("listener", "dev-airflow:443")}),
        ([{"a": (VPC, SECRET)}, 3, None], {("vpc", "dev"), ("secret", "farflow/dev/fernet-key")}),
        (f"{VPC},{SECRET}", {("vpc", "dev"), ("secret", "farflow/dev/fernet-key")}),
    ],
)
def test_what_a_document_refers_to(document, named):
    assert references(document) == named


@pytest.mark.parametrize(
    ("document", "for_good"),
    [("vpc-1", False), (VPC, False), (UNKNOWN, True), ([VPC, UNKNOWN], True), (f"{VPC} {UNKNOWN}", True), ({}, False)],
)
def test_only_ids_can_be_told_without_another_look(document, for_good):
    assert is_unknown_for_good(document) is for_good


def test_ids_take_the_place_of_references_to_them():
    document = {f"tcp 80 {VPC}": [VPC, SECRET, 1, None, True]}
    assert resolved(document, {("vpc", "dev"): "vpc-1"}) == {"tcp 80 vpc-1": ["vpc-1", SECRET, 1, None, True]}


@given(DOCUMENTS)
def test_with_all_ids_nothing_refers_to_anything(document):
    ids = dict.fromkeys(references(document), "id")
    assert references(resolved(document, ids)) == set()
    assert contains_unknown(resolved(document, ids)) is is_unknown_for_good(document)


def test_a_person_is_not_shown_which_resource_it_is():
    told = [str(each) for each in differences({f"in {VPC}": 1, "ids": [VPC]}, {"ids": ["vpc-0"]})]
    assert told == [f"in {UNKNOWN} (none) -> 1", f"ids [vpc-0] -> [{UNKNOWN}]"]


def test_what_does_not_exist_is_known_by_a_reference():
    assert Existing().id("vpc", "dev") == VPC
    assert Existing().attribute("vpc", "dev", "state") == UNKNOWN
