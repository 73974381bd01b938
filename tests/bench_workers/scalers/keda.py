"""As the official Helm chart does with KEDA: the same number from Airflow's database, and the defaults of its HPA."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from ..cloudwatch import Metric
from ..simulation import Site
from ..worker import NEVER, Conduct

_POLLING, _COOLDOWN = 5, 30  # the chart's defaults, the second only from one worker to none
_SYNC, _STABILIZATION = 15, 300  # Kubernetes' defaults: of its HPA, and for fewer workers
_PODS, _FACTOR = 4, 2  # by so many, or to so many times as many, within one sync
_GRACE = 600  # the chart's terminationGracePeriodSeconds
_PUBLISHED = 30  # with AWS's delays, it sees a value that is published as ours is


@dataclass
class Keda:
    """`delayed`: whether it learns of the work by a metric and an alarm, as ours does, or asks the database."""

    delayed: bool = True
    minimum: int = 0
    conduct: Conduct = Conduct(protection=NEVER, grace=_GRACE, newest_first=True)

    def begin(self, site: Site) -> None:
        """KEDA goes from none to one and to none, the HPA does the rest."""
        self._site = site
        self._seen = 0
        self._active = -inf
        self._recommended: list[tuple[float, int]] = []
        self._metric = Metric(site.clock, site.delays.metric)
        if self.delayed:
            site.every(_PUBLISHED, self._publish, "publish")
            site.every(site.delays.invocation, self._invoke, "invoke")
        site.every(_POLLING, self._poll, "poll")
        site.every(_SYNC, self._sync, "sync")

    def _work(self) -> int:
        pool = self._site.pool
        return ceil((len(pool.waiting) + pool.running) / pool.concurrency)

    def _publish(self) -> None:
        self._metric.put(self._work())

    def _invoke(self) -> None:
        self._seen = int(self._metric.maximum(60) or 0)

    def _value(self) -> int:
        return self._seen if self.delayed else self._work()

    def _poll(self) -> None:
        pool, now = self._site.pool, self._site.clock.now
        if self._value():
            self._active = now
            if not pool.desired:
                pool.ask(1)
        elif pool.desired and now >= self._active + _COOLDOWN:
            pool.ask(0)

    def _sync(self) -> None:
        pool, now = self._site.pool, self._site.clock.now
        if not pool.desired:
            return
        wanted = min(max(self._value(), 1), self._site.maximum)
        self._recommended = [one for one in self._recommended if one[0] > now - _STABILIZATION]
        self._recommended.append((now, wanted))
        if wanted > pool.desired:
            pool.ask(min(wanted, max(pool.desired + _PODS, pool.desired * _FACTOR)))
        elif (highest := max(number for _unused, number in self._recommended)) < pool.desired:
            pool.ask(highest)
