# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A command line of Airflow's, as a person gives it to playbooks/airflow_command.yml: its words, and what is wrong.

Whoever may describe ECS tasks can read what a task was started with. So a secret is no word of a command:
``secret:<name>`` stands for it, and the container reads the value. No sentence here repeats a value, which may be one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from ...core.errors import FarflowError
from .. import ecs_run_task
from .airflow_settings import holds_secret
from .components import COMMAND

LONGEST_MINUTES = 600

_AIRFLOW = "airflow"
# Another first word than ``airflow``, so that an image that reads no secrets fails, and takes no name for a password.
_AIRFLOW_WITH_SECRETS = "airflow-with-secrets"

_SECRET = "secret:"
_REFERENCE = re.compile(rf"(?:--[a-z-]+=)?{_SECRET}(.*)", re.DOTALL)
# CreateSecret: "ASCII letters, numbers, and the following characters: /_+=.@-"
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,200}")

# By the command's first word the options that hold a secret, in whatever shorter form Airflow takes them. Source:
# airflow.utils.cli, which hides them in Airflow's own audit log.
_OPTIONS = {
    "users": re.compile(r"(--p[a-z]*|-p)(?:=?(.+))?", re.DOTALL),
    "connections": re.compile(r"(--conn-pa[a-z]*|--conn-[uj][a-z]*)(?:=(.*))?", re.DOTALL),
}
_PASSWORDS = ("--p", "-p", "--conn-p")
# Airflow hides the values of variables with such names. Source: airflow._shared.secrets_masker.
_SECRET_KEY = re.compile(r"access_?token|api_?key|authorization|pass(phrase|wd|word)|private_key|secret|token", re.I)


def words(command: str) -> list[str]:
    """The words of a command line, as a POSIX shell splits it; nothing else of a shell counts.

    Raises FarflowError with what is wrong with it.
    """
    if "\0" in command:
        raise FarflowError("command: holds a NUL character, allowed: text without")
    lexer = shlex.shlex(command.strip(), posix=True, punctuation_chars="\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        found = list(lexer)
    except ValueError as error:
        raise FarflowError(f"command: {str(error).lower()}, allowed: quotes and backslashes as in a shell") from None
    if any(word and not word.strip("\n") for word in found):
        raise FarflowError("command: has several lines, allowed: one; a newline can stand inside of quotes")
    return found


def task_command(command: str) -> list[str]:
    """What the container is started with for a command line of which ``problems`` finds nothing wrong."""
    found = words(command)
    return [_AIRFLOW_WITH_SECRETS if _references(found) else _AIRFLOW, *found]


def problems(command: Any, wait_minutes: Any, generate_secret: Any) -> list[str]:
    """What is wrong with the variables of the playbook, a sentence each."""
    try:
        found = words(_text(command))
    except FarflowError as error:
        return [str(error), *wait_problems(wait_minutes)]
    return [*_command(found), *_generate_secret(found, generate_secret), *wait_problems(wait_minutes)]


def _text(command: Any) -> str:
    if isinstance(command, str) and command.strip():
        return command
    what = "is no text" if command and not isinstance(command, str) else "is empty"
    raise FarflowError(f"command: {what}, allowed: what Airflow shall run, as in -e 'command=\"dags list\"'")


def _command(found: Sequence[str]) -> Iterator[str]:
    if found[0] == _AIRFLOW:
        yield "command: begins with airflow, allowed: the words behind that"
    for what, instead in _plain_secrets(found):
        yield (
            f"command: has {what} in it, which whoever may describe ECS tasks could read, "
            f"allowed: {instead}, the name of a secret that the container reads"
        )
    for name in _references(found):
        if not _NAME.fullmatch(name):
            yield f"command: has '{_SECRET}' with no valid name behind it, allowed: letters, digits and /_+=.@-"
    for before, word in zip(found, found[1:], strict=False):
        if re.fullmatch(r"-[A-Za-z]", before) and word.startswith(_SECRET):
            yield f"command: has a secret behind {before}, allowed: the option's long form"
    overrides = {"containerOverrides": [{"name": COMMAND.name, "command": [_AIRFLOW_WITH_SECRETS, *found]}]}
    size, largest = ecs_run_task.size(overrides), ecs_run_task.LARGEST_OVERRIDES_CHARACTERS
    if size > largest:
        yield f"command: has {size} characters as AWS counts them, in JSON, allowed: {largest}"


def _references(found: Sequence[str]) -> list[str]:
    """The names of the secrets that a command refers to."""
    return [match[1] for word in found if (match := _REFERENCE.fullmatch(word))]


def _plain_secrets(found: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Secrets that stand in a command: what each is, and what can stand there instead."""
    pattern = _OPTIONS.get(found[0])
    for word, following in zip(found, [*found[1:], ""], strict=True):
        match = pattern.fullmatch(word) if pattern else None
        if not match:
            continue
        value = match[2] if match[2] is not None else following
        if match[1].startswith(_PASSWORDS):
            long = "--password" if found[0] == "users" else "--conn-password"
            if value and not value.startswith(_SECRET):
                yield f"the value of {long}", f"{long} {_SECRET}<name>"
        elif holds_secret(value):
            yield f"a password in {match[1]}", f"{match[1]} {_SECRET}<name>"
    if found[:2] == ["variables", "set"]:
        key, value = [*(word for word in found[2:] if not word.startswith("-")), _SECRET, _SECRET][:2]
        if _SECRET_KEY.search(key) and not value.startswith(_SECRET):
            yield "the value of a variable whose name says that it is secret", f"{_SECRET}<name>"


def _generate_secret(found: Sequence[str], name: Any) -> Iterator[str]:
    if name and name not in _references(found):
        there = " or ".join(_references(found)) or f"none, as the command has no {_SECRET}<name>"
        yield f"generate_secret: is {name!r}, allowed: {there}"


def wait_problems(minutes: Any) -> Iterator[str]:
    """What is wrong with the minutes that something may run."""
    if not re.fullmatch(r"[1-9][0-9]*", str(minutes)) or int(minutes) > LONGEST_MINUTES:
        yield f"wait_minutes: is {str(minutes)!r}, allowed: 1 to {LONGEST_MINUTES} minutes"
