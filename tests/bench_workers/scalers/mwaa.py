"""As Amazon's managed Airflow is described: queued and running tasks by the slots of a worker, one worker always."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ..cloudwatch import Metric
from ..simulation import Site
from ..worker import Conduct

_MINUTE = 60  # Airflow's metrics are there once a minute
_STEADY = 5  # minutes for which fewer have to be enough, of the two to five that its documentation names


@dataclass
class Mwaa:
    """Workers with tasks stay until these have ended."""

    minimum: int = 1
    conduct: Conduct = Conduct()

    def begin(self, site: Site) -> None:
        """Plan the metric and what follows it."""
        self._site = site
        self._metric = Metric(site.clock, site.delays.metric)
        self._low = 0
        site.every(_MINUTE, self._publish, "publish")
        site.every(site.delays.invocation, self._invoke, "invoke")

    def _publish(self) -> None:
        pool = self._site.pool
        self._metric.put(ceil((len(pool.waiting) + pool.running) / pool.concurrency))

    def _invoke(self) -> None:
        value = self._metric.maximum(_MINUTE)
        if value is None:
            return
        wanted = min(max(int(value), self._site.minimum), self._site.maximum)
        self._low = self._low + 1 if wanted < self._site.pool.desired else 0
        if wanted > self._site.pool.desired or self._low >= _STEADY:
            self._low = 0
            self._site.pool.ask(wanted)
