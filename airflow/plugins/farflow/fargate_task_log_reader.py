# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads the log of a container, while it runs and when it has ended. Of a rest that is too long the end is shown."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from farflow.fargate_task_links import log_url
from farflow.fargate_task_log import ContainerLog, Line
from farflow.fargate_task_watch import LINES_KEPT, LINES_SHOWN, error_code, pause_after, will_pass

if TYPE_CHECKING:
    from farflow.fargate_task_trigger import FargateTaskTrigger

#: A page with so many lines is not the last one. One with fewer may be, and asking costs a call.
LINES_OF_A_FULL_PAGE = 100
#: A log that grows faster than it is shown is left after so many seconds, to look at its container.
READ_SECONDS = 5.0
#: Between two reads of a log whose container has ended, at the least.
LAST_LINES_SECONDS = 1.0
#: When its container has ended, so many lines of what is left are shown: the last ones.
LINES_AT_END = 2000
#: Where there is no time for all of them, so many are: the very last ones.
LINES_AFTER_TIME = 100
#: Where so many seconds of reads wait already, logs of running containers are read later.
LONGEST_QUEUE_SECONDS = 10.0
READ_ATTEMPTS = 6


@dataclass
class _Rest:
    """What was read of the end of a log, and is still to be shown. ``left_out`` lines before it never are;
    ``has_gap`` where nobody knows how many more.
    """

    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_AT_END))
    left_out: int = 0
    has_gap: bool = False

    def add(self, lines: list[Line]) -> None:
        self.left_out += max(len(self.lines) + len(lines) - LINES_AT_END, 0)
        self.lines += lines


class LogReader:
    """Reads from where it has come to. What keeps it from that is told, and tried again later.

    ``unread`` says whether the end of the log, when its container had ended, could not be read.
    """

    def __init__(self, trigger: FargateTaskTrigger, log: ContainerLog) -> None:
        self._trigger = trigger
        self._log = log
        self._token: str | None = None
        self._next = 0.0
        self._told = False
        self.unread = False

    async def read(self, now: bool = False) -> None:
        """What is new, page by page; nothing where the last read is not long ago."""
        if not self._place():
            return
        if not now and (time.monotonic() < self._next or self._trigger.reads().queue() > LONGEST_QUEUE_SECONDS):
            return
        until = time.monotonic() + READ_SECONDS
        while len(lines := await self._page_if_it_can(LINES_SHOWN)) >= LINES_OF_A_FULL_PAGE:
            await self._log.show(lines)
            if time.monotonic() >= until:
                return  # and goes on after the next look
        await self._log.show(lines)
        self._next = time.monotonic() + self._trigger.log_interval

    async def finish(self, seconds: float, late: float = 0.0) -> None:
        """The rest of a log whose container has ended, in so many seconds; its last lines may come ``late`` seconds
        from now. All of it is read, or at least its end, and the last lines are shown.
        """
        if not self._place():
            return
        begun = time.monotonic()
        rest = _Rest()
        read_until, show_until = begun + seconds / 2, begun + seconds
        is_read = await self._rest(rest, read_until)
        await self._show(rest, show_until)
        if is_read:
            await asyncio.sleep(max(begun + late - time.monotonic(), LAST_LINES_SECONDS))
            await self._rest(rest, max(read_until, time.monotonic() + LAST_LINES_SECONDS))
            await self._show(rest, show_until)

    async def _rest(self, rest: _Rest, until: float) -> bool:
        """Reads on to the end of the log, or leaps to it where that takes too long. Returns whether it can be read."""
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                while len(lines := await self._page(LINES_KEPT)) >= LINES_OF_A_FULL_PAGE:
                    rest.add(lines)
                    if time.monotonic() >= until:
                        await self._leap(rest)
                        return True
                rest.add(lines)
                return True
            except Exception as error:
                if not will_pass(error):
                    break
                await asyncio.sleep(pause_after(attempt))
        else:
            self._trigger.log.warning("The end of the container's log can't be read; all of it is in %s", self._where())
        self.unread = True
        return False

    async def _leap(self, rest: _Rest) -> None:
        """Goes to the last lines that a page can hold, past all before them."""
        last = rest.lines[-1].time
        page = await self._trigger.reads().read_end(*self._place(), LINES_KEPT)
        self._token = page.get("nextForwardToken") or self._token
        events = page["events"]
        if events and events[0]["timestamp"] > last:
            rest.has_gap = True
        rest.add(await self._log.keep([event for event in events if event["timestamp"] > last]))

    async def _show(self, rest: _Rest, until: float) -> None:
        """In their order, as far as there is time, and the very last lines in any case."""
        lines = list(rest.lines)
        rest.lines.clear()
        if rest.left_out:
            self._say_left_out(f"{rest.left_out}{' or more' if rest.has_gap else ''}", lines[0])
            rest.left_out, rest.has_gap = 0, False
        while lines:
            if time.monotonic() >= until and len(lines) > LINES_AFTER_TIME:
                self._say_left_out(str(len(lines) - LINES_AFTER_TIME), lines[-LINES_AFTER_TIME])
                del lines[:-LINES_AFTER_TIME]
            await self._log.show(lines[:LINES_AFTER_TIME])
            del lines[:LINES_AFTER_TIME]

    def _say_left_out(self, count: str, before: Line) -> None:
        said = f"{count} lines of the container's log are left out here; all of it is in {self._where()}"
        self._log.say(said, before)

    async def _page_if_it_can(self, most: int) -> list[Line]:
        try:
            return await self._page(most)
        except Exception:
            return []

    async def _page(self, most: int) -> list[Line]:
        """The lines of the next page; none where the container has not written anything yet. Raises what boto3 does."""
        try:
            page = await self._trigger.reads().read(*self._place(), self._token, most)
        except Exception as error:
            if error_code(error) == "ResourceNotFoundException":
                return []
            if not self._told:
                self._trigger.log.warning("The container's log can't be read now, trying again: %s", error)
                self._told = True
            raise
        self._token = page.get("nextForwardToken") or self._token
        return await self._log.keep(page["events"])

    def _place(self) -> tuple[str, str] | tuple[()]:
        trigger = self._trigger
        return (trigger.log_group, trigger.log_stream) if trigger.log_group and trigger.log_stream else ()

    def _where(self) -> str:
        """Log group, log stream and their page, for people."""
        group, stream = self._place()
        return f"{group} {stream}: {log_url(self._trigger.task_arn, group, stream, self._trigger.log_region_name)}"
