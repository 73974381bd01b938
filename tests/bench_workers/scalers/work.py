"""Ours: a publisher puts the number of workers wanted, an alarm on it invokes a step scaling policy."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.module_utils.environment import pools

from ..cloudwatch import USUAL, Metric, Reading, StepPolicy
from ..rule import capacity, workers_wanted
from ..simulation import Site
from ..worker import Conduct

#: As airflow/plugins/farflow/worker_step.py has it: protected before the first task begins.
CONDUCT = Conduct()

_WAKING = 10  # seconds between evaluations of an alarm with a period of less than a minute


@dataclass
class Work:
    """`published`: seconds between two values. `period`: of the alarm, which takes the largest value in it. `waking`:
    whether a second alarm with a period of ten seconds invokes the policy as soon as there is work for an empty pool.
    """

    cooldown: float = pools.COOLDOWN
    published: float = 30
    period: float = 60
    waking: bool = False
    minimum: int = 0
    conduct: Conduct = CONDUCT
    reading: Reading = USUAL

    def begin(self, site: Site) -> None:
        """The alarm is in ALARM while there is a value, so the policy is invoked each minute."""
        self._site = site
        self._metric = Metric(site.clock, site.delays.metric)
        self._policy = StepPolicy(site.clock, site.pool, self.cooldown, self._capacity, self.reading)
        self._awake = False
        site.every(self.published, self._publish, "publish")
        site.every(site.delays.invocation, self._invoke, "invoke")
        if self.waking:
            site.every(_WAKING, self._wake, "wake")

    def _capacity(self, wanted: float) -> int:
        return capacity(wanted, self._site.minimum, self._site.maximum)

    def _publish(self) -> None:
        pool = self._site.pool
        self._metric.put(workers_wanted(len(pool.waiting), pool.running, pool.busy, pool.concurrency))

    def _invoke(self) -> None:
        value = self._metric.maximum(self.period)
        if value is not None:
            self._policy.invoke(value)

    def _wake(self) -> None:
        value = self._metric.maximum(self.published)
        awake = value is not None and value > 0
        if awake and not self._awake:
            self._invoke()
        self._awake = awake
