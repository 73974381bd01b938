"""docs/bench-workers.md and its picture are what the command writes, and what is asked for is so."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench_workers.comparison import Figures, percentile
from tests.bench_workers.contenders import KEDA, OURS
from tests.bench_workers.markdown import wait
from tests.bench_workers.page import page
from tests.bench_workers.picture import picture
from tests.bench_workers.results import asked, gather

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def results():
    return gather()


@pytest.mark.thorough
def test_the_page_is_what_the_command_writes(results):
    assert page(results) == (DOCS / "bench-workers.md").read_text(), "run `make bench-workers`"


def test_the_picture_is_what_the_command_writes():
    assert picture() == (DOCS / "bench-workers.svg").read_text(), "run `make bench-workers`"
    ElementTree.fromstring(picture())


@pytest.mark.thorough
def test_what_is_asked_for_is_so(results):
    assert {one.trace: one.met for one in asked(results.compared)} == dict.fromkeys(results.compared, True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("ours", "met"),
    [
        (Figures(11, 10, 5, 50, 0), True),
        (Figures(12, 10, 5, 50, 0), False),
        (Figures(11, 10, 5, 61, 0), False),
        (Figures(11, 10, 5, 50, 1), False),
    ],
)
def test_what_is_missed_is_told(results, ours, met):
    figures = {name: {**each, OURS: ours, KEDA: Figures(15, 10, 5, 60, 3)} for name, each in results.compared.items()}
    assert {one.met for one in asked(figures)} == {met}


def test_percentiles_are_values_that_occurred():
    assert [percentile(range(1, 21), share) for share in (0.5, 0.95, 1)] == [10, 19, 20]
    assert percentile([7], 0.5) == 7


def test_waits_are_in_the_unit_that_suits_them():
    assert [wait(seconds) for seconds in (0.2, 599, 600, 3600, 36000)] == [
        "0 s",
        "599 s",
        "10.0 min",
        "60.0 min",
        "10.0 h",
    ]
