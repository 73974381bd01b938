"""docs/bench-workers.svg: how many workers there are, contender by contender, on the first of the days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .comparison import DELAYS
from .contenders import CONTENDERS, CPU, KEDA, MWAA, OURS, TRACES
from .lower_bound import needed
from .simulation import simulate
from .traces import HOUR, MIDNIGHT

_WIDTH, _LEFT, _RIGHT = 960, 60, 30
_TOP, _HEIGHT, _GAP = 80, 150, 70

#: Since which second, and how many workers.
History = list[tuple[float, int]]

#: By the name of a trace: the hours of the day that are shown, from noon on, and how many lie between two marks.
_SHOWN = {
    "500 short tasks at midnight": (11.75, 13.25, 0.25),
    "a steady trickle": (6.0, 9.0, 0.5),
    "12-hour tasks, bursts between": (1.0, 27.0, 2.0),
}

#: Contenders in the order in which they are drawn, the last one on top; a little apart, so that none hides another.
_LINES = {CPU: ("cpu", 4.5), MWAA: ("mwaa", 3), KEDA: ("keda", 1.5), OURS: ("ours", 0)}


@dataclass(frozen=True)
class _Panel:
    """A part of the picture with its own axes: hours from left to right, workers from the bottom up."""

    title: str
    top: float
    hours: tuple[float, float]
    mark: float
    most: int

    @property
    def bottom(self) -> float:
        return self.top + _HEIGHT

    def x(self, second: float) -> float:
        first, last = self.hours
        hour = min(max(second / HOUR, first), last)
        return _LEFT + (hour - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, workers: float) -> float:
        return self.bottom - workers / self.most * _HEIGHT

    def path(self, history: History, apart: float = 0) -> str:
        """Steps: as many workers as there were, until there were more or less."""
        seen = [(self.x(second), self.y(workers) - apart) for second, workers in self._within(history)]
        moves = [f"M{seen[0][0]:.1f} {seen[0][1]:.1f}", *(f"H{x:.1f}V{y:.1f}" for x, y in seen[1:])]
        return f"{''.join(moves)}H{self.x(self.hours[1] * HOUR):.1f}"

    def _within(self, history: History) -> Iterator[tuple[float, int]]:
        """The last number of the time before, and each that differs from the one before it."""
        first, last = (hour * HOUR for hour in self.hours)
        before = [workers for second, workers in history if second <= first]
        number = before[-1] if before else 0
        yield first, number
        for second, workers in history:
            if first < second <= last and workers != number:
                number = workers
                yield second, workers


def picture() -> str:
    """The whole file."""
    panels = "\n".join(line for number, name in enumerate(TRACES) for line in _panel(number, name))
    height = _TOP + len(TRACES) * (_HEIGHT + _GAP)
    return _FILE.format(width=_WIDTH, height=height, legend="\n".join(_legend()), panels=panels)


def _panel(number: int, name: str) -> Iterator[str]:
    trace = TRACES[name](0)
    first, last, mark = _SHOWN[name]
    panel = _Panel(name, _TOP + 20 + number * (_HEIGHT + _GAP), (first, last), mark, trace.maximum + 1)
    yield f'  <text x="{_LEFT}" y="{panel.top - 8:.1f}">{name}</text>'
    yield from _axes(panel)
    filled = panel.path([(0, 0), *_starts_with_none(needed(trace))])
    yield f'  <path class="needed" d="{filled}V{panel.bottom:.1f}H{_LEFT}z"/>'
    for who, (kind, apart) in _LINES.items():
        history = simulate(trace, CONTENDERS[who], DELAYS, 0).history
        yield f'  <path class="line {kind}" d="{panel.path(history, apart)}"/>'


def _starts_with_none(history: Iterable[tuple[float, int]]) -> History:
    """The last number of each second alone: tasks that begin in the same moment are one step."""
    return sorted(dict(history).items())


def _axes(panel: _Panel) -> Iterator[str]:
    for workers in range(panel.most):
        y = panel.y(workers)
        yield f'  <path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'  <text class="small" x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{workers}</text>'
    first, last = panel.hours
    for step in range(int((last - first) / panel.mark) + 1):
        hour = first + step * panel.mark
        x, y = panel.x(hour * HOUR), panel.bottom + 18
        yield f'  <text class="small" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_time(hour)}</text>'


def _time(hour: float) -> str:
    """The time of the day; a simulated one goes from noon to noon."""
    minutes = round(hour * 60 + MIDNIGHT / 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _legend() -> Iterator[str]:
    x = float(_LEFT)
    yield f'  <rect class="needed" x="{x:.1f}" y="38" width="24" height="12"/>'
    x += 30
    yield f'  <text class="small" x="{x:.1f}" y="49">workers that the tasks fill</text>'
    x += 185
    for who, (kind, _unused) in reversed(_LINES.items()):
        yield f'  <path class="line {kind}" d="M{x:.1f} 44h24"/>'
        yield f'  <text class="small" x="{x + 30:.1f}" y="49">{who}</text>'
        x += 50 + 7 * len(who)


_FILE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="15" role="img" aria-label="The number of workers over time, on each of three days: ours, KEDA-like, \
MWAA-like, and CPU tracking, before the number that the tasks fill.">
  <style>
    .needed {{ fill: #dbe6f1; }}
    .grid {{ stroke: #e3e9ef; fill: none; }}
    .line {{ fill: none; stroke-width: 2; stroke-linejoin: round; }}
    .ours {{ stroke: #b7791f; stroke-width: 3; }}
    .keda {{ stroke: #33475b; }}
    .mwaa {{ stroke: #5b8db8; stroke-dasharray: 7 3; }}
    .cpu {{ stroke: #a5343f; stroke-dasharray: 2 3; }}
    .small {{ font-size: 13px; fill: #4a5b6c; }}
    text {{ fill: #1b2733; }}
  </style>
  <rect width="{width}" height="{height}" fill="#ffffff"/>
  <text x="60" y="26">Workers of a pool of at most 5</text>
{legend}
{panels}
</svg>
"""
