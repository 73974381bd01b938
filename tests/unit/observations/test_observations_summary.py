"""From recorded lines to durations, lags and codes."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.observations import summary
from ansible_collections.farflow.airflow.plugins.module_utils.observations.report import report
from ansible_collections.farflow.airflow.plugins.module_utils.observations.summary import Lag, Lasted
from hypothesis import given
from hypothesis import strategies as st

READ, CREATE, DELETE = "ec2 DescribeNatGateways", "ec2 CreateNatGateway", "ec2 DeleteNatGateway"


def line(began, at, call=READ, run="a", asked=1, **more):
    return {"run": run, "began": began, "at": at, "call": call, "asked": asked, **more}


def look(began, at, state=None, kind="nat_gateway", **more):
    """A read that shows the thing 7 in a state, or does not show it."""
    return line(began, at, shown={kind: {} if state is None else {"7": state}}, **more)


def text(lines):
    return "".join(f"{json.dumps(each)}\n" for each in lines)


def lasted(*recorded):
    return summary.lasted(summary.sights(summary.looks(recorded)), summary.changes(recorded))


def lags(*recorded):
    return summary.lags(summary.sights(summary.looks(recorded)), summary.changes(recorded))


MADE = line(10, 11, CREATE, asked=2, made=[7], shown={"nat_gateway": {"7": "pending"}})


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        # From the call that made it, to between two looks.
        (
            [MADE, look(20, 21, "pending"), look(30, 31, "available")],
            [("pending", 9, 21), ("available", 0, None)],
        ),
        # Nobody has looked before it was over.
        ([MADE, look(30, 31, "available")], [("pending", 0, 21), ("available", 0, None)]),
        # It was so already.
        ([look(20, 21, "pending"), look(30, 31, "available")], [("pending", 0, None), ("available", 0, None)]),
        # It is so still.
        ([MADE, look(20, 21, "pending")], [("pending", 9, None)]),
        # It is not shown any more, and says so in no state.
        ([MADE, look(20, 21, "pending"), look(30, 31)], [("pending", 9, 21)]),
        # Another question has never shown it.
        ([MADE, look(20, 21, "pending"), look(30, 31, asked=3)], [("pending", 9, None)]),
        # AWS says that there is none.
        ([MADE, look(20, 21, "pending"), line(30, 31, code="NatGatewayNotFound")], [("pending", 9, 21)]),
        # AWS says nothing of it.
        ([MADE, look(20, 21, "pending"), line(30, 31, code="Throttling")], [("pending", 9, None)]),
        # The end of a state that began with a call.
        (
            [
                look(20, 21, "available"),
                line(50, 51, DELETE, asked=4, gone=[7]),
                look(60, 61, "deleting"),
                look(70, 71, "deleting"),
                look(80, 81, "deleted"),
            ],
            [("available", 0, None), ("deleting", 9, 31), ("deleted", 0, None)],
        ),
        # Another run has a thing of that number, which is another.
        ([MADE, look(30, 31, "available", run="b")], [("pending", 0, None), ("available", 0, None)]),
    ],
)
def test_states_last_between_two_numbers_of_seconds(recorded, told):
    assert [(each.state, each.least, each.most) for each in lasted(*recorded)] == told


SHOWN = [look(0, 1), look(20, 21), look(30, 31), look(40, 41, True)]


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ([line(10, 11, made=[7], asked=2), *SHOWN], [("made", 19, 31, True)]),
        ([line(10, 11, made=[7], asked=2), look(20, 21, True)], [("made", 0, 11, False)]),
        ([line(10, 11, made=[7], asked=2), look(20, 21)], []),
        # A look during the change says nothing.
        ([line(10, 15, made=[7], asked=2), look(12, 16), look(20, 21, True)], [("made", 0, 11, False)]),
        # Each question by itself.
        (
            [line(10, 11, made=[7], asked=2), look(20, 21, True), look(22, 23, asked=3), look(30, 31, True, asked=3)],
            [("made", 0, 11, False), ("made", 11, 21, True)],
        ),
        (
            [look(0, 1, True), line(10, 11, gone=[7], asked=2), look(20, 21, True), look(30, 31)],
            [("gone", 9, 21, True)],
        ),
        # It is shown still to one who has not asked before.
        ([line(10, 11, gone=[7], asked=2), look(20, 21, True), look(30, 31)], [("gone", 9, 21, True)]),
        # AWS takes a call for what is there.
        (
            [line(10, 11, made=[7], asked=2), look(20, 21), line(25, 26, made=[7], asked=2), look(30, 31, True)],
            [("made", 9, 21, True)],
        ),
        # It is made, deleted, and made again.
        (
            [
                *(line(10, 11, made=[7], asked=2), look(20, 21, True), line(30, 31, gone=[7], asked=4), look(40, 41)),
                *(line(50, 51, made=[7], asked=2), look(60, 61), look(70, 71, True)),
            ],
            [("made", 0, 11, False), ("gone", 0, 11, False), ("made", 9, 21, True)],
        ),
        # It is deleted before anybody has seen it.
        ([line(10, 11, made=[7], asked=2), line(12, 13, gone=[7], asked=4), look(20, 21)], []),
        # What was changed may be shown or not.
        ([line(10, 11, changed=[7], asked=2), look(20, 21, "available"), look(30, 31)], []),
    ],
)
def test_lags_are_from_when_a_thing_was_made_or_deleted_to_the_first_look_that_shows_it(recorded, told):
    assert [(each.done, each.least, each.most, each.is_late) for each in lags(*recorded)] == told


def test_a_list_counts_as_a_whole():
    """What is on its second page is not missing on the first."""
    made = line(10, 11, made=[7], asked=2)
    first = line(20, 21, shown={"nat_gateway": {"8": True}}, continues=True)
    second = line(22, 23, shown={"nat_gateway": {"7": True}}, continued=True)
    assert lags(made, first, second) == [Lag("nat_gateway", "made", 0, 13, False)]
    assert lags(made, first, {**second, "shown": {"nat_gateway": {}}}, look(30, 31, True)) == [
        Lag("nat_gateway", "made", 9, 21, True)
    ]
    # A list that was broken off, or whose beginning is missing, is none.
    assert lags(made, first, look(30, 31, True)) == [Lag("nat_gateway", "made", 0, 21, False)]
    assert lags(made, second, look(30, 31, True)) == [Lag("nat_gateway", "made", 0, 21, False)]


@st.composite
def watched(draw):
    """A thing whose states begin at some moments, and looks at it, each of which takes some time."""
    seconds = st.integers(1, 200)
    durations = draw(st.lists(seconds, min_size=2, max_size=4))
    made = draw(seconds)
    begin = list(itertools.accumulate(durations, initial=made))
    states = [None, "pending", "available", "deleting", "deleted"][: len(durations) + 1]

    def seen(moment):
        return states[sum(moment >= each for each in begin[: len(states) - 1])]

    recorded, now = [], 0
    for pause, before, after in draw(st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=30)):
        began = now + pause
        now = began + before + after
        recorded.append(look(began, now, seen(began + before)))
    early, late = draw(st.tuples(seconds, seconds))
    recorded.append(line(max(0, made - early), made + late, CREATE, asked=2, made=[7]))
    return dict(zip(states[1:-1], durations, strict=False)), recorded  # the last state stays


@given(watched())
def test_however_it_is_looked_at_the_truth_is_between_the_two(thing):
    truth, recorded = thing
    for each in lasted(*recorded):
        assert each.least <= truth.get(each.state, float("inf"))
        assert each.most is None or truth[each.state] <= each.most


@given(watched(), st.randoms())
def test_the_order_of_lines_says_nothing(thing, chance):
    recorded = thing[1]
    mixed = chance.sample(recorded, len(recorded))
    assert report(text(mixed)) == report(text(recorded))


@st.composite
def shown_late(draw):
    """A thing that is made, and shown some time later."""
    seconds = st.integers(1, 100)
    made, lag = draw(seconds), draw(st.integers(0, 300))
    recorded = [line(made - draw(st.integers(0, 1)), made + draw(seconds), made=[7], asked=2)]
    now = 0
    for pause, before, after in draw(st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=30)):
        began = now + pause
        now = began + before + after
        recorded.append(look(began, now, True if began + before >= made + lag else None))
    return lag, recorded


@given(shown_late())
def test_however_late_it_is_shown_the_truth_is_between_the_two(thing):
    lag, recorded = thing
    for each in lags(*recorded):
        assert each.least <= lag <= each.most
        assert each.is_late or each.least == 0


@pytest.mark.parametrize(
    ("codes", "row"),
    [
        (["Busy", "Busy", None], (2, 1, 2, [2])),
        (["Busy", None, "Busy"], (2, 1, 2, [1])),
        (["Busy", "Throttling", None], (1, 1, 1, [2])),
        (["Busy"], (1, 1, 1, [])),
    ],
)
def test_codes_are_counted_with_what_became_of_the_call(codes, row):
    recorded = [line(at, at, **({"code": code} if code else {})) for at, code in enumerate(codes)]
    found = summary.refusals(recorded)[READ, "Busy"]
    assert (found.answers, len(found.requests), found.most_of_one, found.later) == row


def test_requests_are_told_apart():
    found = summary.refusals([line(1, 1, code="Busy"), line(2, 2, code="Busy", asked=2), line(3, 3, asked=2)])
    assert len(found[READ, "Busy"].requests) == 2
    assert found[READ, "Busy"].most_of_one == 1


WRONG = [
    "",
    "{",
    "[]",
    "null",
    '{"run": "a"}',
    '{"run": "a", "at": NaN}',
    json.dumps({**MADE, "call": "s3 GetObject arn:aws:iam::123456789012:role/x"}),
    json.dumps({**MADE, "code": "somebody's name is x"}),
    json.dumps({**MADE, "shown": {"nat_gateway": {"7": "arn:aws:s3:::bucket"}}}),
    json.dumps({**MADE, "shown": {"my bucket": {"7": "available"}}}),
    json.dumps({**MADE, "made": ["vpc-123"]}),
    json.dumps({**MADE, "made": 7}),
    json.dumps({**MADE, "name": "mine"}),
    json.dumps({name: each for name, each in MADE.items() if name != "asked"}),
    json.dumps({"run": "a", "at": 1, "region": "eu-west-1", "versions": {"x": "arn:aws:s3:::bucket"}}),
    json.dumps({"run": "a", "at": 1, "versions": {"x": "1"}}),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_line_that_is_none_is_counted_and_not_told(wrong):
    good = [MADE, look(20, 21, "available")]
    found = report(f"{wrong}\n{text(good)}")
    assert found == {**report(text(good)), "unreadable_lines": int(bool(wrong))}


@given(st.one_of(st.text(), st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists)).map(json.dumps)))
def test_any_text_gives_a_report(any_text):
    assert report(any_text)["answers"] == 0


@given(watched(), st.integers(0, 10**6))
def test_a_line_that_is_cut_off_is_left_out(thing, seed):
    recorded = thing[1]
    whole = text(recorded)
    at = random.Random(seed).randrange(len(whole))
    found = report(whole[:at])
    assert found["answers"] + found["unreadable_lines"] <= len(recorded)


def test_lasted_is_told_by_kind():
    assert lasted(look(1, 2, "creating", kind="file_system")) == [Lasted("file_system", "creating", 0, None)]
