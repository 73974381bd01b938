"""Target tracking of a service's average CPU, with workers that nothing protects."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from ..simulation import Site
from ..worker import NEVER, Conduct

_SAMPLE = 15  # seconds between two samples, of which a minute's average is made
_OUT, _IN = 3, 15  # minutes for which the metric is above, or below, before the alarm of target tracking goes off
_MARGIN = 0.9  # of the target, below which it scales in


@dataclass
class CpuTracking:
    """`target` is the share of the CPU that is aimed at."""

    target: float = 0.7
    cooldown: float = 60
    minimum: int = 1  # there is no load without a worker, so none would ever be started
    conduct: Conduct = Conduct(protection=NEVER)

    def begin(self, site: Site) -> None:
        """The metric has a value a minute, which the alarms see a minute later."""
        self._site = site
        self._samples: list[float] = []
        self._minutes: list[float] = []
        self._scaled = {"out": -inf, "in": -inf}
        site.every(_SAMPLE, self._sample, "sample")
        site.every(60, self._minute, "minute")

    def _sample(self) -> None:
        running = [worker for worker in self._site.pool.workers if worker.ready]
        loads = [min(1, sum(task.demand.cpu for task in worker.tasks)) for worker in running]
        if loads:
            self._samples.append(sum(loads) / len(loads))

    def _minute(self) -> None:
        self._evaluate()
        if self._samples:
            self._minutes.append(sum(self._samples) / len(self._samples))
        self._samples.clear()
        del self._minutes[:-_IN]

    def _evaluate(self) -> None:
        seen = self._minutes
        if len(seen) >= _OUT and min(seen[-_OUT:]) > self.target:
            self._scale("out", seen[-1])
        elif len(seen) == _IN and max(seen) < _MARGIN * self.target:
            self._scale("in", seen[-1])

    def _scale(self, direction: str, load: float) -> None:
        pool, now = self._site.pool, self._site.clock.now
        wanted = ceil(pool.desired * load / self.target)
        wanted = min(max(wanted, self._site.minimum), self._site.maximum)
        differs = wanted > pool.desired if direction == "out" else wanted < pool.desired
        if differs and now >= self._scaled[direction] + self.cooldown:
            self._scaled[direction] = now
            pool.ask(wanted)
