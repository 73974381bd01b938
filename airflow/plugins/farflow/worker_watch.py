# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When a worker does what, so that ECS stops none that has a task in hand. It decides only: it calls nothing.

ECS keeps a protected task from the ends that scaling and deploys bring. What it can't be kept from, such as the
interruption of Fargate Spot, comes as SIGTERM, with as many seconds as the container's stop timeout has.

All times are seconds of one clock that only goes forward.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

#: ECS protects a task for this long at most.
_LONGEST = 48 * 3600.0

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0


class Act(Enum):
    """What a worker can be told to do."""

    PROTECT = auto()
    UNPROTECT = auto()
    STOP_CONSUMING = auto()
    CONSUME = auto()
    #: The messages whose tasks it has not begun.
    GIVE_BACK = auto()
    #: Running tasks are told to end, and have time to end what they have started elsewhere.
    ASK_TASKS = auto()
    INTERRUPT_TASKS = auto()
    KILL_TASKS = auto()
    END = auto()


@dataclass(frozen=True)
class Limits:
    """In seconds. ``drain`` is for how long a task may go on in a worker that a deploy has replaced, ``stop`` what lies
    between SIGTERM and SIGKILL, ``idle`` how long a worker has no task before it gives its protection up (AWS limits
    how often that changes), ``receive`` after how long a call for messages that was begun has certainly come back.
    """

    drain: float = 12 * 3600.0
    stop: float = 120.0
    idle: float = 15.0
    receive: float = 12.0

    @property
    def protected(self) -> float:
        return min(self.drain, _LONGEST)

    def after_stop(self, before_end: float) -> float:
        """How long after SIGTERM the moment is that is so long before SIGKILL."""
        return max(self.stop - before_end, 0.0)


#: Seconds before SIGKILL. Afterwards a task's supervisor has to tell Airflow its end, and to upload its log.
_ASK, _INTERRUPT, _KILL, _LEAVE = 30.0, 20.0, 15.0, 10.0


class Protection:
    """When to ask ECS for protection, again after a refusal, and when to give it up.

    It is asked for at once for as long as a replaced worker may go on: ECS refuses to renew it where more tasks are
    protected than the service is to have.
    """

    def __init__(self, limits: Limits, chance: Callable[[], float] = random.random) -> None:
        self._limits, self._chance = limits, chance
        self.until: float | None = None
        self._renewed_from = 0.0
        self._not_before = float("-inf")
        self._refusals = 0

    def wanted(self, now: float, idle_since: float | None) -> bool | None:
        """True where it is to be asked for now, False where it is to be given up, None where nothing is to be done."""
        if self.until is not None and now >= self.until:
            self.until = None
        if now < self._not_before:
            return None
        if idle_since is None:
            return True if self.until is None or now >= self._renewed_from else None
        return False if self.until is not None and now - idle_since >= self._limits.idle else None

    def renew(self, now: float) -> None:
        """Whatever is granted has its full time from now on."""
        self._renewed_from = min(self._renewed_from, now)

    def answered(self, now: float, asked: bool, granted: bool) -> None:
        """What ECS said to the last wish."""
        if granted:
            self.until = now + self._limits.protected if asked else None
            self._renewed_from = now + self._limits.protected / 2
            self._refusals, self._not_before = 0, float("-inf")
            return
        pause = min(_FIRST_PAUSE * 2**self._refusals, _LONGEST_PAUSE)
        self._refusals += 1
        self._not_before = now + pause * (0.5 + self._chance() / 2)


class Watch:
    """A worker's life: it works, drains once a deploy has replaced it, and stops."""

    def __init__(self, limits: Limits, chance: Callable[[], float] = random.random) -> None:
        self.limits = limits
        self.protection = Protection(limits, chance)
        self.draining_since: float | None = None
        self.stopping_since: float | None = None
        self.ended = False
        self._stopped_consuming: float | None = None
        self._idle_since: float | None = None

    @property
    def consumes(self) -> bool:
        return self._stopped_consuming is None

    def acts(self, now: float, *, busy: bool, replaced: bool | None = None, told_to_end: bool = False) -> list[Act]:
        """What is to be done now, in this order.

        ``busy`` says whether it has a task or a message in hand, ``replaced`` whether other workers have taken over;
        None is: not known. ``told_to_end`` stays True once SIGTERM has come.
        """
        if self.ended:
            return []
        self._idle_since = None if busy else now if self._idle_since is None else self._idle_since
        if self.stopping_since is None and (told_to_end or self._is_overdue(now)):
            return self._begin_to_stop(now)
        if self.stopping_since is not None:
            return self._stop(now, busy)
        followed = self._follow(now, replaced)
        if self.draining_since is not None and not busy and self._has_received(now):
            self.ended = True
            given_up = [Act.UNPROTECT] if self.protection.until is not None else []
            return [*followed, *given_up, Act.END]
        wanted = self.protection.wanted(now, self._idle_since)
        if wanted is None:
            return followed
        return [*followed, Act.PROTECT if wanted else Act.UNPROTECT]

    def _is_overdue(self, now: float) -> bool:
        return self.draining_since is not None and now - self.draining_since >= self.limits.drain

    def _has_received(self, now: float) -> bool:
        """Whether no message can arrive any more."""
        return self._stopped_consuming is not None and now - self._stopped_consuming >= self.limits.receive

    def _follow(self, now: float, replaced: bool | None) -> list[Act]:
        if replaced and self.draining_since is None:
            self.draining_since = self._stopped_consuming = now
            self.protection.renew(now)
            return [Act.STOP_CONSUMING]
        # Not sooner: the call for messages that was begun before would go on beside the new one.
        if replaced is False and self.draining_since is not None and self._has_received(now):
            self.draining_since = self._stopped_consuming = None
            return [Act.CONSUME]
        return []

    def _begin_to_stop(self, now: float) -> list[Act]:
        self.stopping_since = now
        if not self.consumes:
            return [Act.GIVE_BACK]
        self._stopped_consuming = now
        return [Act.STOP_CONSUMING, Act.GIVE_BACK]

    def _stop(self, now: float, busy: bool) -> list[Act]:
        passed = now - (self.stopping_since or 0.0)
        after = self.limits.after_stop
        if (not busy and self._has_received(now)) or passed >= after(_LEAVE):
            self.ended = True
            return [Act.END]
        if not busy:
            return []
        for before_end, act in ((_KILL, Act.KILL_TASKS), (_INTERRUPT, Act.INTERRUPT_TASKS), (_ASK, Act.ASK_TASKS)):
            if passed >= after(before_end):
                return [act]
        return []
