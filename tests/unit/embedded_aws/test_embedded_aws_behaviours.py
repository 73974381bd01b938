"""Behaviours are declared once, told in a table, and switched by name and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded_aws import EmbeddedAWS, behaviours, clock, faults

README = Path(behaviours.__file__).with_name("README.md")


@pytest.fixture(autouse=True)
def everything_off():
    yield
    behaviours.set_base(strict=False, seed=0)
    clock.set_factor(1)


def drawn(seed):
    behaviours.switch({"seed": seed, "throttled": 0.3, "cut": 0.3})
    return [faults.draw("ecs", "RunTask") for _unused in range(200)]


def test_the_same_seed_is_the_same_chance():
    first = drawn(7)
    assert first == drawn(7)
    assert first != drawn(8)
    assert set(first) == {"", "throttled", "cut", "cut after"}


def test_what_is_not_asked_for_is_off():
    behaviours.switch({"throttled": 1, "lost": ["ec2 CreateVpc"]})
    behaviours.switch({"latency": 2})
    assert {name: each.value for name, each in behaviours.REGISTRY.items() if each.is_on} == {"latency": 2}


def test_an_unknown_one_is_refused():
    with pytest.raises(TypeError, match="no such behaviours: thunder"):
        behaviours.switch({"thunder": 1})
    with pytest.raises(TypeError, match="no such behaviours: thunder"), EmbeddedAWS("x").behaviours(thunder=1):
        pass


def test_none_is_declared_twice():
    with pytest.raises(ValueError, match="there is a behaviour throttled already"):
        behaviours.behaviour("throttled", off=0, says="", source="")


def values():
    return {name: each.value for name, each in behaviours.REGISTRY.items() if each.is_on}


def test_strict_is_what_everything_returns_to():
    strict = {name: each.strict for name, each in behaviours.REGISTRY.items() if each.strict is not None}
    behaviours.set_base(strict=True, seed=5)
    assert values() == strict != {}
    behaviours.switch({"latency": 2, "bucket_not_empty": 0, "seed": 9})
    rest = {name: value for name, value in strict.items() if name != "bucket_not_empty"}
    assert values() == {**rest, "latency": 2}
    assert behaviours.LATENCY.seed == 9
    behaviours.switch({})
    assert values() == strict
    assert behaviours.LATENCY.seed == 5


def test_not_strict_is_nothing():
    behaviours.set_base(strict=False, seed=5)
    assert values() == {}


@pytest.fixture
def lag():
    """A behaviour of seconds that nobody has declared."""
    one = behaviours.Behaviour("lag", 0, "", "", scaled=True)
    one.switch([10, 20], seed=1)
    return one


def test_seconds_are_drawn_for_each_thing_by_the_seed(lag):
    names = [f"thing-{number}" for number in range(50)]
    drawn = [lag.seconds(name) for name in names]
    assert drawn == [lag.seconds(name) for name in names]
    assert 10 <= min(drawn) < 12 and 18 < max(drawn) <= 20
    lag.switch([10, 20], seed=2)
    assert drawn != [lag.seconds(name) for name in names]
    lag.switch(7, seed=2)
    assert {lag.seconds(name) for name in names} == {7}


def test_the_clock_passes_for_those_alone_that_are_scaled(lag):
    lag.switch(60, seed=0)
    clock.set_factor(30)
    assert lag.seconds("thing") == 2
    lag.scaled = False
    assert lag.seconds("thing") == 60


def test_an_emptied_account_is_remembered_by_none():
    behaviours.switch({"lost": ["ec2 CreateVpc"], "throttled": 0.5, "seed": 3})
    first = [faults.draw("ec2", "CreateVpc") for _unused in range(50)]
    behaviours.forget()
    assert [faults.draw("ec2", "CreateVpc") for _unused in range(50)] == first
    assert first[0] == "cut after"


def test_what_strikes_is_counted():
    behaviours.switch({"throttled": 0.3, "lost": ["ec2 CreateVpc"], "denied": ["iam ListRoles"]})
    before = {name: each.struck for name, each in behaviours.REGISTRY.items()}
    drawn = [faults.draw("ecs", "RunTask") for _unused in range(100)]
    faults.draw("ec2", "CreateVpc")
    faults.draw("iam", "ListRoles")
    behaviours.switch({})
    struck = {name: each.struck - before[name] for name, each in behaviours.REGISTRY.items()}
    assert {name: number for name, number in struck.items() if number} == {
        "throttled": drawn.count("throttled"),
        "lost": 1,
        "denied": 1,
    }


def cell(value):
    """A value as the README has it."""
    if value is None:
        return ""
    if isinstance(value, tuple) and value:
        is_range = isinstance(value[0], (int, float))
        return "{} to {}".format(*value) if is_range else ", ".join(f"`{each}`" for each in value)
    return "none" if value == () else str(value)


@pytest.mark.parametrize("name", behaviours.REGISTRY)
def test_the_readme_has_each_in_its_table(name):
    one = behaviours.REGISTRY[name]
    cells = [f"`{name}`", cell(one.off), cell(one.strict), "yes" if one.scaled else "", one.says, one.source]
    line = "".join(f"| {each} " if each else "| " for each in cells) + "|"
    assert line in README.read_text(encoding="utf-8").splitlines()
