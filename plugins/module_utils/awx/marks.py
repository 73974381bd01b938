# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The mark by which an object in AWX is known as ours: the end of its description, as AWX has no tags."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[farflow\.airflow: (?P<project>.+)\]\s*$")


def marked(description: str, project: str) -> str:
    """A description with the mark of a project."""
    return f"{description} [farflow.airflow: {project}]"


def owner(description: str | None) -> str | None:
    """The project whose mark a description carries; None without one."""
    found = _MARK.search(description or "")
    return found["project"] if found else None
