"""A task, a worker, and how workers and their service behave."""

from __future__ import annotations

from dataclasses import dataclass, field

from .delays import MINIMUM_PAID
from .traces import Demand

#: When a worker is protected from scale-in: before its first task begins, some seconds after it has begun, or never.
BEFORE, AFTER, NEVER = "before", "after", "never"


@dataclass(frozen=True)
class Conduct:
    """How workers of a pool take tasks, and how those that are one too many end.

    `grace`: seconds from SIGTERM to SIGKILL. `newest_first`: which of several is stopped; else it is any of them.
    `pause`: seconds between two looks into the queue of a worker that has no task; one with tasks always waits there.
    """

    protection: str = BEFORE
    grace: float = 120
    newest_first: bool = False
    pause: float = 0


@dataclass(eq=False, slots=True)
class Task:
    """A task of a trace in one run of the simulation. Times are seconds, None while it has not come so far."""

    demand: Demand
    begun: float | None = None
    ended: float | None = None
    killed: int = 0


@dataclass(eq=False, slots=True)
class Worker:
    """A container of the service, from the moment at which ECS wants it."""

    wanted: float
    paid_from: float
    ready: bool = False
    stopping: bool = False
    ended: float | None = None
    protected: bool = False
    looks: bool = False
    tasks: set[Task] = field(default_factory=set)

    @property
    def takes(self) -> bool:
        """Whether it takes tasks from the queue."""
        return self.ready and not self.stopping

    def paid(self, now: float) -> float:
        """Seconds for which it is paid until now, or until its end."""
        until = now if self.ended is None else self.ended
        return max(until - self.paid_from, MINIMUM_PAID) if until > self.paid_from else 0
