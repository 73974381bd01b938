# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Filters that give modules the plan's words in theirs."""

from __future__ import annotations

import shlex

from ansible.errors import AnsibleFilterError


def only(items, *keys, **more):
    """The items with these keys only, and with ``more`` added to each: what a module wants to know of a deletion."""
    return [{**{key: item[key] for key in keys}, **more} for item in items]


def command_line(text):
    """A command line as a list of words, as a shell splits it."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise AnsibleFilterError(f"{text!r} is no command line: {error}") from error


class FilterModule:
    """The filters by name."""

    def filters(self):
        return {
            "only": only,
            "command_line": command_line,
        }
