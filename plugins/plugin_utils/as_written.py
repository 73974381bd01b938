# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Numbers in a user's variables as they stand in the file, or in the command line, that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ansible import context

from ..module_utils.validation.value_checks import Problem, below, printable
from ..module_utils.validation.yaml_numbers import PLAIN, misread

try:
    # Ansible's own errors show it. It is no promise: a number that has none is taken as it was read.
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None


def problems(value: Any) -> Iterator[Problem]:
    """Every number below a value, as Ansible has loaded it, that YAML read otherwise than a person does."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from below(key, problems(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from below(index, problems(item))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _of_number(value)


def _of_number(value: float) -> Iterator[Problem]:
    origin = Origin.get_tag(value) if Origin else None
    if not origin or not origin.line_num or not origin.col_num:
        return
    place = f" ({printable(origin.path)}, line {origin.line_num})" if origin.path else ""
    for text in [_content(origin.path)] if origin.path else _of_command_line():
        line = text.splitlines()[origin.line_num - 1 : origin.line_num]
        found = PLAIN.match(line[0], origin.col_num - 1) if line else None
        if found and (told := misread(found[0], value)):
            yield (), told + place
            return


@cache
def _content(path: str) -> str:
    """Empty where it can't be read as text, as a vault's can't."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _of_command_line() -> list[str]:
    """What was given by ``-e`` as YAML. Which of them a value is from Ansible does not say."""
    return [text for text in context.CLIARGS.get("extra_vars", ()) if text[:1] in "[{"]
