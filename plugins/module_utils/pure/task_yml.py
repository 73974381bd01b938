# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The keys of a DAG task's task.yml: what each may be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .fargate import CPU_MEMORY, EPHEMERAL_STORAGE_GIB, STOP_TIMEOUT_SECONDS

ARCHITECTURES = ("X86_64", "ARM64")

#: Where a wrong value stands, and what to say of it.
Problem = tuple[tuple[Any, ...], str]
Check = Callable[[Any], Iterator[Problem]]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SECRET = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+(:[^:]*){0,3}|[\w/+=.@-]{1,400}", re.ASCII
)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+")

_WORDS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", type(None): "nothing"}


def problems(document: Mapping[Any, Any]) -> Iterator[Problem]:
    """Everything that is wrong with a task.yml, each with its place."""
    yield from _members(document, KEYS)
    environment, secrets = document.get("environment"), document.get("secrets")
    if isinstance(environment, Mapping) and isinstance(secrets, Mapping):
        for name in secrets:
            if name in environment:
                yield ("secrets", name), "is given under environment too, allowed: one of them"


def nearest(name: Any, known: Iterable[str]) -> str:
    """``, did you mean ...?`` when one of the known names is like it; else nothing."""
    letters = {each.lower(): each for each in known}
    close = difflib.get_close_matches(str(name).lower(), letters, 1)
    return f", did you mean {letters[close[0]]!r}?" if close else ""


def shown(value: Any) -> str:
    """A value with its type, as in ``a text '512'``."""
    kind = _WORDS.get(type(value), "a list" if isinstance(value, list) else "a mapping")
    if type(value) not in _WORDS and not isinstance(value, (list, Mapping)):
        kind = f"a {type(value).__name__}"
    text = repr(value) if isinstance(value, str) else str(value)
    return kind if value is None else f"{kind} {text[:60]}"


def _wrong(value: Any, allowed: str) -> Problem:
    return (), f"is {shown(value)}, allowed: {allowed}"


def _members(document: Mapping[Any, Any], known: Mapping[str, Check]) -> Iterator[Problem]:
    for key, value in document.items():
        check = known.get(key) if isinstance(key, str) else None
        if check:
            yield from _below(key, check(value))
        else:
            yield (key,), f"is not a known key{nearest(key, known)}; allowed: {', '.join(known)}"


def _below(key: Any, found: Iterable[Problem]) -> Iterator[Problem]:
    for path, text in found:
        yield (key, *path), text


def _between(least: int, most: int, unit: str) -> Check:
    return _number(range(least, most + 1), f"{unit} from {least} to {most}")


def _number(allowed: Iterable[int], words: str) -> Check:
    numbers = frozenset(allowed)

    def check(value: Any) -> Iterator[Problem]:
        if type(value) is not int or value not in numbers:
            yield _wrong(value, words)

    return check


def _one_of(*choices: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if value not in choices:
            yield _wrong(value, " or ".join(choices) + (nearest(value, choices) if isinstance(value, str) else ""))

    return check


def _text(pattern: re.Pattern[str] | None, words: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
            yield _wrong(value, words)

    return check


def _boolean(value: Any) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield _wrong(value, "true or false")


def _list_of(check_item: Check, words: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, list) or not value:
            yield _wrong(value, words)
            return
        for index, item in enumerate(value):
            yield from _below(index, check_item(item))

    return check


def _one_or_list_of(check_item: Check, words: str) -> Check:
    check_list = _list_of(check_item, words)
    return lambda value: check_item(value) if isinstance(value, str) else check_list(value)


def _map_of(check_value: Check, words: str) -> Check:
    def check(value: Any) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield _wrong(value, words)
            return
        for name, item in value.items():
            if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
                yield (name,), "is no name of an environment variable, allowed: letters, digits, _ . and -"
            yield from _below(name, check_value(item))

    return check


def _mapping(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong(value, "a mapping, as in an IAM policy")


def _statement(value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong(value, "an IAM statement with Effect, Action and Resource")
        return
    yield from _members(value, _STATEMENT_KEYS)
    if all(key in _STATEMENT_KEYS for key in value):  # else the missing one is misspelt, and told of
        for required in ("Effect", "Action", "Resource"):
            if required not in value:
                yield (), f"has no {required}, allowed: an IAM statement with Effect, Action and Resource"


_STATEMENT_KEYS: dict[str, Check] = {
    "Sid": _text(re.compile("[A-Za-z0-9]+"), "letters and digits"),
    "Effect": _one_of("Allow", "Deny"),
    "Action": _one_or_list_of(_text(_ACTION, "actions as s3:GetObject, not all of them"), "one action or a list"),
    "Resource": _one_or_list_of(
        _text(re.compile(r"\*|arn:.+", re.DOTALL), "ARNs, or * where AWS takes no other"), "one ARN or a list of ARNs"
    ),
    "Condition": _mapping,
}

_TEXT = _text(None, "a text, in quotes where YAML would read something else")

#: Every key of a task.yml.
KEYS: dict[str, Check] = {
    "cpu": _number(CPU_MEMORY, f"CPU units, one of {', '.join(map(str, CPU_MEMORY))} (1024 are a vCPU)"),
    "memory": _number(
        (size for sizes in CPU_MEMORY.values() for size in sizes), "MiB that Fargate has, such as 512, 1024, 2048, 4096"
    ),
    # the default of 20 GiB can't be asked for
    "ephemeral_storage": _between(EPHEMERAL_STORAGE_GIB[0] + 1, EPHEMERAL_STORAGE_GIB[1], "GiB"),
    "architecture": _one_of(*ARCHITECTURES),
    "command": _list_of(_TEXT, 'a list of texts, as ["python", "main.py"]'),
    "environment": _map_of(_TEXT, "a mapping of names to texts"),
    "secrets": _map_of(
        _text(_SECRET, "the ARN of a secret, or its name within the environment"), "a mapping of names to secrets"
    ),
    "policy": _list_of(_statement, "a list of IAM statements"),
    "shared_volume": _boolean,
    "stop_timeout": _between(*STOP_TIMEOUT_SECONDS, "seconds"),
}
