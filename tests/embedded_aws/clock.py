"""The time that AWS counts: how long one of its minutes takes here, and what happens later.

What AWS itself waits for (periods of alarms, cooldowns, the protection of tasks, the warning of a Spot interruption) is
`real(seconds)`. Moments that are told to clients are those of the real clock. What a container does takes as long as
it takes.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("embedded_aws")

_factor = 1.0
_factor_changed = threading.Condition()


def set_factor(factor: float) -> None:
    """From now on a second of AWS's takes a second / ``factor``. Raises ValueError for one that is not above 0."""
    global _factor
    if not factor > 0:
        raise ValueError(f"the clock's factor is above 0: {factor}")
    with _factor_changed:
        _factor = factor
        _factor_changed.notify_all()


def real(seconds: float) -> float:
    """How many real seconds so many of AWS's take."""
    return seconds / _factor


def next_tick(seconds: float) -> tuple[int, float]:
    """Waits until the next moment that is a multiple of so many of AWS's seconds: which multiple, and the moment."""
    with _factor_changed:
        while True:
            step = real(seconds)
            number = math.floor(time.time() / step) + 1
            while (left := number * step - time.time()) > 0:
                if _factor_changed.wait(left):
                    break
            else:
                return number, number * step


def later(seconds: float, function: Callable[..., Any], *arguments: Any) -> None:
    """Calls the function after so many real seconds, for the account and region that are the caller's now."""
    from ministack.core.responses import get_account_id, get_region, request_scope

    account, region = get_account_id(), get_region()

    def in_scope() -> None:
        with request_scope(account, region):
            function(*arguments)

    _TIMETABLE.add(time.monotonic() + seconds, in_scope)


def forget() -> None:
    """Nothing that was to happen later happens."""
    _TIMETABLE.clear()


class _Timetable:
    """One thread that calls functions when their time has come. They are short, or start threads of their own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, when: float, function: Callable[[], Any]) -> None:
        with self._changed:
            heapq.heappush(self._entries, (when, next(self._numbers), function))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="embedded-aws-clock")
                self._thread.start()
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._entries.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                wait = self._entries[0][0] - time.monotonic() if self._entries else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _when, _number, function = heapq.heappop(self._entries)
            try:
                function()
            except Exception:
                logger.exception("what was to happen later failed")


_TIMETABLE = _Timetable()
