# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a command line of Airflow's can hold a secret, in every way in which argparse lets it be written: as the next
word, behind ``=``, joined to a short option or to several, and with a long option shortened.

Source: airflow.cli.cli_config, and cli.definition of the providers fab and celery;
tests/unit/airflow/in_image/check_command_secrets.py compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .airflow_settings import holds_secret, is_sensitive

SECRET = "secret:"


class Option(NamedTuple):
    """An option of a command. Its value is a secret as a ``whole``, or may have one in it."""

    long: str
    short: str = ""
    whole: bool = False


#: By the command's first word.
OPTIONS: dict[str, tuple[Option, ...]] = {
    "users": (Option("--password", "-p", whole=True),),
    "connections": (
        Option("--conn-password", whole=True),
        Option("--conn-uri"),
        Option("--conn-json"),
        Option("--conn-extra"),
        Option("--conn-host"),  # some are URLs
    ),
    "dags": (Option("--conf", "-c"),),
    "backfill": (Option("--dag-run-conf"),),
    "tasks": (Option("--task-params", "-t"), Option("--env-vars")),
    "variables": (Option("--default", "-d"),),
    "assets": (Option("--uri"),),
    "celery": (Option("--basic-auth", "-A", whole=True), Option("--broker-api", "-a")),
}
#: The short options of these commands that take no value, so that others can be joined to them.
FLAGS = "vjmD"

_VARIABLE = ("variables", "set")
_VARIABLE_OPTION = "--description"

_LONG = re.compile(r"(--[A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)
_SHORT = re.compile(rf"-[{FLAGS}]*([A-Za-z])=?(.*)", re.DOTALL)


def plain(found: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Secrets that stand in a command: what each is, and what can stand there instead."""
    command = [word for word in found if word != "--"]  # which argparse leaves out
    options = OPTIONS.get(command[0], ()) if command else ()
    for word, following in zip(command, [*command[1:], ""], strict=True):
        option, value = _option(options, word, following)
        if not option or value.startswith(SECRET):
            continue
        if option.whole and value:
            yield f"the value of {option.long}", f"{option.long} {SECRET}<name>"
        elif holds_secret(value):
            yield f"a password or key in {option.long}", f"{option.long} {SECRET}<name>"
    if tuple(command[:2]) == _VARIABLE:
        yield from _variable(*_key_and_value(found[found.index(_VARIABLE[1]) + 1 :]))


def _option(options: Sequence[Option], word: str, following: str) -> tuple[Option | None, str]:
    """Which option a word gives, or may give where it is shortened to what several have in common; and its value."""
    if long := _LONG.fullmatch(word):
        value = following if long[2] is None else long[2]
        meant = [each for each in options if each.long.startswith(long[1])]
        return (meant[0] if meant else None), value
    if short := _SHORT.match(word):
        option = next((each for each in options if each.short == f"-{short[1]}"), None)
        return option, short[2] or following
    return None, ""


def _key_and_value(words: Sequence[str]) -> tuple[str, str]:
    """Of the words behind ``variables set``, without options and what belongs to them."""
    positional: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            positional += rest
        elif not word.startswith("-") or " " in word or _is_number(word):
            positional.append(word)
        elif len(word) > 2 and _VARIABLE_OPTION.startswith(word):
            next(rest, None)
    key, value = [*positional, "", ""][:2]
    return key, value


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"-\d+|-\d*\.\d+", word))


def _variable(key: str, value: str) -> Iterator[tuple[str, str]]:
    if not value or value.startswith(SECRET):
        return
    if is_sensitive(key):
        yield "the value of a variable whose name says that it is secret", f"{SECRET}<name>"
    elif holds_secret(value):
        yield "a variable with a password or key in its value", f"{SECRET}<name>"
