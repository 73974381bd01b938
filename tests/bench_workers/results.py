"""All that the page has figures of."""

from __future__ import annotations

from dataclasses import dataclass

from . import search, variations
from .comparison import Figures, measure, optimum
from .contenders import CONTENDERS, KEDA, OPTIMUM, OURS, TRACES

#: The most worker-hours that are asked for, over those of the bound.
MOST = 1.15


@dataclass(frozen=True)
class Results:
    """By the name of a trace, where there are several; rows in the order of the page."""

    compared: dict[str, dict[str, Figures]]
    tried: list[search.Tried]
    workers: list[tuple[str, dict[str, Figures]]]
    other_days: list[tuple[str, variations.Pair]]
    readings: list[tuple[str, dict[str, Figures]]]
    slower: list[tuple[str, dict[str, variations.Pair]]]


@dataclass(frozen=True)
class Asked:
    """What is asked of ours on one trace, and whether it is so."""

    trace: str
    ours: Figures
    keda: Figures

    @property
    def met(self) -> bool:
        """No task killed, few worker-hours more than the bound, no longer waits than KEDA-like has."""
        return not self.ours.killed and self.ours.ratio <= MOST and self.ours.p95 <= self.keda.p95


def gather() -> Results:
    """Run all of it; this takes seconds."""
    return Results(
        compared={name: _compared(name) for name in TRACES},
        tried=list(search.tried()),
        workers=list(variations.workers()),
        other_days=list(variations.other_days()),
        readings=list(variations.readings()),
        slower=list(variations.slower()),
    )


def asked(compared: dict[str, dict[str, Figures]]) -> list[Asked]:
    """What is asked, for each trace."""
    return [Asked(name, figures[OURS], figures[KEDA]) for name, figures in compared.items()]


def _compared(name: str) -> dict[str, Figures]:
    figures = {who: measure(TRACES[name], scaler) for who, scaler in CONTENDERS.items()}
    return {**figures, OPTIMUM: optimum(TRACES[name])}
