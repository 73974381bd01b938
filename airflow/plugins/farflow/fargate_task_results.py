# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What goes into a container and what comes out of it: one line of JSON, or files below a prefix in the bucket."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from farflow.fargate_task_values import shown

MARK = "FARFLOW_RESULT="
#: Docker hands on lines of up to 16 KiB as they are, and cuts what is longer.
LONGEST_RESULT_BYTES = 16000

RESULT_PREFIX = "FARFLOW_RESULT_PREFIX"
INPUTS = "FARFLOW_INPUTS"
INPUTS_URL = "FARFLOW_INPUTS_URL"

KINDS = ("json", "prefix")

#: Airflow goes into each level of a result several calls deep.
_DEEPEST = 100
_TOO_DEEP = f"is nested deeper than {_DEEPEST} times, which Airflow can't hand on"
#: By them Airflow knows the values that it has written as JSON itself.
_NAMES_OF_AIRFLOW = {"__classname__", "__id__", "__type"}
_LONGEST_SHOWN = 60  # characters
#: NUL, and halves of surrogate pairs: Postgres takes them neither in text nor in JSON.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


class ResultError(ValueError):
    """What is wrong with a container's result, as a sentence."""


def storable(value: Any) -> Any:
    """JSON or a text, with U+FFFD for each character that Airflow's database can't keep."""
    if isinstance(value, str):
        return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list) else value


def not_storable(value: Any) -> str | None:
    """What of JSON Airflow's database can't keep, as it is shown: a text, or a number that is none; else None."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str) and _NOT_STORABLE.search(each):
            return repr(each if len(each) <= _LONGEST_SHOWN else _NOT_STORABLE.findall(each)[0])
        if isinstance(each, float) and not math.isfinite(each):
            return repr(each)
        if isinstance(each, Mapping):
            left += [*each.values(), *each]
        elif isinstance(each, (list, tuple)):
            left += each
    return None


def is_misplaced(line: str) -> bool:
    """Whether it looks as if it were to hold the result, and does not begin with the marker."""
    return MARK in line and not line.startswith(MARK)


def parsed(line: str | None, misplaced: str | None = None) -> Any:
    """The value of a line ``FARFLOW_RESULT=<JSON>``. Where there is none, ``misplaced`` is a line that holds the marker
    elsewhere, if there is one. Raises ResultError.
    """
    if line is None:
        asked = f"the container has printed no line that begins with {MARK}, which result='json' asks for"
        if misplaced is None:
            raise ResultError(asked)
        beginning = misplaced if len(misplaced) <= _LONGEST_SHOWN else f"{misplaced[: _LONGEST_SHOWN - 3]}..."
        raise ResultError(
            f"{asked}; a line that holds it elsewhere is {beginning!r}, allowed: {MARK}<JSON> as a line of its own, "
            "with nothing of a logger before it"
        )
    size = len(line.encode())
    if size > LONGEST_RESULT_BYTES:
        raise ResultError(
            f"the line {MARK}... has {size} bytes or more, allowed: {LONGEST_RESULT_BYTES}; write what is large to "
            f"{RESULT_PREFIX}, and print where it is"
        )
    text = line.removeprefix(MARK)
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        problem = _not_passed_on(value)
    except ValueError as error:
        raise ResultError(f"the line {MARK}... is no JSON: {error}; it begins with {text[:60]!r}") from None
    except RecursionError:
        problem = _TOO_DEEP
    if problem:
        raise ResultError(f"the line {MARK}... {problem}")
    return value


def taken_apart(value: Any) -> Any:
    """The result of a task with multiple_outputs, of which each member becomes an XCom. Raises ResultError."""
    if not isinstance(value, Mapping):
        raise ResultError(
            f"the result is {shown(value)}, with multiple_outputs=True allowed: a JSON object, as in "
            f'{MARK}{{"rows": 3}}'
        )
    return value


def _not_passed_on(value: Any) -> str | None:
    """Why Airflow can't hand JSON on to other tasks, if it can't."""
    if (found := not_storable(value)) is not None:
        return f"holds {found}, which Airflow's database can't keep"
    level, depth = [value], 0
    while level:
        for each in level:
            if isinstance(each, dict) and (names := sorted(each.keys() & _NAMES_OF_AIRFLOW)):
                return f"has the name {names[0]!r}, which Airflow keeps for itself"
            if isinstance(each, int) and not -(2**63) <= each < 2**63:
                return f"holds {str(each)[:_LONGEST_SHOWN]}, a number of more than 64 bits, which Airflow can't hand on"
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list))]
        level = [each for members in inner for each in members]
        depth += bool(inner)
        if depth > _DEEPEST:
            return _TOO_DEEP
    return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def prefix(base: str | None, *parts: Any) -> str | None:
    """``s3://<bucket>/results/<dag>/<run>/<task>/<map index>/<try>/`` below what the deploy says; None without it."""
    return f"{base.rstrip('/')}/{'/'.join(map(str, parts))}/" if base else None


def split_url(url: str) -> tuple[str, str]:
    """Bucket and key of an S3 URL."""
    bucket, _unused, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def told_prefix(prefix: str | None) -> str:
    """The URL that the container has written below. Raises ResultError where it had none."""
    if not prefix:
        raise ResultError(f"the container had no {RESULT_PREFIX}; the deploy says by FARFLOW_RESULTS where results go")
    return prefix
