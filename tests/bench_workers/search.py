"""Settings of ours that were tried, and what each costs at AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .comparison import FEW_DAYS, Figures, measure
from .contenders import TRACES, busy_trickle
from .scalers.work import Work

_MONTH = 730 * 3600
_METRIC, _ALARM, _FAST_ALARM, _REQUEST = 0.30, 0.10, 0.30, 0.01 / 1000  # list prices in dollars, three by the month

CHOSEN = Work()
_COOLDOWNS = (0, 60, 120, 300, 600, 900)

#: Values are put more often, the alarm looks back less far, an empty pool has an alarm that wakes it.
_FASTER = (
    replace(CHOSEN, waking=True),
    replace(CHOSEN, published=10),
    replace(CHOSEN, published=10, period=30),
    replace(CHOSEN, published=10, period=10),
    replace(CHOSEN, published=10, waking=True),
    replace(CHOSEN, published=10, period=10, waking=True),
)

SETTINGS = (*(replace(CHOSEN, cooldown=cooldown) for cooldown in _COOLDOWNS), *_FASTER)


@dataclass(frozen=True)
class Tried:
    """A setting, its dollars a month for the one pool of an environment, and its figures by the name of a trace."""

    setting: Work
    dollars: float
    figures: dict[str, Figures]


def tried() -> Iterator[Tried]:
    """All settings, each on the days that the contenders had, and on a busier trickle."""
    days = {**TRACES, "two tasks a minute": busy_trickle}
    for setting in SETTINGS:
        figures = {name: measure(each, setting, number=FEW_DAYS) for name, each in days.items()}
        yield Tried(setting, dollars(setting), figures)


def dollars(setting: Work) -> float:
    """A month of the metric, its alarms, and the calls that put its values."""
    alarm = _ALARM if setting.period >= 60 else _FAST_ALARM
    waking = _FAST_ALARM if setting.waking else 0
    return _METRIC + alarm + waking + _MONTH / setting.published * _REQUEST
