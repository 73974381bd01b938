"""The table of options that can hold a secret is what the command line of this Airflow has."""

from __future__ import annotations

import argparse
import re
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

from airflow.cli import cli_parser

sys.path.insert(0, str(Path("/module_utils").parent))
from module_utils.environment.inputs import airflow_command_secrets as table

LOOKS_SECRET = re.compile("pass|secret|token|key|auth|ur[il]|conn|conf|json|extra|param|env|api|default")
#: Names of files and of things, which are no secrets.
HARMLESS = {
    "--conn-description",
    "--conn-login",
    "--conn-port",
    "--conn-schema",
    "--conn-type",
    "--action-on-existing-key",
    "--flower-conf",
    "--keytab",
    "--log-config",
    "--partition-key",
    "--ssl-key",
    "--url-prefix",
}


def options(parser: argparse.ArgumentParser, group: str = "") -> Iterator[tuple[str, argparse.Action]]:
    """Each with the first word of its command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, commands in action.choices.items():
                yield from options(commands, group or name)
        elif action.option_strings:
            yield group, action


class Table(unittest.TestCase):
    def setUp(self):
        self.options = list(options(cli_parser.get_parser()))

    def test_every_option_that_looks_as_if_it_could_hold_a_secret_is_in_it(self):
        known = {(group, each.long) for group, some in table.OPTIONS.items() for each in some}
        takes_value = [(group, one.option_strings[-1]) for group, one in self.options if one.nargs != 0]
        suspect = {(group, long) for group, long in takes_value if LOOKS_SECRET.search(long) and long not in HARMLESS}
        self.assertEqual(suspect - known, set())

    def test_what_is_in_it_is_there(self):
        there = {(group, tuple(one.option_strings)) for group, one in self.options}
        for group, some in table.OPTIONS.items():
            for each in some:
                self.assertIn((group, tuple(filter(None, (each.short, each.long)))), there)

    def test_no_option_of_a_command_is_taken_for_one_that_airflow_does_not_know(self):
        for group, one in self.options:
            for name in one.option_strings:
                found = [what for what, _instead in table.plain([group, name, "x"]) if "behind no option" in what]
                self.assertEqual(found, [], (group, name))

    def test_every_command_is_known_by_its_first_word(self):
        self.assertEqual({group for group, _unused in self.options if group}, table.COMMANDS)

    def test_flags_take_no_value(self):
        for group, one in self.options:
            if group in table.OPTIONS and one.option_strings[0] in {f"-{flag}" for flag in table.FLAGS}:
                self.assertEqual(one.nargs, 0, one.option_strings)


if __name__ == "__main__":
    unittest.main()
