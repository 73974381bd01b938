"""What is wrong with a value is told once, and of a list that has wrong items nothing else is told."""

from __future__ import annotations

from collections import Counter

import pytest
from gathered import OPTIONS, gather

from tests.integration.bad_variables import VARIABLES

LISTS = sorted(name for name, option in OPTIONS.items() if option["type"] == "list")
ITEMS = ["", " ", "*", "x ", " x", "x\t", "all", "Name*", "aws:*", "/aws-reserved/ x/"]


def twice(problems):
    """What is said of a place and value more than once, whatever is allowed."""
    return [said for said, times in Counter(line.partition(", allowed")[0] for line in problems).items() if times > 1]


@pytest.mark.parametrize("row", range(len(VARIABLES)), ids=[",".join(given) for given, _unused in VARIABLES])
def test_a_row_of_the_table(row):
    assert twice(gather(**VARIABLES[row][0])[1]) == []


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("items", [[item] * times for item in ITEMS for times in (1, 2)], ids=repr)
def test_a_list(name, items):
    problems = gather(**{name: items})[1]
    assert twice(problems) == []
    of_items = {line.partition(": ")[0] for line in problems if line.startswith(f"{name}.")}
    assert not (of_items and any(line.startswith(f"{name}: ") for line in problems)), problems


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network_cidr", "127.0.0.0/8"),
        ("farflow_iam_path", "/aws-reserved/two words/"),
        ("rds_master_username", "pg_two words"),
        ("rds_database_name", "rdsadmin\n"),
        ("farflow_environment", "sg-"),
    ],
)
def test_a_text(name, value):
    assert len(gather(**{name: value})[1]) == 1
