"""The simulation's time: what is to happen, in its order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class Clock:
    """Events by the second at which they happen; those of the same second in the order in which they were planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self._planned: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._number = count()

    def at(self, second: float, action: Callable[..., None], *arguments: Any) -> None:
        """Plan an action for a second that has not passed."""
        heapq.heappush(self._planned, (max(second, self.now), next(self._number), action, arguments))

    def after(self, seconds: float, action: Callable[..., None], *arguments: Any) -> None:
        """Plan an action for some seconds from now."""
        self.at(self.now + seconds, action, *arguments)

    def every(self, seconds: float, action: Callable[[], None], first: float) -> None:
        """Plan an action again and again, from the second `first` on."""

        def again() -> None:
            action()
            self.after(seconds, again)

        self.at(first, again)

    def step(self) -> bool:
        """Let the next event happen; false where none is planned."""
        if not self._planned:
            return False
        self.now, _unused, action, arguments = heapq.heappop(self._planned)
        action(*arguments)
        return True
