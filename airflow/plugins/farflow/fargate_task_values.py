# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A single value that an author gives to a FargateTask: whether it is known yet, and how a sentence shows it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

_LONGEST_SHOWN = 60  # characters


def is_later(value: Any) -> bool:
    """Whether it is known at run time only: a template, or what another task returns."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    return hasattr(value, "resolve") or callable(value)


def number(value: Any) -> int | None:
    """A whole number, or the text of one; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def shown(value: Any) -> str:
    """``the text 'x'``, ``10, of type int`` or ``-60 seconds``, shortened where it is long."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} seconds"
    text = repr(value)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
    return f"the text {text}" if isinstance(value, str) else f"{text}, of type {type(value).__name__}"


def as_text(value: Any) -> str:
    """The text that is meant where something else was given, in quotes."""
    return json.dumps(str(value))
