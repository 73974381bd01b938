# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What optional settings have set of an object in AWX. Its description keeps that, so it is known when one goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

#: Name and value, such as ``("timeout", 60)`` or ``("label", "airflow")``.
Setting = tuple[str, Any]

_MARK = " [farflow.airflow: "
_NAMES = "timeout|ask_scm_branch_on_launch|allow_override|webhook_service|label|instance_group"
_ONE = rf'(?:{_NAMES}) (?:"(?:[^"\\]|\\.)*"|\d+|true)'
_SENTENCE = re.compile(rf" ?Set by the settings: (?P<settings>{_ONE}(?:, {_ONE})*)\.(?={re.escape(_MARK)})")
_SETTING = re.compile(r'(\w+) ("(?:[^"\\]|\\.)*"|\w+)')
_BRACKET = "\\u005b"


def settings_in(description: str | None) -> list[Setting]:
    """The settings that a description with our mark keeps."""
    found = _SENTENCE.search(description or "")
    try:
        return [(name, json.loads(value)) for name, value in _SETTING.findall(found["settings"])] if found else []
    except ValueError:  # somebody has edited it
        return []


def with_settings(description: str, settings: Iterable[Setting]) -> str:
    """A description with our mark that keeps these settings, in place of those that it has kept."""
    words = ", ".join(map(told, settings))
    text, bracket, mark = _SENTENCE.sub("", description).partition(_MARK)
    return f"{text} Set by the settings: {words}.{bracket}{mark}" if words else f"{text}{bracket}{mark}"


def told(setting: Setting) -> str:
    """A setting as a person reads it."""
    value = json.dumps(setting[1], ensure_ascii=False)
    return f"{setting[0]} {value.replace('[', _BRACKET)}"  # so that no value looks like a mark
