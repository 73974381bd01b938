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

from ...engine.errors import FarflowError
from ...runs import run_task_documents as ecs_run_task
from ..components import COMMAND
from . import airflow_command_secrets
from .airflow_command_secrets import SECRET

LONGEST_MINUTES = 600

_AIRFLOW = "airflow"
# Another first word than ``airflow``, so that an image that reads no secrets fails, and takes no name for a password.
_AIRFLOW_WITH_SECRETS = "airflow-with-secrets"

_REFERENCE = re.compile(rf"(?:--[a-z-]+=)?{SECRET}(.*)", re.DOTALL)
# CreateSecret: "ASCII letters, numbers, and the following characters: /_+=.@-"
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,200}")

# Where ``secret:<name>`` stands for nothing: in a word, behind a sign. An ARN of Secrets Manager has it, too.
_INSIDE = re.compile(rf"(?<!:\d{{12}}:)(?<=[^\w\s-]){SECRET}[A-Za-z0-9/_+=.@-]")
# Nor is it looked for there; behind a flag it is a word of its own.
_SHORT = re.compile(rf"-[A-Za-z]*[^\W\d_{airflow_command_secrets.FLAGS}]")
_JOINED = re.compile(rf"(-[A-Za-z]+)=?{SECRET}")


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
    for what, instead in airflow_command_secrets.plain(found):
        yield (
            f"command: has {what} in it, which whoever may describe ECS tasks could read, "
            f"allowed: {instead}, the name of a secret that the container reads"
        )
    for before, word in zip(["", *found], found, strict=False):
        if problem := _misplaced(before, word):
            yield f"command: {problem}"
    overrides = {"containerOverrides": [{"name": COMMAND.name, "command": [_AIRFLOW_WITH_SECRETS, *found]}]}
    size, largest = ecs_run_task.size(overrides), ecs_run_task.LARGEST_OVERRIDES_CHARACTERS
    if size > largest:
        yield f"command: has {size} characters as AWS counts them, in JSON, allowed: {largest}"


def _misplaced(before: str, word: str) -> str:
    """Why a word that shall stand for a secret, or the word before it, would not let it."""
    reference = _REFERENCE.fullmatch(word)
    joined = _JOINED.match(word)
    if joined or (reference and _SHORT.fullmatch(before)):
        return f"has a secret behind {joined[1] if joined else before}, allowed: the option's long form"
    if _INSIDE.search(reference[1] if reference else word):
        return (
            f"has {SECRET}<name> inside of a word, where the container puts no value, allowed: a word of its own, or "
            "right behind --<option>=; what has several parts, as a URI with its password, is one secret as a whole"
        )
    if reference and not _NAME.fullmatch(reference[1]):
        return f"has '{SECRET}' with no valid name behind it, allowed: letters, digits and /_+=.@-"
    return ""


def _references(found: Sequence[str]) -> list[str]:
    """The names of the secrets that a command refers to."""
    matches = (_REFERENCE.fullmatch(word) for word in found)
    return [match[1] for match in matches if match and _NAME.fullmatch(match[1])]


def _generate_secret(found: Sequence[str], name: Any) -> Iterator[str]:
    if name and name not in _references(found):
        there = " or ".join(_references(found)) or f"none, as the command has no {SECRET}<name>"
        yield f"generate_secret: is {name!r}, allowed: {there}"


def wait_problems(minutes: Any) -> Iterator[str]:
    """What is wrong with the minutes that something may run."""
    if not re.fullmatch(r"[1-9][0-9]*", str(minutes)) or int(minutes) > LONGEST_MINUTES:
        yield f"wait_minutes: is {str(minutes)!r}, allowed: 1 to {LONGEST_MINUTES} minutes"
