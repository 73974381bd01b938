"""Other days, other pools, other workers, other delays: where ours is better or worse than in the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import partial

from .cloudwatch import USUAL, Reading
from .comparison import DELAYS, FEW_DAYS, MANY_DAYS, Days, Figures, measure, measure_pools
from .contenders import CONTENDERS, KEDA, OURS, TRACES, busy_trickle
from .delays import Delays
from .scalers.work import CONDUCT, Work
from .traces import long_and_bursts, long_within_a_burst, midnight_burst, split, steady_trickle
from .worker import AFTER


@dataclass(frozen=True)
class Pair:
    """Figures of ours and of KEDA-like with the same delays."""

    ours: Figures
    keda: Figures


def workers() -> Iterator[tuple[str, dict[str, Figures]]]:
    """What protection before the first task, and the pause of idle workers, bring: by what a worker does."""
    days = {"a steady trickle": steady_trickle, "two tasks a minute": busy_trickle}
    at_once = replace(CONDUCT, pause=0)
    late = replace(at_once, protection=AFTER)
    for words, conduct, protection in (
        ("is protected 10 s after its first task has begun", late, 10),
        ("is protected 1 s after it", late, 1),
        ("is protected before", at_once, DELAYS.protection),
        ("is protected before, looks each 2 s while it has no task: **ours**", CONDUCT, DELAYS.protection),
        ("is protected before, looks each 10 s while it has no task", replace(CONDUCT, pause=10), DELAYS.protection),
    ):
        delays = replace(DELAYS, protection=protection)
        yield words, {name: measure(each, Work(conduct=conduct), delays, MANY_DAYS) for name, each in days.items()}


def readings() -> Iterator[tuple[str, dict[str, Figures]]]:
    """What AWS may mean by a cooldown."""
    for words, reading in (
        ("a scale-out delays a scale-in, as everywhere on this page", USUAL),
        ("it does not", Reading(out_delays_in=False)),
        ("a scale-in delays a scale-out too", Reading(in_delays_out=True)),
    ):
        for cooldown in (60, 300):
            setting = Work(cooldown=cooldown, reading=reading)
            yield (
                f"{words}: {cooldown} s",
                {name: measure(each, setting, number=FEW_DAYS) for name, each in TRACES.items()},
            )


def other_days() -> Iterator[tuple[str, Pair]]:
    """Work and pools for which nothing is asked."""
    for maximum in (10, 20, 63):
        yield f"500 short tasks at midnight, at most {maximum} workers", _pair(_sized(midnight_burst, maximum))
    for words, gap in (("each ten minutes", 600), ("each 30 seconds", 30), ("each 15 seconds", 15)):
        yield f"a task {words}", _pair(partial(steady_trickle, gap=gap))
    yield "12-hour tasks, bursts between, at most 20 workers", _pair(_sized(long_and_bursts, 20))
    yield "12-hour tasks that are queued within a burst", _pair(long_within_a_burst)
    yield "the same, 12-hour tasks in a pool of their own", _pair(*_split(long_within_a_burst))


def slower() -> Iterator[tuple[str, dict[str, Pair]]]:
    """Delays doubled, one after the other and all together."""
    names = [field.name for field in fields(Delays)]
    for words, doubled in [("none", []), *((name, [name]) for name in names), ("all", names)]:
        delays = DELAYS.doubled(*doubled)
        yield words, {name: _pair(days, delays=delays) for name, days in TRACES.items()}


def _pair(*pools: Days, delays: Delays = DELAYS) -> Pair:
    ours, keda = (measure_pools(pools, CONTENDERS[name], delays, FEW_DAYS) for name in (OURS, KEDA))
    return Pair(ours, keda)


def _sized(days: Days, maximum: int) -> Days:
    return lambda seed: days(seed).with_maximum(maximum)


def _split(days: Days) -> tuple[Days, Days]:
    return lambda seed: split(days(seed))[0], lambda seed: split(days(seed))[1]
