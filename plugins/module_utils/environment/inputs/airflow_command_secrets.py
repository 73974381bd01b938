# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a command line of Airflow's can hold a secret, in every way in which argparse lets it be written: as the next
word, behind ``=``, joined to a short option or to several, and with a long option shortened. And where it stands in a
command that Airflow would refuse, by when others could have read it: behind an option that is misspelt or of another
command, in JSON that is none.

Source: airflow.cli.cli_config, and cli.definition of the providers fab and celery;
tests/unit/airflow/in_image/check_command_secrets.py compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain
from typing import NamedTuple

from ...validation.plain_secrets import holds_secret, is_sensitive, lines_hold_secret, names_secret

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
#: Every first word of a command.
COMMANDS = {
    *("api-server", "assets", "aws-auth-manager", "backfill", "celery", "cheat-sheet", "config"),
    *("connections", "dag-processor", "dags", "db", "db-manager", "fab-db", "info", "jobs", "kerberos"),
    *("partitions", "permissions-cleanup", "plugins", "pools", "providers", "roles", "rotate-fernet-key"),
    *("scheduler", "standalone", "state-store", "sync-perm", "tasks", "teams", "triggerer", "users"),
    *("variables", "version"),
}
#: Options without a value whose name looks as if it were of a secret.
HARMLESS = ("--use-random-password",)
#: What stands in these is for people.
_FREE_TEXT = ("--note", "--description", "--conn-description")

#: The short options of these commands that take no value, so that others can be joined to them.
FLAGS = "vjmD"

_VARIABLE = ("variables", "set")
_VARIABLE_OPTION = "--description"

_LONG = re.compile(r"(--[A-Za-z][\w-]*)(?:=(.*))?", re.DOTALL)
_SHORT = re.compile(rf"-[{FLAGS}]*([A-Za-z])=?(.*)", re.DOTALL)
#: However it is written, with the dashes of a word processor, too.
_ANY_OPTION = re.compile(r"[-\u2010-\u2015\u2212]+([A-Za-z][^=\s]*)(?:[=\s](.*))?", re.DOTALL)
_OPTION_FOLLOWS = re.compile("-[A-Za-z]|--[A-Za-z].*", re.DOTALL)

#: Names that say less of what they are.
_ALSO_SECRET = {"basic_auth", "auth", "credentials"}

#: From where on a word is taken for a misspelt "password", as difflib measures it, and from how many letters on.
_ALIKE = 0.8
_SHORTEST_ALIKE = 5

_Found = tuple[str, str]


def plain(found: Sequence[str]) -> Iterator[_Found]:
    """Secrets that stand in a command: what each is, and what can stand there instead."""
    command = [word for word in found if word != "--"]  # which argparse leaves out
    if not command:
        return
    told = [*_of_options(command)]
    if tuple(command[:2]) == _VARIABLE:
        told += _variable(*_key_and_value(found[found.index(_VARIABLE[1]) + 1 :]))
    yield from told or _anywhere(command)


def _of_options(command: Sequence[str]) -> Iterator[_Found]:
    options = _options(command[0])
    for before, word, following in zip(["", *command], command, [*command[1:], ""], strict=False):
        option, value = _option(options, word, following)
        if value.startswith(SECRET):
            continue
        if option:
            yield from _value(option, value)
        elif before not in _FREE_TEXT and _looks_secret(word, following, options):
            yield "what looks like a password or key behind no option of this command", _instead(options)


def _options(first: str) -> tuple[Option, ...]:
    """Those of a command; of a word that is no command all, since it may be a misspelt one."""
    return OPTIONS.get(first, ()) if first in COMMANDS else tuple(chain.from_iterable(OPTIONS.values()))


def _value(option: Option, value: str) -> Iterator[_Found]:
    if option.whole and value:
        yield f"the value of {option.long}", f"{option.long} {SECRET}<name>"
    elif holds_secret(value) or lines_hold_secret(value):
        yield f"a password or key in {option.long}", f"{option.long} {SECRET}<name>"


def _option(options: Sequence[Option], word: str, following: str) -> tuple[Option | None, str]:
    """Which option a word gives, or may give where it is shortened to what several have in common; and its value."""
    if long := _LONG.fullmatch(word):
        meant = [each for each in options if each.long.startswith(long[1])]
        # Nothing right behind = is a value that was meant to follow, and does.
        is_next = long[2] is None or (not long[2] and not _OPTION_FOLLOWS.fullmatch(following))
        return (meant[0] if meant else None), following if is_next else long[2]
    if short := _SHORT.match(word):
        letter = f"-{short[1]}"
        exact = [each for each in options if each.short == letter]
        alike = [each for each in options if each.short.lower() == letter.lower() and each.whole]
        return next(iter(exact or alike), None), short[2] or following
    return None, following


def _looks_secret(word: str, following: str, options: Sequence[Option]) -> bool:
    """Whether a word looks like an option with a secret that Airflow does not know, or like one without its dashes."""
    named = _ANY_OPTION.fullmatch(word)
    if named:
        is_known = word.startswith("--u") and any(each.startswith(word) for each in HARMLESS)
        return not is_known and not (named[2] or "").startswith(SECRET) and _is_name_of_secret(named[1])
    names = {each.long.removeprefix("--") for each in options if each.whole}
    return word.lower().replace("_", "-") in names and following != "" and not following.startswith(("-", SECRET))


def _is_name_of_secret(name: str) -> bool:
    written = name.lower().replace("-", "_")
    words = [each for each in [written, *written.split("_")] if len(each) >= _SHORTEST_ALIKE]
    alike = [each for each in words if SequenceMatcher(None, each, "password").ratio() >= _ALIKE]
    return bool(alike) or names_secret(written) or written in _ALSO_SECRET


def _instead(options: Sequence[Option]) -> str:
    whole = [each.long for each in options if each.whole]
    return f"{whole[0]} {SECRET}<name>" if len(whole) == 1 else f"{SECRET}<name>"


def _anywhere(command: Sequence[str]) -> Iterator[_Found]:
    """A secret in any word, or in several: JSON without quotes around it is split as a shell does."""
    words = [
        word for before, word in zip(["", *command], command, strict=False) if not _is_told_elsewhere(before, word)
    ]
    if any(map(holds_secret, words)) or holds_secret(" ".join(words)):
        yield "a password or key in it", f"{SECRET}<name>"


def _is_told_elsewhere(before: str, word: str) -> bool:
    """Whether a word is an option or a reference, or for people."""
    name = word.partition("=")[0]
    is_text = any(before == each or name == each for each in _FREE_TEXT)
    return is_text or word.startswith(SECRET) or (bool(_LONG.fullmatch(word)) and not word.endswith("="))


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


def _variable(key: str, value: str) -> Iterator[_Found]:
    if not value or value.startswith(SECRET):
        return
    if is_sensitive(key):
        yield "the value of a variable whose name says that it is secret", f"{SECRET}<name>"
    elif holds_secret(value) or lines_hold_secret(value):
        yield "a variable with a password or key in its value", f"{SECRET}<name>"
