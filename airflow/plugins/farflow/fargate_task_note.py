# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What FargateTask notes of its Fargate task in an XCom of its own: for the page "Fargate", and for tasks after it.

``{task, arn, task_url, log_url, size, capacity, image}`` from the start, and from the end on ``{exit_code, stop_code,
seconds, cost}`` as well, of which any may be None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from farflow import fargate_task_end as end
from farflow import fargate_task_links as links

KEY = "fargate_task"

_TEXTS = ("task", "arn", "size", "capacity", "image", "stop_code", "cost")
_LINKS = ("task_url", "log_url")
_NUMBERS = ("exit_code", "seconds")
_ALL = (*_TEXTS, *_LINKS, *_NUMBERS)

Task = Mapping[str, Any]
Place = tuple[str, str, str | None]


def begun(name: str, arn: str, place: Place | None, task: Task | None) -> dict[str, Any]:
    """Of one that was started, or found again; then ``task`` is not known. ``place`` is that of its log."""
    return {
        "task": name,
        "arn": arn,
        "task_url": links.task_url(arn),
        "log_url": links.log_url(arn, *place) if place else None,
        "size": end.size(task) if task else None,
        "capacity": end.capacity(task) if task else None,
        "image": end.image(task) if task else None,
    }


def read(noted: Any) -> dict[str, Any]:
    """What of a note is as it was written here: any DAG may have an XCom of that key, with whatever in it."""
    if not isinstance(noted, Mapping):
        return {}
    return {name: value if _is_right(name, value) else None for name, value in noted.items() if name in _ALL}


def _is_right(name: str, value: Any) -> bool:
    if name in _NUMBERS:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, str) and (name in _TEXTS or value.startswith("https://"))


def ended(name: str, place: Place | None, task: Task, cost: str) -> dict[str, Any]:
    """Of one that has ended."""
    return {**begun(name, task["taskArn"], place, task), **outcome(task, cost)}


def is_of_end(noted: Mapping[str, Any]) -> bool:
    """Whether a note was written at the end, or since."""
    return "cost" in noted


def outcome(task: Task, cost: str) -> dict[str, Any]:
    """What is added at the end."""
    return {
        "exit_code": end.exit_code(task),
        "stop_code": task.get("stopCode"),
        "seconds": end.seconds(task, "createdAt", "stoppedAt"),
        "cost": cost,
    }
