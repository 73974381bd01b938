"""Behaviours are declared once, told in a table, and switched by name and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded_aws import EmbeddedAWS, behaviours, faults

README = Path(behaviours.__file__).with_name("README.md")


@pytest.fixture(autouse=True)
def everything_off():
    yield
    behaviours.switch({})


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


@pytest.mark.parametrize("name", behaviours.REGISTRY)
def test_the_readme_has_each_in_its_table(name):
    one = behaviours.REGISTRY[name]
    off = "none" if one.off == () else one.off
    assert f"| `{name}` | {off} | {one.says} | {one.source} |" in README.read_text(encoding="utf-8").splitlines()
