"""A metric of CloudWatch, and a step scaling policy of Application Auto Scaling that an alarm on it invokes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Reading:
    """What AWS's documentation of a cooldown leaves open for a policy that scales both out and in."""

    out_delays_in: bool = True
    in_delays_out: bool = False


#: Out at once, and a scale-out has to take effect before a scale-in.
USUAL = Reading()


class StepPolicy:
    """ExactCapacity: out at once, in when the cooldown has passed since the last activity was complete.

    `capacity` makes a number of workers of the metric's value.
    """

    def __init__(
        self, clock: Clock, pool: Pool, cooldown: float, capacity: Callable[[float], int], reading: Reading = USUAL
    ) -> None:
        self._clock = clock
        self._pool = pool
        self._cooldown = cooldown
        self._capacity = capacity
        self._reading = reading
        self._complete: float | None = -cooldown
        self._scaled_in = False

    def invoke(self, value: float) -> None:
        """What an alarm does, with the newest data point."""
        capacity = self._capacity(value)
        if capacity > self._pool.desired and self._may_scale_out:
            self._scaled_in = False
            self._ask(capacity, self._reading.out_delays_in)
        elif capacity < self._pool.desired and self._cooled:
            self._scaled_in = True
            self._ask(capacity, True)

    @property
    def _may_scale_out(self) -> bool:
        return self._cooled or not (self._scaled_in and self._reading.in_delays_out)

    @property
    def _cooled(self) -> bool:
        return self._complete is not None and self._clock.now >= self._complete + self._cooldown

    def _ask(self, capacity: int, cools: bool) -> None:
        self._pool.ask(capacity)
        if cools and self._complete is not None:
            self._complete = None
            self._watch()

    def _watch(self) -> None:
        if self._pool.settled:
            self._complete = self._clock.now
        else:
            self._clock.after(_LOOK, self._watch)
