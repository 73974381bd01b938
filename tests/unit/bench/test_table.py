"""The table, and what is asked of its figures."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.bench.bench import AT_RATES, FIRST, IMAGE, MEMORY, Measurement
from tests.bench.contenders import DOOR, LOOP, NO_OP, PLAN, STACK
from tests.bench.measure import Usage, cheapest
from tests.bench.table import bounds, page, table
from tests.bench.workload import Workload


def measured(scenario, who, cpu, calls=10, size=200, did=None):
    return Measurement(scenario, size, who.name, Usage(cpu, 2.0, 100.0, calls), did)


MEASURED = [
    measured(NO_OP, STACK, 2.5, calls=58),
    measured(NO_OP, STACK, 2.25, size=2),
    measured(NO_OP, DOOR, 2.0),
    measured(PLAN, DOOR, 2.0),
    measured(NO_OP, LOOP, 190.0, calls=400),
    measured(MEMORY, DOOR, 5.0),
    measured(MEMORY, LOOP, 190.0, did=False),
]


def rows():
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table(MEASURED).splitlines()[2:]]


def test_a_peer_is_compared_with_our_door_in_the_same_scenario_at_the_same_size():
    [row] = [row for row in rows() if row[0] == NO_OP and row[2] == LOOP.name]
    assert row[-2:] == ["95.0", "40.0"]


def test_we_are_not_compared_with_ourselves():
    assert [row[-2:] for row in rows() if row[2] in (DOOR.name, STACK.name)] == [["", ""]] * 5


def test_what_was_measured_at_the_rates_of_aws_is_told_last_and_judged_by_no_bound():
    slow = [measured(FIRST + AT_RATES, STACK, 40.0), measured(NO_OP + AT_RATES, STACK, 9.0)]
    told = [line.split("|")[1].strip() for line in table([*slow, *MEASURED]).splitlines()[2:]]
    assert told[-2:] == [FIRST + AT_RATES, NO_OP + AT_RATES]
    assert bounds([*slow, *MEASURED]) == bounds(MEASURED)


def test_an_edit_that_was_not_deployed_is_told():
    assert [row[7] for row in rows() if row[0] == MEMORY] == ["", "**no**"]


def test_what_is_asked_and_what_was_measured():
    assert [(figure, limit) for _unused, figure, limit, _unused in bounds(MEASURED)] == [
        (2.5, 3.0),
        (58, 75),
        (0.25, 0.5),
        (5.0, 4),
    ]
    whole = page(MEASURED, {"date": "2026-11-23"}, 3)
    assert "5.00 CPU s, at most 4 are asked for, **missed**" in whole
    assert whole.count("missed") == 1


def test_what_was_not_measured_is_not_judged():
    assert {figure for _unused, figure, _unused, _unused in bounds([measured(FIRST, DOOR, 9.0)])} == {None}
    assert "are asked for" not in page([measured(IMAGE, DOOR, 9.0)], {}, 3)


@pytest.mark.parametrize(("walls", "runs"), [((1, 1, 1), 3), ((61, 1, 1), 1)])
def test_the_cheapest_of_several_runs_counts_and_a_long_one_is_not_repeated(walls, runs):
    usages = [Usage(cpu, wall, 1.0, 1) for cpu, wall in zip((3.0, 1.0, 2.0), walls, strict=True)]
    waiting = iter(usages)
    assert cheapest(lambda: next(waiting), 3).cpu_seconds == min(usage.cpu_seconds for usage in usages[:runs])
    assert len(list(waiting)) == 3 - runs


def test_an_edit_is_in_the_folder_and_in_the_list_for_peers(tmp_path):
    workload = Workload(2, tmp_path / "project")
    for _unused in range(4):
        before = workload.definitions_file.read_text()
        workload.change_memory()
        [first, last] = json.loads(workload.definitions_file.read_text())["task_definitions"]
        assert workload.definitions_file.read_text() != before
        assert first["memory"] == "512"
        task_yml = yaml.safe_load((workload.tasks_folder / "task0001" / "task.yml").read_text())
        assert str(task_yml["memory"]) == last["memory"]
    contents = {(workload.tasks_folder / name / "content").read_text() for name in ("task0000", "task0001")}
    assert len(contents) == 1
    workload.change_image()
    contents = {(workload.tasks_folder / name / "content").read_text() for name in ("task0000", "task0001")}
    [first, last] = json.loads(workload.definitions_file.read_text())["task_definitions"]
    assert len(contents) == len({first["image"], last["image"]}) == 2
