# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A container's log in the log of its Airflow task: each line once, with the time that it was written at."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from farflow.fargate_task_results import MARK, is_misplaced, storable
from farflow.fargate_task_watch import in_turns

_LEVEL = re.compile(r"\W{0,2}(WARNING|WARN|ERROR|CRITICAL|FATAL)\b")
_LONGEST_KEPT_LINE = 2000  # characters of a line in the error of a task


class Line(NamedTuple):
    """A line, and when it was written, in milliseconds since 1970."""

    time: int
    text: str


class ContainerLog:
    """Hands a container's log lines on to a logger, and keeps what is needed of them when the container has ended.

    ``result`` is the last line that holds a result, ``misplaced`` the last one that has its marker elsewhere than at
    the beginning. Airflow shows equal lines of the same time once. So one that begins anew in another triggerer
    shows nothing twice.
    """

    def __init__(self, logger: Any, kept_lines: int) -> None:
        self._logger = logger
        self.tail: deque[str] = deque(maxlen=max(kept_lines, 1))
        self.result: str | None = None
        self.misplaced: str | None = None

    async def keep(self, events: Sequence[Mapping[str, Any]]) -> list[Line]:
        """Looks at events of GetLogEvents, in turns with all other logs. Returns their lines, to be shown."""
        lines: list[Line] = []
        await in_turns(lambda event: lines.append(self._keep(event)), events)
        return lines

    async def show(self, lines: Sequence[Line]) -> None:
        """Shows lines, in turns with all other logs."""
        await in_turns(self._show, lines)

    def say(self, text: str, before: Line) -> None:
        """A warning of ours in its place: before a line."""
        self._logger.log(logging.WARNING, text, timestamp=_time(before.time - 1))

    def _show(self, line: Line) -> None:
        self._logger.log(level(line.text), line.text, timestamp=_time(line.time))

    def _keep(self, event: Mapping[str, Any]) -> Line:
        # A character that the database refuses would end the triggerer, and each triggerer after it.
        line = str(storable(str(event["message"]).rstrip("\n")))
        self.tail.append(line[:_LONGEST_KEPT_LINE])
        if line.startswith(MARK):
            self.result = line
        elif is_misplaced(line):
            self.misplaced = line[:_LONGEST_KEPT_LINE]
        return Line(int(event["timestamp"]), line)


def level(line: str) -> int:
    """The level that a line begins with, as in ``WARNING: ...`` or ``[ERROR] ...``. INFO for every other line, also
    those that say DEBUG, which Airflow would leave out by its own level.
    """
    found = _LEVEL.match(line)
    return int(getattr(logging, found[1])) if found else logging.INFO


def _time(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def quiet() -> None:
    """What AWS's libraries say of themselves is shown where the log level is DEBUG, and only there."""
    for name in ("aiobotocore", "boto3", "botocore", "urllib3"):
        if logging.getLogger(name).getEffectiveLevel() > logging.DEBUG:
            logging.getLogger(name).setLevel(logging.WARNING)
    with suppress(ImportError, KeyError):  # Airflow's own table of levels has no public name
        from airflow.sdk._shared.logging.structlog import PER_LOGGER_LEVELS

        if PER_LOGGER_LEVELS[""] > logging.DEBUG:
            PER_LOGGER_LEVELS["airflow.providers.amazon.aws.hooks.base_aws"] = logging.WARNING
