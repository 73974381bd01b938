"""A metric of CloudWatch, and a step scaling policy of Application Auto Scaling that an alarm on it invokes."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock
from .pool import Pool

_LOOK = 5  # seconds between two looks at whether a scaling activity is complete
_KEPT = 30  # data points that are remembered


class Metric:
    """Values as an alarm sees them: some seconds late."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self._clock = clock
        self._delay = delay
        self._points: list[tuple[float, float]] = []

    def put(self, value: float) -> None:
        """What PutMetricData does."""
        self._points.append((self._clock.now, value))
        del self._points[:-_KEPT]

    def maximum(self, period: float) -> float | None:
        """The largest value of the period that ends now, None where there is none."""
        until = self._clock.now - self._delay
        values = [value for second, value in self._points if until - period < second <= until]
        return max(values) if values else None


class StepPolicy:
    """ExactCapacity: out at once, in when the cooldown has passed since the last activity was complete.

    `capacity` makes a number of workers of the metric's value.
    """

    def __init__(self, clock: Clock, pool: Pool, cooldown: float, capacity: Callable[[float], int]) -> None:
        self._clock = clock
        self._pool = pool
        self._cooldown = cooldown
        self._capacity = capacity
        self._complete: float | None = -cooldown

    def invoke(self, value: float) -> None:
        """What an alarm does, with the newest data point."""
        capacity = self._capacity(value)
        if capacity > self._pool.desired or (capacity < self._pool.desired and self._cooled):
            self._pool.ask(capacity)
            if self._complete is not None:
                self._complete = None
                self._watch()

    @property
    def _cooled(self) -> bool:
        return self._complete is not None and self._clock.now >= self._complete + self._cooldown

    def _watch(self) -> None:
        if self._pool.settled:
            self._complete = self._clock.now
        else:
            self._clock.after(_LOOK, self._watch)
