# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A value as its argument spec wants it. Stricter than Ansible's own, which takes a list for a text, true for a number,
and stops over an infinite one; and all that is wrong is told with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_dict, check_type_path

from ..module_utils.validation.value_checks import IN_QUOTES, Problem, below, nearest, shown, wrong

Option = Mapping[str, Any]

#: What came of a value, and what is wrong with it; of a wrong one nothing came.
Read = tuple[Any, list[Problem]]

_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,15}\s*", re.ASCII)


def read(option: Option, value: Any) -> Read:
    """A value that is given, by its option's ``type``, ``choices``, ``elements`` and ``options``."""
    come, problems = _READERS[option["type"]](option, value)
    if not problems and "choices" in option and not isinstance(come, list) and come not in option["choices"]:
        words = " or ".join(map(str, option["choices"]))
        like = nearest(come, option["choices"]) if isinstance(come, str) else ""
        problems = [wrong(come, words + like)]
    if problems and option.get("no_log"):
        problems = [((), f"is not shown, allowed: {_ALLOWED[option['type']]}")]
    return (None, problems) if problems else (come, [])


def _text(option: Option, value: Any) -> Read:
    if isinstance(value, float):  # 17.10 is 17.1 before anybody sees it
        return None, [wrong(value, IN_QUOTES)]
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value), []
    return _refused(option, value)


def _path(option: Option, value: Any) -> Read:
    text, problems = _text(option, value)
    return (None, problems) if problems else (check_type_path(text), [])


def _number(option: Option, value: Any) -> Read:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value), []
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return _refused(option, value)
    return int(value), []


def _boolean(option: Option, value: Any) -> Read:
    try:
        return check_type_bool(value), []
    except TypeError:
        return _refused(option, value)


def _list(option: Option, value: Any) -> Read:
    if isinstance(value, str):
        value = [item.strip() for item in value.split(",")]
    if not isinstance(value, list):
        return _refused(option, value)
    passed_on = {key: option[key] for key in ("choices", "options") if key in option}
    element = {"type": option["elements"], **passed_on}
    found = [read(element, item) for item in value]
    return [come for come, _unused in found], [
        each for index, (_unused, some) in enumerate(found) for each in below(index, some)
    ]


def _mapping(option: Option, value: Any) -> Read:
    try:
        given = check_type_dict(value)
    except TypeError:
        return _refused(option, value)
    if not isinstance(given, dict):  # JSON of something else
        return _refused(option, value)
    return _members(option["options"], given) if "options" in option else (given, [])


def _members(options: Mapping[str, Option], given: Mapping[Any, Any]) -> Read:
    come: dict[str, Any] = {}
    problems = []
    for key in given:
        if key not in options:
            problems.append(((key,), f"is not a known key{nearest(key, options)}; allowed: {', '.join(options)}"))
    for key, option in options.items():
        value = option.get("default") if given.get(key) is None else given[key]
        if value is None:
            come[key], found = None, missing(option)
        else:
            come[key], found = read(option, value)
        problems += below(key, found)
    return come, problems


def missing(option: Option) -> list[Problem]:
    """What is wrong when no value is given."""
    return [((), f"is not given, allowed: {_ALLOWED[option['type']]}")] if option.get("required") else []


def _refused(option: Option, value: Any) -> Read:
    return None, [((), f"is {shown(value)}, allowed: {_ALLOWED[option['type']]}")]


_READERS: dict[str, Callable[[Option, Any], Read]] = {
    "str": _text,
    "path": _path,
    "int": _number,
    "bool": _boolean,
    "list": _list,
    "dict": _mapping,
}
_ALLOWED = {
    "str": "a text",
    "path": "a path",
    "int": "a whole number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
}
