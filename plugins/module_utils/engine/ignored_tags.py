# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS's answers without the tags that are nobody's here: AWS's own, and those that an organization adds by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

#: What AWS's services call the tags of a resource in their answers.
_MEMBERS = {"Tags", "TagList", "TagSet", "tags"}

_RESERVED = "aws:*"


def ignores(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a tag's key is one of the patterns: keys, or beginnings of keys that end with ``*``. So are AWS's own."""
    given = {_RESERVED, *patterns}
    keys = {pattern for pattern in given if not pattern.endswith("*")}
    beginnings = tuple(pattern[:-1] for pattern in given if pattern.endswith("*"))
    return lambda key: key in keys or key.startswith(beginnings)


def leave_out_tags(answer: Any, is_ignored: Callable[[str], bool]) -> None:
    """Takes the ignored tags out of an answer, wherever they are in it."""
    if isinstance(answer, list):
        for item in answer:
            if not isinstance(item, (dict, list)):
                return  # the items of a list are of one type
            leave_out_tags(item, is_ignored)
    elif isinstance(answer, dict):
        for member, value in answer.items():
            if member in _MEMBERS and isinstance(value, (dict, list)):
                answer[member] = _own(value, is_ignored)
            elif isinstance(value, (dict, list)):
                leave_out_tags(value, is_ignored)


def _own(tags: dict[str, Any] | list[Any], is_ignored: Callable[[str], bool]) -> Any:
    if isinstance(tags, dict):
        return {key: value for key, value in tags.items() if not is_ignored(str(key))}
    return [tag for tag in tags if not (isinstance(tag, dict) and is_ignored(str(tag.get("Key") or tag.get("key"))))]
