from __future__ import annotations

from datetime import date

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.engine_version import documents as pure

VERSIONS = ["17.9", "17.10", "18.3", "18.4"]


@pytest.mark.parametrize(
    ("wanted", "found"), [("17", "17.10"), ("17.9", "17.9"), ("17.1", None), ("1", None), ("99", None)]
)
def test_a_major_version_stands_for_its_newest_minor_one(wanted, found):
    assert pure.newest(VERSIONS, wanted) == found


@pytest.mark.parametrize(
    ("wanted", "instead"), [("17.11", ["17.9", "17.10"]), ("99", ["17", "18"]), ("99.1", ["17", "18"])]
)
def test_instead_of_one_that_there_is_not_there_are_those_like_it(wanted, instead):
    assert pure.alternatives(list(reversed(VERSIONS)), wanted) == instead


@pytest.mark.parametrize(
    ("version", "today", "ended"),
    [
        ("14.23", date(2027, 2, 28), False),
        ("14.23", date(2027, 3, 1), True),
        ("13.23-R1", date(2027, 3, 1), True),
        ("99.1", date(2099, 1, 1), False),
    ],
)
def test_support_lasts_until_the_end_of_its_last_day(version, today, ended):
    assert pure.has_ended(version, today) is ended


def test_a_version_is_read_with_what_it_can_be_upgraded_to():
    document = {"EngineVersion": "13.23", "ValidUpgradeTarget": [{"EngineVersion": "14.20"}, {"EngineVersion": "18.4"}]}
    found = pure.canonical(document, date(2026, 11, 30))
    assert (found.name, found.attributes) == ("13.23", {pure.TARGETS: ["14.20", "18.4"], "supported": False})
    assert pure.canonical({"EngineVersion": "17.9"}, date(2026, 11, 30)).attributes["supported"] is True
