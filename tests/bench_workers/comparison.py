"""Runs of several days, and their figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from .delays import Delays
from .lower_bound import paid_at_least, waits_at_most
from .simulation import Scaler, simulate
from .traces import HOUR, Trace

#: Makes the trace of a day from the day's number, which is the seed of all that is random in it.
Days = Callable[[int], Trace]

DAYS, FEW_DAYS, MANY_DAYS = 5, 3, 20
DELAYS = Delays()


@dataclass(frozen=True)
class Figures:
    """Of several days: worker-hours a day, theirs and the bound's; waits in seconds; tasks killed in all of them."""

    worker_hours: float
    bound: float
    p50: float
    p95: float
    killed: int

    @property
    def ratio(self) -> float:
        """Worker-hours over those of the bound."""
        return self.worker_hours / self.bound


def measure(days: Days, scaler: Scaler, delays: Delays = DELAYS, number: int = DAYS) -> Figures:
    """What a scaler does with several days."""
    return measure_pools([days], scaler, delays, number)


def measure_pools(pools: Sequence[Days], scaler: Scaler, delays: Delays = DELAYS, number: int = DAYS) -> Figures:
    """The same, where the work of a day has several pools."""
    runs = [(pool(day), day) for pool in pools for day in range(number)]
    outcomes = [simulate(trace, scaler, delays, day) for trace, day in runs]
    return _figures(
        hours=sum(outcome.worker_hours for outcome in outcomes) / number,
        bound=_bound((trace for trace, _unused in runs), delays) / number,
        waits=[wait for outcome in outcomes for wait in outcome.waits],
        killed=sum(outcome.killed for outcome in outcomes),
    )


def optimum(days: Days, delays: Delays = DELAYS, number: int = DAYS) -> Figures:
    """The figures of the bound itself, with the waits of a pool that has all its workers all the time."""
    traces = [days(day) for day in range(number)]
    bound = _bound(traces, delays) / number
    return _figures(bound, bound, [wait for trace in traces for wait in waits_at_most(trace)], 0)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


def _bound(traces: Iterable[Trace], delays: Delays) -> float:
    return sum(paid_at_least(trace, delays) for trace in traces) / HOUR


def _figures(hours: float, bound: float, waits: list[float], killed: int) -> Figures:
    return Figures(hours, bound, percentile(waits, 0.5), percentile(waits, 0.95), killed)
