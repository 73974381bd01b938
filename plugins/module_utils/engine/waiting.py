# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waiting for AWS: with a limit, with growing pauses, and with the last state when it was in vain."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from .errors import FarflowError

Answer = TypeVar("Answer")

_GROWTH = 1.5
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class NotYet:
    """What a check answers while there is nothing to have: the state it saw, for the person who waits."""

    state: str


class Clock(Protocol):
    """The part of the module ``time`` that waiting needs."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float, /) -> None:
        """Returns that much later."""


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def wait_for(
    check: Callable[[], Answer | NotYet | None],
    limit: float,
    what: str,
    interval: float = 2.0,
    clock: Clock = time,
    longest_pause: float = _LONGEST_PAUSE,
) -> Answer:
    """The first answer of ``check`` that is neither None nor NotYet. It is asked at once, then after pauses of
    ``interval`` seconds that grow to ``longest_pause``, and a last time when ``limit`` seconds are over.

    Raises FarflowError ``gave up waiting for <what> after <limit> s: <last state>``. What can't succeed any more
    ends a wait early when ``check`` raises.
    """
    end = clock.monotonic() + limit
    pause = interval
    while True:
        answer = check()
        if answer is not None and not isinstance(answer, NotYet):
            return answer
        left = end - clock.monotonic()
        if left <= 0:
            state = f": {answer.state}" if isinstance(answer, NotYet) else ""
            raise FarflowError(f"gave up waiting for {what} after {limit:g} s{state}")
        clock.sleep(min(pause, left))
        pause = min(pause * _GROWTH, max(interval, longest_pause))
