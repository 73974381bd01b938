"""scripts/command.py: the words of a command stay as they were given, whatever a secret's value begins with."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "airflow" / "scripts" / "command.py"


@pytest.fixture
def command():
    spec = importlib.util.spec_from_file_location("airflow_command_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def parser():
    """Like Airflow's: a command below a command, an option with a value, a flag, and one with several values."""
    root = argparse.ArgumentParser()
    group = root.add_subparsers().add_parser("variables").add_subparsers()
    command = group.add_parser("set")
    command.add_argument("key")
    command.add_argument("value")
    command.add_argument("-p", "--password")
    command.add_argument("-j", "--json", action="store_true")
    command.add_argument("-a", "--action", nargs="*")
    return root


@pytest.mark.parametrize("value", ["plain", "-x", "--other", "-s3cret 'of' {some} \\length=", "-1", "a=b"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["limit", "3", "--password", "secret:x"], {"password": "{}", "value": "3"}),
        (["limit", "3", "--password=secret:x"], {"password": "{}", "value": "3"}),
        (["limit", "-p", "secret:x", "3"], {"password": "{}", "value": "3"}),
        (["limit", "secret:x"], {"value": "{}", "json": False}),
        (["limit", "--json", "secret:x"], {"value": "{}", "json": True}),
        (["--json", "secret:x", "3"], {"key": "{}", "value": "3", "json": True}),
        (["limit", "3", "--action", "secret:x", "secret:x"], {"action": ["{}", "{}"], "value": "3"}),
        (["limit", "3", "--action", "a", "secret:x"], {"action": ["a", "{}"], "value": "3"}),
    ],
)
def test_an_option_and_its_value_stay_as_given(command, parser, words, expected, value):
    filled = command.fill(["variables", "set", *words], {"x": value})
    with command.values_are_no_options({value}):
        found = vars(parser.parse_args(filled))

    def put(each):
        return [put(one) for one in each] if isinstance(each, list) else value if each == "{}" else each

    assert {name: found[name] for name in expected} == {name: put(each) for name, each in expected.items()}


def test_other_words_are_options_as_ever(command, parser):
    with command.values_are_no_options({"-x"}), pytest.raises(SystemExit):
        parser.parse_args(["variables", "set", "limit", "3", "--password", "--json"])
    with pytest.raises(SystemExit):
        parser.parse_args(["variables", "set", "limit", "3", "--password", "-x"])
