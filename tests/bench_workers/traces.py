"""The work: which tasks are queued when, and how long each takes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from plugins.module_utils.environment import pools

HOUR = 3600.0
DAY = 24 * HOUR
MIDNIGHT = 12 * HOUR  # a day of the simulation goes from noon to noon

#: Shares of a worker's CPU: eight short tasks keep it busy, long ones wait for a database.
_COMPUTES, _WAITS = 0.12, 0.01


@dataclass(frozen=True)
class Demand:
    """A task: the second at which it is queued, the seconds that it takes, the share of a worker's CPU that it uses."""

    queued: float
    seconds: float
    cpu: float


@dataclass(frozen=True)
class Trace:
    """The tasks of a day, by the time at which they are queued, and the pool that they are for."""

    name: str
    demands: tuple[Demand, ...]
    maximum: int = pools.OF_DEFAULT["worker_pool_max_count"]
    concurrency: int = pools.OF_DEFAULT["worker_pool_concurrency"]

    @property
    def work(self) -> float:
        """Seconds of all tasks together."""
        return sum(demand.seconds for demand in self.demands)

    def with_maximum(self, maximum: int) -> Trace:
        """The same work for a larger pool."""
        return replace(self, maximum=maximum)


def midnight_burst(seed: int) -> Trace:
    """500 tasks of 1 to 5 minutes, queued within ten seconds at midnight."""
    chance = random.Random(f"burst {seed}")
    return _trace("midnight burst", _burst(chance, MIDNIGHT, 500))


def steady_trickle(seed: int, gap: float = 60) -> Trace:
    """A task of 1 to 5 minutes each `gap` seconds, at random, for a day."""
    chance = random.Random(f"trickle {seed} {gap}")
    return _trace("steady trickle", _arrivals(chance, gap))


def long_and_bursts(seed: int) -> Trace:
    """16 tasks of 12 hours at 14:00; every three hours from 15:00 on, seven times, 100 tasks of 1 to 5 minutes."""
    chance = random.Random(f"long {seed}")
    bursts = [demand for number in range(7) for demand in _burst(chance, (3 + 3 * number) * HOUR, 100)]
    return _trace("12-hour tasks, bursts between", [*_long(chance, 2 * HOUR, 16), *bursts])


def long_within_a_burst(seed: int) -> Trace:
    """As before, but the long tasks are queued in the middle of the second burst."""
    chance = random.Random(f"long within {seed}")
    bursts = [demand for number in range(7) for demand in _burst(chance, (3 + 3 * number) * HOUR, 100)]
    return _trace("12-hour tasks within a burst", [*_long(chance, 6 * HOUR, 16), *bursts])


def split(trace: Trace) -> tuple[Trace, Trace]:
    """The long tasks and the short ones of a trace, each for a pool of its own."""
    parts = ([one for one in trace.demands if (one.seconds > HOUR) is long] for long in (True, False))
    long, short = (_trace(trace.name, part) for part in parts)
    return long, short


def _burst(chance: random.Random, begin: float, size: int) -> list[Demand]:
    return [Demand(begin + chance.uniform(0, 10), _short(chance), _COMPUTES) for _unused in range(size)]


def _arrivals(chance: random.Random, gap: float) -> Iterator[Demand]:
    now = chance.expovariate(1 / gap)
    while now < DAY:
        yield Demand(now, _short(chance), _COMPUTES)
        now += chance.expovariate(1 / gap)


def _long(chance: random.Random, begin: float, size: int) -> list[Demand]:
    return [Demand(begin + chance.uniform(0, 60), 12 * HOUR, _WAITS) for _unused in range(size)]


def _short(chance: random.Random) -> float:
    return chance.uniform(60, 300)


def _trace(name: str, demands: list[Demand] | Iterator[Demand]) -> Trace:
    return Trace(name, tuple(sorted(demands, key=lambda demand: demand.queued)))
