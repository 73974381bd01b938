# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Surveys of AWX, made from the argument specs of the variables that they ask for."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

Option = Mapping[str, Any]

# Ansible's markup: C(), O(), V() and the like.
_MARKUP = re.compile(r"\b[A-Z]\(([^)]*)\)")

# An optional text that is left empty is passed on as '' unless it has to have a letter.
_LIMITS = {"text": (1, 1024), "password": (1, 1024), "integer": (0, 2147483647)}


def survey(names: Iterable[str], options: Mapping[str, Option], required: Iterable[str] = ()) -> dict[str, Any]:
    """The survey that asks for the variables, as ``/api/v2/job_templates/N/survey_spec/`` takes it.

    Only those in ``required`` must be answered. The others have no default: a default would beat the inventory.
    """
    spec = [question(name, options[name], name in required) for name in names]
    return {"name": "", "description": "", "spec": spec}


def question(name: str, option: Option, required: bool) -> dict[str, Any]:
    """One question of a survey. Raises ValueError when a survey has no type for the option's values."""
    kind, choices = _kind(name, option)
    least, most = _LIMITS.get(kind, (0, 0))
    return {
        "type": kind,
        "variable": name,
        "question_name": _first_sentence(option),
        "question_description": _help(name, option, required),
        "required": required,
        "choices": choices,
        "default": "",
        "min": least,
        "max": most,
        "new_question": False,
    }


def _kind(name: str, option: Option) -> tuple[str, list[str]]:
    choices = [str(choice) for choice in option.get("choices", [])]
    if option["type"] == "list" and choices:
        return "multiselect", choices
    if option["type"] == "bool":
        return "multiplechoice", ["true", "false"]
    if option["type"] == "dict" or (option["type"] == "list" and option["elements"] != "str"):
        raise ValueError(f"{name}: a survey can't ask for a {option['type']}")
    if choices:
        return "multiplechoice", choices
    if option.get("no_log"):
        return "password", []
    return ("integer" if option["type"] == "int" else "text"), []


def _help(name: str, option: Option, required: bool) -> str:
    if required:
        return f"{name}."
    default = option.get("default")
    shown = "" if default is None else _shown(default)
    otherwise = f", or else {shown}" if shown else ""
    return f"{name}, for this run alone. Without an answer it is what the inventory says{otherwise}."


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(json.dumps(value)).strip('"')


def _first_sentence(option: Option) -> str:
    text = option["description"]
    whole = text if isinstance(text, str) else " ".join(text)
    return html.unescape(_MARKUP.sub(r"\1", whole)).partition(". ")[0].rstrip(".")
